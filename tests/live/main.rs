//! The program on real traffic: scenarios played and captured on the loopback, and `watch` beside foreign programs.
//!
//! Every test asks `may_capture` first and says aloud where it cannot run. Each has a port of its own, every wait is
//! for a condition, and nothing is left behind.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

mod calls;
mod deaf;
mod demo;
mod kernel;
mod repeat;
#[path = "../cli/run.rs"]
mod run;
mod watch;
#[cfg(target_os = "linux")]
mod wrapped;
mod written;

use std::net::TcpListener;

use serde_json::Value;
use tcpshake::capture::live::check_permission;

use crate::run::skipped;

/// Both scenarios, with the ways in which they may close. Whether the ACK of the FIN rides on the server's own FIN is a
/// race with the kernel's timer, which a busy machine can lose; where the server waits for that ACK there is none.
const SCENARIOS: [(&str, &[&str]); 2] =
    [("message", &["three-segment", "four-segment"]), ("late-close", &["four-segment"])];

/// The labels of an exchange of five octets that closes in this way.
#[track_caller]
fn labels_of(closing: &str) -> Vec<&'static str> {
    let close: &[&str] = match closing {
        "three-segment" => &["FIN N, ACK M+1", "ACK N+1"],
        "four-segment" => &["ACK M+1", "FIN N", "ACK N+1"],
        other => panic!("no scenario closes so: {other}"),
    };
    [&["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA 5", "ACK J+6", "FIN M"], close].concat()
}

/// How a scenario has closed, which must be one of the ways that it may take.
#[track_caller]
fn closing(records: &[Value], may_be: &[&str]) -> String {
    let kind = connection(records)["closing"]["kind"].as_str().unwrap().to_owned();
    assert!(may_be.contains(&kind.as_str()), "{kind}: {:?}", labels(records));
    kind
}

/// Whether live capture is possible here; says so where not.
fn may_capture(test: &str) -> bool {
    match check_permission() {
        Ok(()) => true,
        Err(error) => {
            skipped(&format!("{test}: {error}"));
            false
        }
    }
}

/// Whether the loopback has IPv6; says so where not.
fn has_ipv6(test: &str) -> bool {
    let there = TcpListener::bind("[::1]:0").is_ok();
    if !there {
        skipped(&format!("{test}: no IPv6 on the loopback"));
    }
    there
}

/// The records of one type.
fn of<'r>(records: &'r [Value], kind: &str) -> Vec<&'r Value> {
    records.iter().filter(|record| record["type"] == kind).collect()
}

/// The labels of all segments.
fn labels(records: &[Value]) -> Vec<&str> {
    let mut labels = labels_as_captured(records);
    if let Some(at) = labels.windows(2).position(|pair| pair == CROSSED) {
        labels.swap(at, at + 1);
    }
    labels
}

/// The client's program may close before the server's kernel has acknowledged the text: then these two change places.
const CROSSED: [&str; 2] = ["FIN M", "ACK J+6"];

/// The labels in the order of the capture.
fn labels_as_captured(records: &[Value]) -> Vec<&str> {
    of(records, "segment").into_iter().filter_map(|segment| segment["label"].as_str()).collect()
}

/// The one connection among the records.
#[track_caller]
fn connection(records: &[Value]) -> &Value {
    let all = of(records, "connection");
    assert_eq!(all.len(), 1, "{records:#?}");
    all[0]
}
