//! What a record is written with.
//!
//! In: pieces from left to right: texts known when this is compiled, numbers, spans, names, and anything else. Out: the record.
//! Invariant: with a pen the octets are those of a `Buffer`. It writes faster, since it asks only once, at the end, whether
//! there was room; a record that is too long for that is written anew into a buffer.

use crate::analyzer::measures::duration;
use crate::report::buffer::{Buffer, Put, Word};
use crate::report::short::{EIGHT_DIGITS, Short, TEN_DIGITS};
use crate::report::times::Decimal;

/// Octets that a record may have. A power of two, so that the place of any piece is in the room.
const ROOM: usize = 4096;
/// What the last piece may take beyond.
const BEYOND: usize = 64;

/// What pieces are added to.
pub trait Out {
    /// Adds a text that is known when this is compiled, of 64 octets at most.
    fn text(&mut self, text: &'static str);
    /// Adds a short text, of 64 octets at most.
    fn short<const N: usize>(&mut self, short: Short<N>);
    /// Adds a number.
    fn number(&mut self, number: u64);
    /// Adds a span of so many nanoseconds, in seconds.
    fn span(&mut self, nanoseconds: u128);
    /// Adds a word.
    fn word(&mut self, word: &str);
    /// Adds anything.
    fn any(&mut self, value: impl Put);
}

impl Out for Buffer {
    fn text(&mut self, text: &'static str) {
        self.add(text);
    }

    fn short<const N: usize>(&mut self, short: Short<N>) {
        self.add(short);
    }

    fn number(&mut self, number: u64) {
        self.add(number);
    }

    fn span(&mut self, nanoseconds: u128) {
        self.add(Decimal(duration(nanoseconds)));
    }

    fn word(&mut self, word: &str) {
        self.add(Word(word));
    }

    fn any(&mut self, value: impl Put) {
        self.add(value);
    }
}

type Octets = [u8; ROOM + BEYOND];

/// Room for a record, used again for each.
#[derive(Debug)]
pub struct Page {
    octets: Box<Octets>,
    scratch: Buffer,
}

impl Default for Page {
    fn default() -> Self {
        Self { octets: Box::new([0; ROOM + BEYOND]), scratch: Buffer::new() }
    }
}

impl Page {
    /// A pen at the beginning of the page.
    #[inline(always)]
    pub fn pen(&mut self) -> Pen<'_> {
        Pen { octets: &mut self.octets, scratch: &mut self.scratch, at: 0 }
    }
}

/// Writes a record.
#[derive(Debug)]
pub struct Pen<'a> {
    octets: &'a mut Octets,
    scratch: &'a mut Buffer,
    at: usize,
}

impl<'a> Pen<'a> {
    /// What was written; `None` where there was not room for all.
    #[inline(always)]
    pub fn finish(self) -> Option<&'a [u8]> {
        let Self { octets, at, .. } = self;
        octets.get(..at).filter(|octets| octets.len() <= ROOM)
    }
}

impl Out for Pen<'_> {
    #[inline(always)]
    fn text(&mut self, text: &'static str) {
        debug_assert!(text.len() <= 64, "{text}");
        let place = self.at % ROOM;
        self.octets[place..place + text.len()].copy_from_slice(text.as_bytes());
        self.at += text.len();
    }

    #[inline(always)]
    fn short<const N: usize>(&mut self, short: Short<N>) {
        place(self.octets, self.at, short.octets);
        self.at += short.len;
    }

    #[inline(always)]
    fn number(&mut self, number: u64) {
        if number < 10 {
            place(self.octets, self.at, [b'0' + number as u8]);
            self.at += 1;
        } else if number < EIGHT_DIGITS {
            self.short(Short::bare(number));
        } else if number < TEN_DIGITS {
            self.short(Short::long(number));
        } else {
            self.any(number);
        }
    }

    #[inline(always)]
    fn span(&mut self, nanoseconds: u128) {
        match Decimal::short(nanoseconds) {
            Some(short) => self.short(short),
            None => self.any(Decimal(duration(nanoseconds))),
        }
    }

    #[inline(always)]
    fn word(&mut self, word: &str) {
        let octets = word.as_bytes();
        match (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
            (Some(first), Some(last)) if octets.len() <= 16 => {
                // Where the two overlap they are the same.
                place(self.octets, self.at, *first);
                place(self.octets, self.at + octets.len() - 8, *last);
                self.at += octets.len();
            }
            _ => self.any(word),
        }
    }

    #[inline(always)]
    fn any(&mut self, value: impl Put) {
        measure(self.scratch, value);
        self.at = copy(self.octets, self.at, self.scratch.octets());
    }
}

/// Puts octets there; beyond the room somewhere, which does no harm: that record is not used.
#[inline(always)]
fn place<const N: usize>(octets: &mut Octets, at: usize, piece: [u8; N]) {
    const { assert!(N <= BEYOND) };
    let place = at % ROOM;
    octets[place..place + N].copy_from_slice(&piece);
}

#[inline(never)]
fn measure(scratch: &mut Buffer, value: impl Put) {
    scratch.clear();
    scratch.add(value);
}

#[inline(never)]
fn copy(octets: &mut Octets, at: usize, piece: &[u8]) -> usize {
    let end = at + piece.len();
    if let Some(place) = octets.get_mut(at..end) {
        place.copy_from_slice(piece);
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::buffer::Displayed;

    #[derive(Clone, Debug)]
    enum Piece {
        Text,
        Short,
        Number(u64),
        Span(u64),
        Word(String),
        Any(String),
    }

    fn any_piece() -> impl Strategy<Value = Piece> {
        let number = || (any::<u64>(), 0_u32..64).prop_map(|(number, bits)| number >> bits);
        prop_oneof![
            Just(Piece::Text),
            Just(Piece::Short),
            number().prop_map(Piece::Number),
            number().prop_map(Piece::Span),
            "[a-z]{0,64}".prop_map(Piece::Word),
            "[a-z]{0,1500}".prop_map(Piece::Any),
        ]
    }

    fn put(pieces: &[Piece], out: &mut impl Out) {
        for piece in pieces {
            match piece {
                Piece::Text => out.text(r#""handshake_rtt":"#),
                Piece::Short => out.short(Short::<26>::of("short")),
                Piece::Number(number) => out.number(*number),
                Piece::Span(nanoseconds) => out.span(u128::from(*nanoseconds) * 2),
                Piece::Word(word) => out.word(word),
                Piece::Any(text) => out.any(Displayed(text)),
            }
        }
    }

    proptest! {
        #[test]
        fn a_pen_writes_what_a_buffer_holds(records in proptest::collection::vec(proptest::collection::vec(any_piece(), 0..40), 1..4)) {
            let mut page = Page::default();
            for pieces in records {
                let (mut pen, mut buffer) = (page.pen(), Buffer::new());
                put(&pieces, &mut pen);
                put(&pieces, &mut buffer);
                let is_short = buffer.len() <= ROOM;
                prop_assert_eq!(pen.finish(), is_short.then(|| buffer.octets()));
            }
        }
    }
}
