//! What records are made of: times, durations, sockets, and what exists once for each end.
//!
//! In: the analyzer's values. Out: the same in the records' shape.
//! Invariant: nothing is rounded: times have nine decimals, and a duration reads back to the nanosecond up to the 104
//! days at which a JSON number's 53 bits are full.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::report::buffer::Buffer;
use crate::report::times::Moment;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// A moment as RFC 3339 writes it, in UTC with nine decimals.
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Buffer::new();
        text.add(Moment(self.0));
        serializer.serialize_str(text.as_str())
    }
}

/// A duration in seconds.
#[derive(Clone, Copy)]
pub struct Seconds(pub Duration);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Both operands are exact, so the quotient is the closest value there is to the decimal that is meant.
        serializer.serialize_f64(self.0.as_nanos() as f64 / 1e9)
    }
}

/// One socket.
#[derive(Serialize)]
pub struct Socket {
    addr: IpAddr,
    port: u16,
}

impl From<SocketAddr> for Socket {
    fn from(socket: SocketAddr) -> Self {
        Self { addr: socket.ip(), port: socket.port() }
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

/// Anything that prints, as a string.
pub struct Text<T>(pub T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
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
