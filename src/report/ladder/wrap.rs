//! Lines of words as wide as a picture.
//!
//! In: a text, or entries that stay whole. Out: lines.
//! Invariant: no word is cut, and a number keeps its unit.

use crate::report::style::Style;

/// The narrowest lines of words.
const NARROWEST_TEXT: usize = 20;
/// The widest that is still easy to read.
pub const WIDEST: usize = 120;

/// Breaks `text` into lines as wide as a picture in this style, less a column at each side.
pub fn wrapped(text: &str, style: Style) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_unit = matches!(word.trim_end_matches(['.', ',', ';', ':', ')']), "s" | "ms");
        match words.last_mut().filter(|last| is_unit && last.ends_with(|last: char| last.is_ascii_digit())) {
            // A number keeps its unit.
            Some(number) => {
                number.push(' ');
                number.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    wrap(&words, " ", style.width.clamp(NARROWEST_TEXT, WIDEST).saturating_sub(2))
}

/// Joins `words` into lines of at most `width` columns, with `between` between two of a line.
pub fn wrap(words: &[String], between: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len().saturating_add(between.len()).saturating_add(word.len()) <= width => {
                line.push_str(between);
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}
