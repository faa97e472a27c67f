//! Frames in, items for the tracker out: the first of three stages.
//!
//! In: frames in the order of their source. Out: an item for each, and the counts of what was left out.
//! Invariant: every frame is accounted for: a segment, an ICMP error, or left out for a reason that the summary names. What
//! the user must know is said once.

use std::collections::BTreeSet;

use tcpshake::analyzer::hold::ahead::Coming;
use tcpshake::analyzer::pairs::SocketHasher;
use tcpshake::decode::error::{DecodeError, Fault};
use tcpshake::decode::short_way::Short;
use tcpshake::decode::{Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::icmp::IcmpError;
use tcpshake::jot::Usual;
use tcpshake::options::Options;
use tcpshake::report::summary::Summary;
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

use crate::cli::told::say;

/// What a frame is to the tracker.
pub enum Item {
    /// A segment, with the hash of its socket pair.
    Segment(Segment, u64),
    /// An ICMP error about one.
    Icmp(IcmpError),
    /// Something else, which shows that the capture went on until then.
    Other(Timestamp),
}

/// The same, where most are small.
#[derive(Clone, Copy)]
pub enum Next<'a> {
    /// A segment in brief, with the hash of its socket pair.
    Usual(&'a Usual, u64),
    /// The same of a SYN, with its options.
    Opening(&'a Usual, u64, &'a Options),
    /// Anything else.
    Other(&'a Item),
}

/// What some frames are to the tracker, in their order.
#[derive(Default)]
pub struct Items {
    order: Vec<Place>,
    others: Vec<Item>,
    /// Those of the SYNs that are in brief.
    options: Vec<Options>,
}

/// An item, or where it lies among the others.
enum Place {
    Usual(Usual, u64),
    Opening(Usual, u64, u32),
    Other(u32),
}

impl Item {
    /// The segment, if it is one.
    pub const fn segment(&self) -> Option<&Segment> {
        match self {
            Self::Segment(segment, _) => Some(segment),
            _ => None,
        }
    }
}

impl Next<'_> {
    /// What is known of the segment before it is looked at, if it is one.
    pub const fn coming(&self) -> Option<Coming> {
        match self {
            Self::Usual(usual, hash) | Self::Opening(usual, hash, _) => {
                Some(Coming { hash: *hash, packet: usual.jot.packet() })
            }
            Self::Other(Item::Segment(segment, hash)) => {
                Some(Coming { hash: *hash, packet: segment.sighting.packet })
            }
            Self::Other(_) => None,
        }
    }
}

impl Items {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Forgets them, and keeps their room.
    pub fn clear(&mut self) {
        self.order.clear();
        self.others.clear();
        self.options.clear();
    }

    /// All of them, so many at a time.
    pub fn chunks(&self, most: usize) -> impl Iterator<Item = impl Iterator<Item = Next<'_>> + Clone> {
        self.order.chunks(most).map(|places| {
            places.iter().filter_map(|place| match place {
                Place::Usual(usual, hash) => Some(Next::Usual(usual, *hash)),
                Place::Opening(usual, hash, at) => {
                    self.options.get(*at as usize).map(|options| Next::Opening(usual, *hash, options))
                }
                Place::Other(at) => self.others.get(*at as usize).map(Next::Other),
            })
        })
    }

    /// All that are not in brief.
    pub fn others(&self) -> impl Iterator<Item = &Item> {
        self.others.iter()
    }

    fn push(&mut self, item: Item) {
        self.order.push(Place::Other(number(self.others.len())));
        self.others.push(item);
    }

    /// A SYN in brief, with the octets of its options.
    #[inline(never)]
    fn push_opening(&mut self, usual: Usual, hash: u64, options: &[u8]) {
        self.order.push(Place::Opening(usual, hash, number(self.options.len())));
        self.options.push(Options::new(options));
    }
}

/// A portion is far smaller.
fn number(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Decodes frames.
pub struct Intake {
    depth: usize,
    /// Whether nothing but errors is to be said.
    pub(super) is_quiet: bool,
    /// Whether nobody asks for more of a segment than its connection does.
    pub(super) is_brief: bool,
    decoder: Decoder,
    hasher: SocketHasher,
    summary: Summary,
    /// How many there were.
    frames: u64,
    /// The time of the last one, which the summary need not know yet.
    latest: Timestamp,
    unsupported: BTreeSet<LinkType>,
}

impl Intake {
    /// Looks into `depth` tunnels inside one another; `hasher` is the tracker's.
    pub fn new(depth: usize, hasher: SocketHasher) -> Self {
        Self {
            depth,
            is_quiet: false,
            is_brief: false,
            decoder: Decoder::new(depth),
            hasher,
            summary: Summary::default(),
            frames: 0,
            latest: Timestamp(u64::MAX),
            unsupported: BTreeSet::new(),
        }
    }

    /// Takes in a frame: what it is to the tracker goes to `items`, and more than one of them where it holds several packets.
    #[inline(always)]
    pub fn take(&mut self, frame: &Frame<'_>, items: &mut Items) {
        self.count(frame);
        let Some(short) = Short::of(frame) else { return self.take_any(*frame, items) };
        self.summary.segments += 1;
        match if self.is_brief { short.brief() } else { None } {
            Some(usual) => {
                let hash = self.hasher.of_ipv4(usual.source, usual.destination);
                if usual.jot.is_syn() {
                    items.push_opening(usual, hash, short.options());
                } else {
                    items.order.push(Place::Usual(usual, hash));
                }
            }
            None => self.take_whole(short, items),
        }
    }

    /// Counts a frame. Of the summary's span, and of time that steps back, those say nothing between which time goes on: of
    /// them the last one counts.
    #[inline(always)]
    fn count(&mut self, frame: &Frame<'_>) {
        if frame.time < self.latest {
            self.count_earlier(frame.number, frame.time);
        }
        self.frames += 1;
        self.latest = frame.time;
    }

    #[cold]
    #[inline(never)]
    fn count_earlier(&mut self, frame: u64, time: Timestamp) {
        self.count_latest();
        self.summary.count_frame(frame, time);
    }

    fn count_latest(&mut self) {
        if self.frames > 0 {
            // Nothing is shown by it: its number is not asked for.
            self.summary.count_frame(0, self.latest);
            self.summary.frames = self.frames;
        }
    }

    /// What is not in brief.
    #[inline(never)]
    fn take_whole(&self, short: Short<'_>, items: &mut Items) {
        let (source, destination) = short.sockets();
        items.push(Item::Segment(short.segment(), self.hasher.of_ipv4(source, destination)));
    }

    /// Reads a frame header by header.
    #[inline(never)]
    fn take_any(&mut self, frame: Frame<'_>, items: &mut Items) {
        match self.decoder.decode_any(&frame) {
            Ok(Decoded::Segment(segment)) => self.take_segment(segment, items),
            Ok(Decoded::Icmp(error)) => {
                self.summary.not_tcp += 1;
                items.push(Item::Icmp(error));
            }
            other => {
                self.leave_out(&frame, &other);
                items.push(Item::Other(frame.time));
            }
        }
        for nth in 1.. {
            match self.decoder.decode_further(&frame, nth) {
                None => return,
                Some(Ok(Decoded::Segment(segment))) => self.take_segment(segment, items),
                Some(Ok(Decoded::Icmp(error))) => items.push(Item::Icmp(error)),
                // The frame counts as what its first packet is.
                Some(Ok(Decoded::NotTcp)) => {}
                Some(Err(error)) if matches!(error.fault, Fault::NotCaptured { .. }) => return,
                Some(other) => {
                    self.leave_out(&frame, &other);
                    return;
                }
            }
        }
    }

    fn take_segment(&mut self, segment: Segment, items: &mut Items) {
        self.summary.segments += 1;
        let hash = self.hasher.of(&segment);
        match self.is_brief.then(|| Usual::of(&segment)).flatten() {
            Some(usual) if usual.jot.is_syn() => items.push_opening(usual, hash, segment.options.octets()),
            Some(usual) => items.order.push(Place::Usual(usual, hash)),
            None => items.push(Item::Segment(segment, hash)),
        }
    }

    fn leave_out(&mut self, frame: &Frame<'_>, decoded: &Result<Decoded, DecodeError>) {
        match decoded {
            Ok(Decoded::Fragment) => self.summary.count_fragment(frame.number),
            Ok(Decoded::TooDeep) => self.too_deep(),
            Ok(Decoded::UnsupportedLink(link)) => self.unsupported_link(frame.number, *link),
            Ok(_) => self.summary.not_tcp += 1,
            Err(_) => self.summary.malformed += 1,
        }
    }

    /// Whether frames had to be left out because their link type is not known.
    pub fn has_unsupported(&self) -> bool {
        !self.unsupported.is_empty()
    }

    /// What was counted.
    pub fn into_summary(mut self) -> Summary {
        self.count_latest();
        Summary { never_whole: self.decoder.never_whole(), ..self.summary }
    }

    fn too_deep(&mut self) {
        self.summary.too_deep += 1;
        // Who asked for no tunnels at all knows that there are some.
        if self.summary.too_deep == 1 && self.depth > 0 && !self.is_quiet {
            say(format_args!(
                "more than {} tunnels inside one another; what is deeper is left out\n  \
                 try: --depth {}",
                self.depth,
                self.depth.saturating_mul(2)
            ));
        }
    }

    fn unsupported_link(&mut self, frame: u64, link: LinkType) {
        self.summary.count_unsupported(frame, link);
        if self.unsupported.insert(link) {
            say(format_args!(
                "link type {}: not supported; frames of it are left out\n  \
                 try: https://www.tcpdump.org/linktypes.html, to see what it is",
                link.0
            ));
        }
    }
}
