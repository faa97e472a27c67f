//! Compressed inputs, as the octets that they hold.
//!
//! In: gzip, zstd, lz4, xz or bzip2, told by its first octets. Out: a reader of what was compressed, member after
//! member, as their own tools read several one behind the other.
//! Invariant: what lies before a cut or a fault is given first, as far as the decoder
//! has it (zstd, lz4 and bzip2 give whole blocks); memory is bounded by `kind::MOST_MEMORY`, whatever the data claims and however much it grows.

pub mod kind;
mod member;
mod source;

use std::io::{self, BufRead, Read};

use thiserror::Error;

use crate::capture::unpack::kind::{Kind, is_skipped};
use crate::capture::unpack::member::Member;
use crate::capture::unpack::source::Source;

/// Octets that are unpacked at once. A fault costs what its own step had unpacked, so steps are small.
const STEP: usize = 16 << 10;

/// Why nothing more can be unpacked; comes in an `io::Error`.
#[derive(Debug, Error)]
#[error("the {} data {fault}", kind.name())]
pub struct Broken {
    kind: Kind,
    fault: Fault,
}

/// What is wrong with compressed data.
#[derive(Debug, Error)]
enum Fault {
    #[error("ends too early")]
    Cut,
    #[error("is damaged ({0})")]
    Damaged(String),
    #[error("is followed by something else")]
    Followed,
}

/// A reader of what is compressed in another.
pub struct Unpacker {
    kind: Kind,
    state: State,
}

enum State {
    /// Where a member may begin.
    Between(Source),
    Inside(Box<Member>),
    /// At the end, or behind a fault that was told.
    Done,
}

impl Unpacker {
    /// Unpacks what `reader` gives, which begins as `kind` does.
    pub fn new(kind: Kind, reader: Box<dyn Read + Send>) -> Self {
        Self { kind, state: State::Between(Source::new(reader)) }
    }

    /// Begins the next member; false at the end.
    fn begin(&mut self, mut source: Source) -> Result<bool, io::Error> {
        loop {
            let start = source.peek()?;
            match start {
                [] => return Ok(false),
                [0, ..] if matches!(self.kind, Kind::Gzip | Kind::Xz) => {
                    // Both may be filled up with zeros behind a member, as tapes and block devices are.
                    source.consume(1);
                    continue;
                }
                _ => {}
            }
            if start.first_chunk().copied().is_some_and(is_skipped) {
                if !source.skip_piece()? {
                    return Err(self.broken(Fault::Cut));
                }
                continue;
            }
            let Some(kind) = Kind::of(start) else { return Err(self.broken(Fault::Followed)) };
            self.kind = kind;
            let member = Member::begin(kind, source)?;
            self.state = State::Inside(Box::new(member));
            return Ok(true);
        }
    }

    /// The member has no more: it is done with, if it is whole.
    fn end(&mut self, member: Member) -> Result<(), io::Error> {
        let source = member.into_source();
        // lz4's decoder takes the end of the input for the end of a member, which it is in the old format alone.
        if source.has_ended() && self.kind == Kind::Lz4 {
            return Err(self.broken(Fault::Cut));
        }
        self.state = State::Between(source);
        Ok(())
    }

    /// The decoder's error, or the one of the system behind it.
    fn explain(&self, error: &io::Error, source: &Source) -> io::Error {
        match source.failed() {
            Some(cause) => cause,
            None if source.has_ended() => self.broken(Fault::Cut),
            None => self.broken(Fault::Damaged(error.to_string())),
        }
    }

    fn broken(&self, fault: Fault) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Broken { kind: self.kind, fault })
    }
}

impl Read for Unpacker {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        if space.is_empty() {
            return Ok(0);
        }
        let step = space.len().min(STEP);
        let space = space.get_mut(..step).unwrap_or_default();
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Between(source) => {
                    if !self.begin(source)? {
                        return Ok(0);
                    }
                }
                State::Inside(mut member) => match member.read(space) {
                    Ok(0) => self.end(*member)?,
                    Ok(read) => {
                        self.state = State::Inside(member);
                        return Ok(read);
                    }
                    Err(error) => return Err(self.explain(&error, member.source())),
                },
            }
        }
    }
}

#[cfg(test)]
mod tests;
