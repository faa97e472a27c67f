//! What an expectation says of the connections it speaks of.
//!
//! In: what `grammar.rs` read. Out: the same as a value that `judge.rs` asks, and as text that reads back.
//! Invariant: names are those of the records (`docs/json.md`).

use std::fmt;

use crate::analyzer::closing::ClosingKind;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::severity::Severity;
use crate::analyzer::opening::OpeningKind;
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::expect::selector::Selector;

/// The words of each list; a test compares them with the schema of the records.
const OUTCOMES: [Outcome; 10] = [
    Outcome::Closed,
    Outcome::Reset,
    Outcome::HalfClosed,
    Outcome::Open,
    Outcome::SynReceived,
    Outcome::Refused,
    Outcome::Unreachable,
    Outcome::NoAnswer,
    Outcome::Pending,
    Outcome::Unknown,
];
const OPENINGS: [OpeningKind; 6] = [
    OpeningKind::ThreeWay,
    OpeningKind::Simultaneous,
    OpeningKind::FastOpen,
    OpeningKind::SelfConnect,
    OpeningKind::Incomplete,
    OpeningKind::NotSeen,
];
const CLOSINGS: [ClosingKind; 6] = [
    ClosingKind::FourSegment,
    ClosingKind::ThreeSegment,
    ClosingKind::Simultaneous,
    ClosingKind::Reset,
    ClosingKind::HalfClosed,
    ClosingKind::None,
];
const CONN_STATES: [&str; 13] =
    ["S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"];

/// One expectation. Prints in the form that reads back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Which connections it speaks of: those that all of these select, so without any all connections.
    pub selectors: Vec<Selector>,
    /// What it says of each.
    pub claim: Claim,
}

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A word of a closed list: how it opened, what became of it.
    Word(Subject, OneOf<&'static str>),
    /// How it closed, and who closed first.
    ClosedFirst(Option<OneOf<&'static str>>, Role),
    /// Wireshark's `tcp.completeness`.
    Completeness(OneOf<u8>),
    /// Something was found.
    Found(Findings),
    /// Nothing of the kind was found.
    NotFound(Findings),
    /// How many connections there are.
    Connections(Count),
}

/// What has a word of a closed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// What became of the connection.
    Outcome,
    /// How it opened.
    Opening,
    /// How it closed.
    Closing,
    /// The last state of an end.
    State(Role),
    /// Zeek's `conn_state`.
    ConnState,
}

/// One of these, or none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOf<T> {
    /// Whether it must be none of them.
    pub not: bool,
    /// These.
    pub these: Vec<T>,
}

/// Which findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Findings {
    /// Those with one of these codes.
    Codes(Vec<Code>),
    /// Those that matter so much, or more.
    AtOrAbove(Severity),
}

/// How many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// So many, or more.
    AtLeast(u64),
    /// So many, or fewer.
    AtMost(u64),
}

impl<T: PartialEq> OneOf<T> {
    /// Whether `seen` is as it should be.
    pub fn allows(&self, seen: &T) -> bool {
        self.these.contains(seen) != self.not
    }
}

impl Findings {
    /// Whether a finding with this code is one of them.
    pub fn has(&self, code: Code) -> bool {
        match self {
            Self::Codes(codes) => codes.contains(&code),
            Self::AtOrAbove(severity) => code.severity() >= *severity,
        }
    }
}

impl Count {
    /// Whether it is so many.
    pub const fn allows(self, seen: u64) -> bool {
        match self {
            Self::Exactly(count) => seen == count,
            Self::AtLeast(count) => seen >= count,
            Self::AtMost(count) => seen <= count,
        }
    }
}

impl Subject {
    /// The word that a claim about it begins with.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Opening => "opening",
            Self::Closing => "closing",
            Self::State(role) => role.as_str(),
            Self::ConnState => "conn_state",
        }
    }

    /// What its words are called.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Opening => "kind of opening",
            Self::Closing => "kind of closing",
            Self::State(_) => "state",
            Self::ConnState => "conn_state",
        }
    }

    /// Its words.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Outcome => OUTCOMES.map(Outcome::as_str).to_vec(),
            Self::Opening => OPENINGS.map(OpeningKind::as_str).to_vec(),
            Self::Closing => CLOSINGS.map(ClosingKind::as_str).to_vec(),
            Self::State(_) => State::ALL.map(State::as_str).to_vec(),
            Self::ConnState => CONN_STATES.to_vec(),
        }
    }

    /// The word that `connection` has.
    pub fn of(self, connection: &Connection) -> &'static str {
        match self {
            Self::Outcome => connection.outcome().as_str(),
            Self::Opening => connection.opening().kind.as_str(),
            Self::Closing => connection.closing().kind.as_str(),
            Self::State(role) => connection.states().of(role).as_str(),
            Self::ConnState => connection.zeek().conn_state(),
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, selector) in self.selectors.iter().enumerate() {
            write!(f, "{}{selector}", if number > 0 { " and " } else { "" })?;
        }
        write!(f, "{}{}", if self.selectors.is_empty() { "" } else { ": " }, self.claim)
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(subject, kinds) => write!(f, "{} {kinds}", subject.as_str()),
            Self::ClosedFirst(None, role) => write!(f, "closing first {role}"),
            Self::ClosedFirst(Some(kinds), role) => write!(f, "closing {kinds} first {role}"),
            Self::Completeness(values) => write!(f, "completeness {values}"),
            Self::Found(findings) => write!(f, "finding {findings}"),
            Self::NotFound(findings) => write!(f, "no finding {findings}"),
            Self::Connections(Count::Exactly(count)) => write!(f, "connections {count}"),
            Self::Connections(Count::AtLeast(count)) => write!(f, "connections at least {count}"),
            Self::Connections(Count::AtMost(count)) => write!(f, "connections at most {count}"),
        }
    }
}

impl<T: fmt::Display> fmt::Display for OneOf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.not { "not " } else { "" })?;
        alternatives(&self.these, f)
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codes(codes) => alternatives(codes, f),
            Self::AtOrAbove(severity) => write!(f, "at or above {severity}"),
        }
    }
}

fn alternatives<T: fmt::Display>(these: &[T], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (number, one) in these.iter().enumerate() {
        write!(f, "{}{one}", if number > 0 { " or " } else { "" })?;
    }
    Ok(())
}
