//! What a connection that is held waits for.
//!
//! In: a connection that the tracker holds. Out: which queue it stands in, and how long it may stand there.
//! Invariant: everything in one queue is held for the same time after its last segment. The queues stand in the order in
//! which they are emptied when there is no room.

use std::time::Duration;

use crate::analyzer::config::Config;
use crate::time::Timestamp;

/// Nanoseconds for which it does no harm to stand where it was listed: fewer than a `u32` has room for.
const SLACK: u64 = 1_000_000_000;

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

    /// How old its place in the queue may grow, in nanoseconds, while segments come: where it waits for long anyway, it need
    /// not move to the end for each of them.
    #[inline(always)]
    pub const fn slack(self) -> u64 {
        match self {
            Self::Ended | Self::ToBeReported => 0,
            Self::Repeating | Self::Attempt | Self::Open => SLACK,
        }
    }

    /// Whether all is known of it.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Ended | Self::ToBeReported)
    }
}
