//! What a record is written with, fast.
//!
//! In: pieces, one after the other. Out: the record.
//! Invariant: the octets are those of a `Buffer`. It is faster since it asks only once, at the end, whether there was room; a
//! record that is too long for that is written anew into a buffer.

use std::net::Ipv4Addr;

use crate::analyzer::measures::duration;
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::Stamp;
use crate::report::json::out::{Out, Part};
use crate::report::json::parts::{Text, is_plain};
use crate::report::json::room::{LOST, Literal, Octets, ROOM, empty, place, write_groups};
use crate::report::short::{EIGHT_DIGITS, Short};
use crate::report::thousands::{Fraction, SIX_DIGITS, nine_digits, six_digits, ten_digits};
use crate::report::times::Decimal;
use crate::seq::SeqNumber;

/// Room for a record, used again for each.
#[derive(Debug)]
pub struct Page {
    octets: Box<Octets>,
    scratch: Buffer,
}

impl Default for Page {
    fn default() -> Self {
        Self { octets: empty(), scratch: Buffer::new() }
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
    at: u16,
}

impl<'a> Pen<'a> {
    /// What was written; `None` where there was not room for all.
    #[inline(always)]
    pub fn finish(self) -> Option<&'a [u8]> {
        let Self { octets, at, .. } = self;
        octets.get(..usize::from(at)).filter(|octets| octets.len() <= ROOM)
    }
}

impl Pen<'_> {
    /// Writes a text; gives back the place behind it. The pen has not moved yet.
    #[inline(always)]
    fn lay(&mut self, text: impl Literal) -> usize {
        let at = usize::from(self.at);
        text.write(self.octets, at);
        at + text.len()
    }

    #[inline(always)]
    fn move_to(&mut self, at: usize) {
        debug_assert!(at <= usize::from(u16::MAX), "a record has too many pieces");
        self.at = at as u16;
    }
}

impl Out for Pen<'_> {
    #[inline(always)]
    fn text(&mut self, text: impl Literal) {
        let at = self.lay(text);
        self.move_to(at);
    }

    #[inline(always)]
    fn short<const N: usize>(&mut self, short: &Short<N>) {
        let at = usize::from(self.at);
        place(self.octets, at, short.octets);
        self.move_to(at + short.len);
    }

    #[inline(always)]
    fn number(&mut self, before: impl Literal, number: u64) {
        let at = self.lay(before);
        let end = if number < 10 {
            place(self.octets, at, [b'0' + number as u8]);
            at + 1
        } else if number < SIX_DIGITS {
            let Short { octets, len } = six_digits(number as u32);
            place(self.octets, at, octets);
            at + len
        } else {
            long_number(self.octets, self.scratch, at, number)
        };
        self.move_to(end);
    }

    #[inline(always)]
    fn sequence(&mut self, before: impl Literal, number: SeqNumber) {
        let SeqNumber(number) = number;
        let at = self.lay(before);
        if u64::from(number) < EIGHT_DIGITS {
            let end = long_number(self.octets, self.scratch, at, number.into());
            return self.move_to(end);
        }
        let (first, groups) = ten_digits(number);
        place(self.octets, at, [b'0' + first]);
        let at = at + usize::from(first > 0);
        write_groups(self.octets, at, groups);
        self.move_to(at + 9);
    }

    #[inline(always)]
    fn address(&mut self, before: impl Literal, address: Ipv4Addr) {
        let mut at = self.lay(before);
        for number in address.octets() {
            let part = Short::part(number);
            place(self.octets, at, part.octets);
            at += part.len;
        }
        // Behind the last number stands no full stop.
        self.move_to(at - 1);
    }

    #[inline(always)]
    fn moment(&mut self, before: impl Literal, moment: &Stamp) {
        let at = self.lay(before);
        place(self.octets, at, *moment.second);
        write_groups(self.octets, at + 20, nine_digits(moment.nanoseconds));
        place(self.octets, at + 29, [b'Z']);
        self.move_to(at + 30);
    }

    #[inline(always)]
    fn span(&mut self, before: impl Literal, nanoseconds: u64) {
        let at = self.lay(before);
        let Some(Fraction { groups, len }) = Fraction::of(nanoseconds) else {
            let end = long_span(self.octets, self.scratch, at, nanoseconds);
            return self.move_to(end);
        };
        place(self.octets, at, *b"0.");
        write_groups(self.octets, at + 2, groups);
        self.move_to(at + len);
    }

    #[inline(always)]
    fn string(&mut self, before: impl Literal, text: &str) {
        if is_plain(text.as_bytes()) {
            self.text(before);
            let at = self.lay("\"");
            let end = copy(self.octets, at, text.as_bytes());
            self.move_to(end);
            self.text("\"");
        } else {
            self.any((before, Text(text)));
        }
    }

    #[inline(always)]
    fn part(&mut self, part: &impl Part) {
        self.at = apart(self.octets, self.scratch, self.at, part);
    }

    #[inline(always)]
    fn any(&mut self, value: impl Put) {
        measure(self.scratch, value);
        let end = copy(self.octets, self.at.into(), self.scratch.octets());
        self.move_to(end);
    }

    #[inline(always)]
    fn len(&self) -> usize {
        self.at.into()
    }

    #[inline(always)]
    fn open(&mut self, len: usize) {
        place(self.octets, len, [b'{']);
        self.move_to(self.len().max(len + 1));
    }
}

// The pen itself is not handed over: what it has would have to lie in memory from then on.

#[inline(never)]
fn apart(octets: &mut Octets, scratch: &mut Buffer, at: u16, part: &impl Part) -> u16 {
    let mut pen = Pen { octets, scratch, at };
    part.write(&mut pen);
    pen.at
}

#[inline(never)]
fn long_number(octets: &mut Octets, scratch: &mut Buffer, at: usize, number: u64) -> usize {
    if number < EIGHT_DIGITS {
        let Short { octets: digits, len } = Short::bare(number);
        place(octets, at % LOST, digits);
        return at + len;
    }
    measure(scratch, number);
    copy(octets, at, scratch.octets())
}

#[inline(never)]
fn long_span(octets: &mut Octets, scratch: &mut Buffer, at: usize, nanoseconds: u64) -> usize {
    if let Some(Short { octets: digits, len }) = Decimal::short(nanoseconds.into()) {
        place(octets, at % LOST, digits);
        return at + len;
    }
    measure(scratch, Decimal(duration(nanoseconds.into())));
    copy(octets, at, scratch.octets())
}

#[inline(never)]
fn measure(scratch: &mut Buffer, value: impl Put) {
    scratch.clear();
    scratch.add(value);
}

#[inline(never)]
fn copy(octets: &mut Octets, at: usize, piece: &[u8]) -> usize {
    let end = at + piece.len();
    match octets[..ROOM].get_mut(at..end) {
        Some(place) => {
            place.copy_from_slice(piece);
            end
        }
        None => LOST,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::buffer::Displayed;
    use crate::report::clock::Clock;
    use crate::time::Timestamp;

    #[derive(Clone, Debug)]
    enum Piece {
        Text,
        Short,
        Number(u64),
        Sequence(u32),
        Address([u8; 4]),
        Moment(u64),
        Span(u64),
        Fields(Vec<u64>),
        String(String),
        Any(String),
    }

    fn any_piece() -> impl Strategy<Value = Piece> {
        let number = || (any::<u64>(), 0_u32..64).prop_map(|(number, bits)| number >> bits);
        let span = || prop_oneof![number(), (0_u64..2_000_000).prop_map(|micros| micros * 1_000)];
        prop_oneof![
            Just(Piece::Text),
            Just(Piece::Short),
            number().prop_map(Piece::Number),
            (any::<u32>(), 0_u32..32).prop_map(|(number, bits)| Piece::Sequence(number >> bits)),
            any::<[u8; 4]>().prop_map(Piece::Address),
            number().prop_map(Piece::Moment),
            span().prop_map(Piece::Span),
            proptest::collection::vec(span(), 0..3).prop_map(Piece::Fields),
            any::<String>().prop_map(Piece::String),
            (0_usize..4_000).prop_map(|len| Piece::Any("any".repeat(len))),
        ]
    }

    fn put(pieces: &[Piece], out: &mut impl Out) {
        for piece in pieces {
            match piece {
                Piece::Text => out.text(r#""handshake_rtt":"#),
                Piece::Short => out.short(&Short::<26>::of("short")),
                Piece::Number(number) => out.number(r#""n":"#, *number),
                Piece::Sequence(number) => out.sequence("\"j\":", SeqNumber(*number)),
                Piece::Address(octets) => out.address("", Ipv4Addr::from(*octets)),
                Piece::Moment(time) => out.moment("\"", &Clock::default().stamp(Timestamp(*time))),
                Piece::Span(nanoseconds) => out.span(const { Short::<16>::of(":") }, *nanoseconds),
                Piece::Fields(spans) => {
                    let len = out.len();
                    spans.iter().for_each(|nanoseconds| out.span(",\"a\":", *nanoseconds));
                    out.open(len);
                }
                Piece::String(text) => out.string(":", text),
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
