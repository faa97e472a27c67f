//! Headers of capturing systems.

use super::*;
use crate::decode::samples::ethernet;

/// An Ethernet header that announces IPv4.
fn inner() -> Vec<u8> {
    ethernet(&[], 0x0800, &[])
}

#[test]
fn headers_that_say_nothing() {
    let rows = [(LinkType::NETANALYZER, 4), (LinkType::NETANALYZER_TRANSPARENT, 12), (LinkType::EPON, 8)];
    for (link, len) in rows {
        is_needed_whole(link, &join(&[&vec![0; len], &inner()]), &[Layer::Capture, Layer::Ethernet]);
    }
}

#[test]
fn frames_that_may_be_interrupted() {
    let link = LinkType::ETHERNET_MPACKET;
    let whole = join(&[&[0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5], &inner()]);
    is_needed_whole(link, &whole, &[Layer::Capture, Layer::Ethernet]);
    let part = join(&[&[0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x61, 0x52], &inner()]);
    assert_eq!(read(link, &part), ('-', 0));
}

#[test]
fn per_packet_information() {
    for (len, link, load) in [(8, 1, inner()), (40, 1, inner()), (20, 101, Vec::new())] {
        let mut ppi = vec![0; usize::from(len)];
        ppi[2] = len;
        ppi[4] = link;
        is_needed_whole(LinkType::PPI, &join(&[&ppi, &load]), &[Layer::Ppi, Layer::Ethernet]);
    }
    let fault = error(LinkType::PPI, &[0, 0, 7, 0, 1, 0, 0, 0]).fault;
    assert_eq!(fault, Fault::HeaderLength { needed: 8, got: 7 });
    assert_eq!(read(LinkType::PPI, &[0, 0, 8, 0, 147, 0, 0, 0]), ('?', 0));
}

#[test]
fn apple_s_header() {
    let pktap = |len: u32, follows: u8, link: u32| {
        let mut octets = join(&[&len.to_le_bytes(), &[follows, 0, 0, 0], &link.to_le_bytes()]);
        octets.resize(108, 0);
        octets
    };
    let layers = [Layer::Pktap, Layer::Ethernet];
    is_needed_whole(LinkType::PKTAP, &join(&[&pktap(108, 1, 1), &inner()]), &layers);
    let loopback = join(&[&pktap(108, 1, 0), &[2, 0, 0, 0], FOUR]);
    assert_eq!(read(LinkType::PKTAP, &loopback), ('4', 112));
    let twice = join(&[&pktap(108, 1, 258), &pktap(108, 1, 101), SIX]);
    assert_eq!(read(LinkType::PKTAP, &twice), ('6', 216));
    assert_eq!(read(LinkType::PKTAP, &join(&[&pktap(108, 0, 101), FOUR])), ('-', 0), "nothing follows");
    assert_eq!(error(LinkType::PKTAP, &pktap(11, 1, 1)).fault, Fault::HeaderLength { needed: 12, got: 11 });
    assert_eq!(error(LinkType::PKTAP, &pktap(0, 1, 258)).fault, Fault::HeaderLength { needed: 12, got: 0 });
    assert!(matches!(error(LinkType::PKTAP, &pktap(u32::MAX, 1, 1)).fault, Fault::TooShort { .. }));
}

/// An attribute of the packet filter's log, filled up to whole words.
fn attribute(big: bool, kind: u16, value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len() + 4).unwrap();
    let order = |number: u16| if big { number.to_be_bytes() } else { number.to_le_bytes() };
    let mut octets = join(&[&order(len), &order(kind), value]);
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

#[test]
fn the_packet_filter_s_log_in_both_orders() {
    let link = LinkType::NFLOG;
    for big in [false, true] {
        let before = join(&[
            &attribute(big, 1, &[0x86, 0xdd, 1, 0]),
            &attribute(big, 10, b"prefix\0"),
            &attribute(big, 5, &[0, 0, 0, 2]),
        ]);
        let log =
            |family: u8, packet: &[u8]| join(&[&[family, 0, 0, 0], &before, &attribute(big, 9, packet)]);
        let at = 4 + before.len() + 4;
        assert_eq!(read(link, &log(2, FOUR)), ('4', at));
        assert_eq!(read(link, &log(10, SIX)), ('6', at));
        assert_eq!(read(link, &log(7, SIX)), ('6', at), "a bridge: the protocol is told");
        assert_eq!(read(link, &join(&[&[7, 0, 0, 0], &attribute(big, 9, SIX)])), ('-', 0), "it is not told");
        assert_eq!(read(link, &join(&[&[2, 0, 0, 0], &before])), ('-', 0), "no packet");
        let whole = log(2, &[]);
        for len in 5..8 {
            assert_eq!(error(link, &whole[..len]).fault, Fault::TooShort { needed: 4, got: len - 4 });
        }
    }
    assert_eq!(error(link, &[2, 0, 0, 0, 3, 0, 5, 0]).fault, Fault::HeaderLength { needed: 4, got: 3 });
    assert_eq!(error(link, &[2, 0, 0, 0, 0, 0, 0, 0]).fault, Fault::HeaderLength { needed: 4, got: 0 });
    assert_eq!(error(link, &[2, 0, 0, 0, 9, 0, 5, 0, 1]).fault, Fault::TooShort { needed: 9, got: 5 });
    assert_eq!(read(link, &[2, 0, 0, 0, 5, 0, 5, 0, 1]), ('-', 0), "the last one need not be filled up");
    assert_eq!(error(link, &[2, 0, 0]).layer, Layer::Nflog);
}

#[test]
fn a_logged_packet_ends_where_its_attribute_does() {
    let octets = join(&[&[2, 0, 0, 0], &attribute(false, 9, FOUR), &attribute(false, 10, b"behind")]);
    let frame = frame(LinkType::NFLOG, &octets);
    let Ok(Network::Ipv4(rest)) = network(LinkType::NFLOG, Rest::new(&frame)) else { panic!() };
    assert_eq!((rest.octets(), rest.len()), (FOUR, 4));
    // A length below that of its own header leaves nothing.
    let octets = [2, 0, 0, 0, 3, 0, 9, 0, 0x45, 0];
    assert_eq!(read(LinkType::NFLOG, &octets), ('4', 8));
}

#[test]
fn endace_s_records_and_their_headers() {
    let record = |kind: u8, more: usize, load: &[u8]| {
        let mut header = vec![9; 16];
        header[8] = if more == 0 { kind } else { kind | 0x80 };
        for left in (0..more).rev() {
            header.extend([if left == 0 { 3 } else { 0x83 }, 9, 9, 9, 9, 9, 9, 9]);
        }
        join(&[&header, load])
    };
    let ethernet = join(&[&[0, 0], &inner()]);
    let kinds: [(u8, &[u8], Layer); 9] = [
        (2, &ethernet, Layer::Ethernet),
        (11, &ethernet, Layer::Ethernet),
        (16, &ethernet, Layer::Ethernet),
        (20, &ethernet, Layer::Ethernet),
        (1, &[0x0f, 0, 8, 0], Layer::CiscoHdlc),
        (10, &[0x8f, 0, 8, 0], Layer::CiscoHdlc),
        (15, &[0xff, 3, 0, 0x21], Layer::Ppp),
        (19, &[0xff, 3, 0, 0x21], Layer::Ppp),
        (22, &[], Layer::Erf),
    ];
    for (kind, load, layer) in kinds {
        for more in [0, 1, 2, 9] {
            let layers = [Layer::Erf, Layer::Capture, Layer::Ppp, layer];
            is_needed_whole(LinkType::ERF, &record(kind, more, load), &layers);
        }
    }
    assert_eq!(read(LinkType::ERF, &record(23, 1, SIX)), ('6', 24));
    for kind in [0, 3, 4, 21, 24, 127] {
        assert_eq!(read(LinkType::ERF, &record(kind, 0, FOUR)), ('-', 0));
    }
    let mut endless = vec![0xff; 64];
    endless.resize(67, 0xff);
    assert_eq!(error(LinkType::ERF, &endless).layer, Layer::Erf);
}

#[test]
fn juniper_s_header() {
    let extended = [b'M', b'G', b'C', 0x80, 0, 6, 1, 1, 9, 2, 1, 9];
    let rows: [(LinkType, &[u8]); 4] = [
        (LinkType::JUNIPER_ETHER, &inner()),
        (LinkType::JUNIPER_PPP, &[0, 0x21]),
        (LinkType::JUNIPER_FRELAY, &[0x18, 0x41, 3, 0xcc]),
        (LinkType::JUNIPER_CHDLC, &[0x0f, 0, 8, 0]),
    ];
    let labels = &[0x00, 0x01, 0x61, 0x3f][..];
    for (link, load) in rows {
        let layers = [Layer::Juniper, Layer::Ethernet, Layer::Ppp, Layer::FrameRelay, Layer::CiscoHdlc];
        is_needed_whole(link, &join(&[b"MGC\x01", load]), &layers);
        is_needed_whole(link, &join(&[&extended, load]), &layers);
        // No link header: the packet stands behind four octets more.
        assert_eq!(read(link, &join(&[b"MGC\x02", &[0; 4], SIX])), ('6', 8));
        assert_eq!(read(link, &join(&[b"MGC\x02", &[0; 4], labels])), ('-', 0), "neither version of IP");
        let mut without = extended;
        without[3] |= 0x02;
        assert_eq!(read(link, &join(&[&without, &[0; 4], FOUR])), ('4', 16));
        assert_eq!(error(link, &without).layer, Layer::Juniper);
        assert_eq!(read(link, &join(&[b"MGB\x01", load])), ('-', 0), "not its magic number");
    }
}
