//! The second that was written last, as text.
//!
//! In: capture times, most of them in the second of the one before. Out: the time of day, RFC 3339.
//! Invariant: the same octets as those of `times.rs`; the date is computed anew only where the second is another one.

use crate::report::buffer::{Buffer, Put};
use crate::report::short::Short;
use crate::report::thousands::{nine_digits, six_decimals};
use crate::report::times::{DAY, NANOSECONDS, clock, second};
use crate::time::Timestamp;

/// Remembers a second.
#[derive(Clone, Debug)]
pub struct Clock {
    /// When it began, in nanoseconds.
    began: u64,
    /// `2026-01-02T12:00:00.`
    date: [u8; 20],
    /// `12:00:00`
    time: [u8; 8],
}

/// A moment: its second as RFC 3339 writes it, up to the point, and the nanoseconds beyond.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// `2026-01-02T12:00:00.`
    pub second: &'a [u8; 20],
    /// Less than a second.
    pub nanoseconds: u32,
}

impl Default for Clock {
    /// Remembers the epoch.
    fn default() -> Self {
        Self { began: 0, date: second(0), time: *b"00:00:00" }
    }
}

impl Clock {
    /// The time of day in UTC, to the microsecond.
    #[inline(always)]
    pub fn time_of_day(&mut self, time: Timestamp) -> [Short<8>; 2] {
        let nanoseconds = self.set(time);
        let decimals = six_decimals(nanoseconds) << 8 | u64::from_le_bytes(*b".\0\0\0\0\0\0 ");
        [Short { octets: self.time, len: 8 }, Short { octets: decimals.to_le_bytes(), len: 7 }]
    }

    /// The moment, in UTC.
    #[inline(always)]
    pub fn stamp(&mut self, time: Timestamp) -> Stamp<'_> {
        let nanoseconds = self.set(time);
        Stamp { second: &self.date, nanoseconds }
    }

    /// Turns to the second of `time`; gives back the nanoseconds beyond.
    #[inline(always)]
    fn set(&mut self, time: Timestamp) -> u32 {
        match time.0.checked_sub(self.began) {
            Some(beyond) if beyond < NANOSECONDS => beyond as u32,
            _ => self.turn(time),
        }
    }

    #[cold]
    fn turn(&mut self, time: Timestamp) -> u32 {
        let (to, beyond) = (time.0 / NANOSECONDS, time.0 % NANOSECONDS);
        if to / DAY != self.began / NANOSECONDS / DAY {
            self.date = second(to);
        }
        let [h, i, m, n, s, t] = clock(to);
        self.time = [h, i, b':', m, n, b':', s, t];
        self.date[11..19].copy_from_slice(&self.time);
        self.began = time.0 - beyond;
        beyond as u32
    }
}

impl Put for Stamp<'_> {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        let [millis, micros, nanos] = nine_digits(self.nanoseconds).map(|group| u128::from(group.word()));
        let decimals = millis | micros << 24 | nanos << 48 | u128::from(b'Z') << 72;
        out.add(self.second);
        out.add_first(10, decimals.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::buffer::put;
    use crate::report::times::{Moment, TimeOfDay};
    use proptest::prelude::*;

    fn is_the_same(clock: &mut Clock, time: u64) {
        let time = Timestamp(time);
        let [front, back] = clock.time_of_day(time);
        assert_eq!(put((front, back)), TimeOfDay(time).to_string());
        assert_eq!(put(clock.stamp(time)), put(Moment(time)));
    }

    #[test]
    fn the_last_second_of_all_is_followed_by_the_first() {
        let mut clock = Clock::default();
        for time in [u64::MAX, 0, 100_000_000, u64::MAX - 1, 999_999_999, 1_000_000_000] {
            is_the_same(&mut clock, time);
        }
    }

    proptest! {
        #[test]
        fn the_same_as_without_a_memory(times: Vec<u64>, near: Vec<u32>, base: u64) {
            let mut clock = Clock::default();
            let near = near.into_iter().map(|near| base.saturating_add(u64::from(near) * 40_000));
            times.into_iter().chain(near).for_each(|time| is_the_same(&mut clock, time));
        }
    }
}
