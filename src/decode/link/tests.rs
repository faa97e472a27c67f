//! Hand-written link headers, and nestings of them without end.

use super::*;
use crate::decode::error::Fault;
use crate::decode::samples::{frame, join};
use proptest::prelude::*;

mod cooked;
mod lan;
mod wan;
mod wifi;
mod wrapped;

const PACKET: &[u8] = &[0xaa, 0xbb, 0xcc];
/// The first octets of packets that are told apart by their version.
const FOUR: &[u8] = &[0x45, 0, 0, 20];
const SIX: &[u8] = &[0x60, 0, 0, 0];
/// LLC and SNAP before IPv4.
const SNAP: &[u8] = &[0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00];

/// "4", "6", "-" (not IP), "?" (not supported), and for IP how many octets stood before it.
fn read(link: LinkType, octets: &[u8]) -> (char, usize) {
    match network(link, Rest::new(&frame(link, octets))) {
        Ok(Network::Ipv4(rest)) => ('4', rest.offset()),
        Ok(Network::Ipv6(rest)) => ('6', rest.offset()),
        Ok(Network::Other) => ('-', 0),
        Ok(Network::Unsupported) => ('?', 0),
        Err(error) => panic!("{error}"),
    }
}

fn error(link: LinkType, octets: &[u8]) -> DecodeError {
    network(link, Rest::new(&frame(link, octets))).unwrap_err()
}

/// Every header shorter than `header` is an error of one of these layers, and IPv4 stands right behind it.
fn is_needed_whole(link: LinkType, header: &[u8], layers: &[Layer]) {
    assert_eq!(read(link, &join(&[header, FOUR])), ('4', header.len()), "{link:?}");
    for len in 0..header.len() {
        let error = error(link, &header[..len]);
        assert!(layers.contains(&error.layer), "{link:?} with {len} octets: {error}");
        assert!(matches!(error.fault, Fault::TooShort { .. }), "{link:?} with {len} octets: {error}");
    }
}

#[test]
fn other_link_types_are_not_supported() {
    for link in [2, 147, 283, u32::MAX] {
        assert_eq!(read(LinkType(link), &[0; 40]), ('?', 0));
    }
}

#[test]
fn tunnels_can_name_what_they_carry() {
    let octets = join(&[&[0xff, 0x03, 0, 0x21], FOUR]);
    for skipped in [0, 2] {
        let rest = Rest::new(&frame(LinkType::RAW, &octets[skipped..])).offset();
        assert_eq!(rest, 0);
        let frame = frame(LinkType::RAW, &octets[skipped..]);
        assert!(matches!(ppp(Rest::new(&frame)), Ok(Network::Ipv4(rest)) if rest.octets() == FOUR));
    }
    let frame = frame(LinkType::RAW, SIX);
    assert!(matches!(behind(EtherTypes::Ipv6, Rest::new(&frame)), Ok(Network::Ipv6(_))));
    assert!(matches!(behind(EtherType(0), Rest::new(&frame)), Ok(Network::Other)), "no length");
    assert!(matches!(behind(EtherTypes::Arp, Rest::new(&frame)), Ok(Network::Other)));
}

/// Headers that have a frame or another header behind them, each without its load.
fn nested() -> impl Strategy<Value = Vec<u8>> {
    let ethernet = |number: u16| join(&[&[2; 12], &number.to_be_bytes()]);
    let parts = vec![
        ethernet(0x8847),
        ethernet(0x88e7),
        ethernet(0x8100),
        ethernet(0x6558),
        ethernet(0x0010),
        vec![0, 0, 1, 0xff, 0, 0, 0, 0],
        vec![0, 1, 0x88, 0xe7],
        vec![0, 0, 0, 1],
        vec![0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 1],
        vec![0xaa, 0xaa, 3, 0, 0, 0, 0x65, 0x58],
        vec![0xff, 3, 2, 0x81],
    ];
    proptest::collection::vec(prop::sample::select(parts), 0..400).prop_map(|parts| parts.concat())
}

proptest! {
    /// However deep headers are nested, they are walked through without recursion, to an end.
    #[test]
    fn nested_headers_have_an_end(octets in nested(), cut in any::<prop::sample::Index>()) {
        for link in [LinkType::ETHERNET, LinkType::MPLS, LinkType::PPP] {
            let _ = network(link, Rest::new(&frame(link, &octets)));
            let _ = network(link, Rest::new(&frame(link, &octets[..cut.index(octets.len() + 1)])));
        }
    }

    /// What is found lies within the frame, behind what was read of it.
    #[test]
    fn what_is_found_lies_in_the_frame(link in 0u32..300, octets in proptest::collection::vec(any::<u8>(), 0..120)) {
        let link = LinkType(link);
        let frame = frame(link, &octets);
        match network(link, Rest::new(&frame)) {
            Ok(Network::Ipv4(rest) | Network::Ipv6(rest)) => {
                prop_assert!(octets[rest.offset()..].starts_with(rest.octets()));
                prop_assert!(rest.len() <= octets.len() - rest.offset());
            }
            Err(error) => prop_assert!(error.offset <= octets.len(), "{}", error),
            Ok(_) => {}
        }
    }
}
