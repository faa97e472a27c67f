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

/// A clock that does not go beyond a limit, nor steps back.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    clock: Clock,
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
        Limited { clock: self, last: Timestamp(limit.0.saturating_sub(self.stepped_back)) }
    }
}

impl Limited {
    /// Takes in the next time. The latest one then; `None` where that is beyond its limit, or a step back, and then it has not moved.
    #[inline(always)]
    pub fn advance(&mut self, time: Timestamp) -> Option<Timestamp> {
        if (self.clock.latest.0 > time.0) | (time.0 > self.last.0) {
            return self.stand_still(time);
        }
        self.clock.latest = time;
        Some(time)
    }

    /// Its time.
    #[inline(always)]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock when its latest time was this.
    #[inline(always)]
    pub const fn at(&self, latest: Timestamp) -> Clock {
        Clock { latest, stepped_back: self.clock.stepped_back }
    }

    /// The clock itself.
    #[inline(always)]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    #[cold]
    #[inline(never)]
    fn stand_still(&self, time: Timestamp) -> Option<Timestamp> {
        let latest = self.clock.latest;
        (time < latest && latest <= self.last && time.after(JITTER) >= latest).then_some(latest)
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
    fn with_a_limit_it_goes_as_far_and_not_back() {
        let at = |seconds| Timestamp::new(seconds, 0);
        let mut clock = Clock::default();
        [at(100), at(10)].iter().for_each(|time| clock.advance(*time));
        let mut limited = clock.until(at(110));
        let loose = Timestamp::new(14, 999_970_000);
        let times = [at(12), at(15), loose, at(13), at(20), at(21), at(19)].map(|time| limited.advance(time));
        assert_eq!(times, [Some(at(12)), Some(at(15)), Some(at(15)), None, Some(at(20)), None, Some(at(20))]);
        assert_eq!((limited.now(), limited.clock().now()), (at(110), at(110)));
        [at(12), at(15)].iter().for_each(|time| clock.advance(*time));
        assert_eq!((limited.at(at(15)).latest, limited.at(at(15)).now()), (clock.latest, clock.now()));
        clock.advance(loose);
        assert_eq!(clock.now(), at(105));
        assert_eq!(clock.until(at(104)).advance(loose), None, "it stands beyond its limit already");
    }
}
