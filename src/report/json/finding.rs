//! The record of a finding, by itself and inside its connection.
//!
//! In: a finding. Out: its record.
//! Invariant: both shapes have the same fields; the one by itself also names its type, and its connection if it has one.

use crate::analyzer::diagnosis::finding::Finding;
use crate::report::buffer::{Buffer, Put};
use crate::report::json::out::{Out, Part};
use crate::report::json::parts::{Known, list};
use crate::report::json::stretches;

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

impl Part for FoundRecord<'_> {
    fn write(&self, out: &mut impl Out) {
        out.text("{");
        fields(self.0, out);
    }
}

/// The fields of both shapes, and the end of the object.
#[inline(always)]
fn fields(finding: &Finding, out: &mut impl Out) {
    let Finding { code, frames, confidence, says, rivals } = finding;
    out.short(stretches::found(*code));
    list_of_frames(frames, out);
    out.short(stretches::sure(*confidence));
    out.string("", says);
    out.text(r#","rivals":["#);
    for (count, rival) in rivals.iter().enumerate() {
        if count > 0 {
            out.text(",");
        }
        out.string("", rival);
    }
    out.short(stretches::reference(*code));
}

#[inline(always)]
fn list_of_frames(frames: &[u64], out: &mut impl Out) {
    match frames {
        [frame] => {
            out.number("[", *frame);
            out.text("]");
        }
        [frame, other] => {
            out.number("[", *frame);
            out.number(",", *other);
            out.text("]");
        }
        any => out.any(List(any)),
    }
}

struct List<'a>(&'a [u64]);

impl Put for List<'_> {
    fn put(&self, out: &mut Buffer) {
        list(out, self.0);
    }
}

#[cfg(test)]
mod tests {
    use crate::analyzer::diagnosis::code::Code;
    use crate::report::buffer::put;
    use crate::report::json::parts::{Name, Text};

    #[test]
    fn no_reference_needs_an_escape() {
        for reference in Code::ALL.iter().map(|code| code.reference()) {
            assert_eq!(put(Name(reference)), put(Text(reference)));
        }
    }
}
