//! What a script expects: of each segment, and of each connection.
//!
//! In: the columns behind a segment's bars, and the lines that begin with `=`. Out: checked values.
//! Invariant: a misspelt state, subject or value is an error of the script, never an expectation that cannot be met.

/// What one segment should be observed as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The label, numbers symbolic, without text.
    pub label: String,
    /// The states after the segment, in the order of the sockets' letters; one alone where both ends are one socket.
    pub states: Vec<String>,
    /// The number of its connection, from 1.
    pub connection: u64,
}

/// What should be known at the end of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The line it stands in.
    pub line: usize,
    /// What is expected.
    pub about: About,
}

/// The subject of an expectation, and what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// How many connections there are.
    Connections(u64),
    /// One of them.
    Connection(u64, Subject),
}

/// What is expected of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Which socket is the client.
    Client(char),
    /// How it opened.
    Opening(String),
    /// How it closed, and who closed first.
    Closing(String, Option<String>),
    /// What became of it.
    Outcome(String),
    /// The last states, as in [`Expected::states`].
    States(Vec<String>),
}

const STATES: [&str; 12] = [
    "CLOSED",
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
    "UNKNOWN",
];
const OPENINGS: [&str; 6] =
    ["three-way", "simultaneous", "fast-open", "self-connect", "incomplete", "not-seen"];
const CLOSINGS: [&str; 6] = ["four-segment", "three-segment", "simultaneous", "reset", "half-closed", "none"];
const OUTCOMES: [&str; 10] = [
    "closed",
    "reset",
    "half-closed",
    "open",
    "syn-received",
    "refused",
    "unreachable",
    "no-answer",
    "pending",
    "unknown",
];

/// The columns behind a segment's first bar: label, states, and the connection's number where it is not 1.
pub fn of_segment(columns: &[&str], same_socket: bool) -> Result<Expected, String> {
    let (label, states, connection) = match columns {
        [label, states] => (label, states, 1),
        [label, states, number] => (label, states, positive(number)?),
        _ => return Err("a segment needs `| label | states`, and may add `| connection`".to_owned()),
    };
    if label.is_empty() {
        return Err("the label is empty".to_owned());
    }
    let states = states_of(states.split_whitespace())?;
    let wanted = if same_socket { 1 } else { 2 };
    if states.len() != wanted {
        return Err(format!("{} states where {wanted} are needed", states.len()));
    }
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Expected { label, states, connection })
}

/// What follows `=` in an expectation line.
pub fn of_connection(text: &str) -> Result<About, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["connections", count] => Ok(About::Connections(positive(count)?)),
        [number, subject @ ..] => Ok(About::Connection(positive(number)?, subject_of(subject)?)),
        [] => Err("nothing is expected".to_owned()),
    }
}

fn subject_of(words: &[&str]) -> Result<Subject, String> {
    match words {
        ["client", socket] => match socket.as_bytes() {
            [letter @ b'A'..=b'Z'] => Ok(Subject::Client(char::from(*letter))),
            _ => Err(format!("`{socket}` is no socket's letter")),
        },
        ["opening", kind] => Ok(Subject::Opening(one_of(kind, &OPENINGS)?)),
        ["closing", kind] => Ok(Subject::Closing(one_of(kind, &CLOSINGS)?, None)),
        ["closing", kind, "first", role] => {
            Ok(Subject::Closing(one_of(kind, &CLOSINGS)?, Some(one_of(role, &["client", "server"])?)))
        }
        ["outcome", kind] => Ok(Subject::Outcome(one_of(kind, &OUTCOMES)?)),
        ["states", states @ ..] if (1..=2).contains(&states.len()) => {
            Ok(Subject::States(states_of(states.iter().copied())?))
        }
        _ => Err(format!(
            "`{}` is none of: client LETTER, opening KIND, closing KIND [first ROLE], outcome KIND, states STATE [STATE]",
            words.join(" ")
        )),
    }
}

fn states_of<'a>(words: impl Iterator<Item = &'a str>) -> Result<Vec<String>, String> {
    words
        .map(|word| {
            let bare = word.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(word);
            one_of(bare, &STATES).map(|_| word.to_owned())
        })
        .collect()
}

fn one_of(word: &str, known: &[&str]) -> Result<String, String> {
    if known.contains(&word) {
        return Ok(word.to_owned());
    }
    Err(format!("`{word}` is none of: {}", known.join(", ")))
}

fn positive(word: &str) -> Result<u64, String> {
    word.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("`{word}` is no number from 1"))
}
