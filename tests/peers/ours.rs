//! What the program says of a capture.
//!
//! In: a capture. Out: its connections, each with the frames that belong to it.
//! Invariant: read from the JSON records, as any user would.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::captures::Capture;
use crate::run::{Said, said, tcpshake};

/// The connections of a capture, in order of first appearance.
pub struct Account {
    pub connections: Vec<Seen>,
}

/// One connection.
pub struct Seen {
    pub frames: Vec<u64>,
    pub record: Value,
}

impl Account {
    /// Reads a capture.
    pub fn of(capture: &Capture) -> Self {
        let mut command = tcpshake(["read", "--format", "json"]);
        // What is cut off or unreadable in it is not this test's matter, so any exit code will do.
        let said: Said = said(command.arg(&capture.path));
        let mut frames: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut connections = BTreeMap::new();
        for record in said.records() {
            match record["type"].as_str() {
                Some("segment") => {
                    let id = record["connection"].as_u64().unwrap();
                    frames.entry(id).or_default().push(record["frame"].as_u64().unwrap());
                }
                Some("connection") => {
                    connections.insert(record["id"].as_u64().unwrap(), record);
                }
                _ => {}
            }
        }
        assert!(!connections.is_empty(), "{}: no connection\n{}", capture.name, said.err);
        let seen =
            connections.into_iter().map(|(id, record)| Seen { frames: frames.remove(&id).unwrap(), record });
        Self { connections: seen.collect() }
    }

    /// Which frames belong together: `1-3,5; 4`.
    pub fn parts(&self) -> String {
        parts(self.connections.iter().map(|seen| seen.frames.as_slice()))
    }
}

impl Seen {
    /// Its number, as it is written.
    pub fn id(&self) -> String {
        self.record["id"].to_string()
    }

    /// `opening.handshake_rtt`, with nine decimals; `-` where there is none.
    pub fn handshake_rtt(&self) -> String {
        seconds(self.record["opening"]["handshake_rtt"].as_f64())
    }

    /// Whether it was seen to open and to close.
    pub fn is_complete(&self) -> bool {
        let opening = self.record["opening"]["kind"].as_str().unwrap();
        self.record["outcome"] == "closed" && !matches!(opening, "not-seen" | "incomplete")
    }
}

/// Groups of frames, spans joined.
pub fn parts<'a>(groups: impl Iterator<Item = &'a [u64]>) -> String {
    let mut shown = Vec::new();
    for group in groups {
        let mut spans: Vec<(u64, u64)> = Vec::new();
        for frame in group {
            match spans.last_mut() {
                Some((_, last)) if *last + 1 == *frame => *last = *frame,
                _ => spans.push((*frame, *frame)),
            }
        }
        let span = |(first, last): &(u64, u64)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        };
        shown.push(spans.iter().map(span).collect::<Vec<_>>().join(","));
    }
    shown.join("; ")
}

/// Seconds with nine decimals.
pub fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.9}"))
}
