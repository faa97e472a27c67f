//! What the rarer records are made of, which `serde_json` writes: the summary, calls, the kernel's words, verdicts.
//!
//! In: the analyzer's values. Out: the same in the records' shape.
//! Invariant: the same octets as those of `parts.rs`, which the records of millions are made of.

use std::fmt;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::report::buffer::Buffer;
use crate::report::times::Moment;
use crate::time::Timestamp;

/// Compact JSON, with seconds as plain decimals: `0.000002` and not `2e-6`, which not every reader takes.
pub struct Decimals;

impl Formatter for Decimals {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // The shortest decimal that reads back as the same value.
        write!(writer, "{value}")
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

/// A moment, as RFC 3339 has it.
#[derive(Clone, Copy)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Buffer::new();
        text.add(Moment(self.0));
        serializer.serialize_str(text.as_str())
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

/// Anything that prints, as a string.
pub struct Text<T>(pub T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
