//! Ethernet with its tags, LLC and SNAP, and other local networks.

use super::*;
use crate::decode::samples::ethernet;

const ETHERNET: LinkType = LinkType::ETHERNET;

/// An Ethernet header that announces IPv4.
fn inner() -> Vec<u8> {
    ethernet(&[], 0x0800, &[])
}

#[test]
fn ethernet_and_its_tags() {
    assert_eq!(read(ETHERNET, &ethernet(&[], 0x0800, PACKET)), ('4', 14));
    assert_eq!(read(ETHERNET, &ethernet(&[], 0x86dd, PACKET)), ('6', 14));
    assert_eq!(read(ETHERNET, &ethernet(&[], 0x0806, PACKET)), ('-', 0), "ARP");
    assert_eq!(read(ETHERNET, &ethernet(&[0x8100], 0x0800, PACKET)), ('4', 18));
    assert_eq!(read(ETHERNET, &ethernet(&[0x88a8, 0x8100], 0x86dd, PACKET)), ('6', 22));
    assert_eq!(
        read(ETHERNET, &ethernet(&[0x9200, 0x9100, 0x88a8, 0x8100, 0x8100], 0x0800, PACKET)),
        ('4', 34)
    );
    assert_eq!(read(ETHERNET, &ethernet(&[0x8100; 100], 0x0800, PACKET)), ('4', 414));
    assert_eq!(read(ETHERNET, &ethernet(&[0x8100], 0x0806, PACKET)), ('-', 0));
}

#[test]
fn a_tag_without_its_end_is_malformed() {
    let octets = ethernet(&[0x8100, 0x8100], 0x8100, &[0, 1, 8]);
    let fault = Fault::TooShort { needed: 4, got: 3 };
    assert_eq!(error(ETHERNET, &octets), DecodeError { layer: Layer::Vlan, offset: 22, fault });
    assert_eq!(error(ETHERNET, &[0; 13]).layer, Layer::Ethernet);
}

#[test]
fn tags_that_are_no_vlan() {
    use Layer::{CiscoMetaData, ETag, Ethernet, FabricPath, ITag, MacSec, VnTag};
    let rows: [(u16, &[u8], Layer); 7] = [
        (0x892f, &[0, 0x34, 0, 9, 0x08, 0x00], Layer::HsrTag),
        (0x8926, &[0, 1, 0, 2, 0x08, 0x00], VnTag),
        (0x893f, &[0, 1, 0, 2, 0, 3, 0x08, 0x00], ETag),
        (0x8909, &[1, 1, 0, 1, 0, 9, 0x08, 0x00], CiscoMetaData),
        (0x88e5, &[0x01, 0, 0, 0, 0, 1, 0x08, 0x00], MacSec),
        (0x88e5, &[0x21, 0, 0, 0, 0, 1, 0, 0, 0x5e, 0, 0x53, 1, 0, 1, 0x08, 0x00], MacSec),
        (0x8870, SNAP, Layer::Llc),
    ];
    for (number, tag, layer) in rows {
        is_needed_whole(ETHERNET, &ethernet(&[], number, tag), &[Ethernet, layer, Layer::Snap]);
    }
    for (number, tag, layer) in
        [(0x88e7, &[0, 0, 0, 9][..], ITag), (0x8903, &[0, 0x5f], FabricPath), (0x6558, &[], Ethernet)]
    {
        is_needed_whole(ETHERNET, &ethernet(&[], number, &join(&[tag, &inner()])), &[Ethernet, layer]);
    }
}

#[test]
fn protected_frames_are_looked_into_where_they_are_in_clear() {
    for control in [0x04, 0x08, 0x0c, 0x2c] {
        let octets = ethernet(&[], 0x88e5, &[control, 0, 0, 0, 0, 1, 0x08, 0x00, 0x45]);
        assert_eq!(read(ETHERNET, &octets), ('-', 0), "encrypted or changed");
    }
}

#[test]
fn trill_has_options_as_it_says() {
    for (words, high, low) in [(0, 0, 0x1f), (1, 0, 0x5f), (31, 0x07, 0xdf)] {
        let header = join(&[&[high, low, 0, 1, 0, 2], &vec![9; words * 4], &inner()]);
        let octets = ethernet(&[], 0x22f3, &header);
        is_needed_whole(ETHERNET, &octets, &[Layer::Ethernet, Layer::Trill]);
    }
}

#[test]
fn a_service_header_is_as_long_as_it_says_and_names_its_load() {
    let service = |words: u8, carries: u8, rest: &[u8]| {
        ethernet(&[], 0x894f, &join(&[&[0x0f, 0xc0 | words, 1, carries, 0, 0, 9, 1], rest]))
    };
    assert_eq!(read(ETHERNET, &service(2, 1, FOUR)), ('4', 22));
    assert_eq!(read(ETHERNET, &service(2, 2, SIX)), ('6', 22));
    assert_eq!(read(ETHERNET, &service(2, 3, &join(&[&inner(), FOUR]))), ('4', 36));
    assert_eq!(read(ETHERNET, &service(2, 5, &join(&[&[0, 0, 1, 9], SIX]))), ('6', 26));
    assert_eq!(read(ETHERNET, &service(2, 4, FOUR)), ('-', 0));
    is_needed_whole(ETHERNET, &service(6, 1, &[0; 16]), &[Layer::Ethernet, Layer::Nsh]);
    assert_eq!(error(ETHERNET, &service(1, 1, FOUR)).fault, Fault::HeaderLength { needed: 8, got: 4 });
}

#[test]
fn an_ieee_802_3_length_has_llc_behind_it() {
    for length in [0, 3, 0x04, 0x05dc] {
        assert_eq!(read(ETHERNET, &ethernet(&[], length, &[0xaa, 0xbb, 0xcc])), ('-', 0));
        is_needed_whole(ETHERNET, &ethernet(&[], length, SNAP), &[Layer::Ethernet, Layer::Llc, Layer::Snap]);
    }
    assert_eq!(read(ETHERNET, &ethernet(&[0x8100], 40, &join(&[SNAP, FOUR]))), ('4', 26));
    for number in [0x05dd, 0x05ff] {
        assert_eq!(read(ETHERNET, &ethernet(&[], number, SNAP)), ('-', 0), "neither length nor number");
    }
    assert_eq!(read(ETHERNET, &ethernet(&[], 38, &[0x42, 0x42, 3, 0, 0])), ('-', 0), "spanning tree");
    assert_eq!(read(ETHERNET, &ethernet(&[], 38, &[0xff, 0xff, 0, 34])), ('-', 0), "Novell");
}

#[test]
fn llc_and_snap() {
    let llc = |octets: &[u8]| read(ETHERNET, &ethernet(&[], 60, octets));
    assert_eq!(llc(&[0x06, 0x06, 0x03, 0x45]), ('4', 17));
    assert_eq!(llc(&[0xaa, 0xaa, 0x03, 0, 0, 0xf8, 0x86, 0xdd]), ('6', 22));
    assert_eq!(llc(&[0xaa, 0xaa, 0x03, 0, 0, 0, 0x81, 0x00, 0, 1, 0x08, 0x00]), ('4', 26));
    assert_eq!(llc(&[0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x08, 0x00]), ('-', 0), "Cisco's own");
    assert_eq!(llc(&[0xaa, 0xaa, 0x03, 0, 0, 0, 0x00, 0x10]), ('-', 0), "not a length once more");
    assert_eq!(llc(&[0xaa, 0xaa, 0xaf, 0, 0, 0, 0x08, 0x00]), ('-', 0), "not unnumbered information");
    for kind in [1, 7] {
        assert_eq!(
            llc(&join(&[&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, kind, 0, 0], &inner()])),
            ('4', 38),
            "bridged"
        );
    }
    assert_eq!(llc(&join(&[&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 2, 0, 0], &inner()])), ('-', 0));
}

#[test]
fn token_ring_and_its_routes() {
    let link = LinkType::IEEE802_5;
    let header = [0x10, 0x40, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2];
    is_needed_whole(link, &join(&[&header, SNAP]), &[Layer::TokenRing, Layer::Llc, Layer::Snap]);
    let mut routed = header;
    routed[8] |= 0x80;
    for len in [2, 6, 30] {
        let mut route = vec![0; usize::from(len)];
        route[0] = 0xc0 | len;
        is_needed_whole(link, &join(&[&routed, &route, SNAP]), &[Layer::TokenRing, Layer::Llc, Layer::Snap]);
    }
    let none = join(&[&routed, &[0xc0, 0], SNAP]);
    assert_eq!(error(link, &none).fault, Fault::HeaderLength { needed: 2, got: 0 });
    routed[1] = 0;
    assert_eq!(read(link, &routed), ('-', 0), "of the ring itself");
}

#[test]
fn other_local_networks() {
    let snap = [Layer::Llc, Layer::Snap];
    let with = |layer| [layer, snap[0], snap[1]];
    let mut fddi = vec![7; 13];
    fddi[0] = 0x51;
    is_needed_whole(LinkType::FDDI, &join(&[&fddi, SNAP]), &with(Layer::Fddi));
    fddi[0] = 0x41;
    assert_eq!(read(LinkType::FDDI, &fddi), ('-', 0), "of the ring itself");
    is_needed_whole(LinkType::IP_OVER_FC, &join(&[&[7; 16], SNAP]), &with(Layer::FibreChannel));
    is_needed_whole(LinkType::APPLE_IP_OVER_IEEE1394, &join(&[&[7; 16], &[8, 0]]), &[Layer::FireWire]);
    is_needed_whole(LinkType::IPOIB, &join(&[&[7; 40], &[8, 0, 0, 0]]), &[Layer::InfiniBand]);
    assert_eq!(read(LinkType::APPLE_IP_OVER_IEEE1394, &join(&[&[7; 16], &[0, 40], SNAP])), ('-', 0));
}

#[test]
fn switch_tags() {
    let layers = [Layer::Ethernet, Layer::SwitchTag];
    for (link, len) in [(LinkType::DSA_TAG_BRCM, 4), (LinkType::DSA_TAG_DSA, 4), (LinkType::DSA_TAG_EDSA, 8)]
    {
        is_needed_whole(link, &join(&[&[2; 12], &vec![0xda; len], &[8, 0]]), &layers);
        assert_eq!(read(link, &join(&[&[2; 12], &vec![0xda; len], &[0, 40], SNAP])), ('4', 22 + len));
    }
    is_needed_whole(
        LinkType::DSA_TAG_BRCM_PREPEND,
        &join(&[&[0x20, 0, 0, 1], &inner()]),
        &[Layer::Capture, Layer::Ethernet],
    );
}
