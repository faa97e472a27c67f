//! What a record is written to.
//!
//! In: pieces from left to right: texts known when this is compiled, each with a value behind it, and anything else. Out: the
//! record.
//! Invariant: a pen (`pen.rs`) writes the same octets as a `Buffer` holds.

use std::net::Ipv4Addr;

use crate::analyzer::measures::duration;
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::Stamp;
use crate::report::json::parts::Text;
use crate::report::json::room::Literal;
use crate::report::short::Short;
use crate::report::times::Decimal;
use crate::seq::SeqNumber;

/// What pieces are added to. Each value has the text in front of it.
pub trait Out {
    /// Adds a text.
    fn text(&mut self, text: impl Literal);
    /// Adds a short text, of 64 octets at most, whose length need not be known when this is compiled.
    fn short<const N: usize>(&mut self, short: &Short<N>);
    /// Adds a number.
    fn number(&mut self, before: impl Literal, number: u64);
    /// Adds a sequence number, which has nine or ten digits as a rule.
    fn sequence(&mut self, before: impl Literal, number: SeqNumber);
    /// Adds an address.
    fn address(&mut self, before: impl Literal, address: Ipv4Addr);
    /// Adds a moment.
    fn moment(&mut self, before: impl Literal, moment: &Stamp);
    /// Adds a span of so many nanoseconds, in seconds.
    fn span(&mut self, before: impl Literal, nanoseconds: u64);
    /// Adds any text as a string.
    fn string(&mut self, before: impl Literal, text: &str);
    /// Adds a part that is written more than once: not where it stands, but in one place.
    fn part(&mut self, part: &impl Part);
    /// Adds anything.
    fn any(&mut self, value: impl Put);
    /// How many octets there are.
    fn len(&self) -> usize;
    /// Makes an object of the fields added since there were `len` octets, each of which has a comma in front.
    fn open(&mut self, len: usize);
}

/// A part of a record.
pub trait Part {
    /// Writes it.
    fn write(&self, out: &mut impl Out);
}

impl Out for Buffer {
    fn text(&mut self, text: impl Literal) {
        self.add(text);
    }

    fn short<const N: usize>(&mut self, short: &Short<N>) {
        self.add(short);
    }

    fn number(&mut self, before: impl Literal, number: u64) {
        self.add((before, number));
    }

    fn sequence(&mut self, before: impl Literal, number: SeqNumber) {
        self.add((before, number.0));
    }

    fn address(&mut self, before: impl Literal, address: Ipv4Addr) {
        self.add((before, address));
    }

    fn moment(&mut self, before: impl Literal, moment: &Stamp) {
        self.add((before, moment));
    }

    fn span(&mut self, before: impl Literal, nanoseconds: u64) {
        self.add((before, Decimal(duration(nanoseconds.into()))));
    }

    fn string(&mut self, before: impl Literal, text: &str) {
        self.add((before, Text(text)));
    }

    fn part(&mut self, part: &impl Part) {
        part.write(self);
    }

    fn any(&mut self, value: impl Put) {
        self.add(value);
    }

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn open(&mut self, len: usize) {
        match self.get_mut(len) {
            Some(comma) => *comma = b'{',
            None => self.add("{"),
        }
    }
}
