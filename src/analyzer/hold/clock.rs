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
}
