//! What is left to be done about a segment that was taken in with others.
//!
//! In: a sweep's segments. Out: those of which others are told, and those that have to wait for their turn.
//! Invariant: done in their order, each at its own time, it comes to the same as one segment after the other.

use crate::analyzer::hold::clock::Clock;
use crate::analyzer::hold::table::Place;
use crate::analyzer::hold::waiting::Waiting;

/// What is left to be done about a segment.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// Which of the sweep's segments it is.
    pub at: usize,
    /// The tracker's clock when it has come.
    pub clock: Clock,
    /// What it is.
    pub what: What,
}

/// What is left to be done.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// Its connection waits for something else now, because of it or for so long already.
    Moved {
        /// Where the entry is.
        place: Place,
        /// What it waits for.
        to: Waiting,
        /// Whether it is because of the segment.
        stands_otherwise: bool,
    },
    /// Everything.
    All,
}
