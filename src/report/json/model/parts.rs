//! The serializations of what records are made of.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Serialize, Serializer};

use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// A moment as RFC 3339 writes it, in UTC with nine decimals.
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(Timestamp(nanoseconds)) = *self;
        serializer
            .collect_str(&humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(nanoseconds)))
    }
}

/// One of something for each end.
#[derive(Serialize)]
pub struct Both<T> {
    client: T,
    server: T,
}

impl<T> From<Ends<T>> for Both<T> {
    fn from(Ends { client, server }: Ends<T>) -> Self {
        Self { client, server }
    }
}

/// The states of both ends.
pub fn states(states: Ends<State>) -> Both<&'static str> {
    states.map(|state| state.as_str()).into()
}

/// Which of the two is assumed, as a list of ends.
pub struct Assumed(pub Ends<bool>);

impl Serialize for Assumed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ends = [Role::Client, Role::Server].into_iter().filter(|role| *self.0.of(*role));
        serializer.collect_seq(ends.map(Role::as_str))
    }
}

/// A sequence number, always absolute.
pub const fn number(number: SeqNumber) -> u32 {
    number.0
}

/// Octets, two hexadecimal digits each.
pub struct Hex<'a>(pub &'a [u8]);

impl Serialize for Hex<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}
