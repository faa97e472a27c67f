//! What the two readers of capture files have in common.
//!
//! In: nothing. Out: the reasons to stop before the end of the input, fields of both byte orders, link types.
//! Invariant: a frame beyond `LONGEST` is damage, not memory.

use std::io;

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
