//! What some frames are to the tracker, as it goes from the intake to the follower.
//!
//! In: an item for each frame, in their order. Out: the same.
//! Invariant: segments in brief are written where they stay, and whatever is larger lies beside them. Room that was made
//! once is used again.

use tcpshake::analyzer::hold::ahead::Coming;
use tcpshake::analyzer::sweep::InBrief;
use tcpshake::fetch::fetch_at;
use tcpshake::icmp::IcmpError;
use tcpshake::jot::Usual;
use tcpshake::options::Options;
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

/// Items that are handed on at a time: few enough to stay in a core's own memory.
pub const PORTION: usize = 4096;
/// Of them, those that are looked at before they are followed.
pub const AHEAD: usize = 64;
/// How far ahead the room for items is asked for.
const SOON: usize = 8;
/// For so many there is room where they come one by one.
const FEW: usize = 64;

/// What a frame is to the tracker.
pub enum Item {
    /// A segment, with the hash of its socket pair.
    Segment(Segment, u64),
    /// An ICMP error about one.
    Icmp(IcmpError),
    /// Something else, which shows that the capture went on until then.
    Other(Timestamp),
}

/// Some items that follow one another.
#[derive(Clone, Copy)]
pub struct Few<'a> {
    items: &'a Items,
    places: &'a [Place],
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

impl Place {
    /// Whether what it stands for lies elsewhere.
    #[inline(always)]
    pub const fn is_apart(&self) -> bool {
        matches!(self.apart, Apart::Item(_))
    }
}

impl InBrief for Place {
    #[inline(always)]
    fn usual(&self) -> Option<&Usual> {
        (!self.is_apart()).then_some(&self.usual)
    }
}

impl<'a> Few<'a> {
    /// Their places.
    pub const fn places(self) -> &'a [Place] {
        self.places
    }

    /// What is known of the segment at each before it is looked at; nothing that means anything where there is none.
    pub fn coming(self) -> impl Iterator<Item = Coming> + Clone {
        self.places.iter().map(|place| Coming { hash: place.hash, packet: place.usual.jot.packet() })
    }

    /// When the last of them was captured.
    pub fn time(self) -> Option<Timestamp> {
        self.places.last().and_then(|place| self.time_of(place))
    }

    /// When what is at a place was captured.
    pub fn time_of(self, place: &Place) -> Option<Timestamp> {
        if !place.is_apart() {
            return Some(place.usual.jot.time());
        }
        self.apart(place).map(|item| match item {
            Item::Segment(segment, _) => segment.time,
            Item::Icmp(error) => error.time,
            Item::Other(time) => *time,
        })
    }

    /// The options of the SYN at a place.
    pub fn options(self, place: &Place) -> Option<&'a Options> {
        match place.apart {
            Apart::Options(at) => self.items.options.get(at as usize),
            Apart::Nothing | Apart::Item(_) => None,
        }
    }

    /// What a place stands for that is not in brief.
    pub fn apart(self, place: &Place) -> Option<&'a Item> {
        match place.apart {
            Apart::Item(at) => self.items.others.get(at as usize),
            Apart::Nothing | Apart::Options(_) => None,
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
    pub fn chunks(&self, most: usize) -> impl Iterator<Item = Few<'_>> {
        let places = self.order.get(..self.len).unwrap_or_default();
        places.chunks(most).map(|places| Few { items: self, places })
    }

    /// All that are not in brief.
    pub fn others(&self) -> impl Iterator<Item = &Item> {
        self.others.iter()
    }

    /// One that is not in brief.
    pub fn push(&mut self, item: Item) {
        let at = number(self.others.len());
        let hash = if let Item::Segment(_, hash) = item { hash } else { 0 };
        self.others.push(item);
        let place = self.place();
        (place.hash, place.apart) = (hash, Apart::Item(at));
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
        // What is written is in another core's memory until then.
        fetch_at(&self.order, self.len + SOON);
        let place = self.order.get_mut(self.len)?;
        self.len += 1;
        Some(place)
    }

    /// The same where there is none.
    #[cold]
    #[inline(never)]
    pub fn make_room(&mut self) -> &mut Place {
        // Where there are some few there will be many.
        let room = if self.len < FEW { FEW } else { PORTION.max(2 * self.len) };
        self.order.resize(room, Place { usual: Usual::NONE, hash: 0, apart: Apart::Nothing });
        self.len += 1;
        &mut self.order[self.len - 1]
    }
}

/// A portion is far smaller than what this has room for.
const fn number(len: usize) -> u32 {
    len as u32
}
