//! What records are made of: strings, lists, sockets, and what is left out where it is not known.
//!
//! In: the analyzer's values. Out: the same in the records' shape, in a buffer.
//! Invariant: the octets are those of `serde_json` (`model/`, in tests). Nothing is rounded: times have nine decimals,
//! and a duration reads back to the nanosecond up to the 97 days at which a JSON number's 53 bits are full.

use std::net::SocketAddr;

use crate::analyzer::role::Ends;
use crate::report::buffer::{Buffer, Put};
use crate::report::short::Short;

/// A name of ours as a string: nothing in it needs an escape.
#[derive(Clone, Copy)]
pub struct Name(pub &'static str);

/// Any text as a string.
#[derive(Clone, Copy)]
pub struct Text<'a>(pub &'a str);

/// A field, name and comma included, where its value is known.
pub struct Known<T>(pub &'static str, pub Option<T>);

/// One socket.
pub struct Socket(pub SocketAddr);

/// Which of the two is assumed, as a list of ends.
#[derive(Clone, Copy)]
pub struct Assumed(pub Ends<bool>);

/// Octets, two hexadecimal digits each, as a string.
pub struct Hex<'a>(pub &'a [u8]);

impl Put for Name {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        ("\"", self.0, "\"").put(out);
    }
}

impl Put for Text<'_> {
    fn put(&self, out: &mut Buffer) {
        let mut rest = self.0.as_bytes();
        if is_plain(rest) {
            return out.add(("\"", rest, "\""));
        }
        out.add("\"");
        while let Some(at) = rest.iter().position(|octet| needs_escape(*octet)) {
            let Some(([plain @ .., special], after)) = rest.split_at_checked(at.saturating_add(1)) else {
                break;
            };
            out.add(plain);
            escape(*special, out);
            rest = after;
        }
        out.add(rest);
        out.add("\"");
    }
}

/// Whether nothing in it needs an escape. Sixteen octets are judged at a time: that takes one step, not sixteen.
pub fn is_plain(octets: &[u8]) -> bool {
    let is_plain = |octets: &[u8]| !octets.iter().fold(false, |any, octet| any | needs_escape(*octet));
    let (many, rest) = octets.as_chunks::<16>();
    many.iter().all(|octets| is_plain(octets))
        && match octets.last_chunk::<16>() {
            // Some of them have been judged already, and are judged again.
            Some(last) => is_plain(last),
            None => is_plain(rest),
        }
}

const fn needs_escape(octet: u8) -> bool {
    octet < b' ' || octet == b'"' || octet == b'\\'
}

fn escape(octet: u8, out: &mut Buffer) {
    match octet {
        b'"' => out.add(r#"\""#),
        b'\\' => out.add(r"\\"),
        b'\x08' => out.add(r"\b"),
        b'\t' => out.add(r"\t"),
        b'\n' => out.add(r"\n"),
        b'\x0c' => out.add(r"\f"),
        b'\r' => out.add(r"\r"),
        _ => out.add((r"\u00", hexadecimal(octet))),
    }
}

impl<T: Put> Put for Known<T> {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        if let Self(field, Some(value)) = self {
            (*field, value).put(out);
        }
    }
}

/// Puts a list.
#[inline]
pub fn list<T: Put>(out: &mut Buffer, all: impl IntoIterator<Item = T>) {
    out.add("[");
    for (count, each) in all.into_iter().enumerate() {
        out.add((if count == 0 { "" } else { "," }, each));
    }
    out.add("]");
}

impl Put for Socket {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        (r#"{"addr":""#, self.0.ip(), r#"","port":"#, self.0.port(), "}").put(out);
    }
}

impl Put for Assumed {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        out.add(self.short());
    }
}

impl Assumed {
    /// The list as a short text.
    #[inline(always)]
    pub const fn short(self) -> Short<20> {
        match self.0 {
            Ends { client: false, server: false } => const { Short::of("[]") },
            Ends { client: true, server: false } => const { Short::of(r#"["client"]"#) },
            Ends { client: false, server: true } => const { Short::of(r#"["server"]"#) },
            Ends { client: true, server: true } => const { Short::of(r#"["client","server"]"#) },
        }
    }
}

impl Put for Hex<'_> {
    fn put(&self, out: &mut Buffer) {
        out.add("\"");
        self.0.iter().for_each(|octet| out.add(hexadecimal(*octet)));
        out.add("\"");
    }
}

fn hexadecimal(octet: u8) -> [u8; 2] {
    [octet >> 4, octet & 0xf].map(|digit| if digit < 10 { b'0' + digit } else { b'a' - 10 + digit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::buffer::put;
    use proptest::prelude::*;

    #[test]
    fn every_character_is_escaped_as_serde_json_does() {
        let all: String = (0..=0x2ff_u32).filter_map(char::from_u32).collect();
        assert_eq!(put(Text(&all)), serde_json::to_string(&all).unwrap());
    }

    #[test]
    fn lists_have_commas_between() {
        let of = |all: &[u64]| {
            let mut out = Buffer::new();
            list(&mut out, all);
            out.as_str().to_owned()
        };
        assert_eq!([of(&[]), of(&[1]), of(&[1, 2])], ["[]", "[1]", "[1,2]"]);
        assert_eq!(put((Known(",\"j\":", Some(7_u8)), Known(",\"k\":", None::<u8>))), ",\"j\":7");
        assert_eq!(put(Hex(&[0, 0x9a, 0xff])), "\"009aff\"");
    }

    proptest! {
        #[test]
        fn any_text_is_escaped_as_serde_json_does(text: String) {
            prop_assert_eq!(put(Text(&text)), serde_json::to_string(&text).unwrap());
        }
    }
}
