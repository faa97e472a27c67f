//! The record of a finding, by itself and inside its connection.
//!
//! In: a finding. Out: its record.
//! Invariant: both shapes have the same fields; the one by itself also names its type, and its connection if it has one.

use crate::analyzer::diagnosis::finding::Finding;
use crate::report::buffer::{Buffer, Put};
use crate::report::json::parts::{Known, Text, list};

/// A finding by itself, about the connection with that number, or about the capture as a whole.
pub struct FindingRecord<'a> {
    /// The connection's number.
    pub connection: Option<u64>,
    /// The finding.
    pub finding: &'a Finding,
}

/// A finding inside its connection.
pub struct FoundRecord<'a>(pub &'a Finding);

impl Put for FindingRecord<'_> {
    fn put(&self, out: &mut Buffer) {
        out.add((r#"{"type":"finding""#, Known(r#","connection":"#, self.connection), ","));
        fields(self.finding, out);
    }
}

impl Put for FoundRecord<'_> {
    fn put(&self, out: &mut Buffer) {
        out.add("{");
        fields(self.0, out);
    }
}

/// The fields of both shapes, and the end of the object.
fn fields(finding: &Finding, out: &mut Buffer) {
    let Finding { code, frames, confidence, says, rivals } = finding;
    out.add((r#""code":""#, code.as_str(), r#"","severity":""#, code.severity().as_str(), r#"","frames":"#));
    list(out, frames);
    out.add((r#","confidence":""#, confidence.as_str(), r#"","says":"#, Text(says), r#","rivals":"#));
    list(out, rivals.iter().copied().map(Text));
    out.add((r#","reference":"#, Text(code.reference()), "}"));
}
