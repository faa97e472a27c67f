//! What tshark says of a capture.
//!
//! In: a capture. Out: where streams, `tcp.completeness` and `tcp.analysis.initial_rtt` differ from our account.
//! Invariant: two passes, since a frame shows its stream's completeness as it was before that frame in the first; the
//! greatest value counts, which is the one that stays.

use std::process::Command;

use crate::captures::Capture;
use crate::differences::Row;
use crate::ours::{Account, parts, seconds};

const FIELDS: [&str; 4] = ["frame.number", "tcp.stream", "tcp.completeness", "tcp.analysis.initial_rtt"];

/// One stream.
#[derive(Default)]
struct Stream {
    number: String,
    frames: Vec<u64>,
    completeness: u8,
    initial_rtt: Option<f64>,
}

/// Where tshark and our account differ.
pub fn differences(capture: &Capture, ours: &Account) -> Vec<Row> {
    let streams = streams(capture);
    let row = |connection: &str, field: &str, ours: String, theirs: String| Row {
        tool: "tshark".to_owned(),
        capture: capture.name.clone(),
        connection: connection.to_owned(),
        field: field.to_owned(),
        ours,
        theirs,
    };
    let mut rows = Vec::new();
    let theirs = parts(streams.iter().map(|stream| stream.frames.as_slice()));
    if theirs != ours.parts() {
        rows.push(row("-", "frames", ours.parts(), theirs));
    }
    for seen in &ours.connections {
        // Where the frames are others, nothing else can be compared.
        let Some(stream) = streams.iter().find(|stream| stream.frames == seen.frames) else { continue };
        let id = seen.id();
        let pairs = [
            ("completeness", seen.record["completeness"].to_string(), stream.completeness.to_string()),
            ("initial_rtt", seen.handshake_rtt(), seconds(stream.initial_rtt)),
        ];
        for (field, ours, theirs) in pairs.into_iter().filter(|(_, ours, theirs)| ours != theirs) {
            rows.push(row(&id, field, capture.lasting(ours), capture.lasting(theirs)));
        }
    }
    rows
}

fn streams(capture: &Capture) -> Vec<Stream> {
    let mut command = Command::new("tshark");
    // The segment that an ICMP error quotes was not sent here.
    command.args(["-2", "-n", "-T", "fields", "-Y", "tcp && !icmp && !icmpv6", "-r"]).arg(&capture.path);
    let said = command.args(FIELDS.iter().flat_map(|field| ["-e", field])).output().unwrap();
    let rows = String::from_utf8(said.stdout).unwrap();
    assert!(!rows.is_empty(), "{}: {}", capture.name, String::from_utf8_lossy(&said.stderr));
    let mut streams: Vec<Stream> = Vec::new();
    for row in rows.lines() {
        let columns: Vec<&str> = row.split('\t').collect();
        let &[frame, number, completeness, initial_rtt] = columns.as_slice() else { panic!("{row}") };
        let at = streams.iter().position(|stream| stream.number == number).unwrap_or_else(|| {
            streams.push(Stream { number: number.to_owned(), ..Stream::default() });
            streams.len() - 1
        });
        let stream = &mut streams[at];
        stream.frames.push(frame.parse().unwrap());
        stream.completeness = stream.completeness.max(completeness.parse().unwrap_or(0));
        stream.initial_rtt = stream.initial_rtt.or(initial_rtt.parse().ok());
    }
    streams
}
