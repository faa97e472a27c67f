//! Times and durations as text.
//!
//! In: capture times, durations. Out: the time of day, RFC 3339, seconds.
//! Invariant: what a shape has no room for is cut off, not rounded. Two of them are written by hand here because the
//! libraries' own take longer than all the rest of a row; tests hold them against those libraries.
//! Read: RFC 3339; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.

use std::fmt::{self, Display};
use std::time::Duration;

use crate::report::buffer::{Buffer, Displayed, Put};
use crate::time::Timestamp;

const NANOSECONDS: u64 = 1_000_000_000;

/// The time of day in UTC, to the microsecond (as tcpdump shows it).
#[derive(Clone, Copy, Debug)]
pub struct TimeOfDay(pub Timestamp);

/// A moment as RFC 3339 writes it, in UTC with nine decimals.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub Timestamp);

/// A duration in seconds with six decimals, for people.
#[derive(Clone, Copy, Debug)]
pub struct Micros(pub Duration);

/// A duration in seconds with as many decimals as it needs, for programs: the shortest that reads back as the closest
/// number of 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Decimal(pub Duration);

impl TimeOfDay {
    /// The columns that it takes.
    pub const WIDTH: usize = 15;
}

impl Put for TimeOfDay {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        let Self(Timestamp(nanoseconds)) = *self;
        let (seconds, micros) = (nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS / 1_000);
        let [h, i, m, n, s, t] = clock(seconds);
        out.add([h, i, b':', m, n, b':', s, t, b'.']);
        out.add_first(6, eight_digits(micros * 100));
    }
}

impl Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Buffer::new();
        out.add(self);
        f.write_str(out.as_str())
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Buffer::new();
        out.add(self);
        f.write_str(out.as_str())
    }
}

impl Put for Moment {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        let Self(Timestamp(nanoseconds)) = *self;
        let seconds = nanoseconds / NANOSECONDS;
        let (year, month, day) = civil(seconds / 86_400);
        let ([y, z], [v, w], [m, n], [d, e]) = (pair(year / 100), pair(year % 100), pair(month), pair(day));
        out.add([y, z, v, w, b'-', m, n, b'-', d, e, b'T']);
        let [h, i, m, n, s, t] = clock(seconds);
        let nanoseconds = nanoseconds % NANOSECONDS;
        out.add([h, i, b':', m, n, b':', s, t, b'.', b'0' + (nanoseconds / 100_000_000) as u8]);
        out.add(eight_digits(nanoseconds % 100_000_000));
        out.add("Z");
    }
}

impl Put for Micros {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        (self.0.as_secs(), ".").put(out);
        out.add_first(6, eight_digits(u64::from(self.0.subsec_micros()) * 100));
    }
}

impl Put for Decimal {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        // Fifteen digits tell numbers of 64 bits apart, so that the decimal which is meant is the shortest there is.
        const CERTAIN: u64 = 1_000_000;
        let (seconds, nanoseconds) = (self.0.as_secs(), u64::from(self.0.subsec_nanos()));
        if seconds >= CERTAIN {
            // Both operands are exact or as close as can be, so the quotient is the closest value to what is meant.
            return out.add(Displayed(self.0.as_nanos() as f64 / 1e9));
        }
        out.add(seconds);
        if nanoseconds > 0 {
            let (first, others) = (nanoseconds / 100_000_000, eight_digits(nanoseconds % 100_000_000));
            out.add([b'.', b'0' + first as u8]);
            let zeros = (u64::from_le_bytes(others) ^ ZEROS).leading_zeros() / 8;
            out.add_first(8_usize.saturating_sub(zeros as usize), others);
        }
    }
}

/// The date so many days after 1970-01-01: year, month, day.
#[inline]
const fn civil(days: u64) -> (u64, u64, u64) {
    // Years that begin in March have the leap day at their end; an era of 400 years has 146,097 days. Numbers of 32 bits
    // are divided faster, and hold what days there are.
    let days = days as u32 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year as u64, month as u64, day as u64)
}

/// Hour, minute and second of the day, two digits each.
#[inline]
const fn clock(seconds: u64) -> [u8; 6] {
    let ([a, b], [c, d], [e, f]) = (pair(seconds / 3600 % 24), pair(seconds / 60 % 60), pair(seconds % 60));
    [a, b, c, d, e, f]
}

/// The digits of a number below 100,000,000, all computed at once, an octet of a word each.
#[inline]
const fn eight_digits(number: u64) -> [u8; 8] {
    // Fours, then twos, then ones: each step divides all parts by one multiplication, and leaves the rests beside them.
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - 10 * tens) << 8);
    (ones | ZEROS).to_le_bytes()
}

/// Eight digits of zero.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// Two digits of a number below 100.
#[inline]
const fn pair(number: u64) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::report::buffer::put;
    use proptest::prelude::*;

    #[test]
    fn every_digit_at_every_place() {
        for step in [9, 90, 909, 10_001, 12_345, 99_991] {
            for number in (0..100_000_000).step_by(step * 37).chain([99_999_999]) {
                let digits = eight_digits(number);
                assert_eq!(str::from_utf8(&digits).unwrap(), format!("{number:08}"));
            }
        }
    }

    fn by_humantime(time: Timestamp) -> String {
        humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(time.0)).to_string()
    }

    #[test]
    fn the_time_of_day_is_cut_at_the_microsecond() {
        let time = Timestamp::new(86_400 + 12 * 3600 + 34 * 60 + 56, 999_999);
        assert_eq!(TimeOfDay(time).to_string(), "12:34:56.000999");
        assert_eq!(TimeOfDay(time).to_string().len(), TimeOfDay::WIDTH);
    }

    #[test]
    fn every_day_there_is() {
        for day in 0..=u64::MAX / NANOSECONDS / 86_400 {
            let time = Timestamp::new(day * 86_400, 0);
            assert_eq!(put(Moment(time)), by_humantime(time));
        }
        assert_eq!(put(Moment(Timestamp(u64::MAX))), by_humantime(Timestamp(u64::MAX)));
    }

    #[test]
    fn durations_have_no_zeros_at_their_end() {
        let of: Vec<_> = [0, 1, 197_000, 240_000_001, 5_000_000_000, 86_400_123_456_789]
            .map(|nanoseconds| put(Decimal(Duration::from_nanos(nanoseconds))))
            .into();
        assert_eq!(of, ["0", "0.000000001", "0.000197", "0.240000001", "5", "86400.123456789"]);
        assert_eq!(put(Micros(Duration::from_nanos(61_000_197_999))), "61.000197");
    }

    proptest! {
        #[test]
        fn a_moment_is_what_humantime_makes_of_it(nanoseconds: u64) {
            let time = Timestamp(nanoseconds);
            prop_assert_eq!(put(Moment(time)), by_humantime(time));
        }

        /// All sizes are as likely as any other, those about the limits too.
        #[test]
        fn a_duration_is_the_shortest_decimal_of_its_number(nanoseconds: u64, bits in 0_u32..64) {
            for nanoseconds in [nanoseconds >> bits, (1_u64 << bits).wrapping_sub(nanoseconds % 5)] {
                let number = nanoseconds as f64 / 1e9;
                prop_assert_eq!(put(Decimal(Duration::from_nanos(nanoseconds))), number.to_string());
            }
        }
    }
}
