//! What became of an expectation.
//!
//! In: what `judge.rs` found. Out: whether it held; where it did not, what was seen instead and in which frames.
//! Invariant: `seen` is bounded; `left_out` counts what it has no room for.

use std::net::SocketAddr;

use crate::analyzer::role::Ends;
use crate::expect::claim::Expectation;

/// The verdict on one expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The expectation.
    pub expectation: Expectation,
    /// Whether it held.
    pub held: bool,
    /// How many connections it speaks of.
    pub connections: u64,
    /// How many of them did not meet it.
    pub failed: u64,
    /// What was seen where it did not hold.
    pub seen: Vec<Seen>,
    /// How much more was seen.
    pub left_out: u64,
}

/// What was seen instead of what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// At which connection; none where the capture as a whole is meant.
    pub at: Option<Which>,
    /// What, in a few words.
    pub says: String,
    /// The frames to look at.
    pub frames: Evidence,
}

/// A connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Which {
    /// Its number.
    pub id: u64,
    /// Its sockets.
    pub sockets: Ends<SocketAddr>,
}

/// Frames to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// No frame shows it.
    None,
    /// A connection's first frame and its last.
    FromTo(u64, u64),
    /// These.
    These(Vec<u64>),
}

impl Evidence {
    /// The frames that are named.
    pub fn frames(&self) -> Vec<u64> {
        match self {
            Self::None => Vec::new(),
            Self::FromTo(first, last) if first == last => vec![*first],
            Self::FromTo(first, last) => vec![*first, *last],
            Self::These(frames) => frames.clone(),
        }
    }
}
