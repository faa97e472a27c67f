//! The program held against others: tshark, and tcptrace where it is installed.
//!
//! In: every capture under `fixtures/`, and one of each demo where live capture is permitted. Out: a verdict.
//! Invariant: `differences.md` lists each difference with its reason; a new one fails, and so does a listed one that no
//! longer occurs. With `TCPSHAKE_PEERS=required` (`make peers`) a tool that is missing fails, too.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

mod captures;
mod differences;
mod ours;
mod page;
#[path = "../cli/run.rs"]
mod run;
mod tcptrace;
mod tshark;

use std::num::NonZero;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use captures::Capture;
use differences::{Listed, Row};
use ours::Account;

#[test]
fn tshark_sees_the_same_but_for_the_listed_differences() {
    let listed = Listed::read();
    let Some(version) = version("tshark", "--version") else { return };
    if !version.contains(&format!(" {}.", listed.tshark)) {
        let what = format!("{version}: the differences were reviewed with {}", listed.tshark);
        if !is_required() {
            run::skipped(&what);
            return;
        }
        println!("{what}");
    }
    compare("tshark", &listed, tshark::differences);
}

#[test]
fn tcptrace_sees_the_same_but_for_the_listed_differences() {
    // Not every system offers it, so it is never required.
    if !is_there("tcptrace", "-v") {
        run::skipped("tcptrace is not installed");
        return;
    }
    compare("tcptrace", &Listed::read(), tcptrace::differences);
}

/// Compares every capture, and holds what differs against what is listed.
fn compare(tool: &str, listed: &Listed, differences: impl Fn(&Capture, &Account) -> Vec<Row> + Sync) {
    let folder = tempfile::tempdir().unwrap();
    let captures = captures::all(folder.path(), tool);
    let found = Mutex::new(Vec::new());
    let queue = Mutex::new(captures.iter());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(capture) = next else { break };
                    let rows = differences(capture, &Account::of(capture));
                    found.lock().unwrap().extend(rows);
                }
            });
        }
    });
    let looked_at: Vec<&str> = captures.iter().map(|capture| capture.name.as_str()).collect();
    listed.hold(tool, found.into_inner().unwrap(), &looked_at);
}

/// The first line that a tool says of itself; says aloud where there is no such tool, and fails where it is required.
fn version(tool: &str, argument: &str) -> Option<String> {
    if !is_there(tool, argument) {
        assert!(!is_required(), "{tool} is not installed\n  try: scripts/setup.sh compare");
        run::skipped(&format!("{tool} is not installed"));
        return None;
    }
    let said = Command::new(tool).arg(argument).output().unwrap();
    String::from_utf8_lossy(&said.stdout).lines().next().map(str::to_owned)
}

fn is_there(tool: &str, argument: &str) -> bool {
    Command::new(tool).arg(argument).output().is_ok()
}

#[expect(clippy::disallowed_methods, reason = "a test's own switch; no test runs the library with it")]
fn is_required() -> bool {
    std::env::var_os("TCPSHAKE_PEERS").is_some_and(|value| value == "required")
}
