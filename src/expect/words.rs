//! The text of an expectation, taken apart into words.
//!
//! In: text. Out: its words with the places where they stand.
//! Invariant: a `|` is a word by itself, and so is the colon behind a selector; that of an IPv6 address is not.

/// A word and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word.
    pub text: &'a str,
    /// The octet of the whole text at which it begins.
    pub start: usize,
}

/// The words of `text`.
pub fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut start = 0;
    while let Some(length) = length_of_first(rest) {
        let (word, behind) = rest.split_at(length);
        if !word.trim().is_empty() {
            found.push(Word { text: word, start });
        }
        start += length;
        rest = behind;
    }
    found
}

/// Small letters, and `-` for `_`: `TIME_WAIT` and `time-wait` are one.
pub fn folded(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// The octets of the first word, or of the first space; `None` at the end.
fn length_of_first(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first.is_whitespace() || first == '|' {
        return Some(first.len_utf8());
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(text.len());
    let word = text.get(..end).unwrap_or(text);
    // `2001:db8::` ends with a colon of its own; `2001:db8:::` has one more.
    let colons = word.len() - word.trim_end_matches(':').len();
    Some(if colons % 2 == 1 && word.len() > 1 { end - 1 } else { end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn colons_and_bars_stand_alone() {
        assert_eq!(
            split(" port 443:  outcome  closed|reset "),
            ["port", "443", ":", "outcome", "closed", "|", "reset"]
        );
        assert_eq!(split("port 443 : x"), ["port", "443", ":", "x"]);
        assert_eq!(split("client 2001:db8::: x"), ["client", "2001:db8::", ":", "x"]);
        assert_eq!(split("client 2001:db8:: and port 5: x")[1..3], ["2001:db8::", "and"]);
        assert_eq!(split("server [::1]:6666: x")[1..3], ["[::1]:6666", ":"]);
        assert_eq!(split("\t\n"), [""; 0]);
    }

    #[test]
    fn a_word_knows_its_place() {
        let text = "é outcme";
        let word = words(text)[1];
        assert_eq!((word.text, text.get(word.start..)), ("outcme", Some("outcme")));
    }
}
