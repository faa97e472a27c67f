//! What a script expects: of each segment, of each connection, and of the capture.
//!
//! In: the columns behind a segment's bars, and the lines that begin with `=`. Out: checked values.
//! Invariant: a misspelt state, subject or value is an error of the script, never an expectation that cannot be met.

use tcpshake::analyzer::diagnosis::code::Code;
use tcpshake::tunnel::TunnelKind;

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
    /// A finding about the capture as a whole.
    Finding(Wanted),
    /// No such finding.
    NoFindings,
}

/// A finding that is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its code.
    pub code: String,
    /// Its frames, where they matter.
    pub frames: Option<Vec<u64>>,
    /// Its confidence, where it matters.
    pub confidence: Option<String>,
    /// Whether it has to name another explanation.
    pub rival: bool,
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
    /// The tunnels that it is in, outermost first; none at all where it is empty.
    Tunnel(Vec<String>),
    /// One of its findings.
    Finding(Wanted),
    /// No findings at all.
    NoFindings,
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
        ["connections", "0"] => Ok(About::Connections(0)),
        ["connections", count] => Ok(About::Connections(positive(count)?)),
        ["finding", finding @ ..] => Ok(About::Finding(finding_of(finding)?)),
        ["findings", "none"] => Ok(About::NoFindings),
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
        ["tunnel", "none"] => Ok(Subject::Tunnel(Vec::new())),
        ["tunnel", kinds @ ..] if !kinds.is_empty() => {
            let known = TunnelKind::ALL.map(TunnelKind::as_str);
            Ok(Subject::Tunnel(kinds.iter().map(|kind| one_of(kind, &known)).collect::<Result<_, _>>()?))
        }
        ["finding", finding @ ..] => Ok(Subject::Finding(finding_of(finding)?)),
        ["findings", "none"] => Ok(Subject::NoFindings),
        _ => Err(format!(
            "`{}` is none of: client LETTER, opening KIND, closing KIND [first ROLE], outcome KIND, \
             states STATE [STATE], tunnel KIND ..., finding CODE [frames F ...] [confidence HOW] [rival], findings none",
            words.join(" ")
        )),
    }
}

/// `CODE [frames F ...] [confidence certain|likely|possible] [rival]`.
fn finding_of(words: &[&str]) -> Result<Wanted, String> {
    let (code, mut rest) = words.split_first().ok_or("a finding needs its code")?;
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let code = one_of(code, &known)?;
    let mut wanted = Wanted { code, frames: None, confidence: None, rival: false };
    loop {
        rest = match rest {
            [] => return Ok(wanted),
            ["rival", rest @ ..] => {
                wanted.rival = true;
                rest
            }
            ["confidence", how, rest @ ..] => {
                wanted.confidence = Some(one_of(how, &["certain", "likely", "possible"])?);
                rest
            }
            ["frames", rest @ ..] => {
                let is_number = |word: &&&str| word.starts_with(|first: char| first.is_ascii_digit());
                let count = rest.iter().take_while(is_number).count();
                let (numbers, rest) = rest.split_at(count);
                if numbers.is_empty() {
                    return Err("`frames` lacks its numbers".to_owned());
                }
                wanted.frames =
                    Some(numbers.iter().map(|number| positive(number)).collect::<Result<_, _>>()?);
                rest
            }
            [other, ..] => {
                return Err(format!("`{other}` is none of: frames F ..., confidence HOW, rival"));
            }
        };
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
