//! What tells a packet that the capture saw twice from one that was sent twice.
//!
//! In: a frame, and where its IP packet begins. Out: digests of the packet and of the place where it was seen.
//! Invariant: the digest leaves out what changes from one tap to the next: the link header, the hop limit, and IPv4's
//! header checksum, which covers it. Padding behind the packet does not count.
//! Read: RFC 791 §3.1, RFC 8200 §3.

use crate::decode::digest;
use crate::decode::link::Network;
use crate::decode::rest::Rest;
use crate::frame::Frame;
use crate::segment::Sighting;

/// Octets of a header up to the last one that changes on the way: the time to live and the checksum of IPv4 are among the
/// last four of its twelve, IPv6's hop limit is the last of its eight.
const FRONT_4: usize = 12;
const FRONT_6: usize = 8;

/// The sighting of the packet that `network` is in `frame`.
pub(super) fn of(frame: &Frame<'_>, network: Network<'_>) -> Sighting {
    match network {
        Network::Ipv4(rest) => {
            let octets = within(rest.octets(), number(rest.octets(), 2));
            let identification = u16::try_from(number(octets, 4)).unwrap_or_default();
            Sighting {
                packet: packet4(octet(octets, 9), octets),
                tap: tap(frame, rest),
                identification,
                hop_limit: octet(octets, 8),
            }
        }
        Network::Ipv6(rest) => {
            let len = match number(rest.octets(), 4) {
                0 => 0,
                len => len.saturating_add(40),
            };
            let octets = within(rest.octets(), len);
            Sighting {
                packet: packet6(octets),
                tap: tap(frame, rest),
                identification: 0,
                hop_limit: octet(octets, 7),
            }
        }
        Network::Other | Network::Unsupported => Sighting::default(),
    }
}

/// The interface and the link header: under `any` the header has the interface and the packet's type.
fn tap(frame: &Frame<'_>, rest: Rest<'_>) -> u32 {
    tap_of(frame.interface, frame.octets.get(..rest.offset()).unwrap_or(&[]))
}

/// The same of an interface and the octets of a link header.
#[inline(always)]
pub(super) fn tap_of(interface: u32, header: &[u8]) -> u32 {
    // Half of a digest is a digest.
    digest::of(0, header, interface) as u32
}

// The fronts are laid upon addresses, which do not change within one way of a connection.

/// The digest of a packet of IPv4 with this protocol, as far as it was captured, without what follows it.
#[inline(always)]
pub(super) fn packet4(protocol: u8, octets: &[u8]) -> u64 {
    match octets.split_first_chunk::<FRONT_4>() {
        Some((&[a, b, c, d, e, f, g, h, ..], behind)) => {
            digest::of(u64::from_le_bytes([a, b, c, d, e, f, g, h]), behind, protocol.into())
        }
        None => piece(octets, &[8, 10, 11]),
    }
}

fn packet6(octets: &[u8]) -> u64 {
    match octets.split_first_chunk::<FRONT_6>() {
        Some((&[a, b, c, d, e, f, g, _], behind)) => {
            digest::of(u64::from_le_bytes([a, b, c, d, e, f, g, 0]), behind, 0)
        }
        None => piece(octets, &[]),
    }
}

/// Of less than a front, but for what stands at the places in `changing`.
#[cold]
#[inline(never)]
fn piece(octets: &[u8], changing: &[usize]) -> u64 {
    octets.iter().enumerate().fold(0, |digest, (at, octet)| {
        let octet = if changing.contains(&at) { &0 } else { octet };
        digest::of(digest, &[*octet], 1)
    })
}

/// The packet without what follows it; a length of 0 says nothing (segmentation offload).
fn within(octets: &[u8], len: usize) -> &[u8] {
    if len == 0 { octets } else { octets.get(..len).unwrap_or(octets) }
}

fn number(octets: &[u8], at: usize) -> usize {
    octets
        .get(at..)
        .and_then(|octets| octets.first_chunk())
        .map_or(0, |pair| u16::from_be_bytes(*pair).into())
}

fn octet(octets: &[u8], at: usize) -> u8 {
    octets.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::samples::{TCP, frame, ipv4, join};
    use crate::frame::LinkType;
    use std::collections::BTreeSet;

    fn sighting(octets: &[u8], offset: usize) -> Sighting {
        let frame = frame(LinkType::RAW, octets);
        let rest = Rest::new(&frame).split(offset, crate::decode::error::Layer::Ip).unwrap().1;
        of(&frame, Network::Ipv4(rest))
    }

    #[test]
    fn a_router_and_padding_leave_the_packet_what_it_is() {
        let sent = ipv4(TCP, b"0123456789");
        let mut routed = sent.clone();
        (routed[8], routed[10], routed[11]) = (sent[8] - 1, !sent[10], !sent[11]);
        let padded = join(&[&routed, &[0; 6]]);
        assert_eq!(sighting(&sent, 0).packet, sighting(&padded, 0).packet);
    }

    #[test]
    fn any_other_octet_makes_another_packet() {
        let sent = ipv4(TCP, b"0123456789");
        for at in (0..sent.len()).filter(|at| ![2, 3, 8, 10, 11].contains(at)) {
            let mut other = sent.clone();
            other[at] ^= 1;
            assert_ne!(sighting(&sent, 0).packet, sighting(&other, 0).packet, "octet {at}");
        }
    }

    #[test]
    fn of_a_piece_and_of_a_whole_packet_the_same_octets_count() {
        for len in 1..90 {
            let octets = vec![1; len];
            for at in 0..len {
                let mut other = octets.clone();
                other[at] = 2;
                let four = packet4(octet(&octets, 9), &octets) == packet4(octet(&other, 9), &other);
                assert_eq!(four, [8, 10, 11].contains(&at), "IPv4, {at} of {len}");
                assert_eq!(packet6(&octets) == packet6(&other), at == 7, "IPv6, {at} of {len}");
            }
            let longer = vec![1; len + 1];
            assert_ne!(packet4(1, &octets), packet4(1, &longer));
            assert_ne!(packet6(&octets), packet6(&longer));
        }
    }

    #[test]
    fn packets_of_one_connection_have_digests_of_their_own() {
        let mut digests = BTreeSet::new();
        let mut packet = ipv4(TCP, &[0; 32]);
        let ports = [[0, 80], [0xc5, 0x42]];
        for way in 0..2 {
            packet[12..20].rotate_left(4);
            packet[20..22].copy_from_slice(&ports[way]);
            packet[22..24].copy_from_slice(&ports[1 - way]);
            for (identification, seq, ack) in (0..30 * 30 * 30_u16).map(|n| (n % 30, n / 30 % 30, n / 900)) {
                packet[4..6].copy_from_slice(&identification.to_be_bytes());
                packet[26..28].copy_from_slice(&(seq * 1448).to_be_bytes());
                packet[30..32].copy_from_slice(&ack.to_be_bytes());
                digests.insert(packet4(TCP, &packet));
            }
        }
        assert_eq!(digests.len(), 2 * 30 * 30 * 30);
    }

    #[test]
    fn another_link_header_is_another_tap() {
        let packet = ipv4(TCP, b"0123456789");
        let (one, other) = (join(&[&[1; 16], &packet]), join(&[&[2; 16], &packet]));
        assert_eq!(sighting(&one, 16).packet, sighting(&other, 16).packet);
        assert_ne!(sighting(&one, 16).tap, sighting(&other, 16).tap);
    }
}
