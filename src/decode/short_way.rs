//! The short way of the usual frame: Ethernet, IPv4 without options, TCP, all headers captured.
//!
//! In: a frame. Out: its segment, whole or in brief, the same as header by header; nothing, where it is not such a frame.
//! Invariant: whatever is in doubt goes the long way, errors and fragments among it.
//! Read: RFC 791 §3.1, RFC 9293 §3.1.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::decode::checksum::judge_packet;
use crate::decode::sighting::{packet4, tap_of};
use crate::frame::{Frame, LinkType};
use crate::gist::Gist;
use crate::jot::{Jot, Traits};
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// The headers of Ethernet, IPv4 and TCP without options.
const LINK: usize = 14;
const FIXED: usize = 20;
/// What the TCP header's length is counted in.
const WORD: usize = 4;
const HEADERS: usize = LINK + FIXED + FIXED;
/// The protocol that it is.
const TCP: u8 = 6;
/// Where the packet has its addresses.
const ADDRESSES: usize = 12;

/// The headers of a usual frame, of which it is not known yet whether all of them are there.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    frame: Frame<'a>,
    octets: &'a [u8; HEADERS],
}

/// The same, where all of them are there.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    head: Head<'a>,
    /// What was captured behind the link header.
    captured: &'a [u8],
    /// Octets of the TCP header, and of both headers.
    header_len: usize,
    len: u16,
}

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

// All of it is worth being inlined: what is made here goes into its place at once, and no copy of it is made. A length that
// is known where it is inlined need not be asked for again.
impl<'a> Head<'a> {
    /// Those of `frame`, where that is a usual one.
    #[inline(always)]
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        let head: &'a [u8; HEADERS] = frame.octets.first_chunk()?;
        // Version 4, no options; no fragment; TCP.
        let is_usual = frame.link == LinkType::ETHERNET
            && short(head, 12) == 0x0800
            && head[14] == 0x45
            && short(head, 20) & 0x3fff == 0
            && head[23] == TCP;
        is_usual.then_some(Self { frame: *frame, octets: head })
    }

    /// Words of four octets of the TCP header, as it says itself.
    #[inline(always)]
    pub fn words(&self) -> usize {
        usize::from(self.octets[46] >> 4)
    }

    /// The same, whose TCP header has so many words, where the capture has all of them. Where they are known, most lengths
    /// are: what follows asks for others alone.
    #[inline(always)]
    pub fn with(self, words: usize) -> Option<Headers<'a>> {
        let header_len = words.wrapping_mul(WORD);
        let len = header_len.wrapping_add(FIXED);
        let captured = self.frame.octets.get(LINK..)?;
        let has_headers = header_len >= FIXED && captured.len() >= len;
        has_headers.then_some(Headers { head: self, captured, header_len, len: len as u16 })
    }
}

impl<'a> Headers<'a> {
    /// The frame, where it has no text.
    #[inline(always)]
    pub fn bare(self) -> Option<Short<'a>> {
        if self.total_len() != self.len {
            return None;
        }
        self.captured.get(..self.len.into()).map(|packet| self.short(packet, self.len))
    }

    /// The frame, where the capture ends before its text does.
    #[inline(always)]
    pub fn cut(self) -> Option<Short<'a>> {
        let total_len = self.total_len();
        (self.captured.len() < usize::from(total_len)).then_some(self.short(self.captured, total_len))
    }

    /// The frame, where the capture has all of it. Padding is no part of the packet.
    #[inline(always)]
    pub fn whole(self) -> Option<Short<'a>> {
        let total_len = self.total_len();
        if total_len < self.len {
            return None;
        }
        self.captured.get(..total_len.into()).map(|packet| self.short(packet, total_len))
    }

    /// Octets of the packet by the IP header.
    #[inline(always)]
    fn total_len(&self) -> u16 {
        short(self.head.octets, 16)
    }

    #[inline(always)]
    const fn short(self, packet: &'a [u8], total_len: u16) -> Short<'a> {
        let Self { head: Head { frame, octets: head }, header_len, .. } = self;
        let Frame { number, time, interface, .. } = frame;
        Short { number, time, interface, head, packet, header_len, total_len }
    }
}

impl<'a> Short<'a> {
    /// Finds its way in `frame`, where that is a usual one.
    #[inline(always)]
    pub fn of(frame: &Frame<'a>) -> Option<Self> {
        let head = Head::of(frame)?;
        let headers = head.with(head.words())?;
        headers.cut().or(headers.whole())
    }

    /// Whether it opens.
    #[inline(always)]
    pub fn is_syn(&self) -> bool {
        self.flags().has(Flags::SYN)
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

    /// What it has so that it goes into brief, where it does.
    #[inline(always)]
    pub fn traits(&self) -> Option<Traits> {
        let options = if self.is_syn() { &[] } else { self.options() };
        let traits = Traits::of(options)?;
        let (is_cut, checksum) = self.checksum();
        traits.with(is_cut, checksum)
    }

    /// Writes it down in brief, of a SYN without its options; one after the other, so that few of its fields are under way
    /// at a time.
    #[inline(always)]
    pub fn write(&self, traits: Traits, jot: &mut Jot) {
        (jot.frame, jot.time) = (self.number, self.time);
        jot.note(traits);
        (jot.seq, jot.ack) = self.numbers();
        jot.flags = self.flags();
        jot.window = short(self.head, 48);
        jot.text_len = self.text_len();
        jot.gist = Gist::of(jot.flags, jot.text_len, jot.window, jot.is_offloaded());
        jot.identification = short(self.head, 18);
        jot.hop_limit = self.head[22];
        jot.packet = self.digest();
        jot.tap = self.tap();
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
            Some(octets) if self.packet.len() == usize::from(self.total_len) => (false, judge_packet(octets)),
            _ => (true, Checksum::Unchecked),
        }
    }

    #[inline(always)]
    fn sighting(&self) -> Sighting {
        Sighting {
            packet: self.digest(),
            tap: self.tap(),
            identification: short(self.head, 18),
            hop_limit: self.head[22],
        }
    }

    #[inline(always)]
    fn digest(&self) -> u64 {
        packet4(TCP, self.packet)
    }

    #[inline(always)]
    fn tap(&self) -> u32 {
        tap_of(self.interface, self.head.get(..LINK).unwrap_or_default())
    }
}

#[inline(always)]
fn short(head: &[u8; HEADERS], at: usize) -> u16 {
    u16::from_be_bytes(field(head, at))
}

/// The octets of a field of the fixed headers, in which `at` lies.
#[inline(always)]
fn field<const LEN: usize>(head: &[u8; HEADERS], at: usize) -> [u8; LEN] {
    head.get(at..).and_then(|rest| rest.first_chunk().copied()).unwrap_or([0; LEN])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::samples::{ethernet, frame, ipv4, summed4, tcp};
    use crate::decode::{DEPTH, Decoded, Decoder};
    use crate::jot::Route;
    use proptest::prelude::*;

    const STAMPS: &[u8] = &[1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2];

    fn segment(frame: &Frame<'_>) -> Option<Segment> {
        Short::of(frame).map(|short| short.segment())
    }

    fn brief(short: &Short<'_>) -> Option<(Jot, Route)> {
        let mut jot = Jot::NONE;
        let (source, destination) = short.sockets();
        let route = Route { source, destination };
        jot.goes(&route);
        short.traits().map(|traits| short.write(traits, &mut jot))?;
        Some((jot, route))
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
            let in_brief = |segment: &Segment| format!("{:?}", Jot::routed(segment));
            if let Some(short) = Short::of(&frame) {
                let segment = short.segment();
                prop_assert_eq!(Some(segment.clone()), the_long_way(&frame));
                prop_assert_eq!(format!("{:?}", brief(&short)), in_brief(&segment));
                let bare = Head::of(&frame).and_then(|head| head.with(head.words())?.bare());
                prop_assert_eq!(bare.is_some(), segment.text_len == 0);
                if let Some(bare) = bare {
                    prop_assert_eq!(format!("{:?}", brief(&bare)), in_brief(&segment));
                    prop_assert_eq!(bare.segment(), segment);
                }
            }
        }
    }
}
