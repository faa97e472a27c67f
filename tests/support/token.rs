//! The words of one script line.
//!
//! In: the text before a line's first bar. Out: words, quoted text (unescaped) and option lists.
//! Invariant: every character belongs to exactly one token or is white space; quotes and brackets must close.

/// One word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Anything between white space.
    Word(String),
    /// `"..."`: the octets meant.
    Text(Vec<u8>),
    /// `<...>`: what stands between the brackets.
    Options(String),
}

impl Token {
    /// The word, where it is one.
    pub fn as_word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Text(_) | Self::Options(_) => None,
        }
    }
}

/// Splits a line into its tokens.
pub fn tokens(line: &str) -> Result<Vec<Token>, String> {
    let mut rest = line.trim_start();
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' => quoted(&rest[1..])?,
            '<' => {
                let (inside, after) = rest[1..].split_once('>').ok_or("an option list lacks its `>`")?;
                (Token::Options(inside.trim().to_owned()), after)
            }
            _ => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (Token::Word(rest[..end].to_owned()), &rest[end..])
            }
        };
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

/// A line's columns: what stands between its bars, bars in quotes aside.
pub fn columns(line: &str) -> Vec<&str> {
    let mut columns = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, character) in line.char_indices() {
        match character {
            '"' if !escaped => quoted = !quoted,
            '|' if !quoted => {
                columns.push(line[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        escaped = character == '\\' && !escaped;
    }
    columns.push(line[start..].trim());
    columns
}

/// Text after its opening quote: `\n`, `\r`, `\t`, `\0`, `\\`, `\"` and `\xHH` are escapes.
fn quoted(rest: &str) -> Result<(Token, &str), String> {
    let mut octets = Vec::new();
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((Token::Text(octets), &rest[at + 1..])),
            '\\' => {
                let escape = characters.next().map(|(_, escape)| escape);
                let octet = match escape {
                    Some('n') => b'\n',
                    Some('r') => b'\r',
                    Some('t') => b'\t',
                    Some('0') => 0,
                    Some('\\') => b'\\',
                    Some('"') => b'"',
                    Some('x') => {
                        let digits: String = characters.by_ref().take(2).map(|(_, digit)| digit).collect();
                        u8::from_str_radix(&digits, 16).map_err(|_| format!("`\\x{digits}` is no octet"))?
                    }
                    _ => return Err("an escape that is none of \\n \\r \\t \\0 \\\\ \\\" \\xHH".to_owned()),
                };
                octets.push(octet);
            }
            _ => octets.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Err("text lacks its closing quote".to_owned())
}
