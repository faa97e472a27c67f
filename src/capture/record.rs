//! What the two readers of capture files have in common.
//!
//! In: nothing. Out: the place of one frame in the buffer, and the reasons to stop before the end of the input.
//! Invariant: a record lies whole within the octets that are held; a frame beyond `LONGEST` is damage, not memory.

use std::io;
use std::ops::Range;

use crate::frame::LinkType;
use crate::time::Timestamp;

/// The longest frame or block that is believed, in octets: 64 times tcpdump's own greatest snap length.
pub const LONGEST: u32 = 16 << 20;

/// One frame, where it lies in the octets that are held.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it was captured.
    pub time: Timestamp,
    /// What its first octets are.
    pub link: LinkType,
    /// The file's number for the interface that saw it; 0 where a file has one.
    pub interface: u32,
    /// Its octets, counted from the first one held.
    pub place: Range<usize>,
    /// How many octets it had on the wire.
    pub wire_len: u32,
}

/// What a reader finds at the current place.
#[derive(Debug)]
pub enum Part {
    /// A frame.
    Frame(Record),
    /// A header, or a block without a frame.
    Other,
    /// The end of the input, where an end may be.
    End,
}

/// Why a reader stops before the end of its input.
#[derive(Debug)]
pub enum Stop {
    /// There is nothing in it.
    Empty,
    /// It is compressed; by what, and the command that writes it out.
    Compressed { with: &'static str, cat: &'static str },
    /// It is something else; what, and the command that converts it (`-` stands for the input).
    NotACapture { what: String, convert: Option<&'static str> },
    /// The input ends in the middle of a header or a frame.
    CutOff,
    /// The input contradicts its own format; in words.
    Damaged(String),
    /// The system could not read; `Interrupted` is no fault, the same call may be made again.
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The link type in a file's own field, as the registry of tcpdump.org numbers it.
///
/// Only the lower 16 bits are the type: those above say how long a frame check sequence is. 12 and 14 are what some
/// systems call IP without a link header among themselves; a file that has them means `RAW`.
pub fn link_type(field: u32) -> LinkType {
    match field & 0xFFFF {
        12 | 14 => LinkType::RAW,
        number => LinkType(number),
    }
}
