//! A finding: one diagnosis of one connection, or of the capture as a whole.
//!
//! In: what the rules raised. Out: the value that every report prints.
//! Invariant: a finding names the frames that show it and never moves a state; its severity and reference are its code's.

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::severity::Confidence;

/// A diagnosis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its code.
    pub code: Code,
    /// The frames that show it; of many, the first ones and the last.
    pub frames: Vec<u64>,
    /// How sure it is.
    pub confidence: Confidence,
    /// One sentence.
    pub says: String,
    /// Other explanations that the segments do not exclude.
    pub rivals: Vec<&'static str>,
}
