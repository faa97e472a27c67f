//! IPv6 headers and their chain, case by case.

use super::*;
use crate::decode::samples::{A6, B6, TCP, ipv6, join, rest};

const TEXT: &[u8] = b"0123456789";
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION: u8 = 60;
/// An address that is neither A nor B.
const C6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 3);

fn read(octets: &[u8]) -> Packet<'_> {
    packet(rest(octets)).unwrap()
}

fn fault(octets: &[u8]) -> Fault {
    packet(rest(octets)).unwrap_err().fault
}

/// Whether `octets` lead to TCP with [`TEXT`] behind it.
fn leads_to_tcp(octets: &[u8]) -> bool {
    let packet = read(octets);
    packet.protocol == IpNextHeaderProtocols::Tcp && packet.payload.octets() == TEXT
}

/// A routing header in front of [`TEXT`].
fn routed(kind: u8, stops_left: u8, stops: &[Ipv6Addr]) -> Vec<u8> {
    let stops: Vec<u8> = stops.iter().flat_map(Ipv6Addr::octets).collect();
    let len = u8::try_from(stops.len() / 8).unwrap();
    ipv6(ROUTING, &join(&[&[TCP, len, kind, stops_left, 0, 0, 0, 0], &stops, TEXT]))
}

fn fragment(next: u8, bits: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = bits.to_be_bytes();
    ipv6(FRAGMENT, &join(&[&[next, 0, high, low, 0, 0, 0, 1], payload]))
}

#[test]
fn reads_the_header() {
    let octets = join(&[&ipv6(TCP, TEXT), &[0; 9]]);
    let packet = read(&octets);
    assert_eq!((packet.source, packet.destination), (IpAddr::V6(A6), IpAddr::V6(B6)));
    assert!(leads_to_tcp(&octets), "the padding is left out");
    assert_eq!((packet.part, packet.ends_known), (Part::Whole, true));
}

#[test]
fn each_extension_header_is_stepped_over() {
    for kind in [HOP_BY_HOP, DESTINATION, 135, 139, 140] {
        assert!(leads_to_tcp(&ipv6(kind, &join(&[&[TCP, 0, 1, 4, 0, 0, 0, 0], TEXT]))));
        assert!(leads_to_tcp(&ipv6(kind, &join(&[&[TCP, 1, 1, 12], &[0; 12], TEXT]))));
    }
    assert!(leads_to_tcp(&ipv6(51, &join(&[&[TCP, 4], &[0; 22], TEXT]))), "authentication: 4 * (4 + 2)");
    assert!(leads_to_tcp(&ipv6(
        HOP_BY_HOP,
        &join(&[&[DESTINATION, 0, 1, 4, 0, 0, 0, 0], &[51, 0, 0, 0, 0, 0, 0, 0], &[TCP, 1], &[0; 10], TEXT]),
    )));
}

#[test]
fn a_shim_hides_the_ends() {
    let shim = |third: u8| join(&[&[TCP, 0, third, 0, 0, 0, 0, 9], TEXT]);
    let (payload, control) = (ipv6(140, &shim(0x80)), ipv6(140, &shim(0x00)));
    assert!(leads_to_tcp(&payload) && leads_to_tcp(&control));
    assert_eq!((read(&payload).ends_known, read(&control).ends_known), (false, true));
    let behind = ipv6(ROUTING, &join(&[&[140, 0, 3, 1, 0, 0, 0, 0], &shim(0)]));
    assert!(!read(&behind).ends_known, "what another header hid stays hidden");
}

#[test]
fn an_experiment_is_believed_where_it_leads_on() {
    let header = |next: u8, len: u8| join(&[&[next, len, 0x1e, 4, 0, 0, 0, 0], TEXT]);
    for number in [253, 254] {
        assert!(leads_to_tcp(&ipv6(number, &header(TCP, 0))));
        assert!(leads_to_tcp(&ipv6(number, &join(&[&[DESTINATION, 0, 0, 0, 0, 0, 0, 0], &header(TCP, 0)]))));
        assert!(leads_to_tcp(&ipv6(number, &join(&[&[254, 0, 0, 0, 0, 0, 0, 0], &header(TCP, 0)]))));
        // UDP, no next header, beyond the packet, and too little to be one.
        for other in
            [&header(17, 0)[..], &header(59, 0), &header(TCP, 9), &[TCP, 0, 0, 0, 0, 0, 0, 0], &[TCP], &[]]
        {
            assert_eq!(read(&ipv6(number, other)).protocol, IpNextHeaderProtocol(number), "{other:?}");
        }
        let mut cut = ipv6(number, &header(TCP, 0));
        cut.truncate(41);
        assert_eq!(fault(&cut), Fault::NotCaptured { needed: 2, got: 1 });
    }
}

#[test]
fn other_protocols_end_the_chain() {
    for (next, protocol) in [(59, 59), (17, 17), (50, 50), (HOP_BY_HOP, 59)] {
        let octets = ipv6(next, &[59, 0, 1, 4, 0, 0, 0, 0]);
        assert_eq!(read(&octets).protocol, IpNextHeaderProtocol(protocol));
    }
}

#[test]
fn the_chain_is_bounded() {
    let chain = |headers: usize| {
        let mut octets = [DESTINATION, 0, 1, 4, 0, 0, 0, 0].repeat(headers);
        octets[(headers - 1) * 8] = TCP;
        ipv6(DESTINATION, &join(&[&octets, TEXT]))
    };
    assert!(leads_to_tcp(&chain(MOST_HEADERS)));
    assert_eq!(fault(&chain(MOST_HEADERS + 1)), Fault::TooManyHeaders(MOST_HEADERS));
}

#[test]
fn lengths_that_cannot_be_true() {
    assert_eq!(fault(&[0x60; 39]), Fault::TooShort { needed: 40, got: 39 });
    assert_eq!(fault(&ipv6(DESTINATION, &[TCP])), Fault::TooShort { needed: 2, got: 1 });
    assert_eq!(
        fault(&ipv6(DESTINATION, &[TCP, 1, 0, 0, 0, 0, 0, 0])),
        Fault::TooShort { needed: 16, got: 8 }
    );
    let mut octets = ipv6(DESTINATION, &[TCP, 0, 0]);
    octets[5] = 8;
    assert_eq!(fault(&octets), Fault::NotCaptured { needed: 8, got: 3 });
    octets[0] = 0x40;
    assert_eq!(fault(&octets), Fault::Version(4));
}

#[test]
fn fragments() {
    let part = |bits| read(&fragment(TCP, bits, TEXT)).part;
    assert_eq!((part(0x0000), part(0x0006)), (Part::Whole, Part::Whole), "the reserved bits say nothing");
    assert_eq!((part(0x0001), part(0x0008), part(0xfff9)), (Part::First, Part::Later, Part::Later));
    assert!(leads_to_tcp(&fragment(TCP, 1, TEXT)));
    assert_eq!(
        read(&fragment(DESTINATION, 8, TEXT)).protocol,
        IpNextHeaderProtocols::Ipv6Opts,
        "in a later fragment there is no header to read"
    );
}

#[test]
fn a_chain_that_goes_on_in_the_next_fragment_is_no_error() {
    let octets = fragment(DESTINATION, 1, &[TCP, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(read(&octets).protocol, IpNextHeaderProtocols::Ipv6Opts);
}

#[test]
fn an_atomic_fragment_inside_a_first_one_leaves_it_a_first_one() {
    let inner = [TCP, 0, 0, 0, 0, 0, 0, 2];
    assert_eq!(read(&fragment(FRAGMENT, 1, &join(&[&inner, TEXT]))).part, Part::First);
}

#[test]
fn a_payload_length_of_zero() {
    let mut plain = ipv6(TCP, TEXT);
    plain[4..6].fill(0);
    assert!(leads_to_tcp(&plain), "as long as the frame");

    let jumbo = |len: u32| {
        let option = join(&[&[TCP, 0, JUMBO_PAYLOAD, 4], &len.to_be_bytes()]);
        let mut octets = ipv6(HOP_BY_HOP, &join(&[&option, TEXT]));
        octets[4..6].fill(0);
        octets
    };
    assert_eq!(read(&jumbo(100_008)).payload.len(), 100_000);
    assert_eq!(fault(&jumbo(7)), Fault::TooShort { needed: 8, got: 7 });

    let mut without = ipv6(HOP_BY_HOP, &join(&[&[TCP, 0, 1, 4, 0, 0, 0, 0], TEXT]));
    without[4..6].fill(0);
    assert!(leads_to_tcp(&without));
}

#[test]
fn a_jumbo_option_counts_only_where_the_length_is_zero() {
    let option = [TCP, 0, JUMBO_PAYLOAD, 4, 0, 1, 0, 0];
    assert!(leads_to_tcp(&ipv6(HOP_BY_HOP, &join(&[&option, TEXT]))));
}

#[test]
fn routing_headers_name_the_end() {
    let end = |octets: &[u8]| read(octets).destination;
    assert_eq!(end(&routed(0, 1, &[B6, C6])), IpAddr::V6(C6));
    assert_eq!(end(&routed(2, 1, &[C6])), IpAddr::V6(C6));
    assert_eq!(end(&routed(4, 1, &[C6, B6])), IpAddr::V6(C6));
    for kind in 0..5 {
        assert_eq!(end(&routed(kind, 0, &[C6, C6])), IpAddr::V6(B6), "no stops left");
        assert!(read(&routed(kind, 0, &[C6])).ends_known && leads_to_tcp(&routed(kind, 0, &[C6])));
    }
    for unknown in [&routed(3, 1, &[C6]), &routed(0, 1, &[]), &routed(253, 9, &[C6])] {
        assert!(!read(unknown).ends_known && leads_to_tcp(unknown));
    }
}

#[test]
fn a_home_address_is_the_sender() {
    let home = |kind: u8, len: u8| {
        let option = join(&[&[TCP, 2, 1, 2, 0, 0, kind, len], &C6.octets()]);
        read(&ipv6(DESTINATION, &join(&[&option, TEXT]))).source
    };
    assert_eq!(home(HOME_ADDRESS, 16), IpAddr::V6(C6));
    assert_eq!(home(0x1e, 16), IpAddr::V6(A6), "another option");
    assert_eq!(home(HOME_ADDRESS, 17), IpAddr::V6(A6), "beyond the header");
}
