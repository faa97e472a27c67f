//! Capture time that never runs backwards.
//!
//! In: the times of segments as they come. Out: a time that only grows, to hold connections by.
//! Invariant: a step back stops the clock and never lets it jump: neither a file of earlier times nor one stray time
//! makes what was just seen look old. Within `JITTER` the order of a capture is loose, and a step back is none.

use std::time::Duration;

use crate::time::Timestamp;

/// How far times may step back within one capture (field guide, section 0, measured 30 µs; clocks are set by less).
const JITTER: Duration = Duration::from_secs(1);

/// A clock wound by the times of segments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// The latest time since the last step back.
    latest: Timestamp,
    /// What all steps back amount to, in nanoseconds.
    stepped_back: u64,
}

/// A clock that does not go beyond a limit.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    clock: Clock,
    limit: Timestamp,
    /// The time of a segment by which it comes to its limit.
    last: Timestamp,
}

impl Clock {
    /// Takes in the next time.
    #[inline]
    pub fn advance(&mut self, time: Timestamp) {
        if time >= self.latest {
            self.latest = time;
        } else if time.after(JITTER) < self.latest {
            self.stepped_back = self.stepped_back.saturating_add(self.latest.0.saturating_sub(time.0));
            self.latest = time;
        }
    }

    /// The time on this clock: that of the capture as long as nothing steps back.
    #[inline]
    pub fn now(self) -> Timestamp {
        Timestamp(self.latest.0.saturating_add(self.stepped_back))
    }

    /// The same clock, which is not to go beyond `limit`; that is not before its time.
    pub const fn until(self, limit: Timestamp) -> Limited {
        Limited { clock: self, limit, last: Timestamp(limit.0.saturating_sub(self.stepped_back)) }
    }
}

impl Limited {
    /// Takes in the next time. The clock then; `None` where that is beyond its limit, and then it has not moved.
    #[inline(always)]
    pub fn advance(&mut self, time: Timestamp) -> Option<Clock> {
        if (self.clock.latest.0 > time.0) | (time.0 > self.last.0) {
            return self.step_back(time);
        }
        self.clock.latest = time;
        // Made anew: what was written in halves is waited for where it is read as a whole.
        Some(Clock { latest: time, stepped_back: self.clock.stepped_back })
    }

    /// The clock itself.
    #[inline(always)]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    #[cold]
    #[inline(never)]
    fn step_back(&mut self, time: Timestamp) -> Option<Clock> {
        let mut clock = self.clock;
        clock.advance(time);
        if clock.now() > self.limit {
            return None;
        }
        *self = clock.until(self.limit);
        Some(clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_at_a_step_back_and_goes_on_from_there() {
        let at = |seconds| Timestamp::new(seconds, 0);
        let mut clock = Clock::default();
        clock.advance(at(100));
        assert_eq!(clock.now(), at(100));
        clock.advance(Timestamp::new(99, 999_970_000));
        assert_eq!(clock.now(), at(100), "loose order");
        clock.advance(at(10));
        assert_eq!(clock.now(), at(100));
        clock.advance(at(13));
        assert_eq!(clock.now(), at(103));
        clock.advance(at(0));
        clock.advance(at(1));
        assert_eq!(clock.now(), at(104));
    }

    #[test]
    fn with_a_limit_it_goes_as_far_and_no_farther() {
        let at = |seconds| Timestamp::new(seconds, 0);
        let mut clock = Clock::default();
        clock.advance(at(100));
        let mut limited = clock.until(at(110));
        let times = [104, 103, 20, 26, 27, 26].map(|seconds| limited.advance(at(seconds)).map(Clock::now));
        assert_eq!(times, [Some(at(104)), Some(at(104)), Some(at(104)), Some(at(110)), None, Some(at(110))]);
        for seconds in [104, 103, 20, 26, 26] {
            clock.advance(at(seconds));
        }
        assert_eq!((limited.clock().latest, limited.clock().now()), (clock.latest, clock.now()));
    }
}
