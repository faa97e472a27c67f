//! Room for a record.
//!
//! In: pieces of fixed size, and their places. Out: the octets.
//! Invariant: a place is a number of 16 bits and a little more, so that any piece fits: nothing need be asked. A record that
//! is too long goes on where it is `LOST`, and does no harm there. Its pieces of fixed size, between two of any size, are far
//! fewer than would lead back from there: who adds a part that is repeated has a piece of any size in it.

use crate::report::buffer::Put;
use crate::report::short::Short;
use crate::report::thousands::Three;

/// Octets that a record may have.
pub const ROOM: usize = 16 << 10;
/// Where a record goes on that has no room.
pub const LOST: usize = 32 << 10;
/// What the last piece may take beyond any place, with the value behind it.
const BEYOND: usize = 128;
/// What a text known when this is compiled may have.
const LONGEST: usize = 80;

/// Room for a record, and for what is written beyond it before that is known.
pub type Octets = [u8; (1 << u16::BITS) + BEYOND];

/// Nothing but room.
pub fn empty() -> Box<Octets> {
    Box::new([0; (1 << u16::BITS) + BEYOND])
}

/// A text that is known when this is compiled, of `LONGEST` octets at most.
pub trait Literal: Copy + Put {
    /// How long it is.
    fn len(self) -> usize;
    /// Writes it to that place.
    fn write(self, octets: &mut Octets, at: usize);
}

impl Literal for &'static str {
    #[inline(always)]
    fn len(self) -> usize {
        str::len(self)
    }

    #[inline(always)]
    fn write(self, octets: &mut Octets, at: usize) {
        debug_assert!(str::len(self) <= LONGEST, "{self}");
        octets[at..at + str::len(self)].copy_from_slice(self.as_bytes());
    }
}

impl<const N: usize> Literal for Short<N> {
    #[inline(always)]
    fn len(self) -> usize {
        self.len
    }

    #[inline(always)]
    fn write(self, octets: &mut Octets, at: usize) {
        place(octets, at, self.octets);
    }
}

/// Puts octets there.
#[inline(always)]
pub fn place<const N: usize>(octets: &mut Octets, at: usize, piece: [u8; N]) {
    octets[at..at + N].copy_from_slice(&piece);
}

/// Puts groups of digits there, and an octet behind.
#[inline(always)]
pub fn write_groups<const N: usize>(octets: &mut Octets, at: usize, groups: [Three; N]) {
    for (count, group) in groups.into_iter().enumerate() {
        place(octets, at + 3 * count, group.octets());
    }
}
