//! What a connection in brief keeps of its segments.
//!
//! In: segments as they come. Out: the same.
//! Invariant: what is written with each segment is one cache line of its own.

use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::Ends;
use crate::fetch::fetch;
use crate::jot::{Jot, Route};
use crate::options::Options;

/// Segments kept: a connection that has more is followed as it goes.
const MOST: usize = 20;

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
    /// Whether an opening or closing segment came again.
    pub has_again: bool,
    /// Whether neither did one of any kind.
    pub is_straight: bool,
}

/// A segment, in a cache line of its own.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Kept(pub Jot);

impl Log {
    /// A new one, in which nothing means anything yet.
    #[cold]
    pub fn new(any: &Jot) -> Box<Self> {
        let Route { source, destination } = Route::NONE;
        Box::new(Self {
            segments: [Kept(*any); MOST],
            syn: *any,
            sockets: Sockets::V4(source, destination),
            options: Ends::default(),
            id: 0,
            has_again: false,
            is_straight: true,
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
