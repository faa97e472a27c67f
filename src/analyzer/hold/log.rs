//! What a connection in brief keeps of its segments.
//!
//! In: segments as they come. Out: the same.
//! Invariant: what is written with each segment is one cache line of its own.

use std::hint::black_box;

use crate::analyzer::pack::packed_enum;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::Ends;
use crate::fetch::fetch;
use crate::jot::{Jot, Route};
use crate::options::Options;

/// Segments kept: a connection that has more is followed as it goes.
pub const MOST: usize = 20;

/// New rooms that are made at a time.
const LOT: usize = 32;

/// What a connection in brief keeps for later: written as it comes, and read once.
#[derive(Debug)]
#[repr(C)]
pub struct Log {
    /// What came after the SYN: the first `Course::count` of them.
    pub segments: [Kept; MOST],
    /// The SYN.
    pub syn: Jot,
    /// The sockets of the connection.
    pub sockets: Sockets,
    /// Those of the client's SYN and of the server's.
    pub options: Ends<Options>,
    /// The number of the connection.
    pub id: u64,
    /// What of it came again.
    pub again: Again,
}

/// What of a connection came again: the last of these that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Again {
    /// Nothing.
    Nothing,
    /// Text.
    Text,
    /// An opening or closing segment: of that something is to be said.
    OpeningOrClosing,
}

/// A segment, in a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Kept(pub Jot);

impl Log {
    /// One of the rooms that there are to `spare`, or else a new one.
    #[inline(always)]
    pub fn taken_from(spare: &mut Vec<Box<Self>>, any: &Jot) -> Box<Self> {
        spare.pop().unwrap_or_else(|| Self::several(spare, any))
    }

    /// Some new ones, of which one is not put to `spare`.
    #[cold]
    #[inline(never)]
    #[allow(clippy::vec_box, reason = "a box moves from owner to owner without its contents being copied")]
    fn several(spare: &mut Vec<Box<Self>>, any: &Jot) -> Box<Self> {
        Self::make(LOT - 1, spare, any);
        Self::new(any)
    }

    /// Puts so many new ones to `spare`. Where they have to be cut from new memory an allocator may ask the system for it page by
    /// page: a piece as large as all of them is asked for first, and given back to be cut up.
    #[allow(clippy::vec_box, reason = "a box moves from owner to owner without its contents being copied")]
    pub fn make(count: usize, spare: &mut Vec<Box<Self>>, any: &Jot) {
        drop(black_box(Vec::<Self>::with_capacity(count.saturating_add(3))));
        spare.extend((0..count).map(|_| Self::new(any)));
    }

    /// A new one, in which nothing means anything yet.
    fn new(any: &Jot) -> Box<Self> {
        let Route { source, destination } = Route::NONE;
        Box::new(Self {
            segments: [Kept(*any); MOST],
            syn: *any,
            sockets: Sockets::V4(source, destination),
            options: Ends::default(),
            id: 0,
            again: Again::Nothing,
        })
    }

    /// Asks for the three lines in which a connection begins.
    #[inline(always)]
    pub fn fetch(&self) {
        fetch(&self.syn);
        fetch(&self.options);
        fetch(&self.id);
    }
}

packed_enum!(Again { Nothing, Text, OpeningOrClosing });
