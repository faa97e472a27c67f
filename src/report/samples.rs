//! Connections to print in tests: written down segment by segment, and run through the tracker.
//!
//! In: segments made by hand. Out: the same steps, connections and summary that a capture would give a report.

use std::net::SocketAddr;

use crate::analyzer::config::Config;
use crate::analyzer::tracker::Tracker;
use crate::options::Options;
use crate::report::sink::Report;
use crate::report::summary::Summary;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

const SYN: Flags = Flags::SYN;
const FIN: Flags = Flags::FIN;
const RST: Flags = Flags::RST;
const ACK: Flags = Flags::ACK;

/// A maximum segment size of 1460, which every SYN names.
const MSS: [u8; 4] = [2, 4, 5, 0xb4];

/// Two hosts that talk: `client_sends` and `server_sends` write down the segments.
pub struct Script {
    client: SocketAddr,
    server: SocketAddr,
    segments: Vec<Segment>,
}

/// Opened, six octets of text, closed in three segments.
pub fn closed() -> Vec<Segment> {
    let mut script = Script::new("192.0.2.2:50000", "192.0.2.1:6666");
    script.client_sends(0, SYN, 1_000, 0, b"");
    script.with_options(&[2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7]);
    script.server_sends(197, SYN.with(ACK), 5_000, 1_001, b"");
    script.with_options(&[2, 4, 5, 0xb4, 1, 3, 3, 7]);
    script.client_sends(219, ACK, 1_001, 5_001, b"");
    script.client_sends(300, ACK.with(Flags::PSH), 1_001, 5_001, b"hello\n");
    script.server_sends(340, ACK, 5_001, 1_007, b"");
    script.client_sends(400, FIN.with(ACK), 1_007, 5_001, b"");
    script.server_sends(460, FIN.with(ACK), 5_001, 1_008, b"");
    script.client_sends(471, ACK, 1_008, 5_002, b"");
    script.segments
}

/// Answered by a RST.
pub fn refused() -> Vec<Segment> {
    let mut script = Script::new("[2001:db8::2]:50000", "[2001:db8::1]:6666");
    script.client_sends(0, SYN, u32::MAX, 0, b"");
    script.server_sends(50, RST.with(ACK), 0, 0, b"");
    script.segments
}

/// A capture that begins in the middle, with text that a terminal must not get as it is.
pub fn mid_stream() -> Vec<Segment> {
    let mut script = Script::new("192.0.2.2:50000", "192.0.2.1:6666");
    script.client_sends(0, ACK, 70_000, 90_000, b"\x1b[2Jcaf\xc3\xa9\x7f");
    script.server_sends(1_000_000, ACK, 90_000, 70_010, b"");
    script.segments
}

/// Opened; then both FINs cross, and the capture ends before either is acknowledged.
pub fn crossed() -> Vec<Segment> {
    let mut script = Script::new("192.0.2.2:50000", "192.0.2.1:6666");
    script.client_sends(0, SYN, 1_000, 0, b"");
    script.server_sends(197, SYN.with(ACK), 5_000, 1_001, b"");
    script.client_sends(219, ACK, 1_001, 5_001, b"");
    script.client_sends(400, FIN.with(ACK), 1_001, 5_001, b"");
    script.server_sends(410, FIN.with(ACK), 5_001, 1_001, b"");
    script.segments
}

/// Runs `segments` through a tracker into `report`.
pub fn play(segments: &[Segment], report: &mut dyn Report) {
    let mut tracker = Tracker::new(Config::default());
    let mut summary = Summary::default();
    for segment in segments {
        summary.count_frame(segment.frame, segment.time);
        summary.segments += 1;
        report.segment(&tracker.observe(segment)).unwrap();
    }
    tracker.finish();
    summary.connections = tracker.connections();
    for connection in tracker.ended() {
        summary.count_findings(&connection);
        report.connection(&connection).unwrap();
    }
    report.summary(&summary).unwrap();
    report.flush().unwrap();
}

impl Script {
    fn new(client: &str, server: &str) -> Self {
        Self { client: client.parse().unwrap(), server: server.parse().unwrap(), segments: Vec::new() }
    }

    fn client_sends(&mut self, micros: u64, flags: Flags, seq: u32, ack: u32, text: &[u8]) {
        self.push(micros, (self.client, self.server), flags, (seq, ack), text);
    }

    fn server_sends(&mut self, micros: u64, flags: Flags, seq: u32, ack: u32, text: &[u8]) {
        self.push(micros, (self.server, self.client), flags, (seq, ack), text);
    }

    fn push(
        &mut self,
        micros: u64,
        pair: (SocketAddr, SocketAddr),
        flags: Flags,
        numbers: (u32, u32),
        text: &[u8],
    ) {
        self.segments.push(Segment {
            frame: self.segments.len() as u64 + 1,
            // 2026-01-02T12:00:00Z
            time: Timestamp(1_767_355_200_000_000_123 + micros * 1_000),
            source: pair.0,
            destination: pair.1,
            seq: SeqNumber(numbers.0),
            ack: SeqNumber(numbers.1),
            flags,
            window: Some(64_240),
            options: if flags.has(SYN) { Options::new(&MSS) } else { Options::default() },
            text_len: text.len() as u32,
            text: TextHead::new(text),
            checksum: Checksum::Correct,
            cut_short: false,
            sighting: Sighting::default(),
            tunnel: None,
        });
    }

    fn with_options(&mut self, octets: &[u8]) {
        self.segments.last_mut().unwrap().options = Options::new(octets);
    }
}
