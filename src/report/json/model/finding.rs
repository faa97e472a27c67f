//! The record of a finding, by itself and inside its connection.
//!
//! In: a finding. Out: its record.
//! Invariant: both shapes have the same fields; the one by itself also names its type, and its connection if it has one.

use serde::Serialize;

use crate::analyzer::diagnosis::finding::Finding;

/// A finding by itself.
#[derive(Serialize)]
#[serde(tag = "type", rename = "finding")]
pub struct FindingRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u64>,
    #[serde(flatten)]
    what: FoundRecord<'a>,
}

/// A finding inside its connection.
#[derive(Serialize)]
pub struct FoundRecord<'a> {
    code: &'static str,
    severity: &'static str,
    frames: &'a [u64],
    confidence: &'static str,
    says: &'a str,
    rivals: &'a [&'static str],
    reference: &'static str,
}

impl<'a> FindingRecord<'a> {
    /// The record of `finding` about the connection with that number, or about the capture as a whole.
    pub fn of(finding: &'a Finding, connection: Option<u64>) -> Self {
        Self { connection, what: FoundRecord::from(finding) }
    }
}

impl<'a> From<&'a Finding> for FoundRecord<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            code: finding.code.as_str(),
            severity: finding.code.severity().as_str(),
            frames: &finding.frames,
            confidence: finding.confidence.as_str(),
            says: &finding.says,
            rivals: &finding.rivals,
            reference: finding.code.reference(),
        }
    }
}
