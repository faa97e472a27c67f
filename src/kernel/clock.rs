//! From the clock of the trace to that of the capture.
//!
//! In: the clocks that a tracing instance offers. Out: which one is taken, and how far it is from `CLOCK_REALTIME`.
//! Invariant: the kernel stamps captured frames with `CLOCK_REALTIME`, which no trace offers. `tai` is away from it by whole
//! seconds and therefore exact; `mono` by an offset that is sampled, and follows every step of the clock anew.
//! Read: clock_gettime(2); the kernel's Documentation/trace/ftrace.rst (`trace_clock`).

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::time::Timestamp;

const SECOND: i128 = 1_000_000_000;
/// A clock of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `CLOCK_TAI`.
    #[cfg(target_os = "linux")]
    Tai,
    /// `CLOCK_MONOTONIC`.
    Mono,
}

/// How far a clock is behind `CLOCK_REALTIME`, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset(i128);

impl Clock {
    /// The best of those that the file `trace_clock` lists: `[local] global mono tai`.
    pub fn choose(listed: &str) -> Option<Self> {
        let mut words = listed.split_ascii_whitespace().map(|word| word.trim_matches(['[', ']']));
        #[cfg(target_os = "linux")]
        if words.clone().any(|word| word == Self::Tai.as_str()) && tai().is_some() {
            return Some(Self::Tai);
        }
        words.any(|word| word == Self::Mono.as_str()).then_some(Self::Mono)
    }

    /// Its name there.
    pub const fn as_str(self) -> &'static str {
        match self {
            #[cfg(target_os = "linux")]
            Self::Tai => "tai",
            Self::Mono => "mono",
        }
    }

    /// What it shows now, as the trace would stamp it.
    pub fn now(self) -> u64 {
        u64::try_from(self.read()).unwrap_or_default()
    }

    /// How far it is behind `CLOCK_REALTIME` at this moment.
    pub fn offset(self) -> Offset {
        let sample = |_| {
            let before = self.read();
            let real = nanoseconds(clock_gettime(ClockId::Realtime));
            let after = self.read();
            (after - before, real - (before + after) / 2)
        };
        let best = (0..self.samples()).map(sample).min_by_key(|(width, _)| *width);
        let (_, offset) = best.unwrap_or_default();
        match self {
            #[cfg(target_os = "linux")]
            Self::Tai => Offset((offset + SECOND / 2).div_euclid(SECOND) * SECOND),
            Self::Mono => Offset(offset),
        }
    }

    /// Of several samples the one with the shortest time around it counts; whole seconds need few.
    const fn samples(self) -> usize {
        match self {
            #[cfg(target_os = "linux")]
            Self::Tai => 2,
            Self::Mono => 5,
        }
    }

    fn read(self) -> i128 {
        match self {
            #[cfg(target_os = "linux")]
            Self::Tai => tai().unwrap_or_default(),
            Self::Mono => nanoseconds(clock_gettime(ClockId::Monotonic)),
        }
    }
}

impl Offset {
    /// A stamp of the trace, as the capture would have stamped that moment.
    pub fn apply(self, stamp: u64) -> Timestamp {
        Timestamp(u64::try_from(i128::from(stamp) + self.0).unwrap_or_default())
    }
}

#[cfg(target_os = "linux")]
fn tai() -> Option<i128> {
    use rustix::time::{DynamicClockId, clock_gettime_dynamic};

    clock_gettime_dynamic(DynamicClockId::Tai).ok().map(nanoseconds)
}

fn nanoseconds(time: Timespec) -> i128 {
    i128::from(time.tv_sec) * SECOND + i128::from(time.tv_nsec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_exact_clock_is_preferred() {
        assert_eq!(Clock::choose("[local] global counter mono mono_raw boot tai"), Some(Clock::Tai));
        assert_eq!(Clock::choose("local global [mono] boot"), Some(Clock::Mono));
        assert_eq!(Clock::choose("[local] global mono_raw"), None);
        let Offset(tai) = Clock::Tai.offset();
        assert_eq!(tai % SECOND, 0, "leap seconds are whole");
        assert!((-60 * SECOND..=0).contains(&tai), "{tai}");
    }

    #[test]
    fn a_stamp_of_now_becomes_the_time_of_now() {
        let clock = Clock::choose("tai mono").unwrap();
        for clock in [clock, Clock::Mono] {
            let before = nanoseconds(clock_gettime(ClockId::Realtime));
            let told = i128::from(clock.offset().apply(clock.now()).0);
            let after = nanoseconds(clock_gettime(ClockId::Realtime));
            // What is sampled may be off by some microseconds.
            let slack = 100_000;
            assert!((before - slack..=after + slack).contains(&told), "{clock:?}: {before} {told} {after}");
        }
        assert_eq!(Offset(-5).apply(3), Timestamp(0));
    }
}
