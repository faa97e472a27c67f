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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// What a connection waits for. `has_older` says that it is an attempt beside one that may still be open, `reports_early` that
    /// it is to be handed out once it has been quiet for a while.
    #[inline]
    pub const fn of(standing: Standing, has_older: bool, reports_early: bool) -> Self {
        if has_older {
            Self::Open
        } else if !standing.is_over {
            if standing.is_open { Self::Open } else { Self::Attempt }
        } else if reports_early {
            Self::ToBeReported
        } else if standing.may_repeat_its_fin {
            Self::Repeating
        } else {
            Self::Ended
        }
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

/// For how long entries are held in each queue after they were last seen, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Spans([u64; Waiting::COUNT]);

impl Spans {
    /// As configured.
    pub fn of(config: &Config) -> Self {
        let span = |waiting: Waiting| match waiting {
            Waiting::Ended => config.hold_ended,
            Waiting::ToBeReported => config.report_after.unwrap_or(Duration::MAX),
            Waiting::Repeating | Waiting::Attempt => config.hold_attempt,
            Waiting::Open => config.hold_open,
        };
        Self(Waiting::ALL.map(|waiting| Timestamp(0).after(span(waiting)).0))
    }

    /// The shortest of them: what is listed at a time is not due before so many nanoseconds after that.
    pub fn shortest(&self) -> u64 {
        self.0.into_iter().min().unwrap_or_default()
    }

    /// When the time of an entry in a queue is over, if it was last seen at `seen`.
    #[inline]
    pub fn due(&self, waiting: Waiting, seen: Timestamp) -> Timestamp {
        // One that is not there would wait for ever.
        let span = self.0.get(waiting as usize).copied().unwrap_or(u64::MAX);
        Timestamp(seen.0.saturating_add(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_queue_has_its_span() {
        for (place, waiting) in Waiting::ALL.into_iter().enumerate() {
            assert_eq!(waiting as usize, place);
        }
        let config = Config { report_after: Some(Duration::from_millis(7)), ..Config::default() };
        let due = |waiting| Spans::of(&config).due(waiting, Timestamp(5)).0 - 5;
        let second = 1_000_000_000;
        assert_eq!(
            Waiting::ALL.map(due),
            [60 * second, 7_000_000, 300 * second, 300 * second, 86_400 * second]
        );
        assert_eq!(Spans::of(&config).due(Waiting::Open, Timestamp(u64::MAX)), Timestamp(u64::MAX));
    }
}
