//! Each cause that `aborted` can name has a trace that names it first, with the others that the trace leaves possible.
//!
//! In: captures under `fixtures/closing/`. Out: a verdict on the sentence and the rivals of the finding.
//! Invariant: the causes and their traces are those of `docs/findings.md`.

#![cfg(feature = "cli")]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const UNREAD: &str = "close() with text unread";
const LINGER: &str = "close() with linger zero";
const NEVER_ACCEPTED: &str = "never accepted, and the listener was closed";

/// The fixture, its likeliest cause, and the rivals.
const CASES: [(&str, &str, &[&str]); 12] = [
    ("aborted-unread-data", UNREAD, &[LINGER]),
    ("rst-in-established", UNREAD, &[NEVER_ACCEPTED, LINGER]),
    ("aborted-linger-zero", LINGER, &[]),
    ("aborted-linger-zero-without-text", LINGER, &[]),
    ("rst-repeated", LINGER, &[]),
    ("aborted-data-after-close", "text came after a full close", &[]),
    ("aborted-never-accepted", NEVER_ACCEPTED, &[LINGER]),
    ("aborted-no-such-connection", "no such connection was known there", &[]),
    ("aborted-keep-alive", "keep-alives or probes were not answered", &[UNREAD, LINGER]),
    ("aborted-by-hop-limit", "something between the ends made it", &[UNREAD, NEVER_ACCEPTED, LINGER]),
    ("aborted-by-identification", "something between the ends made it", &[UNREAD, LINGER]),
    ("rst-to-one-end-only", "something between the ends made it", &[UNREAD, NEVER_ACCEPTED, LINGER]),
];

#[test]
fn each_cause_is_named_where_its_trace_is() {
    for (fixture, likeliest, others) in CASES {
        let finding = aborted(fixture);
        let says = finding["says"].as_str().unwrap_or_default();
        assert!(says.contains(likeliest), "{fixture}: {says}");
        let rivals: Vec<&str> =
            finding["rivals"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(rivals, others, "{fixture}: {says}");
    }
}

/// The finding in the capture of this fixture.
fn aborted(fixture: &str) -> Value {
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/closing/{fixture}.pcap"));
    let mut tcpshake = Command::new(env!("CARGO_BIN_EXE_tcpshake"));
    let read = tcpshake.args(["read", "--format", "json", "--records", "findings"]).arg(capture);
    let said = read.output().expect("the program runs");
    let out = String::from_utf8_lossy(&said.stdout);
    let records = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is a record"));
    records
        .into_iter()
        .find(|record| record["code"] == "aborted")
        .unwrap_or_else(|| panic!("{fixture}: none"))
}
