//! A received message as a line of text.
//!
//! In: octets from anyone. Out: one line that no terminal can be harmed by. Readable UTF-8 stays as it is; control
//! and format characters, the backslash, and octets that are not UTF-8 are escaped (`\n`, `\u{1b}`, `\\`, `\xff`).
//! Invariant: the line holds no control character.

use std::fmt::{self, Write};

/// What the server prints at its start.
pub const WAITING: &str = "waiting for client's request";

/// What the client asks with.
pub const QUESTION: &str = "send msg to server: ";

/// The line that the server prints for what one `recv` brought, without its end: `recv msg from client: hello`.
///
/// One newline at the end of the text is left out, as the line's own end stands for it. A character that two `recv`
/// calls have cut in two is shown by its octets.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedLine<'a>(pub &'a [u8]);

impl fmt::Display for ReceivedLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("recv msg from client: ")?;
        let text = self.0.strip_suffix(b"\n").unwrap_or(self.0);
        for chunk in text.utf8_chunks() {
            write_escaped(f, chunk.valid())?;
            for octet in chunk.invalid() {
                write!(f, "\\x{octet:02x}")?;
            }
        }
        Ok(())
    }
}

/// As `str::escape_debug` does, but for the quotes, which need no escape here.
fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for part in text.split_inclusive(['"', '\'']) {
        let (body, quote) = match part.char_indices().next_back() {
            Some((at, quote @ ('"' | '\''))) => (part.split_at(at).0, Some(quote)),
            _ => (part, None),
        };
        write!(f, "{}", body.escape_debug())?;
        if let Some(quote) = quote {
            f.write_char(quote)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(octets: &[u8]) -> String {
        ReceivedLine(octets).to_string().strip_prefix("recv msg from client: ").unwrap().to_owned()
    }

    #[test]
    fn readable_text_stays() {
        assert_eq!(line(b"hello"), "hello");
        assert_eq!(
            line("h\u{e9}llo, \u{4f60}\u{597d} \"it's\" e\u{301}".as_bytes()),
            "h\u{e9}llo, \u{4f60}\u{597d} \"it's\" e\u{301}"
        );
    }

    #[test]
    fn one_newline_at_the_end_is_the_lines_own() {
        assert_eq!(line(b"hello\n"), "hello");
        assert_eq!(line(b"a\nb\n\n"), "a\\nb\\n");
        assert_eq!(line(b"\r\n"), "\\r");
        assert_eq!(line(b""), "");
    }

    #[test]
    fn nothing_can_harm_a_terminal() {
        assert_eq!(line(b"\x1b[2J\0\x07\x7f"), "\\u{1b}[2J\\0\\u{7}\\u{7f}");
        assert_eq!(line("\u{9b}\u{202e}\u{2028}".as_bytes()), "\\u{9b}\\u{202e}\\u{2028}");
        assert_eq!(line(b"ab\xff\xfe\\"), "ab\\xff\\xfe\\\\");
        assert_eq!(line(b"\xe2\x82"), "\\xe2\\x82");
    }

    proptest! {
        #[test]
        fn no_control_character_is_left(octets: Vec<u8>) {
            prop_assert!(!line(&octets).chars().any(char::is_control));
        }
    }
}
