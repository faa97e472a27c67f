//! Segments from octets: numbers lie near those that the ends have reached, so that deep states come up.
//!
//! In: octets, seven for a move: sockets and checksum, time, flags, offsets of both numbers, text, window, and what else
//! follows. Out: segments, ICMP errors about them, losses, and the passing of time.
//! Invariant: any octets are moves; each segment has a frame of its own.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::LazyLock;

use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::icmp::IcmpError;
use tcpshake::options::Options;
use tcpshake::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use tcpshake::seq::SeqNumber;
use tcpshake::time::Timestamp;

use super::octets::Octets;

/// The bits of a move's last octet.
const ACCURATE: u8 = 0x01;
const CUT_SHORT: u8 = 0x02;
const NO_WINDOW: u8 = 0x04;
const ICMP: u8 = 0x08;
const TIME_OR_LOSSES: u8 = 0x10;
const OPTIONS: u8 = 0x20;
const SEEN_BEFORE: u8 = 0x40;
const ABSOLUTE: u8 = 0x80;

const OFFSETS: [u32; 16] = [
    0,
    1,
    2,
    100,
    1460,
    65_535,
    1 << 20,
    1 << 30,
    1 << 31,
    !0,
    !1,
    !99,
    !1459,
    !65_534,
    3 << 30,
    0x7fff_ffff,
];
const SPARE_TEXTS: [u32; 6] = [1448, 65_495, 65_536, 0x7fff_ffff, 0x8000_0000, u32::MAX];
const CHECKSUMS: [Checksum; 4] =
    [Checksum::Correct, Checksum::Offloaded, Checksum::Wrong, Checksum::Unchecked];

/// What comes next.
pub enum Move {
    Segment(Segment),
    Icmp(IcmpError),
    Losses,
    Time(Timestamp),
}

/// When the capture begins.
#[derive(Clone, Copy)]
pub enum Start {
    Usual,
    /// Two seconds before what a stamp can say.
    EndOfTime,
}

/// The moves of an input, one after another.
pub struct Moves<'a> {
    octets: Octets<'a>,
    now: u64,
    frame: u64,
    next: [u32; 4],
    sighting: Sighting,
}

impl<'a> Moves<'a> {
    pub fn new(octets: Octets<'a>, start: Start) -> Self {
        let now = match start {
            Start::Usual => 1_700_000_000_000_000_000,
            Start::EndOfTime => u64::MAX - 2_000_000_000,
        };
        Self { octets, now, frame: 0, next: [100, 300, u32::MAX - 2, 0], sighting: Sighting::default() }
    }

    fn pass(&mut self, unit: u8, count: u8) {
        let count = u64::from(count);
        self.now = match unit {
            0 => self.now.saturating_add(count * 50_000),
            1 => self.now.saturating_add(count * 4_000_000),
            2 => self.now.saturating_add(count * 1_000_000_000),
            // Even numbers of minutes go on, odd numbers of milliseconds step back.
            _ if count.is_multiple_of(2) => self.now.saturating_add(count * 60_000_000_000),
            _ => self.now.saturating_sub(count * 1_000_000),
        };
    }
}

impl Iterator for Moves<'_> {
    type Item = Move;

    fn next(&mut self) -> Option<Move> {
        let read @ [sockets, time, flags, offsets, text, _, more] = self.octets.array()?;
        self.pass(sockets >> 4 & 3, time);
        if more & TIME_OR_LOSSES != 0 {
            return Some(if text == 0 { Move::Losses } else { Move::Time(Timestamp(self.now)) });
        }
        self.frame += 1;
        let ends = (usize::from(sockets & 3), usize::from(sockets >> 2 & 3));
        let numbers = if more & ABSOLUTE != 0 {
            (self.octets.u32()?, self.octets.u32()?)
        } else {
            self.near(ends, offsets)
        };
        if more & ICMP == 0 {
            return self.segment(read, ends, numbers).map(Move::Segment);
        }
        let mut error = ICMP_SAMPLE.clone();
        (error.frame, error.time) = (self.frame, Timestamp(self.now));
        (error.source, error.destination) = (SOCKETS[ends.0], SOCKETS[ends.1]);
        (error.kind, error.code, error.seq) = (flags, text, SeqNumber(numbers.0));
        Some(Move::Icmp(error))
    }
}

impl Moves<'_> {
    /// Numbers beside those that both ends have reached.
    fn near(&self, (from, to): (usize, usize), offsets: u8) -> (u32, u32) {
        let [seq, ack] = [offsets & 15, offsets >> 4].map(|nibble| OFFSETS[usize::from(nibble)]);
        (self.next[from].wrapping_add(seq), self.next[to].wrapping_add(ack))
    }

    fn segment(
        &mut self,
        [sockets, _, flags, offsets, text, window, more]: [u8; 7],
        (from, to): (usize, usize),
        (seq, ack): (u32, u32),
    ) -> Option<Segment> {
        if more & SEEN_BEFORE == 0 {
            let packet = self.frame;
            self.sighting = Sighting { packet, tap: 1, identification: packet as u16, hop_limit: 64 };
        }
        let mut segment = SAMPLE.clone();
        (segment.frame, segment.time) = (self.frame, Timestamp(self.now));
        (segment.source, segment.destination) = (SOCKETS[from], SOCKETS[to]);
        (segment.seq, segment.ack) = (SeqNumber(seq), SeqNumber(ack));
        segment.flags = Flags(u16::from(flags) | u16::from(more & ACCURATE) << 8);
        segment.window = (more & NO_WINDOW == 0).then_some(u16::from(window) * 257);
        if more & OPTIONS != 0 {
            let len = self.octets.u8()?;
            segment.options = Options::new(self.octets.up_to(usize::from(len % 41)));
        }
        let spare = usize::from(text).checked_sub(256 - SPARE_TEXTS.len());
        segment.text_len = spare.map_or(u32::from(text), |spare| SPARE_TEXTS[spare]);
        segment.text = TextHead::new(&[text; 3]);
        segment.checksum = CHECKSUMS[usize::from(sockets >> 6)];
        segment.cut_short = more & CUT_SHORT != 0;
        segment.sighting = Sighting { packet: self.digest(&segment), ..self.sighting };
        if offsets & 15 == 0 {
            self.next[from] = segment.end().0;
        }
        Some(segment)
    }
}

impl Moves<'_> {
    /// As in a capture, what differs is another packet, though it was sent with the same identification.
    fn digest(&self, segment: &Segment) -> u64 {
        let mut hasher = DefaultHasher::new();
        let Segment { source, destination, seq, ack, flags, window, text_len, .. } = segment;
        (self.sighting.packet, source, destination, (seq, ack, flags, window, text_len)).hash(&mut hasher);
        segment.options.octets().hash(&mut hasher);
        hasher.finish()
    }
}

/// The moves of a capture's segments, told in full.
pub fn encode(segments: &[Segment]) -> Vec<u8> {
    let mut sockets: BTreeMap<SocketAddr, u8> = BTreeMap::new();
    let mut known = |socket: SocketAddr| {
        let next = sockets.len() as u8 & 3;
        *sockets.entry(socket).or_insert(next)
    };
    let mut encoded = Vec::new();
    let mut before = segments.first().map_or(Timestamp(0), |first| first.time);
    for segment in segments {
        let waited = segment.time.since(before).as_millis();
        before = segment.time;
        let (unit, count) = if waited < 1000 { (1, waited / 4) } else { (2, (waited / 1000).min(255)) };
        let checksum = CHECKSUMS.iter().position(|checksum| *checksum == segment.checksum).unwrap_or(0) as u8;
        let options = segment.options.octets();
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        let more = ABSOLUTE
            | bit(segment.flags.has(Flags::AE), ACCURATE)
            | bit(segment.cut_short, CUT_SHORT)
            | bit(segment.window.is_none(), NO_WINDOW)
            | bit(!options.is_empty(), OPTIONS);
        encoded.extend([
            known(segment.source) | known(segment.destination) << 2 | unit << 4 | checksum << 6,
            count as u8,
            segment.flags.0 as u8,
            0,
            segment.text_len.min(249) as u8,
            (segment.window.unwrap_or(0) / 257) as u8,
            more,
        ]);
        encoded.extend(segment.seq.0.to_le_bytes());
        encoded.extend(segment.ack.0.to_le_bytes());
        if !options.is_empty() {
            encoded.push(options.len() as u8);
            encoded.extend(options);
        }
    }
    encoded
}

static SOCKETS: LazyLock<[SocketAddr; 4]> = LazyLock::new(|| {
    ["192.0.2.1:50000", "192.0.2.2:6666", "[2001:db8::3]:6666", "192.0.2.4:7000"]
        .map(|socket| socket.parse().expect("a socket"))
});

/// What a move does not say of a segment.
static SAMPLE: LazyLock<Segment> = LazyLock::new(|| {
    let mut octets = [0; 40];
    octets[0] = 0x45;
    octets[3] = 40;
    octets[9] = 6;
    octets[32] = 0x50;
    match decoded(&octets) {
        Some(Decoded::Segment(segment)) => segment,
        other => panic!("no segment: {other:?}"),
    }
});

/// What a move does not say of an ICMP error.
static ICMP_SAMPLE: LazyLock<IcmpError> = LazyLock::new(|| {
    let mut octets = [0; 56];
    (octets[0], octets[3], octets[9]) = (0x45, 56, 1);
    octets[12..16].copy_from_slice(&[192, 0, 2, 9]);
    (octets[20], octets[21]) = (3, 1);
    octets[22..24].copy_from_slice(&[0xb7, 0xd0]);
    (octets[28], octets[31], octets[37]) = (0x45, 40, 6);
    match decoded(&octets) {
        Some(Decoded::Icmp(error)) => error,
        other => panic!("no ICMP error: {other:?}"),
    }
});

fn decoded(octets: &[u8]) -> Option<Decoded> {
    let time = Timestamp(0);
    let wire_len = octets.len() as u32;
    let frame = Frame { number: 1, time, link: LinkType::RAW, interface: 0, octets, wire_len };
    Decoder::new(DEPTH).decode(&frame).ok()
}
