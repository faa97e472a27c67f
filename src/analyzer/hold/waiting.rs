//! What a connection that is held waits for.
//!
//! In: a connection that the tracker holds. Out: which queue it stands in, and how long it may stand there.
//! Invariant: everything in one queue is held for the same time after its last segment. The queues stand in the order in
//! which they are emptied when there is no room.

use std::time::Duration;

use crate::analyzer::config::Config;
use crate::time::Timestamp;

/// Nanoseconds, by their power of two.
const ABOUT_A_SECOND: u32 = 30;

/// A queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// It has ended, and waits for late segments.
    Ended,
    /// It has ended, and is to be handed out once it has been quiet for a while.
    ToBeReported,
    /// Its last FIN may be repeated, with ever longer pauses.
    Repeating,
    /// It is not open yet.
    Attempt,
    /// It is open, or an attempt beside one that is.
    Open,
}

/// How a connection stands, held whole or in brief.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Whether an end's own segments prove that a handshake was completed.
    pub is_open: bool,
    /// Whether it has ended.
    pub is_over: bool,
    /// Whether both ends have closed, and the last FIN may yet be repeated.
    pub may_repeat_its_fin: bool,
}

impl Waiting {
    /// How many there are.
    pub const COUNT: usize = 5;
    /// All of them.
    pub const ALL: [Self; Self::COUNT] =
        [Self::Ended, Self::ToBeReported, Self::Repeating, Self::Attempt, Self::Open];

    /// What a connection waits for. `has_older` says that it is an attempt beside one that may still be open,
    /// `is_reported` that it has been handed out early.
    #[inline]
    pub fn of(standing: Standing, has_older: bool, is_reported: bool, config: &Config) -> Self {
        if has_older {
            Self::Open
        } else if !standing.is_over {
            if standing.is_open { Self::Open } else { Self::Attempt }
        } else if config.report_after.is_some() && !is_reported {
            Self::ToBeReported
        } else if standing.may_repeat_its_fin {
            Self::Repeating
        } else {
            Self::Ended
        }
    }

    /// When its time is over, if it was last seen at `seen`.
    pub fn due(self, seen: Timestamp, config: &Config) -> Timestamp {
        seen.after(match self {
            Self::Ended => config.hold_ended,
            Self::ToBeReported => config.report_after.unwrap_or(Duration::ZERO),
            Self::Repeating | Self::Attempt => config.hold_attempt,
            Self::Open => config.hold_open,
        })
    }

    /// Whether what was listed, or seen, at `since` may keep its place in the queue at `now`, though a segment comes: where it
    /// waits for long anyway, it need not move to the end for each of them, but moves about once a second.
    #[inline(always)]
    pub const fn may_stay(self, since: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Ended | Self::ToBeReported => false,
            Self::Repeating | Self::Attempt | Self::Open => (since.0 ^ now.0) >> ABOUT_A_SECOND == 0,
        }
    }

    /// Whether all is known of it.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Ended | Self::ToBeReported)
    }
}
