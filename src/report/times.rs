//! Times and durations as text.
//!
//! In: capture times, durations. Out: the time of day, RFC 3339, seconds.
//! Invariant: what a shape has no room for is cut off, not rounded. Two of them are written by hand here because the
//! libraries' own take longer than all the rest of a row; tests hold them against those libraries.
//! Read: RFC 3339; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.

use std::fmt::{self, Display};
use std::time::Duration;

use crate::report::buffer::{Buffer, Displayed, Put};
use crate::report::short::{EIGHT_DIGITS, Short, eight_digits, one_and_six_digits};
use crate::report::thousands;
use crate::time::Timestamp;

/// In a second.
pub const NANOSECONDS: u64 = 1_000_000_000;

/// Ten seconds: less than that is one digit before the point.
const TEN_SECONDS: u64 = 10 * NANOSECONDS;

/// Seconds in a day.
pub const DAY: u64 = 86_400;

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
        out.add_first(6, eight_digits(micros * 100).to_le_bytes());
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
        let (seconds, nanoseconds) = (nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS);
        out.add((second(seconds), [b'0' + (nanoseconds / EIGHT_DIGITS) as u8]));
        out.add((eight_digits(nanoseconds % EIGHT_DIGITS).to_le_bytes(), "Z"));
    }
}

impl Micros {
    /// The text of so many nanoseconds, where they are less than ten seconds: it fits into eight octets.
    #[inline(always)]
    pub const fn short(nanoseconds: u64) -> Option<Short<8>> {
        if nanoseconds >= TEN_SECONDS {
            return None;
        }
        let text = one_and_six_digits(nanoseconds / 1_000);
        Some(Short { octets: text.to_le_bytes(), len: 8 })
    }
}

impl Put for Micros {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        (self.0.as_secs(), ".").put(out);
        out.add_first(6, eight_digits(u64::from(self.0.subsec_micros()) * 100).to_le_bytes());
    }
}

impl Put for Decimal {
    fn put(&self, out: &mut Buffer) {
        // Fifteen digits tell numbers of 64 bits apart, so that the decimal which is meant is the shortest there is.
        const CERTAIN: u64 = 1_000_000;
        if let Some(short) = Self::short(self.0.as_nanos()) {
            return out.add(short);
        }
        let (seconds, nanoseconds) = (self.0.as_secs(), self.0.subsec_nanos());
        if seconds >= CERTAIN {
            // Both operands are exact or as close as can be, so the quotient is the closest value to what is meant.
            return out.add(Displayed(self.0.as_nanos() as f64 / 1e9));
        }
        out.add(seconds);
        if nanoseconds > 0 {
            // All but the digit before the point.
            let Short { octets: [_, decimals @ ..], len } = thousands::seconds(nanoseconds.into());
            out.add_first(len - 1, decimals);
        }
    }
}

impl Decimal {
    /// The text of so many nanoseconds, where they are less than ten seconds.
    #[inline(always)]
    pub fn short(nanoseconds: u128) -> Option<Short<16>> {
        (nanoseconds < u128::from(TEN_SECONDS)).then(|| thousands::seconds(nanoseconds as u64))
    }
}

/// A second as RFC 3339 writes it, up to the point before the decimals.
pub const fn second(seconds: u64) -> [u8; 20] {
    let (year, month, day) = civil(seconds / DAY);
    let ([y, z], [v, w], [m, n], [d, e]) = (pair(year / 100), pair(year % 100), pair(month), pair(day));
    let [h, i, k, l, s, t] = clock(seconds);
    [y, z, v, w, b'-', m, n, b'-', d, e, b'T', h, i, b':', k, l, b':', s, t, b'.']
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
pub const fn clock(seconds: u64) -> [u8; 6] {
    let ([a, b], [c, d], [e, f]) = (pair(seconds / 3600 % 24), pair(seconds / 60 % 60), pair(seconds % 60));
    [a, b, c, d, e, f]
}

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
        for nanoseconds in [0, 999, 1_000, 123_456_789, 9_999_999_999, 10_000_000_000, u64::MAX] {
            let span = Micros(Duration::from_nanos(nanoseconds));
            assert_eq!(
                Micros::short(nanoseconds).map(put),
                (nanoseconds < 10 * NANOSECONDS).then(|| put(span))
            );
        }
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
