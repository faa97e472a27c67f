//! IEEE 802.11 and what stands before it.

use super::*;

const PLAIN: LinkType = LinkType::IEEE802_11;

/// A frame's header: frame control, then `rest` up to the length that the flags ask for.
fn header(control: u8, flags: u8) -> Vec<u8> {
    let four = if flags & 3 == 3 { 6 } else { 0 };
    let quality = if control & 0x80 == 0 { 0 } else { 2 };
    let order = if quality != 0 && flags & 0x80 != 0 { 4 } else { 0 };
    let mut octets = vec![0; 24 + four + quality + order];
    octets[..2].copy_from_slice(&[control, flags]);
    octets
}

#[test]
fn data_frames_of_every_form() {
    for control in [0x08, 0x18, 0x28, 0x38, 0x88, 0x98, 0xa8, 0xb8] {
        for flags in [0, 1, 2, 3, 0x10, 0x80, 0x83, 0x0b] {
            let header = join(&[&header(control, flags), SNAP]);
            is_needed_whole(PLAIN, &header, &[Layer::Wifi, Layer::Llc, Layer::Snap]);
        }
    }
}

#[test]
fn what_is_no_whole_data_frame_in_clear_is_other_traffic() {
    let load = join(&[SNAP, FOUR]);
    for control in [0x80, 0x40, 0xb4, 0xd4, 0x48, 0xc8, 0x0c, 0x09, 0x0b] {
        let octets = join(&[&[control, 0], &[0; 40], &load]);
        assert_eq!(read(PLAIN, &octets), ('-', 0), "{control:#x}");
    }
    for flags in [0x40, 0x41, 0x44, 0x04] {
        let octets = join(&[&header(0x08, flags), &load]);
        assert_eq!(read(PLAIN, &octets), ('-', 0), "protected, or a fragment");
    }
    let mut later = join(&[&header(0x08, 0), &load]);
    later[22] = 0x21;
    assert_eq!(read(PLAIN, &later), ('-', 0), "the second fragment");
    later[22] = 0x20;
    assert_eq!(read(PLAIN, &later), ('4', 32), "a sequence number is none");
    assert_eq!(read(PLAIN, &[0xb4, 0]), ('-', 0), "a short frame of another type");
}

/// One frame of an aggregate, filled up to whole words where it is not the last.
fn part(load: &[u8], last: bool) -> Vec<u8> {
    let [high, low] = u16::try_from(load.len()).unwrap().to_be_bytes();
    let mut octets = join(&[&[2; 12], &[high, low], load]);
    if !last {
        octets.resize(octets.len().next_multiple_of(4), 0);
    }
    octets
}

fn aggregate(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut header = header(0x88, 1);
    header[24] = 0x80;
    join(&[&header, &parts.concat()])
}

#[test]
fn the_first_ip_packet_of_an_aggregate_is_read() {
    let ip = part(&join(&[SNAP, FOUR, &[7; 9]]), true);
    assert_eq!(read(PLAIN, &aggregate(std::slice::from_ref(&ip))), ('4', 48));
    for len in 3..12 {
        let arp = part(&join(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 6], &vec![1; len]])[..len], false);
        assert_eq!(read(PLAIN, &aggregate(&[arp.clone(), ip.clone()])), ('4', 48 + arp.len()), "{len}");
    }
    assert_eq!(read(PLAIN, &aggregate(&[])), ('-', 0));
    assert_eq!(read(PLAIN, &aggregate(&[part(&[1, 2, 3], true)])), ('-', 0), "no IP in it");
    assert_eq!(error(PLAIN, &join(&[&aggregate(&[]), &[2; 13]])).layer, Layer::Aggregate);
}

#[test]
fn an_aggregate_s_packet_ends_where_its_frame_does() {
    let octets = aggregate(&[part(&join(&[SNAP, FOUR]), false), part(&join(&[SNAP, SIX]), true)]);
    let frame = frame(PLAIN, &octets);
    let Ok(Network::Ipv4(rest)) = network(PLAIN, Rest::new(&frame)) else { panic!() };
    assert_eq!((rest.octets(), rest.len()), (FOUR, 4));
}

/// A radiotap header with these words of what is there, and these fields.
fn radiotap(words: &[u32], fields: &[u8]) -> Vec<u8> {
    let words: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let [low, high] = u16::try_from(4 + words.len() + fields.len()).unwrap().to_le_bytes();
    join(&[&[0, 0, low, high], &words, fields])
}

#[test]
fn radiotap_is_as_long_as_it_says() {
    let link = LinkType::IEEE802_11_RADIOTAP;
    let layers = [Layer::Radiotap, Layer::Wifi, Layer::Llc, Layer::Snap];
    for before in [radiotap(&[0], &[]), radiotap(&[0x8000_0000, 0], &[1; 9]), radiotap(&[1], &[1; 8])] {
        is_needed_whole(link, &join(&[&before, &header(0x08, 1), SNAP]), &layers);
    }
    assert_eq!(error(link, &[0, 0, 7, 0, 0, 0, 0, 0]).fault, Fault::HeaderLength { needed: 8, got: 7 });
    // Words without an end, and none where one is needed, do no harm.
    let endless = join(&[&radiotap(&[0x8000_0002; 3], &[]), &header(0x08, 1), SNAP, FOUR]);
    assert_eq!(read(link, &endless), ('4', 16 + 32));
}

#[test]
fn radiotap_says_whether_the_header_is_filled_up() {
    let link = LinkType::IEEE802_11_RADIOTAP;
    let padded = [
        radiotap(&[0x2], &[0x20]),
        radiotap(&[0x8000_0002, 0], &[0x20]),
        radiotap(&[0x3], &join(&[&[9; 8], &[0x20]])),
        // The time stands at a multiple of eight, so a second word moves it.
        radiotap(&[0x8000_0003, 0], &join(&[&[0; 4], &[9; 8], &[0x20]])),
    ];
    for before in padded {
        for (control, flags, pad) in [(0x08, 1, 0), (0x08, 3, 2), (0x88, 1, 2), (0x88, 3, 0), (0x88, 0x81, 2)]
        {
            let header = header(control, flags);
            let octets = join(&[&before, &header, &vec![0; pad], SNAP, FOUR]);
            assert_eq!(
                read(link, &octets),
                ('4', before.len() + header.len() + pad + 8),
                "{control:#x} {flags}"
            );
        }
    }
    let plain = radiotap(&[0x4], &[0x20]);
    assert_eq!(read(link, &join(&[&plain, &header(0x88, 1), SNAP, FOUR])), ('4', 9 + 34), "another field");
}

#[test]
fn prism_and_avs() {
    let behind = join(&[&header(0x08, 1), SNAP]);
    let mut prism = vec![0; 144];
    prism[0] = 0x44;
    let layers = [Layer::Prism, Layer::Wifi, Layer::Llc, Layer::Snap];
    is_needed_whole(LinkType::IEEE802_11_PRISM, &join(&[&prism, &behind]), &layers);
    for len in [8, 64] {
        let mut avs = vec![0; usize::from(len)];
        avs[..8].copy_from_slice(&[0x80, 0x21, 0x10, 1, 0, 0, 0, len]);
        let layers = [Layer::Avs, Layer::Prism, Layer::Wifi, Layer::Llc, Layer::Snap];
        is_needed_whole(LinkType::IEEE802_11_AVS, &join(&[&avs, &behind]), &layers);
        is_needed_whole(LinkType::IEEE802_11_PRISM, &join(&[&avs, &behind]), &layers);
    }
    let short = [0x80, 0x21, 0x10, 1, 0, 0, 0, 7];
    assert_eq!(error(LinkType::IEEE802_11_AVS, &short).fault, Fault::HeaderLength { needed: 8, got: 7 });
    let huge = [0x80, 0x21, 0x10, 1, 0xff, 0xff, 0xff, 0xff];
    assert!(matches!(error(LinkType::IEEE802_11_AVS, &huge).fault, Fault::TooShort { .. }));
}
