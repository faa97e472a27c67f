//! The pauses between repeated SYNs, and whose timer they look like.
//!
//! In: when the SYN was sent first, and when again. Out: the intervals, and the profile that they fit, if it can be told.
//! Invariant: one interval alone fits several timers, and names none of them.
//! Read: RFC 6298 §2 and §5 (doubling from 1 s); field guide section 2 (`syn-retransmitted`: Linux since 6.5).

use std::time::Duration;

/// Whose timer it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Each pause twice the one before, from 1 s.
    Rfc6298,
    /// Several of 1 s first, then each twice the one before.
    LinuxLinearFirst,
    /// At once after the client's own RST, which cleared away an older connection.
    HalfOpenRecovery,
    /// None of these.
    Other,
}

/// The repetitions of a SYN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries {
    /// From each SYN to the next.
    pub intervals: Vec<Duration>,
    /// The profile that they fit; `None` where too few were seen.
    pub profile: Option<Profile>,
}

/// How many pauses of 1 s Linux makes: four, and the first of the doubling ones.
const LINEAR: usize = 5;

impl Retries {
    /// Tells the profile of `intervals`; `recovers` says that the first of them ended a half-open recovery.
    pub fn of(intervals: Vec<Duration>, recovers: bool) -> Self {
        let profile = match intervals.as_slice() {
            [] => None,
            _ if recovers => Some(Profile::HalfOpenRecovery),
            [one] => (!is_about(*one, 1)).then_some(Profile::Other),
            several if doubles(several, 1) => Some(Profile::Rfc6298),
            several if is_linear_first(several) => Some(Profile::LinuxLinearFirst),
            _ => Some(Profile::Other),
        };
        Self { intervals, profile }
    }
}

impl Profile {
    /// Its name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rfc6298 => "rfc6298",
            Self::LinuxLinearFirst => "linux-linear-first",
            Self::HalfOpenRecovery => "half-open-recovery",
            Self::Other => "other",
        }
    }
}

fn is_linear_first(intervals: &[Duration]) -> bool {
    let linear = intervals.iter().take(LINEAR).take_while(|interval| is_about(**interval, 1)).count();
    let rest = intervals.get(linear..).unwrap_or(&[]);
    linear >= 2 && doubles(rest, 2)
}

/// Whether each is twice the one before, the first being about so many seconds.
fn doubles(intervals: &[Duration], from: u64) -> bool {
    let wanted = std::iter::successors(Some(from), |seconds| seconds.checked_mul(2));
    intervals.iter().zip(wanted).all(|(interval, seconds)| is_about(*interval, seconds))
}

/// Timers run late by some percent, and never early.
fn is_about(interval: Duration, seconds: u64) -> bool {
    let seconds = Duration::from_secs(seconds).as_secs_f64();
    let ratio = interval.as_secs_f64() / seconds;
    (0.88..=1.25).contains(&ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(millis: &[u64]) -> Option<Profile> {
        Retries::of(millis.iter().copied().map(Duration::from_millis).collect(), false).profile
    }

    #[test]
    fn the_measured_schedules_are_told() {
        let linux = [1030, 1030, 1020, 1020, 1030, 2010, 4060, 8200, 16_100, 32_800];
        for count in 2..=linux.len() {
            assert_eq!(profile(&linux[..count]), Some(Profile::LinuxLinearFirst), "{count}");
        }
        assert_eq!(profile(&[1000, 2000]), Some(Profile::Rfc6298));
        assert_eq!(profile(&[1010, 2020, 4050, 8190, 16_300]), Some(Profile::Rfc6298));
        assert_eq!(profile(&[3000, 6000]), Some(Profile::Other));
        assert_eq!(profile(&[500, 500]), Some(Profile::Other));
        assert_eq!((profile(&[]), profile(&[1000]), profile(&[500])), (None, None, Some(Profile::Other)));
        let recovered = Retries::of(vec![Duration::from_millis(10)], true);
        assert_eq!(recovered.profile, Some(Profile::HalfOpenRecovery));
    }
}
