//! Capture time.
//!
//! In: the stamps that a capture gives its frames. Out: differences that saturate, and their words.
//! Invariant: no clock is read here; time is always an argument. Capture clocks step back, so a
//! difference never underflows.

use std::fmt;
use std::time::Duration;

/// A moment, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// From whole seconds and nanoseconds since the epoch; saturates.
    pub const fn new(seconds: u64, nanoseconds: u32) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds as u64))
    }

    /// How long after `earlier` this is; zero when the clock stepped back.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The moment `span` later; saturates.
    #[must_use]
    #[inline]
    pub const fn after(self, span: Duration) -> Self {
        let whole = span.as_secs().saturating_mul(1_000_000_000);
        Self(self.0.saturating_add(whole.saturating_add(span.subsec_nanos() as u64)))
    }
}

/// A span of time for people, in the unit that suits it: `8.1 µs` would not be ASCII, so milliseconds are the smallest.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    if seconds < 0.001 {
        format!("{:.3} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.2} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}

/// A moment that may not have come: an `Option<Timestamp>` in half the room. The last representable moment, in the year
/// 2554, stands for none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Moment(u64);

impl Moment {
    /// None.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `time`.
    pub const fn at(time: Timestamp) -> Self {
        Self(time.0)
    }

    /// The moment, if it has come.
    pub const fn get(self) -> Option<Timestamp> {
        match self.0 {
            u64::MAX => None,
            time => Some(Timestamp(time)),
        }
    }

    /// Whether it has come.
    pub const fn is_some(self) -> bool {
        self.0 != u64::MAX
    }

    /// This, or `time` where it has not come.
    #[must_use]
    pub const fn or(self, time: Timestamp) -> Self {
        if self.is_some() { self } else { Self(time.0) }
    }

    /// Sets it, if it has not come before.
    pub const fn set_once(&mut self, time: Timestamp) {
        if !self.is_some() {
            self.0 = time.0;
        }
    }
}

impl Default for Moment {
    fn default() -> Self {
        Self::NEVER
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl From<std::time::SystemTime> for Timestamp {
    /// A moment before the epoch becomes the epoch.
    fn from(time: std::time::SystemTime) -> Self {
        Self(0).after(time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_once() {
        let mut moment = Moment::default();
        assert_eq!(moment.get(), None);
        moment.set_once(Timestamp(0));
        moment.set_once(Timestamp(5));
        assert_eq!((moment.get(), moment), (Some(Timestamp(0)), Moment::at(Timestamp(0))));
    }

    #[test]
    fn a_span_has_the_unit_that_suits_it() {
        let of = [84, 999, 10_370, 1_009_073].map(|micros| span(Duration::from_micros(micros)));
        assert_eq!(of, ["0.084 ms", "0.999 ms", "10.37 ms", "1.01 s"]);
    }

    #[test]
    fn differences_saturate() {
        let (early, late) = (Timestamp::new(1, 5), Timestamp::new(2, 0));
        assert_eq!(late.since(early), Duration::from_nanos(999_999_995));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(Timestamp(u64::MAX).after(Duration::MAX), Timestamp(u64::MAX));
        assert_eq!(Timestamp::new(u64::MAX, 1), Timestamp(u64::MAX));
    }
}
