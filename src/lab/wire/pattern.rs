//! Which segments a fault is for: a label, and which of those that bear it.
//!
//! In: text such as `SYN K, ACK J+1` or `DATA#2`; labels. Out: whether a label is meant, and whether it is its turn.
//! Invariant: what counts is the label alone, whichever time it is sent: `(again, 2nd)` belongs to no pattern.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::lab::wire::error::FaultError;

/// Shown with every error about a pattern.
const HOW: &str = "write labels as the ladder shows them: 'SYN K, ACK J+1', 'FIN M', 'DATA', 'RST', '*' for any; \
                   'SYN J#2' is the second of them, 'SYN J#2+' all from there, 'SYN J#*' all";

/// The words that labels are made of.
const WORDS: [&str; 5] = ["SYN", "FIN", "RST", "ACK", "DATA"];

/// A label, and which of the segments that bear it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// None for any segment.
    parts: Vec<Part>,
    which: Which,
}

/// Which of the segments that bear a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Nth(u32),
    From(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    word: String,
    /// None where any number will do.
    number: Option<String>,
}

impl Pattern {
    /// Whether a label is meant, whichever of them it is.
    pub fn names(&self, label: &str) -> bool {
        let label = label.split_once(" (").map_or(label, |(label, _)| label);
        let parts: Vec<Part> = label.split(", ").map(Part::of).collect();
        match self.parts.as_slice() {
            [] => true,
            // Text may ride on anything.
            [only] if only.is_bare_word("DATA") => parts.iter().any(|part| part.word == "DATA"),
            [only] if only.number.is_none() => parts.first().is_some_and(|part| only.matches(part)),
            wanted => self.has_all(wanted, &parts),
        }
    }

    /// Whether it is the turn of the `nth` segment with such a label, counted from 1.
    pub const fn is_turn(&self, nth: u32) -> bool {
        match self.which {
            Which::Nth(wanted) => nth == wanted,
            Which::From(first) => nth >= first,
        }
    }

    /// Every part in its order. Text that rides on a SYN, FIN or RST need not be named.
    fn has_all(&self, wanted: &[Part], parts: &[Part]) -> bool {
        let is_control =
            parts.first().is_some_and(|part| matches!(part.word.as_str(), "SYN" | "FIN" | "RST"));
        let names_text = wanted.iter().any(|part| part.word == "DATA");
        let counts = |part: &&Part| names_text || !is_control || part.word != "DATA";
        let parts: Vec<&Part> = parts.iter().filter(counts).collect();
        parts.len() == wanted.len() && wanted.iter().zip(parts).all(|(wanted, part)| wanted.matches(part))
    }
}

impl Part {
    fn of(text: &str) -> Self {
        let mut words = text.split_ascii_whitespace();
        let word = words.next().unwrap_or_default().to_ascii_uppercase();
        Self { word, number: words.next().map(str::to_ascii_uppercase) }
    }

    fn is_bare_word(&self, word: &str) -> bool {
        self.word == word && self.number.is_none()
    }

    fn matches(&self, part: &Self) -> bool {
        self.word == part.word && (self.number.is_none() || self.number == part.number)
    }
}

impl FromStr for Pattern {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = |cause: String| FaultError::new(text, cause, HOW);
        let (label, which) = match text.rsplit_once('#') {
            Some((label, which)) => {
                let which = Which::of(which.trim());
                (label, which.ok_or_else(|| wrong("after # stands a number from 1, or *".to_owned()))?)
            }
            None => (text, Which::Nth(1)),
        };
        let label = label.trim();
        if label == "*" {
            return Ok(Self { parts: Vec::new(), which });
        }
        let mut parts = Vec::new();
        for part in label.split(',') {
            let part = part.trim();
            let read = Part::of(part);
            if read.word.is_empty() {
                return Err(wrong("no label".to_owned()));
            }
            if !WORDS.contains(&read.word.as_str()) {
                return Err(wrong(format!("no label has the word '{}'", read.word)));
            }
            if part.split_ascii_whitespace().count() > 2 {
                return Err(wrong(format!("'{part}' is more than a word and its number")));
            }
            parts.push(read);
        }
        Ok(Self { parts, which })
    }
}

impl Which {
    fn of(text: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<NonZeroU32>().ok().map(NonZeroU32::get);
        match text.strip_suffix('+') {
            _ if text == "*" => Some(Self::From(1)),
            Some(first) => number(first).map(Self::From),
            None => number(text).map(Self::Nth),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts.is_empty() {
            f.write_str("*")?;
        }
        for (nth, Part { word, number }) in self.parts.iter().enumerate() {
            f.write_str(if nth > 0 { ", " } else { "" })?;
            f.write_str(word)?;
            number.iter().try_for_each(|number| write!(f, " {number}"))?;
        }
        match self.which {
            Which::Nth(1) => Ok(()),
            Which::Nth(nth) => write!(f, "#{nth}"),
            Which::From(1) => f.write_str("#*"),
            Which::From(first) => write!(f, "#{first}+"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_labels() {
        let names = |pattern: &str, label: &str| pattern.parse::<Pattern>().unwrap().names(label);
        for (pattern, label) in [
            ("SYN J", "SYN J"),
            ("SYN J", "SYN J (again, 2nd)"),
            ("syn k,ack j+1", "SYN K, ACK J+1"),
            ("FIN M", "FIN M, DATA 5"),
            ("FIN N, ACK M+1", "FIN N, ACK M+1"),
            ("DATA", "DATA 13"),
            ("DATA", "FIN M, DATA 5"),
            ("DATA", "ACK K+1, DATA 5 (again, 3rd)"),
            ("ACK K+1, DATA", "ACK K+1, DATA 5"),
            ("RST", "RST J+1"),
            ("RST", "RST, ACK J+1"),
            ("*", "ACK J+1"),
            ("ACK", "ACK J+9"),
        ] {
            assert!(names(pattern, label), "{pattern} names {label}");
        }
        for (pattern, label) in [
            ("SYN J", "SYN K"),
            ("SYN K", "SYN K, ACK J+1"),
            ("ACK K+1", "ACK K+10"),
            ("ACK K+1", "ACK K+1, DATA 5"),
            ("ACK M+1", "FIN N, ACK M+1"),
            ("ACK", "SYN K, ACK J+1"),
            ("FIN M", "FIN N"),
            ("DATA 5", "DATA 55"),
        ] {
            assert!(!names(pattern, label), "{pattern} does not name {label}");
        }
    }

    #[test]
    fn a_number_tells_which_of_them() {
        let turns = |pattern: &str| {
            let pattern: Pattern = pattern.parse().unwrap();
            (1..=4).filter(|nth| pattern.is_turn(*nth)).collect::<Vec<_>>()
        };
        assert_eq!(turns("SYN J"), [1]);
        assert_eq!(turns("SYN J#3"), [3]);
        assert_eq!(turns("SYN J#3+"), [3, 4]);
        assert_eq!(turns("SYN J #*"), [1, 2, 3, 4]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_how_it_is_written() {
        let error = |text: &str| text.parse::<Pattern>().unwrap_err();
        assert_eq!(error("SNY J").to_string(), "'SNY J': no label has the word 'SNY'");
        assert_eq!(error("").to_string(), "'': no label");
        assert_eq!(error("SYN K, ").to_string(), "'SYN K, ': no label");
        assert_eq!(
            error("SYN K ACK J+1").to_string(),
            "'SYN K ACK J+1': 'SYN K ACK J+1' is more than a word and its number"
        );
        for text in ["SYN J#0", "SYN J#x", "SYN J#", "SYN J#-1", "SYN J#99999999999"] {
            assert_eq!(error(text).to_string(), format!("'{text}': after # stands a number from 1, or *"));
        }
        assert!(error("SNY J").next_step().contains("'SYN J#2' is the second"));
    }

    #[test]
    fn it_is_shown_as_it_is_written() {
        for text in ["SYN K, ACK J+1", "SYN J#2", "DATA#2+", "*#*", "RST"] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text);
        }
    }
}
