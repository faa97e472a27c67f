//! The short way of the usual frame: Ethernet, IPv4 without options, TCP, all headers captured.
//!
//! In: a frame. Out: its segment, whole or in brief, the same as header by header; or nothing, where it is not such a frame.
//! Invariant: whatever is in doubt goes the long way, errors and fragments among it.
//! Read: RFC 791 §3.1, RFC 9293 §3.1.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::decode::checksum::judge;
use crate::decode::sighting::{digest, tap_of};
use crate::frame::{Frame, LinkType};
use crate::jot::{self, Jot, Parts};
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;

/// The headers of Ethernet, IPv4 and TCP without options.
const LINK: usize = 14;
const FIXED: usize = 20;
const HEADERS: usize = LINK + FIXED + FIXED;

/// A usual frame, taken apart.
struct Usual<'a> {
    frame: &'a Frame<'a>,
    head: &'a [u8; HEADERS],
    /// The IP packet, as far as it was captured.
    packet: &'a [u8],
    options: &'a [u8],
    text: &'a [u8],
    text_len: u32,
    is_whole: bool,
    checksum: Checksum,
}

/// The segment of a usual frame.
pub(super) fn segment(frame: &Frame<'_>) -> Option<Segment> {
    let usual = Usual::of(frame)?;
    let (source, destination) = usual.sockets();
    Some(Segment {
        frame: frame.number,
        time: frame.time,
        source: source.into(),
        destination: destination.into(),
        seq: SeqNumber(usual.long(38)),
        ack: SeqNumber(usual.long(42)),
        flags: usual.flags(),
        window: Some(usual.short(48)),
        options: Options::new(usual.options),
        text_len: usual.text_len,
        text: TextHead::new(usual.text).cut(!usual.is_whole),
        checksum: usual.checksum,
        cut_short: false,
        sighting: usual.sighting()?,
        tunnel: None,
    })
}

/// The same in brief, where it goes into one; the options of a SYN do not.
pub(super) fn brief(frame: &Frame<'_>) -> Option<jot::Usual> {
    let usual = Usual::of(frame)?;
    let (source, destination) = usual.sockets();
    let flags = usual.flags();
    if flags.has(Flags::SYN) {
        return None;
    }
    let jot = Jot::made_of(&Parts {
        frame: frame.number,
        time: frame.time,
        seq: SeqNumber(usual.long(38)),
        ack: SeqNumber(usual.long(42)),
        flags,
        window: usual.short(48),
        options: usual.options,
        text_len: usual.text_len,
        text_is_cut: !usual.is_whole,
        checksum: usual.checksum,
        sighting: usual.sighting()?,
    })?;
    Some(jot::Usual { jot, source, destination })
}

impl<'a> Usual<'a> {
    #[inline(always)]
    fn of(frame: &'a Frame<'a>) -> Option<Self> {
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
        let is_whole = captured.len() == len;
        let checksum = if is_whole {
            judge(address(head, 26).into(), address(head, 30).into(), captured, number(head[50], head[51]))
        } else {
            Checksum::Unchecked
        };
        let text_len = u32::try_from(len.saturating_sub(header_len)).ok()?;
        Some(Self { frame, head, packet, options: header.get(FIXED..)?, text, text_len, is_whole, checksum })
    }

    fn sockets(&self) -> (SocketAddrV4, SocketAddrV4) {
        let socket = |at: usize, port: usize| SocketAddrV4::new(address(self.head, at), self.short(port));
        (socket(26, 34), socket(30, 36))
    }

    fn flags(&self) -> Flags {
        Flags(number(self.head[46] & 1, self.head[47]))
    }

    fn sighting(&self) -> Option<Sighting> {
        let packet = self.packet;
        Some(Sighting {
            packet: digest(&[packet.get(..8)?, packet.get(9..10)?, packet.get(12..)?]),
            tap: tap_of(self.frame.interface, self.head.get(..LINK)?),
            identification: self.short(18),
            hop_limit: self.head[22],
        })
    }

    fn short(&self, at: usize) -> u16 {
        u16::from_be_bytes(field(self.head, at))
    }

    fn long(&self, at: usize) -> u32 {
        u32::from_be_bytes(field(self.head, at))
    }
}

fn address(head: &[u8; HEADERS], at: usize) -> Ipv4Addr {
    Ipv4Addr::from(field(head, at))
}

/// The octets of a field of the fixed headers, in which `at` lies.
#[inline(always)]
fn field<const LEN: usize>(head: &[u8; HEADERS], at: usize) -> [u8; LEN] {
    head.get(at..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; LEN])
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
            let in_brief = |segment: &Segment| format!("{:?}", jot::Usual::of(segment));
            match segment(&frame) {
                Some(short) => {
                    prop_assert_eq!(format!("{:?}", brief(&frame)), in_brief(&short));
                    prop_assert_eq!(Some(short), the_long_way(&frame));
                }
                None => prop_assert!(brief(&frame).is_none()),
            }
        }
    }
}
