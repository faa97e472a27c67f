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

/// What counts of an IPv4 header's beginning: not the time to live, nor the checksum.
const KEPT_4: [u8; 16] = {
    let mut kept = [0xff; 16];
    (kept[8], kept[10], kept[11]) = (0, 0, 0);
    kept
};
/// What counts of an IPv6 header's beginning: not the hop limit.
const KEPT_6: [u8; 16] = {
    let mut kept = [0xff; 16];
    kept[7] = 0;
    kept
};

/// The sighting of the packet that `network` is in `frame`.
pub(super) fn of(frame: &Frame<'_>, network: Network<'_>) -> Sighting {
    match network {
        Network::Ipv4(rest) => {
            let octets = within(rest.octets(), number(rest.octets(), 2));
            let identification = u16::try_from(number(octets, 4)).unwrap_or_default();
            Sighting {
                packet: packet4(octets),
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
            let packet = digest::of_packet(octets, KEPT_6);
            Sighting { packet, tap: tap(frame, rest), identification: 0, hop_limit: octet(octets, 7) }
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
    digest::of(header, interface) as u32
}

/// The digest of a packet of IPv4, as far as it was captured, without what follows it.
#[inline(never)]
pub(super) fn packet4(octets: &[u8]) -> u64 {
    digest::of_packet(octets, KEPT_4)
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
    fn another_link_header_is_another_tap() {
        let packet = ipv4(TCP, b"0123456789");
        let (one, other) = (join(&[&[1; 16], &packet]), join(&[&[2; 16], &packet]));
        assert_eq!(sighting(&one, 16).packet, sighting(&other, 16).packet);
        assert_ne!(sighting(&one, 16).tap, sighting(&other, 16).tap);
    }
}
