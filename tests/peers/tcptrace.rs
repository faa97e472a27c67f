//! What tcptrace says of a capture.
//!
//! In: a capture. Out: where the number of connections, or which of them are complete, differs from our account.
//! Invariant: the link family is left out, and what begins with raw IP, since tcptrace never learnt those.

use std::process::Command;

use crate::captures::Capture;
use crate::differences::Row;
use crate::ours::Account;

/// Captures of other families whose link type or format it does not read.
const NOT_LEARNT: [&str; 1] = ["finding/unsupported-link-not.pcap"];

/// Where tcptrace and our account differ.
pub fn differences(capture: &Capture, ours: &Account) -> Vec<Row> {
    if capture.name.starts_with("link/") || NOT_LEARNT.contains(&capture.name.as_str()) {
        return Vec::new();
    }
    let row = |connection: &str, field: &str, ours: String, theirs: String| Row {
        tool: "tcptrace".to_owned(),
        capture: capture.name.clone(),
        connection: connection.to_owned(),
        field: field.to_owned(),
        ours,
        theirs,
    };
    let theirs = complete(capture);
    if theirs.len() != ours.connections.len() {
        let counts = (ours.connections.len().to_string(), theirs.len().to_string());
        return vec![row("-", "connections", counts.0, counts.1)];
    }
    let mut rows = Vec::new();
    for (seen, theirs) in ours.connections.iter().zip(theirs) {
        if seen.is_complete() != theirs {
            let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
            rows.push(row(&seen.id(), "complete", yes_or_no(seen.is_complete()), yes_or_no(theirs)));
        }
    }
    rows
}

/// Each connection in order of first appearance: whether it is complete.
fn complete(capture: &Capture) -> Vec<bool> {
    let said = Command::new("tcptrace").args(["-n", "-b"]).arg(&capture.path).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    assert!(text.contains("TCP packets traced"), "{}: {text}", capture.name);
    text.lines().filter(|line| is_connection(line)).map(|line| line.contains("(complete)")).collect()
}

/// `  1: 192.0.2.1:50000 - 192.0.2.2:6666 (a2b)    5>    3<  (complete)`
fn is_connection(line: &str) -> bool {
    let number = line.trim_start().split(':').next().unwrap_or_default();
    line.contains(" - ") && number.parse::<u64>().is_ok()
}
