//! The short way of the usual frame: Ethernet, IPv4 without options, TCP, all headers captured.
//!
//! In: a frame. Out: its segment, whole or in brief, the same as header by header; nothing, where it is not such a frame.
//! Invariant: whatever is in doubt goes the long way, errors and fragments among it.
//! Read: RFC 791 §3.1, RFC 9293 §3.1.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::decode::checksum::judge_packet;
use crate::decode::sighting::{packet4, tap_of};
use crate::frame::{Frame, LinkType};
use crate::jot::{self, Jot, Parts, Traits};
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// The headers of Ethernet, IPv4 and TCP without options.
const LINK: usize = 14;
const FIXED: usize = 20;
const HEADERS: usize = LINK + FIXED + FIXED;
/// Where the packet has its addresses.
const ADDRESSES: usize = 12;

/// A usual frame, of which is known where everything lies.
#[derive(Clone, Copy, Debug)]
pub struct Short<'a> {
    number: u64,
    time: Timestamp,
    interface: u32,
    head: &'a [u8; HEADERS],
    /// The IP packet, as far as it was captured: both headers at least.
    packet: &'a [u8],
    /// Octets of the TCP header.
    header_len: usize,
    /// Octets of the packet by the IP header.
    total_len: u16,
}

// All of it is worth being inlined: what is made here goes into its place at once, and no copy of it is made.
impl<'a> Short<'a> {
    /// Finds its way in `frame`, where that is a usual one.
    #[inline(always)]
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        let head: &'a [u8; HEADERS] = frame.octets.first_chunk()?;
        // Version 4, no options; no fragment; TCP.
        let is_usual = frame.link == LinkType::ETHERNET
            && long(head, 12) & 0xffff_ff00 == 0x0800_4500
            && long(head, 20) & 0x3fff_00ff == 0x0000_0006;
        if !is_usual {
            return None;
        }
        // Padding is no part of the packet; what the capture cut off is.
        let packet = frame.octets.get(LINK..)?;
        let total_len = short(head, 16);
        let packet = packet.get(..usize::from(total_len)).unwrap_or(packet);
        let header_len = usize::from(head[46] >> 4).wrapping_mul(4);
        let has_headers = header_len >= FIXED && header_len.wrapping_add(FIXED) <= packet.len();
        has_headers.then_some(Self {
            number: frame.number,
            time: frame.time,
            interface: frame.interface,
            head,
            packet,
            header_len,
            total_len,
        })
    }

    /// Who sent it, and to whom.
    #[inline(always)]
    pub fn sockets(&self) -> (SocketAddrV4, SocketAddrV4) {
        let [source, destination] = self.addresses();
        (
            SocketAddrV4::new(source, short(self.head, 34)),
            SocketAddrV4::new(destination, short(self.head, 36)),
        )
    }

    /// Its segment.
    #[inline(always)]
    pub fn segment(&self) -> Segment {
        let (source, destination) = self.sockets();
        let (seq, ack) = self.numbers();
        let (is_cut, checksum) = self.checksum();
        Segment {
            frame: self.number,
            time: self.time,
            source: source.into(),
            destination: destination.into(),
            seq,
            ack,
            flags: self.flags(),
            window: Some(short(self.head, 48)),
            options: Options::new(self.options()),
            text_len: self.text_len().into(),
            text: self.text_head().cut(is_cut),
            checksum,
            cut_short: false,
            sighting: self.sighting(),
            tunnel: None,
        }
    }

    /// The same in brief, where it goes into one; of a SYN without its options.
    #[inline(always)]
    pub fn brief(&self) -> Option<jot::Usual> {
        let flags = self.flags();
        let (is_cut, checksum) = self.checksum();
        let options = if flags.has(Flags::SYN) { &[] } else { self.options() };
        let traits = Traits::of(options, is_cut, checksum)?;
        let sighting = self.sighting();
        let (source, destination) = self.sockets();
        let (seq, ack) = self.numbers();
        let jot = Jot::made_of(&Parts {
            frame: self.number,
            time: self.time,
            seq,
            ack,
            flags,
            window: short(self.head, 48),
            text_len: self.text_len(),
            traits,
            sighting,
        });
        Some(jot::Usual { jot, source, destination })
    }

    #[inline(always)]
    fn addresses(&self) -> [Ipv4Addr; 2] {
        [26, 30].map(|at| Ipv4Addr::from(field(self.head, at)))
    }

    /// SEG.SEQ and SEG.ACK, which are read at once.
    #[inline(always)]
    fn numbers(&self) -> (SeqNumber, SeqNumber) {
        let both = u64::from_be_bytes(field(self.head, 38));
        (SeqNumber((both >> 32) as u32), SeqNumber(both as u32))
    }

    #[inline(always)]
    fn flags(&self) -> Flags {
        Flags(short(self.head, 46) & 0x1ff)
    }

    /// Octets of both headers.
    #[inline(always)]
    const fn headers_len(&self) -> usize {
        self.header_len.wrapping_add(FIXED)
    }

    /// The octets of its options.
    #[inline(always)]
    pub fn options(&self) -> &'a [u8] {
        self.packet.get(FIXED + FIXED..self.headers_len()).unwrap_or_default()
    }

    #[inline(always)]
    fn text(&self) -> &'a [u8] {
        self.packet.get(self.headers_len()..).unwrap_or_default()
    }

    #[inline(always)]
    fn text_head(&self) -> TextHead {
        let text = self.text();
        // Of a SYN there is none.
        if text.is_empty() { TextHead::default() } else { TextHead::new(text) }
    }

    /// By the IP header, which has room for the others: the packet is no longer than that says.
    #[inline(always)]
    fn text_len(&self) -> u16 {
        self.total_len.wrapping_sub(self.headers_len() as u16)
    }

    /// Whether the capture ends before the text does, and what the checksum says then.
    #[inline(always)]
    fn checksum(&self) -> (bool, Checksum) {
        match self.packet.get(ADDRESSES..) {
            Some(octets) if self.packet.len() == usize::from(self.total_len) => {
                (false, judge_packet(self.addresses(), octets, short(self.head, 50)))
            }
            _ => (true, Checksum::Unchecked),
        }
    }

    #[inline(always)]
    fn sighting(&self) -> Sighting {
        Sighting {
            packet: packet4(self.packet),
            tap: tap_of(self.interface, self.head.get(..LINK).unwrap_or_default()),
            identification: short(self.head, 18),
            hop_limit: self.head[22],
        }
    }
}

#[inline(always)]
fn short(head: &[u8; HEADERS], at: usize) -> u16 {
    u16::from_be_bytes(field(head, at))
}

#[inline(always)]
fn long(head: &[u8; HEADERS], at: usize) -> u32 {
    u32::from_be_bytes(field(head, at))
}

/// The octets of a field of the fixed headers, in which `at` lies.
#[inline(always)]
fn field<const LEN: usize>(head: &[u8; HEADERS], at: usize) -> [u8; LEN] {
    head.get(at..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; LEN])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::samples::{TCP, ethernet, frame, ipv4, summed4, tcp};
    use crate::decode::{DEPTH, Decoded, Decoder};
    use proptest::prelude::*;

    const STAMPS: &[u8] = &[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];

    fn segment(frame: &Frame<'_>) -> Option<Segment> {
        Short::of(frame).map(|short| short.segment())
    }

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
            if let Some(short) = Short::of(&frame) {
                let segment = short.segment();
                prop_assert_eq!(format!("{:?}", short.brief()), in_brief(&segment));
                prop_assert_eq!(Some(segment), the_long_way(&frame));
            }
        }
    }
}
