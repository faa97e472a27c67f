//! Says aloud what a test could not do.
//!
//! In: what was skipped. Out: a line on standard error.
//! Invariant: past the test harness, which keeps to itself what `eprintln` says in a test that succeeds.

use std::io::Write;

/// Says that something was skipped, and why.
pub fn skipped(what: &str) {
    // Where standard error is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr(), "skipped: {what}");
}
