//! Labels: what a segment is, as the textbook writes it.
//!
//! In: a segment, its facts, and both ends' numbers as they stand. Out: a small `Copy` value, turned to text only
//! when printed, with its numbers symbolic, relative or absolute.
//! Invariant: a letter is used only where its number was seen: J and K are the two ISS, M and N the two FINs' own
//! octets. Where a SYN was not captured, offsets from the first number seen stand instead, marked `~`.
//! Read: field guide section 1 (`docs/labels.md`).

use std::fmt;

use crate::analyzer::facts::{Acknowledges, Facts, Kind, Reset};
use crate::analyzer::numbers::Numbers as EndNumbers;
use crate::analyzer::role::{Ends, Role};
use crate::segment::{Flags, Segment, TextHead};
use crate::seq::SeqNumber;

/// How far before its anchor a number still is named by it; beyond, it belongs to something else.
const BEHIND: i64 = 65_535;
/// How far beyond what was sent a number still is named by its anchor: text may be missing from the capture.
const AHEAD: i32 = 1 << 26;

/// A segment's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Label {
    syn: Option<Number>,
    fin: Option<Number>,
    rst: Option<Option<Number>>,
    ack: Option<Number>,
    text_len: u32,
    /// Which sending of the same this is, from 2; 0 for the first.
    again: u32,
    /// A combination of control bits that no TCP sends stands as it is, without numbers.
    verbatim: Option<Flags>,
    /// The capture saw the packet before.
    is_seen_again: bool,
}

/// How numbers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Numbers {
    /// By their anchors: `ACK J+7`.
    #[default]
    Symbolic,
    /// As offsets from the ISS of the end whose number it is, or from the first number seen: `ACK 7`.
    Relative,
    /// As they stand on the wire.
    Absolute,
}

/// One number with its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    anchor: Anchor,
    offset: i64,
    relative: i64,
    absolute: SeqNumber,
}

/// What a number is named by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anchor {
    /// A letter: the ISS of the client (J) or the server (K), the first FIN (M) or the other (N).
    Letter(char),
    /// The first number seen of an end whose SYN was not captured.
    First,
    /// Nothing: it lies far from all that was sent.
    Nothing,
}

/// Whose numbers are anchored at which letters.
#[derive(Clone, Copy, Debug)]
pub struct Letters {
    /// The end that sent the FIN captured first: M is its FIN, N the other's.
    pub first_fin: Option<Role>,
    /// Whether both ends are one and the same socket: J and M are all there is.
    pub is_self: bool,
}

impl Letters {
    const fn syn(self, role: Role) -> char {
        match role {
            Role::Server if !self.is_self => 'K',
            _ => 'J',
        }
    }

    fn fin(self, role: Role) -> char {
        if self.is_self || self.first_fin == Some(role) { 'M' } else { 'N' }
    }
}

impl Label {
    /// The same segment as its sender's tap counts it: which sending it is, and that it was no second sighting.
    #[must_use]
    pub const fn sent_as(self, at_sender: Self) -> Self {
        Self { again: at_sender.again, is_seen_again: false, ..self }
    }

    /// Labels `segment`, sent by `from`, once both ends have taken it in.
    pub fn of(
        segment: &Segment,
        facts: &Facts,
        from: Role,
        ends: Ends<&EndNumbers>,
        letters: Letters,
    ) -> Self {
        let to = if letters.is_self { from } else { from.other() };
        let (sender, receiver) = (*ends.of(from), *ends.of(to));
        let own = |number: SeqNumber, is_fin| name(number, sender, from, letters, is_fin);
        let flags = segment.flags;
        let mut label = Self { text_len: segment.text_len, again: facts.again, ..Self::default() };
        if facts.kind == Kind::Illegal {
            label.verbatim = Some(flags);
            return label;
        }
        if flags.has(Flags::SYN) {
            label.syn = Some(own(segment.seq, false));
        }
        if flags.has(Flags::FIN) {
            label.fin = Some(own(segment.seq + segment.text_len, true));
        }
        if flags.has(Flags::RST) {
            // An end without a connection has no number of its own: SEQ is 0 and means nothing (RFC 9293 §3.5.2).
            let is_numberless = sender.sent().is_none() && segment.seq == SeqNumber(0);
            label.rst = Some((!is_numberless).then(|| own(segment.seq, false)));
        }
        let is_bare =
            label.syn.is_none() && label.fin.is_none() && label.rst.is_none() && segment.text_len == 0;
        let is_named = match facts.kind {
            Kind::SynAck => true,
            // What refuses a SYN names it, also when the SYN comes a second time.
            _ => is_bare || facts.acknowledges == Acknowledges::New || facts.reset == Reset::Refuses,
        };
        if flags.has(Flags::ACK) && is_named {
            label.ack = Some(name(segment.ack, receiver, to, letters, false));
        }
        label
    }

    /// The same for a SYN that opened nothing, under the names of the connection that it came to: `end` sent it, or seems to
    /// have.
    #[must_use]
    pub fn among(self, segment: &Segment, from: Role, end: &EndNumbers, letters: Letters) -> Self {
        Self { syn: self.syn.map(|_| name(segment.seq, end, from, letters, false)), ..self }
    }

    /// The same label for another sighting of the same packet.
    #[must_use]
    pub const fn seen_again(self) -> Self {
        Self { is_seen_again: true, ..self }
    }

    /// The label as text.
    pub const fn show(self, numbers: Numbers) -> Shown<'static> {
        Shown { label: self, numbers, text: None, most: 0 }
    }

    /// The label as text, with the beginning of the segment's own text, escaped.
    pub const fn show_with_text(self, numbers: Numbers, text: &TextHead) -> Shown<'_> {
        Shown { label: self, numbers, text: Some(text), most: TextHead::MOST }
    }

    /// The same with at most `most` octets of the segment's own text.
    pub const fn show_with_some_text(self, numbers: Numbers, text: &TextHead, most: usize) -> Shown<'_> {
        Shown { label: self, numbers, text: Some(text), most }
    }

    /// Which sending of the same this is, from 2; `None` for the first.
    pub fn again(self) -> Option<u32> {
        (self.again > 0).then_some(self.again)
    }
}

/// Names `number` in the sequence space of the end `role`. `is_fin` says whether it is a FIN's own.
fn name(number: SeqNumber, end: &EndNumbers, role: Role, letters: Letters, is_fin: bool) -> Number {
    let Some(sent) = end.sent() else {
        return Number { anchor: Anchor::First, offset: 0, relative: 0, absolute: number };
    };
    let relative = sent.offset_of(number);
    let named = |anchor, offset| Number { anchor, offset, relative, absolute: number };
    if let Some(fin) = end.fin() {
        let beyond = number.distance_from(fin.number);
        // An acknowledgement that stops short of the FIN is named by the text before it.
        if beyond == 1 || (beyond == 0 && is_fin) {
            return named(Anchor::Letter(letters.fin(role)), i64::from(beyond));
        }
    }
    let is_near = relative >= -BEHIND && number.distance_from(sent.nxt()) <= AHEAD;
    match end.iss() {
        Some(_) if is_near => named(Anchor::Letter(letters.syn(role)), relative),
        None if is_near => named(Anchor::First, relative),
        _ => Number { anchor: Anchor::Nothing, offset: 0, relative: i64::from(number.0), absolute: number },
    }
}

/// A label about to be printed.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    label: Label,
    numbers: Numbers,
    text: Option<&'a TextHead>,
    most: usize,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Shown<'_> {
    /// Writes the text to `out`, without the detour of formatting: a label stands in every line of millions.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    #[inline]
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let Label { syn, fin, rst, ack, text_len, again, verbatim, is_seen_again } = self.label;
        let mut separator = "";
        let mut word = |name: &str, number: Option<Number>| {
            out.write_str(separator)?;
            out.write_str(name)?;
            separator = ", ";
            number.map_or(Ok(()), |number| number.write(out, self.numbers))
        };
        for name in verbatim.into_iter().flat_map(in_words_order) {
            word(&name.to_ascii_uppercase(), None)?;
        }
        if verbatim == Some(Flags::default()) {
            word("no flags", None)?;
        }
        if let Some(number) = syn {
            word("SYN", Some(number))?;
        }
        if let Some(number) = fin {
            word("FIN", Some(number))?;
        }
        if let Some(number) = rst {
            word("RST", number)?;
        }
        if let Some(number) = ack {
            word("ACK", Some(number))?;
        }
        if text_len > 0 {
            word("DATA ", None)?;
            out.write_str(itoa::Buffer::new().format(text_len))?;
            self.write_text(out)?;
        }
        if again > 0 {
            write!(out, " (again, {again}{})", ordinal(again))?;
        }
        if is_seen_again {
            out.write_str(" (seen twice)")?;
        }
        Ok(())
    }

    fn write_text(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let Some(octets) = self.text.map(TextHead::octets) else { return Ok(()) };
        let octets = octets.get(..self.most).unwrap_or(octets);
        if octets.is_empty() {
            return Ok(());
        }
        let is_cut = usize::try_from(self.label.text_len).is_ok_and(|len| len > octets.len());
        out.write_str(" \"")?;
        let mut escaped = [0; TextHead::MOST * 4];
        out.write_str(escape(octets, &mut escaped))?;
        out.write_str(if is_cut { "\"..." } else { "\"" })
    }
}

impl Number {
    fn write(self, out: &mut impl fmt::Write, numbers: Numbers) -> fmt::Result {
        let mut digits = itoa::Buffer::new();
        let (anchor, sign, number) = match (numbers, self.anchor) {
            (Numbers::Absolute, _) | (_, Anchor::Nothing) => (None, "", digits.format(self.absolute.0)),
            (Numbers::Relative, _) => (None, "", digits.format(self.relative)),
            (Numbers::Symbolic, Anchor::First) => (Some('~'), "", digits.format(self.offset)),
            (Numbers::Symbolic, Anchor::Letter(letter)) if self.offset == 0 => (Some(letter), "", ""),
            (Numbers::Symbolic, Anchor::Letter(letter)) => {
                (Some(letter), if self.offset > 0 { "+" } else { "" }, digits.format(self.offset))
            }
        };
        out.write_char(' ')?;
        anchor.map_or(Ok(()), |anchor| out.write_char(anchor))?;
        out.write_str(sign)?;
        out.write_str(number)
    }
}

/// The names of the bits that are set, SYN first, as in every other label.
fn in_words_order(flags: Flags) -> impl Iterator<Item = &'static str> {
    let syn = Flags(flags.0 & Flags::SYN.0);
    let others = Flags(flags.0 & !Flags::SYN.0);
    syn.names().chain(others.names())
}

/// `octets` as `escape_ascii` shows them, in `room`, which takes four for each.
fn escape<'a>(octets: &[u8], room: &'a mut [u8]) -> &'a str {
    let mut len = 0_usize;
    for octet in octets {
        let (text, count) = escaped(*octet);
        // What is too much of the four is written over by the next.
        if let Some(place) = room.get_mut(len..).and_then(<[u8]>::first_chunk_mut) {
            *place = text;
        }
        len = len.saturating_add(count);
    }
    room.get(..len).and_then(|text| str::from_utf8(text).ok()).unwrap_or("")
}

/// One octet as it is shown, and how much of the four that is.
const fn escaped(octet: u8) -> ([u8; 4], usize) {
    match octet {
        b'\t' => (*b"\\t  ", 2),
        b'\n' => (*b"\\n  ", 2),
        b'\r' => (*b"\\r  ", 2),
        b'"' | b'\'' | b'\\' => ([b'\\', octet, 0, 0], 2),
        b' '..=b'~' => ([octet, 0, 0, 0], 1),
        _ => ([b'\\', b'x', hexadecimal(octet >> 4), hexadecimal(octet & 0xf)], 4),
    }
}

const fn hexadecimal(digit: u8) -> u8 {
    if digit < 10 { b'0'.saturating_add(digit) } else { (b'a' - 10).saturating_add(digit) }
}

const fn ordinal(number: u32) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_octet_is_escaped_as_the_standard_library_does() {
        for octet in 0..=u8::MAX {
            let octets = [octet, b'-', octet];
            assert_eq!(escape(&octets, &mut [0; 12]), octets.escape_ascii().to_string());
        }
        assert_eq!(
            escape(&[0; TextHead::MOST], &mut [0; TextHead::MOST * 4]),
            "\\x00".repeat(TextHead::MOST)
        );
    }

    fn shown(number: Number, numbers: Numbers) -> String {
        let mut text = String::new();
        number.write(&mut text, numbers).unwrap();
        text
    }

    proptest! {
        #[test]
        fn a_number_stands_behind_its_anchor(offset: i64, relative: i64, absolute: u32) {
            let number = |anchor| Number { anchor, offset, relative, absolute: SeqNumber(absolute) };
            let (named, first, bare) =
                (number(Anchor::Letter('J')), number(Anchor::First), number(Anchor::Nothing));
            let at_letter = if offset == 0 { " J".to_owned() } else { format!(" J{offset:+}") };
            prop_assert_eq!(shown(named, Numbers::Symbolic), at_letter);
            prop_assert_eq!(shown(first, Numbers::Symbolic), format!(" ~{offset}"));
            for number in [named, first] {
                prop_assert_eq!(shown(number, Numbers::Relative), format!(" {relative}"));
                prop_assert_eq!(shown(number, Numbers::Absolute), format!(" {absolute}"));
            }
            for numbers in [Numbers::Symbolic, Numbers::Relative, Numbers::Absolute] {
                prop_assert_eq!(shown(bare, numbers), format!(" {absolute}"));
            }
        }
    }
}
