//! The short way of the usual frame: Ethernet, IPv4 without options, TCP, all headers captured.
//!
//! In: a frame. Out: its segment, the same as header by header; or nothing, where it is not such a frame.
//! Invariant: whatever is in doubt goes the long way, errors and fragments among it.
//! Read: RFC 791 §3.1, RFC 9293 §3.1.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use crate::decode::checksum::judge;
use crate::decode::sighting::{digest, tap_of};
use crate::frame::{Frame, LinkType};
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;

/// The headers of Ethernet, IPv4 and TCP without options.
const LINK: usize = 14;
const FIXED: usize = 20;
const HEADERS: usize = LINK + FIXED + FIXED;

/// The segment of a usual frame.
pub(super) fn segment(frame: &Frame<'_>) -> Option<Segment> {
    let octets = frame.octets;
    let head: &[u8; HEADERS] = octets.first_chunk()?;
    // Version 4, no options; no fragment; TCP.
    let is_usual = frame.link == LinkType::ETHERNET
        && [head[12], head[13], head[14]] == [0x08, 0x00, 0x45]
        && (head[20] & 0x3f, head[21], head[23]) == (0, 0, 6);
    let total_len = usize::from(number(head[16], head[17]));
    let header_len = usize::from(head[46] >> 4).saturating_mul(4);
    let len = total_len.checked_sub(FIXED)?;
    if !is_usual || header_len < FIXED || header_len > len {
        return None;
    }
    // Padding is no part of the packet; what the capture cut off is.
    let packet = octets.get(LINK..)?;
    let packet = packet.get(..total_len).unwrap_or(packet);
    let captured = packet.get(FIXED..)?;
    let (header, text) = captured.split_at_checked(header_len)?;
    let source = Ipv4Addr::new(head[26], head[27], head[28], head[29]);
    let destination = Ipv4Addr::new(head[30], head[31], head[32], head[33]);
    let is_whole = captured.len() == len;
    let checksum = if is_whole {
        judge(source.into(), destination.into(), captured, number(head[50], head[51]))
    } else {
        Checksum::Unchecked
    };
    Some(Segment {
        frame: frame.number,
        time: frame.time,
        source: SocketAddr::V4(SocketAddrV4::new(source, number(head[34], head[35]))),
        destination: SocketAddr::V4(SocketAddrV4::new(destination, number(head[36], head[37]))),
        seq: SeqNumber(u32::from_be_bytes([head[38], head[39], head[40], head[41]])),
        ack: SeqNumber(u32::from_be_bytes([head[42], head[43], head[44], head[45]])),
        flags: Flags(number(head[46] & 1, head[47])),
        window: Some(number(head[48], head[49])),
        options: Options::new(header.get(FIXED..)?),
        text_len: u32::try_from(len.saturating_sub(header_len)).ok()?,
        text: TextHead::new(text).cut(!is_whole),
        checksum,
        cut_short: false,
        sighting: Sighting {
            packet: digest(&[packet.get(..8)?, packet.get(9..10)?, packet.get(12..)?]),
            tap: tap_of(frame.interface, octets.get(..LINK)?),
            identification: number(head[18], head[19]),
            hop_limit: head[22],
        },
        tunnel: None,
    })
}

const fn number(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::samples::{TCP, ethernet, frame, ipv4, summed4, tcp};
    use crate::decode::{DEPTH, Decoded, Decoder};
    use proptest::prelude::*;

    const STAMPS: &[u8] = &[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];

    fn the_long_way(frame: &Frame<'_>) -> Option<Segment> {
        match Decoder::new(DEPTH).decode_any(frame) {
            Ok(Decoded::Segment(segment)) => Some(segment),
            _ => None,
        }
    }

    #[test]
    fn the_usual_frame_goes_the_short_way() {
        for (flags, options, text) in
            [(0x002, &[2, 4, 5, 0xb4][..], &b""[..]), (0x018, STAMPS, b"hello"), (0x111, &[], b"")]
        {
            let octets = ethernet(&[], 0x0800, &ipv4(TCP, &summed4(tcp(flags, options, text))));
            let short = segment(&frame(LinkType::ETHERNET, &octets));
            assert!(short.is_some());
            assert_eq!(short, the_long_way(&frame(LinkType::ETHERNET, &octets)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn both_ways_come_to_the_same(
            (flags, has_options, text) in (0_u16..512, any::<bool>(), proptest::collection::vec(any::<u8>(), 0..70)),
            changes in proptest::collection::vec((0_usize..70, prop_oneof![any::<u8>(), Just(0), Just(255)]), 0..4),
            (captured, padding, more_on_the_wire, interface) in (0_usize..160, 0_usize..8, 0_u32..50, 0_u32..3),
        ) {
            let options = if has_options { STAMPS } else { &[] };
            let mut octets = ethernet(&[], 0x0800, &ipv4(TCP, &summed4(tcp(flags, options, &text))));
            octets.resize(octets.len() + padding, 0);
            for (at, octet) in changes {
                octets.get_mut(at).into_iter().for_each(|place| *place = octet);
            }
            octets.truncate(captured.max(20));
            let whole = frame(LinkType::ETHERNET, &octets);
            let frame = Frame { wire_len: whole.wire_len + more_on_the_wire, interface, ..whole };
            if let Some(short) = segment(&frame) {
                prop_assert_eq!(Some(short), the_long_way(&frame));
            }
        }
    }
}
