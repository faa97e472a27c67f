//! Text put together octet by octet: what rows and records are written with.
//!
//! In: words, numbers, addresses (`address.rs`), times (`times.rs`). Out: the same octets as their `Display` gives, at the end of a buffer that is used
//! again.
//! Invariant: nothing is allocated once the buffer has grown to the longest row. The formatting machinery of the
//! standard library is for what is rare: `Displayed`.

use std::fmt::{self, Display};
use std::io;

use crate::analyzer::label::Shown;
use crate::report::short::{EIGHT_DIGITS, Short, eight_digits};
use crate::report::thousands::{SIX_DIGITS, six_digits};

/// Octets of text, from the beginning of a row to where it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buffer(Vec<u8>);

/// What can be put at the end of a buffer.
pub trait Put {
    /// Puts it there.
    fn put(&self, out: &mut Buffer);
}

impl Buffer {
    /// An empty one.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// What stands in it.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }

    /// What stands in it as text; nothing where octets were put in that are none.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many octets stand in it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all out, and keeps the room.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The octet at `at`, if there is one.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut u8> {
        self.0.get_mut(at)
    }

    /// Puts `value` at the end.
    #[inline(always)]
    pub fn add(&mut self, value: impl Put) {
        value.put(self);
    }

    /// Puts the first `len` of these at the end: a copy of fixed size, cut back, which takes no call.
    #[inline(always)]
    pub fn add_first<const N: usize>(&mut self, len: usize, octets: [u8; N]) {
        let before = self.0.len();
        self.0.extend_from_slice(&octets);
        self.0.truncate(before.saturating_add(len));
    }

    #[inline(never)]
    fn add_number(&mut self, number: u64) {
        if number < SIX_DIGITS {
            return self.add(six_digits(number as u32));
        }
        let (high, low) = (number / EIGHT_DIGITS, number % EIGHT_DIGITS);
        if high == 0 {
            return self.add(Short::number(low));
        }
        self.add(high);
        self.add(eight_digits(low).to_le_bytes());
    }

    /// Puts so many spaces at the end.
    #[inline]
    pub fn space(&mut self, columns: usize) {
        const SPACES: [u8; 32] = [b' '; 32];
        let mut left = columns;
        while left > SPACES.len() {
            self.add(SPACES);
            left = left.saturating_sub(SPACES.len());
        }
        self.add_first(left, SPACES);
    }
}

impl fmt::Write for Buffer {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

impl io::Write for Buffer {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.add(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Anything that prints itself, where speed does not matter.
#[derive(Clone, Copy, Debug)]
pub struct Displayed<T>(pub T);

impl<T: Display> Put for Displayed<T> {
    fn put(&self, out: &mut Buffer) {
        // A buffer takes all.
        let _ = fmt::Write::write_fmt(out, format_args!("{}", self.0));
    }
}

impl<T: Put + ?Sized> Put for &T {
    #[inline(always)]
    fn put(&self, out: &mut Buffer) {
        (**self).put(out);
    }
}

impl Put for [u8] {
    #[inline(always)]
    fn put(&self, out: &mut Buffer) {
        out.0.extend_from_slice(self);
    }
}

impl<const N: usize> Put for [u8; N] {
    #[inline(always)]
    fn put(&self, out: &mut Buffer) {
        out.0.extend_from_slice(self);
    }
}

impl Put for str {
    #[inline(always)]
    fn put(&self, out: &mut Buffer) {
        out.add(self.as_bytes());
    }
}

impl<const N: usize> Put for Short<N> {
    #[inline(always)]
    fn put(&self, out: &mut Buffer) {
        out.add_first(self.len, self.octets);
    }
}

impl<const N: usize, const K: usize> Put for [Short<N>; K] {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        self.iter().for_each(|part| out.add(part));
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl Put for $number {
            #[inline]
            fn put(&self, out: &mut Buffer) {
                u64::from(*self).put(out);
            }
        })*
    };
}

numbers!(u8 u16 u32);

impl Put for u64 {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        // Many numbers are small.
        if *self < 10 {
            out.add([b'0' + *self as u8]);
        } else {
            out.add_number(*self);
        }
    }
}

macro_rules! rows {
    ($($part:ident)*) => {
        /// One after the other.
        impl<$($part: Put),*> Put for ($($part,)*) {
            #[inline(always)]
            fn put(&self, out: &mut Buffer) {
                #[expect(non_snake_case, reason = "a part is called as its type is")]
                let ($($part,)*) = self;
                $($part.put(out);)*
            }
        }
    };
}

rows!(A B);
rows!(A B C);
rows!(A B C D);
rows!(A B C D E);
rows!(A B C D E F);
rows!(A B C D E F G);

impl Put for Shown<'_> {
    fn put(&self, out: &mut Buffer) {
        // A buffer takes all.
        let _ = self.write(out);
    }
}

/// What `value` is as text.
#[cfg(test)]
pub fn put(value: impl Put) -> String {
    let mut out = Buffer::new();
    out.add(value);
    out.as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_stand_one_after_the_other() {
        assert_eq!(put(("a", 1_u8, Displayed(-2), "")), "a1-2");
        let mut out = Buffer::new();
        out.space(130);
        assert_eq!((out.len(), out.octets().iter().all(|octet| *octet == b' ')), (130, true));
        out.clear();
        assert!(out.is_empty());
    }

    proptest! {
        #[test]
        fn the_same_as_display(number: u64, bits in 0_u32..64, small: u16) {
            let number = number >> bits;
            prop_assert_eq!(put((number, " ", small)), format!("{number} {small}"));
        }
    }
}
