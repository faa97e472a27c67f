//! Findings: named diagnoses with their evidence.
//!
//! In: a connection and its steps. Out: `Finding`s, in the order in which they came to light.
//! Invariant: a finding names the frames that show it, and never moves a state. Each family of rules has a file of its
//! own here; a variant of `Code` cannot be added without its name and severity.
//! Read: field guide sections 2 to 4.

use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; no failure.
    Note,
    /// Something went otherwise than it should.
    Warning,
    /// The connection did not open, or was cut off.
    Error,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// One explanation among others.
    Possible,
    /// The best explanation.
    Likely,
    /// What the segments say by themselves.
    Certain,
}

/// A diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name, in kebab-case.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// The frames that show it.
    pub frames: Vec<u64>,
    /// How sure it is.
    pub confidence: Confidence,
    /// One sentence.
    pub says: String,
    /// Other explanations that the segments do not exclude.
    pub rivals: Vec<&'static str>,
    /// The section of the RFC to read.
    pub reference: &'static str,
}

impl Severity {
    /// `note`, `warning` or `error`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl Confidence {
    /// `possible`, `likely` or `certain`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
