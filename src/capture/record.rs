//! What the two readers of capture files have in common.
//!
//! In: nothing. Out: the reasons to stop before the end of the input, the way on, fields of both byte orders, link types.
//! Invariant: a frame beyond `LONGEST` is damage, not memory.

use std::io;

use thiserror::Error;

use crate::frame::LinkType;

/// The longest frame or block that is believed, in octets: 64 times tcpdump's own greatest snap length.
pub const LONGEST: u32 = 16 << 20;

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
    /// The input contradicts its own format.
    Damaged(Damage),
    /// It is compressed, and cannot be unpacked any further; in words.
    Packed(String),
    /// It is compressed, and was to be followed.
    NotFollowed,
    /// The file that is followed is another one now, or has begun anew.
    Changed(Change),
    /// The system could not read; `Interrupted` is no fault, the same call may be made again.
    Io(io::Error),
}

/// A place where an input contradicts its own format.
#[derive(Debug, Default)]
pub struct Damage {
    /// What is wrong, in words.
    pub cause: String,
    /// The length of the part in question, in octets, where it can be relied on.
    pub length: Option<u32>,
}

/// What became of a file that is followed; comes in an `io::Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Change {
    /// It is shorter than what was read of it.
    #[error("it became shorter")]
    Shorter,
    /// Its path names another file.
    #[error("it was replaced")]
    Replaced,
}

impl Stop {
    /// A part that is wrong, and whose length cannot be relied on either.
    pub fn damaged(cause: impl Into<String>) -> Self {
        Self::Damaged(Damage { cause: cause.into(), length: None })
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.get_ref() {
            Some(inner) if error.kind() == io::ErrorKind::InvalidData => Self::Packed(inner.to_string()),
            Some(inner) => match inner.downcast_ref::<Change>() {
                Some(change) => Self::Changed(*change),
                None => Self::Io(error),
            },
            None => Self::Io(error),
        }
    }
}

/// Where a reader that has lost its way may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// So many octets further on.
    At(usize),
    /// Not within the first `pass` octets; behind them, so many must be held to tell more.
    Unclear { pass: usize, hold: usize },
    /// Nowhere in what is held.
    Nowhere,
}

/// The order in which a file's numbers stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The lowest octet first.
    #[default]
    Little,
    /// The highest octet first.
    Big,
}

impl Order {
    /// The 16 bits at `offset`; 0 beyond the end.
    pub fn u16_at(self, octets: &[u8], offset: usize) -> u16 {
        let field = octets.get(offset..).and_then(|rest| rest.first_chunk().copied()).unwrap_or_default();
        if self == Self::Big { u16::from_be_bytes(field) } else { u16::from_le_bytes(field) }
    }

    /// The 32 bits at `offset`; 0 beyond the end.
    pub fn u32_at(self, octets: &[u8], offset: usize) -> u32 {
        let field = octets.get(offset..).and_then(|rest| rest.first_chunk().copied()).unwrap_or_default();
        self.u32(field)
    }

    /// The number that these octets are.
    pub const fn u32(self, octets: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(octets),
            Self::Big => u32::from_be_bytes(octets),
        }
    }

    /// The number that these octets are.
    pub const fn u64(self, octets: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(octets),
            Self::Big => u64::from_be_bytes(octets),
        }
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
