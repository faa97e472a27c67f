//! What a report for people has said already.
//!
//! In: findings as they come. Out: those that are worth a line.
//! Invariant: how sure a finding is stands behind its code, unless it is certain. What the capture does to every connection alike is said once; records for programs repeat it each time.

use std::fmt;

use crate::analyzer::diagnosis::code::{Code, CodeSet};
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::severity::Confidence;
use crate::report::buffer::{Buffer, Put};

/// A finding's severity, its code, and how sure it is: `error no-answer (likely)`.
pub struct Headline<'a>(pub &'a Finding);

impl Put for Headline<'_> {
    fn put(&self, out: &mut Buffer) {
        let Finding { code, confidence, .. } = self.0;
        out.add((code.severity().as_str(), " ", code.as_str()));
        if *confidence != Confidence::Certain {
            out.add((" (", confidence.as_str(), ")"));
        }
    }
}

impl fmt::Display for Headline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Buffer::new();
        out.add(self);
        f.write_str(out.as_str())
    }
}

/// The codes said so far that are not said again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said(CodeSet);

impl Said {
    /// Nothing is to be said of checksums left to the hardware: so they are on every loopback.
    pub fn of_loopback() -> Self {
        let mut codes = CodeSet::default();
        codes.add(Code::ChecksumOffloaded);
        Self(codes)
    }

    /// Whether `finding` is to be told: it is said of one connection, or for the first time.
    pub fn is_news(&mut self, finding: &Finding) -> bool {
        let is_news = !self.0.has(finding.code);
        if matches!(finding.code, Code::ChecksumOffloaded | Code::CutShort | Code::CaptureDuplicate) {
            self.0.add(finding.code);
        }
        is_news
    }
}
