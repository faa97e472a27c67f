//! Headers of hosts: loopback, cooked captures, and none.

use super::*;

#[test]
fn bsd_loopback_in_both_orders() {
    for (family, version) in [(2, '4'), (24, '6'), (28, '6'), (30, '6'), (10, '6')] {
        assert_eq!(read(LinkType::NULL, &join(&[&[family, 0, 0, 0], PACKET])), (version, 4));
        assert_eq!(read(LinkType::NULL, &join(&[&[0, 0, 0, family], PACKET])), (version, 4));
        assert_eq!(read(LinkType::LOOP, &join(&[&[0, 0, 0, family], PACKET])), (version, 4));
        assert_eq!(
            read(LinkType::LOOP, &join(&[&[family, 0, 0, 0], PACKET])),
            ('-', 0),
            "LOOP has one order"
        );
    }
    assert_eq!(read(LinkType::NULL, &join(&[&[0, 0, 0, 7], PACKET])), ('-', 0));
    is_needed_whole(LinkType::NULL, &[2, 0, 0, 0], &[Layer::Null]);
    is_needed_whole(LinkType::LOOP, &[0, 0, 0, 2], &[Layer::Loop]);
}

#[test]
fn ipsec_in_both_orders() {
    for (family, version) in
        [([2, 0, 0, 0], '4'), ([0, 0, 0, 2], '4'), ([24, 0, 0, 0], '6'), ([7, 0, 0, 0], '-')]
    {
        let octets = join(&[&family, &[0, 0, 0, 9, 1, 0, 0, 0], PACKET]);
        assert_eq!(read(LinkType::ENC, &octets), (version, if version == '-' { 0 } else { 12 }));
    }
    is_needed_whole(LinkType::ENC, &[2, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0], &[Layer::Enc]);
}

#[test]
fn the_packet_filter_s_log_is_as_long_as_it_says_in_whole_words() {
    let mut header = [0; 64];
    for (len, whole) in [(61, 64), (64, 64), (45, 48), (4, 4), (1, 4)] {
        header[..2].copy_from_slice(&[len, 2]);
        assert_eq!(read(LinkType::PFLOG, &join(&[&header[..whole], FOUR])), ('4', whole));
    }
    header[0] = 61;
    is_needed_whole(LinkType::PFLOG, &header, &[Layer::Pflog]);
    header[..2].copy_from_slice(&[61, 24]);
    assert_eq!(read(LinkType::PFLOG, &join(&[&header, SIX])), ('6', 64));
    assert_eq!(error(LinkType::PFLOG, &[0, 2, 0, 0, 0x45]).fault, Fault::HeaderLength { needed: 4, got: 0 });
    assert!(matches!(error(LinkType::PFLOG, &[255, 2, 0, 0]).fault, Fault::TooShort { needed: 256, .. }));
}

#[test]
fn solaris_between_its_zones() {
    let mut header = [1; 24];
    for (family, expected) in [(2, ('4', 24)), (26, ('6', 24)), (24, ('-', 0))] {
        header[1] = family;
        assert_eq!(read(LinkType::IPNET, &join(&[&header, PACKET])), expected);
    }
    header[1] = 2;
    is_needed_whole(LinkType::IPNET, &header, &[Layer::Ipnet]);
}

#[test]
fn raw_ip_by_its_version() {
    for link in [LinkType::RAW, LinkType::RAW_BSD, LinkType::RAW_OPENBSD] {
        assert_eq!(read(link, &[0x45, 0]), ('4', 0));
        assert_eq!(read(link, &[0x60, 0]), ('6', 0));
        assert_eq!(error(link, &[0x50, 0]).fault, Fault::Version(5));
        assert_eq!(error(link, &[]).fault, Fault::TooShort { needed: 1, got: 0 });
    }
    assert_eq!((read(LinkType::IPV4, &[0]), read(LinkType::IPV6, &[0])), (('4', 0), ('6', 0)));
}

#[test]
fn linux_cooked() {
    let sll = |hardware: u16, rest: &[u8]| {
        let [high, low] = hardware.to_be_bytes();
        join(&[&[0, 0, high, low, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0], rest, PACKET])
    };
    let link = LinkType::LINUX_SLL;
    assert_eq!(read(link, &sll(772, &[0x08, 0x00])), ('4', 16));
    assert_eq!(read(link, &sll(1, &[0x86, 0xdd])), ('6', 16));
    assert_eq!(read(link, &sll(1, &join(&[&[0x00, 0x04], SNAP]))), ('4', 24), "802.2");
    assert_eq!(read(link, &sll(1, &[0x00, 0x01])), ('-', 0), "Novell");
    assert_eq!(read(link, &sll(280, &[0x00, 0x0c])), ('-', 0), "CAN");
    assert_eq!(read(link, &sll(1, &[0x81, 0x00, 0, 42, 0x86, 0xdd])), ('6', 20));
    assert_eq!(read(link, &sll(824, &[0x08, 0x00])), ('-', 0), "netlink");
    assert_eq!(error(link, &[0; 15]).layer, Layer::LinuxSll);
}

#[test]
fn linux_cooked_second_version() {
    let sll2 = |protocol: [u8; 2], hardware: u16, rest: &[u8]| {
        let [high, low] = hardware.to_be_bytes();
        let header = [0, 0, 0, 0, 0, 3, high, low, 4, 6, 1, 2, 3, 4, 5, 6, 0, 0];
        join(&[&protocol, &header, rest, PACKET])
    };
    let link = LinkType::LINUX_SLL2;
    assert_eq!(read(link, &sll2([0x08, 0x00], 772, &[])), ('4', 20));
    assert_eq!(read(link, &sll2([0x86, 0xdd], 1, &[])), ('6', 20));
    assert_eq!(read(link, &sll2([0x08, 0x06], 1, &[])), ('-', 0), "ARP");
    assert_eq!(read(link, &sll2([0x88, 0xa8], 1, &[0, 1, 0x81, 0x00, 0, 2, 0x08, 0x00])), ('4', 28));
    assert_eq!(error(link, &[0; 19]).layer, Layer::LinuxSll2);
}

#[test]
fn linux_names_what_stands_behind_all_tags_and_takes_one_away() {
    let sll = |protocol: [u8; 2], rest: &[&[u8]]| {
        join(&[&[0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0], &protocol, &rest.concat()])
    };
    let link = LinkType::LINUX_SLL;
    let (tag, session) = ([0x20, 7], [0x11, 0, 0, 5, 0, 22, 0, 0x21]);
    for (protocol, packet, version) in [([0x08, 0], FOUR, '4'), ([0x86, 0xdd], SIX, '6')] {
        assert_eq!(read(link, &sll(protocol, &[&tag, &protocol, packet])), (version, 20));
        for outer in [[0x81, 0], [0x88, 0xa8], [0x91, 0], [0x92, 0]] {
            let tagged = sll(protocol, &[&tag, &outer, &tag, &protocol, packet]);
            assert_eq!(read(link, &tagged), (version, 24));
            let put_back = [&tag[..], &protocol, &tag, &protocol, packet];
            assert_eq!(read(link, &sll(outer, &put_back)), (version, 24));
            let put_back = [&tag[..], &protocol, &tag, &outer, &tag, &protocol, packet];
            assert_eq!(read(link, &sll(outer, &put_back)), (version, 28));
            assert_eq!(read(link, &sll(outer, &[&tag, &protocol, packet])), (version, 20));
        }
        assert_eq!(
            read(link, &sll(protocol, &[&tag, &protocol])),
            (version, 20),
            "and then the capture ends"
        );
        // None of these is a tag.
        let other = if version == '4' { [0x86, 0xdd] } else { [0x08, 0] };
        for not_tagged in [&[&tag[..], &other, packet], &[&tag[..], &protocol, &[9]]] {
            assert_eq!(read(link, &sll(protocol, not_tagged)), (version, 16), "{not_tagged:?}");
        }
        assert_eq!(read(link, &sll(protocol, &[packet, &tag, &protocol, packet])), (version, 16));
    }
    let protocol = [0x88, 0x64];
    assert_eq!(read(link, &sll(protocol, &[&session, FOUR])), ('4', 24));
    assert_eq!(read(link, &sll(protocol, &[&tag, &protocol, &session, FOUR])), ('4', 28));
}

#[test]
fn cooked_captures_of_interfaces_with_headers_of_their_own() {
    let header = |hardware: u16| {
        let [high, low] = hardware.to_be_bytes();
        vec![0, 0, high, low, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x08, 0x00]
    };
    let frame_relay = join(&[&header(770), &[0x18, 0x41, 0x03, 0xcc], FOUR]);
    assert_eq!(read(LinkType::LINUX_SLL, &frame_relay), ('4', 20));
    let mut wifi = vec![0; 24];
    wifi[0] = 0x08;
    let radiotap = join(&[&header(803), &[0, 0, 8, 0, 0, 0, 0, 0], &wifi, SNAP, FOUR]);
    assert_eq!(read(LinkType::LINUX_SLL, &radiotap), ('4', 16 + 8 + 24 + 8));
}
