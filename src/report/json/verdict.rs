//! The record of a verdict, as `check` writes it.
//!
//! In: a verdict. Out: its record, on a line of its own.
//! Invariant: `seen` is empty where the expectation held, and never empty where it did not.

use std::io;

use serde::Serialize;

use crate::expect::claim::{Claim, Expectation};
use crate::expect::verdict::{Seen, Verdict};
use crate::report::json::rare::{Socket, Text};
use crate::report::list::write_record;

/// Writes the verdicts, one object a line.
///
/// # Errors
///
/// Those of `out`.
pub fn write_json(out: &mut dyn io::Write, verdicts: &[Verdict]) -> io::Result<()> {
    verdicts.iter().try_for_each(|verdict| write_record(out, &VerdictRecord::of(verdict)))
}

/// A verdict.
#[derive(Serialize)]
#[serde(tag = "type", rename = "verdict")]
struct VerdictRecord<'a> {
    expectation: Text<&'a Expectation>,
    held: bool,
    expected: Text<&'a Claim>,
    connections: u64,
    failed: u64,
    seen: Vec<SeenRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
}

/// What was seen instead.
#[derive(Serialize)]
struct SeenRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<Socket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Socket>,
    says: &'a str,
    frames: Vec<u64>,
}

impl<'a> VerdictRecord<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        Self {
            expectation: Text(&verdict.expectation),
            held: verdict.held,
            expected: Text(&verdict.expectation.claim),
            connections: verdict.connections,
            failed: verdict.failed,
            seen: verdict.seen.iter().map(SeenRecord::of).collect(),
            left_out: Some(verdict.left_out).filter(|count| *count > 0),
        }
    }
}

impl<'a> SeenRecord<'a> {
    fn of(seen: &'a Seen) -> Self {
        Self {
            connection: seen.at.map(|at| at.id),
            client: seen.at.map(|at| at.sockets.client.into()),
            server: seen.at.map(|at| at.sockets.server.into()),
            says: &seen.says,
            frames: seen.frames.frames(),
        }
    }
}
