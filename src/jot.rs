//! A segment in a few octets: what a connection reads of it, and no more.
//!
//! In: a segment. Out: the same segment, but for its text and for those of its options that no rule reads.
//! Invariant: a connection comes to the same by what is given back as by the segment itself; a segment of which that cannot
//! be said is not taken.
//! Read: RFC 7323 appendix A (the usual place of the timestamps).

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use crate::gist::Gist;
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// The usual options of a segment after the handshake: two for alignment, then the timestamps.
const STAMPS: [u8; 4] = [1, 1, 8, 10];
/// With the clocks of both ends.
const STAMPS_LEN: usize = 12;

const TEXT_IS_CUT: u8 = 1;
const IS_STAMPED: u8 = 2;
const IS_OFFLOADED: u8 = 4;
const IS_UNCHECKED: u8 = 8;

/// A segment in brief, with its sockets: what is handed from core to core of most segments.
#[derive(Clone, Copy, Debug)]
pub struct Usual<'s> {
    /// The segment.
    pub jot: &'s Jot,
    /// Where it goes.
    pub route: &'s Route,
}

/// Where a segment goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The socket that sent it.
    pub source: SocketAddrV4,
    /// The socket it was sent to.
    pub destination: SocketAddrV4,
}

/// A segment in brief. Its sockets are known elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Jot {
    pub(crate) frame: u64,
    pub(crate) time: Timestamp,
    pub(crate) packet: u64,
    // Read as one number from a packet, and written as one.
    pub(crate) ack: SeqNumber,
    pub(crate) seq: SeqNumber,
    pub(crate) tap: u32,
    /// The sender's clock.
    pub(crate) stamp: u32,
    pub(crate) flags: Flags,
    pub(crate) window: u16,
    pub(crate) text_len: u16,
    pub(crate) identification: u16,
    pub(crate) hop_limit: u8,
    /// Four bits: what else there is to it.
    pub(crate) marks: u8,
    /// What is asked of it.
    pub(crate) gist: Gist,
    /// Once its connection is known whether the client sent it, and before whether its source stands before its destination: so it
    /// is known who sent it where one's place is known.
    pub(crate) by_client: bool,
}

/// What not every segment has so that it goes into brief.
#[derive(Clone, Copy, Debug)]
pub struct Traits {
    stamp: u32,
    marks: u8,
}

impl Traits {
    /// Those of a segment with these option octets, or none where they are kept elsewhere; `None` where it does not go into
    /// brief.
    #[inline(always)]
    pub fn of(options: &[u8]) -> Option<Self> {
        let stamp = stamp(options)?;
        let marks = if stamp.is_some() { IS_STAMPED } else { 0 };
        Some(Self { stamp: stamp.unwrap_or_default(), marks })
    }

    /// The same of one whose text the capture may have cut, and whose checksum says this.
    #[inline(always)]
    pub fn with(self, text_is_cut: bool, checksum: Checksum) -> Option<Self> {
        let checksum = match checksum {
            Checksum::Correct => 0,
            Checksum::Offloaded => IS_OFFLOADED,
            Checksum::Unchecked => IS_UNCHECKED,
            Checksum::Wrong => return None,
        };
        let cut = if text_is_cut { TEXT_IS_CUT } else { 0 };
        Some(Self { marks: self.marks | checksum | cut, ..self })
    }
}

impl Jot {
    /// `segment` in brief, of which its options are kept elsewhere, where it is a SYN; `None` where it does not go into one.
    #[inline]
    pub fn of(segment: &Segment) -> Option<Self> {
        if segment.cut_short || segment.tunnel.is_some() {
            return None;
        }
        let options = if segment.flags.has(Flags::SYN) { &[] } else { segment.options.octets() };
        let traits = Traits::of(options)?.with(segment.text.is_cut(), segment.checksum)?;
        let Sighting { packet, tap, identification, hop_limit } = segment.sighting;
        let jot = Self {
            frame: segment.frame,
            time: segment.time,
            packet,
            ack: segment.ack,
            seq: segment.seq,
            tap,
            stamp: traits.stamp,
            flags: segment.flags,
            window: segment.window?,
            text_len: u16::try_from(segment.text_len).ok()?,
            identification,
            hop_limit,
            marks: traits.marks,
            gist: Gist::default(),
            by_client: false,
        };
        Some(jot.summed_up())
    }

    /// `segment` in brief, and where it goes, where it goes into one and is of IPv4. The options of a SYN are for another to keep.
    #[inline]
    pub fn routed(segment: &Segment) -> Option<(Self, Route)> {
        let (mut jot, route) = (Self::of(segment)?, Route::of(segment)?);
        jot.goes(&route);
        Some((jot, route))
    }

    /// Writes down what `traits` says of it.
    #[inline(always)]
    pub(crate) const fn note(&mut self, traits: Traits) {
        (self.stamp, self.marks) = (traits.stamp, traits.marks);
    }

    /// None yet: room for one.
    pub const NONE: Self = Self {
        frame: 0,
        time: Timestamp(0),
        packet: 0,
        ack: SeqNumber(0),
        seq: SeqNumber(0),
        tap: 0,
        stamp: 0,
        flags: Flags(0),
        window: 0,
        text_len: 0,
        identification: 0,
        hop_limit: 0,
        marks: 0,
        gist: Gist::plain(false, false),
        by_client: false,
    };

    /// Notes which of its sockets stands first.
    #[inline(always)]
    pub fn goes(&mut self, Route { source, destination }: &Route) {
        self.by_client = number(*source) < number(*destination);
    }

    /// Whether its source stands before its destination, of one whose connection is not known yet.
    #[inline(always)]
    pub const fn is_source_first(&self) -> bool {
        self.by_client
    }

    /// The same, with its gist.
    #[must_use]
    #[inline(always)]
    pub(crate) const fn summed_up(self) -> Self {
        Self { gist: Gist::of(self.flags, self.text_len, self.window, self.is_offloaded()), ..self }
    }

    /// The same, of which is known who sent it.
    #[must_use]
    pub const fn sent(self, by_client: bool) -> Self {
        Self { by_client, ..self }
    }

    /// The same, of a SYN whose options are those of one before it, but that the clock there is `stamp`.
    #[must_use]
    pub const fn repeated_at(self, stamp: u32) -> Self {
        Self { stamp, marks: self.marks | IS_STAMPED, ..self }
    }

    /// Whether it opens.
    #[inline]
    pub const fn is_syn(&self) -> bool {
        self.flags.has(Flags::SYN)
    }

    /// Whether its checksum was left to the hardware.
    pub const fn is_offloaded(&self) -> bool {
        self.marks & IS_OFFLOADED != 0
    }

    /// Whether its checksum is right.
    pub const fn is_right(&self) -> bool {
        self.marks & (IS_OFFLOADED | IS_UNCHECKED) == 0
    }

    /// Whether the capture ends before its text does.
    pub const fn is_cut(&self) -> bool {
        self.marks & TEXT_IS_CUT != 0
    }

    /// The sender's clock, where it says what it is and is no SYN.
    pub fn stamp(&self) -> Option<u32> {
        (self.marks & IS_STAMPED != 0).then_some(self.stamp)
    }

    /// When it was captured.
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// The digest of its packet.
    pub const fn packet(&self) -> u64 {
        self.packet
    }

    /// The segment again, from `source` to `destination`. `options` are those of a SYN.
    pub fn segment(&self, source: SocketAddr, destination: SocketAddr, options: Options) -> Segment {
        let mut segment = Segment {
            frame: self.frame,
            time: self.time,
            source,
            destination,
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            window: Some(self.window),
            options,
            text_len: self.text_len.into(),
            text: TextHead::default(),
            checksum: Checksum::Unchecked,
            cut_short: false,
            sighting: Sighting::default(),
            tunnel: None,
        };
        self.write(&mut segment);
        segment
    }

    /// Makes of `segment`, made by `segment` between the same sockets, this one. The options of a SYN are there already, but
    /// for the clock of one that is repeated.
    #[inline]
    pub fn write(&self, segment: &mut Segment) {
        let has = |mark: u8| self.marks & mark != 0;
        (segment.frame, segment.time) = (self.frame, self.time);
        (segment.seq, segment.ack, segment.flags) = (self.seq, self.ack, self.flags);
        segment.window = Some(self.window);
        if !self.flags.has(Flags::SYN) {
            segment.options = if has(IS_STAMPED) { stamped(self.stamp) } else { Options::default() };
        } else if has(IS_STAMPED) {
            segment.options = segment.options.with_stamp(self.stamp);
        }
        segment.text_len = self.text_len.into();
        segment.text = segment.text.cut(has(TEXT_IS_CUT));
        segment.checksum = if has(IS_OFFLOADED) {
            Checksum::Offloaded
        } else if has(IS_UNCHECKED) {
            Checksum::Unchecked
        } else {
            Checksum::Correct
        };
        let Self { packet, tap, identification, hop_limit, .. } = *self;
        segment.sighting = Sighting { packet, tap, identification, hop_limit };
    }
}

impl Route {
    /// None yet: room for one.
    pub const NONE: Self = {
        let nobody = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0);
        Self { source: nobody, destination: nobody }
    };

    /// That of `segment`, where it is of IPv4.
    #[inline]
    pub const fn of(segment: &Segment) -> Option<Self> {
        match (segment.source, segment.destination) {
            (SocketAddr::V4(source), SocketAddr::V4(destination)) => Some(Self { source, destination }),
            _ => None,
        }
    }
}

impl Usual<'_> {
    /// The segment again. `options` are those of a SYN.
    pub fn segment(&self, options: Options) -> Segment {
        let Route { source, destination } = *self.route;
        self.jot.segment(source.into(), destination.into(), options)
    }
}

/// One number for one socket, as it lies in memory: which of two is the lesser says nothing.
#[inline(always)]
pub fn number(socket: SocketAddrV4) -> u64 {
    u64::from(u32::from_ne_bytes(socket.ip().octets())) | u64::from(socket.port()) << 32
}

/// The sender's clock in these options, if they have one; `None` where they are not the usual ones.
#[inline(always)]
fn stamp(options: &[u8]) -> Option<Option<u32>> {
    if options.is_empty() {
        return Some(None);
    }
    let options: &[u8; STAMPS_LEN] = options.try_into().ok()?;
    let [a, b, c, d, rest @ ..] = options;
    let [e, f, g, h, ..] = *rest;
    ([*a, *b, *c, *d] == STAMPS).then(|| Some(u32::from_be_bytes([e, f, g, h])))
}

/// The usual options with `stamp`. What the sender has seen of its peer's clock is not kept: nobody asks for it.
fn stamped(stamp: u32) -> Options {
    let ([a, b, c, d], [e, f, g, h]) = (STAMPS, stamp.to_be_bytes());
    Options::new(&[a, b, c, d, e, f, g, h, 0, 0, 0, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(options: &[u8]) -> Segment {
        Segment {
            frame: 7,
            time: Timestamp::new(5, 3),
            source: ([192, 0, 2, 1], 50_000).into(),
            destination: ([192, 0, 2, 2], 443).into(),
            seq: SeqNumber(11),
            ack: SeqNumber(12),
            flags: Flags::ACK.with(Flags::FIN).with(Flags::AE),
            window: Some(502),
            options: Options::new(options),
            text_len: 65_535,
            text: TextHead::new(b"hello").cut(true),
            checksum: Checksum::Offloaded,
            cut_short: false,
            sighting: Sighting { packet: 1 << 60, tap: 1 << 30, identification: 65_535, hop_limit: 255 },
            tunnel: None,
        }
    }

    #[test]
    fn what_comes_back_lacks_the_text_and_the_peers_clock_alone() {
        let stamped = [1, 1, 8, 10, 0, 0, 1, 2, 0, 0, 0, 0];
        for checksum in [Checksum::Correct, Checksum::Offloaded, Checksum::Unchecked] {
            for options in [&[][..], &stamped] {
                let whole = Segment { checksum, ..segment(options) };
                let (jot, route) = &Jot::routed(&whole).unwrap();
                let usual = Usual { jot, route };
                let again = Segment { text: whole.text, ..usual.segment(Options::default()) };
                assert_eq!(again, whole);
                assert!(usual.segment(Options::default()).text.is_cut());
                assert_eq!(jot.is_right(), checksum == Checksum::Correct);
                assert_eq!(jot.is_offloaded(), checksum == Checksum::Offloaded);
            }
        }
        let mut echoed = stamped;
        echoed[11] = 9;
        let (jot, route) = &Jot::routed(&segment(&echoed)).unwrap();
        let again = Usual { jot, route }.segment(Options::default());
        assert_eq!((again.options.octets(), again.options.stamp()), (&stamped[..], Some(258)));
    }

    #[test]
    fn what_does_not_go_into_brief_is_not_taken() {
        let usual = segment(&[]);
        assert!(Jot::routed(&usual).is_some());
        for unusual in [
            segment(&[5, 10, 0, 0, 0, 1, 0, 0, 0, 2]),
            segment(&[8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 1]),
            Segment { text_len: 65_536, ..usual.clone() },
            Segment { window: None, ..usual.clone() },
            Segment { cut_short: true, ..usual.clone() },
            Segment { checksum: Checksum::Wrong, ..usual.clone() },
            Segment { source: ([0, 0, 0, 0, 0, 0, 0, 1], 1).into(), ..usual },
        ] {
            assert!(Jot::routed(&unusual).is_none(), "{unusual:?}");
        }
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<Jot>() <= 56 && size_of::<Route>() <= 12);
    }
}
