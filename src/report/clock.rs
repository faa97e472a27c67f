//! The second that was written last, as text.
//!
//! In: capture times, most of them in the second of the one before. Out: the time of day, RFC 3339.
//! Invariant: the same octets as those of `times.rs`; the date is computed anew only where the second is another one.

use crate::report::short::{EIGHT_DIGITS, Short, eight_digits};
use crate::report::times::{DAY, NANOSECONDS, clock, second};
use crate::time::Timestamp;

/// Remembers a second.
#[derive(Clone, Debug)]
pub struct Clock {
    second: u64,
    /// `2026-01-02T12:00:00.`
    date: [u8; 20],
    /// `12:00:00`
    time: [u8; 8],
}

impl Default for Clock {
    /// Remembers the epoch.
    fn default() -> Self {
        Self { second: 0, date: second(0), time: *b"00:00:00" }
    }
}

impl Clock {
    /// The time of day in UTC, to the microsecond.
    #[inline(always)]
    pub fn time_of_day(&mut self, time: Timestamp) -> [Short<8>; 2] {
        let nanoseconds = self.set(time);
        // The two zeros in front make room for the point and for the space behind.
        let digits = eight_digits(nanoseconds / 1_000) >> 8 & !0xff;
        let decimals = digits | u64::from_le_bytes(*b".\0\0\0\0\0\0 ");
        [Short { octets: self.time, len: 8 }, Short { octets: decimals.to_le_bytes(), len: 7 }]
    }

    /// The moment as RFC 3339 writes it, in UTC with nine decimals, and a quotation mark behind it: its two parts.
    #[inline(always)]
    pub fn quoted(&mut self, time: Timestamp) -> (Short<20>, Short<16>) {
        let nanoseconds = self.set(time);
        let first = u128::from(b'0') + u128::from(nanoseconds / EIGHT_DIGITS);
        let behind = u128::from(u16::from_le_bytes(*b"Z\"")) << 72;
        let decimals = first | u128::from(eight_digits(nanoseconds % EIGHT_DIGITS)) << 8 | behind;
        (Short { octets: self.date, len: 20 }, Short { octets: decimals.to_le_bytes(), len: 11 })
    }

    /// Turns to the second of `time`; gives back the nanoseconds beyond.
    #[inline(always)]
    fn set(&mut self, time: Timestamp) -> u64 {
        let second = time.0 / NANOSECONDS;
        if second != self.second {
            self.turn(second);
        }
        time.0 % NANOSECONDS
    }

    #[cold]
    fn turn(&mut self, to: u64) {
        if to / DAY != self.second / DAY {
            self.date = second(to);
        }
        let [h, i, m, n, s, t] = clock(to);
        self.time = [h, i, b':', m, n, b':', s, t];
        self.date[11..19].copy_from_slice(&self.time);
        self.second = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::buffer::put;
    use crate::report::times::{Moment, TimeOfDay};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_same_as_without_a_memory(times: Vec<u64>, near: Vec<u32>, base: u64) {
            let mut clock = Clock::default();
            for time in times.into_iter().chain(near.into_iter().map(|near| base.saturating_add(u64::from(near) * 40_000))) {
                let time = Timestamp(time);
                let [front, back] = clock.time_of_day(time);
                prop_assert_eq!(put((front, back)), TimeOfDay(time).to_string());
                let (date, decimals) = clock.quoted(time);
                prop_assert_eq!(put((date, decimals)), put((Moment(time), "\"")));
            }
        }
    }
}
