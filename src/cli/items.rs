//! What some frames are to the tracker, as it goes from the intake to the follower.
//!
//! In: an item for each frame, in their order. Out: the same.
//! Invariant: segments in brief are written where they stay, and whatever is larger lies beside them. Room that was made
//! once is used again.

use tcpshake::analyzer::hold::ahead::Coming;
use tcpshake::analyzer::hold::ending::Rooms;
use tcpshake::analyzer::hold::left::MOST;
use tcpshake::analyzer::sweep::{Beside, InBrief};
use tcpshake::fetch::fetch_at;
use tcpshake::icmp::IcmpError;
use tcpshake::jot::{Jot, Route};
use tcpshake::options::Options;
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

/// Items that are handed on at a time: few enough to stay in a core's own memory.
pub const PORTION: usize = 4096;
/// Of them, those that are looked at before they are followed.
pub const AHEAD: usize = MOST;
/// How far ahead the room for items is asked for.
const SOON: usize = 8;
/// Rooms that are made at a time, at most.
const ROOMS: usize = 128;
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
    hashes: &'a [u64],
    routes: &'a [Route],
}

/// What some frames are to the tracker, in their order.
#[derive(Default)]
pub struct Items {
    /// The first `len` of these: the others are room for more.
    order: Vec<Place>,
    /// Of each the hash of its socket pair, which says nothing of an item that is none: these are read first, and meanwhile what lies
    /// in `order` is asked for.
    hashes: Vec<u64>,
    /// Of each its sockets, which say nothing of what lies apart, and are seldom read.
    routes: Vec<Route>,
    len: usize,
    others: Vec<Item>,
    /// Those of the SYNs that are in brief.
    options: Vec<Options>,
    /// Room for connections that begin with them, and whether some was made.
    pub rooms: Rooms,
    has_made_rooms: bool,
}

/// A segment in brief, or an item that is none, in a cache line of its own.
#[derive(Clone)]
#[repr(align(64))]
pub struct Place {
    /// Which says nothing of an item that is none.
    pub jot: Jot,
    pub apart: Apart,
}

/// A place that is to be written, with the hash of its socket pair, and its sockets.
pub struct Room<'a> {
    pub place: &'a mut Place,
    pub hash: &'a mut u64,
    pub route: &'a mut Route,
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
    fn jot(&self) -> Option<&Jot> {
        (!self.is_apart()).then_some(&self.jot)
    }
}

impl<'a> Few<'a> {
    /// Their places.
    pub const fn places(self) -> &'a [Place] {
        self.places
    }

    /// The same but for so many at the front.
    pub fn after(self, taken: usize) -> Self {
        let (places, hashes) = (&self.places[taken..], &self.hashes[taken..]);
        Self { places, hashes, routes: &self.routes[taken..], ..self }
    }

    /// What is known of the segment at each before it is looked at; nothing that means anything where there is none.
    pub fn coming(self) -> impl Iterator<Item = Coming<'a>> + Clone {
        self.hashes.iter().zip(self.places).map(|(hash, place)| Coming { hash: *hash, jot: &place.jot })
    }

    /// When what is at a place was captured.
    pub fn time_of(self, place: &Place) -> Option<Timestamp> {
        if !place.is_apart() {
            return Some(place.jot.time());
        }
        self.apart(place).map(|item| match item {
            Item::Segment(segment, _) => segment.time,
            Item::Icmp(error) => error.time,
            Item::Other(time) => *time,
        })
    }

    /// What a place stands for that is not in brief.
    pub fn apart(self, place: &Place) -> Option<&'a Item> {
        match place.apart {
            Apart::Item(at) => self.items.others.get(at as usize),
            Apart::Nothing | Apart::Options(_) => None,
        }
    }
}

impl Beside for Few<'_> {
    #[inline(always)]
    fn route(&self, at: usize) -> Option<&Route> {
        self.routes.get(at)
    }

    #[inline(always)]
    fn options(&self, at: usize) -> Option<&Options> {
        match self.places.get(at)?.apart {
            Apart::Options(at) => self.items.options.get(at as usize),
            Apart::Nothing | Apart::Item(_) => None,
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

    /// Makes room for the connections that may begin with its SYNs, once: at first there is none, later what was told leaves
    /// enough. Otherwise it would be made by whoever follows, who has the most to do then.
    pub fn make_rooms(&mut self) {
        if !std::mem::replace(&mut self.has_made_rooms, true) {
            self.rooms.make(self.options.len().min(ROOMS));
        }
    }

    /// All of them, so many at a time.
    pub fn chunks(&self, most: usize) -> impl Iterator<Item = Few<'_>> {
        let places = self.order.get(..self.len).unwrap_or_default().chunks(most);
        let beside = self.hashes.chunks(most).zip(self.routes.chunks(most));
        places.zip(beside).map(|(places, (hashes, routes))| Few { items: self, places, hashes, routes })
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
        let room = self.place();
        (*room.hash, room.place.apart) = (hash, Apart::Item(at));
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
    pub fn place(&mut self) -> Room<'_> {
        if self.len >= self.order.len() {
            return self.make_room();
        }
        self.last_room()
    }

    /// The same, where there is room for one.
    #[inline(always)]
    pub fn next(&mut self) -> Option<Room<'_>> {
        // What is written is in another core's memory until then.
        fetch_at(&self.order, self.len + SOON);
        let at = self.len;
        let (place, hash) = (self.order.get_mut(at)?, self.hashes.get_mut(at)?);
        let room = Room { place, hash, route: self.routes.get_mut(at)? };
        self.len += 1;
        Some(room)
    }

    /// The same where there is none.
    #[cold]
    #[inline(never)]
    pub fn make_room(&mut self) -> Room<'_> {
        // Where there are some few there will be many.
        let room = if self.len < FEW { FEW } else { PORTION.max(2 * self.len) };
        self.order.resize(room, Place { jot: Jot::NONE, apart: Apart::Nothing });
        self.hashes.resize(room, 0);
        self.routes.resize(room, Route::NONE);
        self.last_room()
    }

    /// The next one, which is there.
    fn last_room(&mut self) -> Room<'_> {
        let at = self.len;
        self.len += 1;
        Room { place: &mut self.order[at], hash: &mut self.hashes[at], route: &mut self.routes[at] }
    }
}

/// A portion is far smaller than what this has room for.
const fn number(len: usize) -> u32 {
    len as u32
}
