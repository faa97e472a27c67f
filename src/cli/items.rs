//! What some frames are to the tracker, as it goes from the intake to the follower.
//!
//! In: an item for each frame, in their order. Out: the same.
//! Invariant: segments in brief are written where they stay, and whatever is larger lies beside them. Room that was made
//! once is used again.

use tcpshake::analyzer::hold::ahead::Coming;
use tcpshake::icmp::IcmpError;
use tcpshake::jot::Usual;
use tcpshake::options::Options;
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

/// For so many items there is room, where they come one by one, and where they come in portions.
const FEW: usize = 64;
const MANY: usize = 4096;

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
    /// The first `len` of these: the others are room for more.
    order: Vec<Place>,
    len: usize,
    others: Vec<Item>,
    /// Those of the SYNs that are in brief.
    options: Vec<Options>,
}

/// A segment in brief, with the hash of its socket pair, or an item that is none.
#[derive(Clone)]
pub struct Place {
    /// Which says nothing of an item that is none.
    pub usual: Usual,
    pub hash: u64,
    pub apart: Apart,
}

/// What lies elsewhere.
#[derive(Clone, Copy)]
pub enum Apart {
    Nothing,
    Options(u32),
    Item(u32),
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
        self.len
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets them, and keeps their room.
    pub fn clear(&mut self) {
        self.len = 0;
        self.others.clear();
        self.options.clear();
    }

    /// All of them, so many at a time.
    pub fn chunks(&self, most: usize) -> impl Iterator<Item = impl Iterator<Item = Next<'_>> + Clone> {
        self.order.get(..self.len).unwrap_or_default().chunks(most).map(|places| {
            places.iter().filter_map(|Place { usual, hash, apart }| match apart {
                Apart::Nothing => Some(Next::Usual(usual, *hash)),
                Apart::Options(at) => {
                    self.options.get(*at as usize).map(|options| Next::Opening(usual, *hash, options))
                }
                Apart::Item(at) => self.others.get(*at as usize).map(Next::Other),
            })
        })
    }

    /// All that are not in brief.
    pub fn others(&self) -> impl Iterator<Item = &Item> {
        self.others.iter()
    }

    /// One that is not in brief.
    pub fn push(&mut self, item: Item) {
        let at = number(self.others.len());
        self.others.push(item);
        self.place().apart = Apart::Item(at);
    }

    /// Keeps the octets of a SYN's options.
    #[inline(always)]
    pub fn push_options(&mut self, octets: &[u8]) -> Apart {
        let at = number(self.options.len());
        // Written where it stays.
        self.options.push(Options::default());
        if let Some(options) = self.options.last_mut() {
            options.set(octets);
        }
        Apart::Options(at)
    }

    /// The next place, which is to be written.
    pub fn place(&mut self) -> &mut Place {
        if self.len >= self.order.len() {
            return self.make_room();
        }
        self.len += 1;
        &mut self.order[self.len - 1]
    }

    /// The same, where there is room for one.
    #[inline(always)]
    pub fn next(&mut self) -> Option<&mut Place> {
        let place = self.order.get_mut(self.len)?;
        self.len += 1;
        Some(place)
    }

    /// The same where there is none.
    #[cold]
    #[inline(never)]
    pub fn make_room(&mut self) -> &mut Place {
        // Where there are some few there will be many.
        let room = if self.len < FEW { FEW } else { MANY.max(2 * self.len) };
        self.order.resize(room, Place { usual: Usual::NONE, hash: 0, apart: Apart::Nothing });
        self.len += 1;
        &mut self.order[self.len - 1]
    }
}

/// A portion is far smaller than what this has room for.
const fn number(len: usize) -> u32 {
    len as u32
}
