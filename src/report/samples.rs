//! Connections to print in tests: written down segment by segment, and run through the tracker.
//!
//! In: segments made by hand. Out: the same steps, connections and summary that a capture would give a report.

use std::net::SocketAddr;

use crate::analyzer::config::Config;
use crate::analyzer::connection::Connection;
use crate::analyzer::tracker::Tracker;
use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::options::Options;
use crate::report::sink::Report;
use crate::report::summary::Summary;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;
use crate::witness::{KernelEvent, KernelState, KernelWord};

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
    /// What was written down.
    pub segments: Vec<Segment>,
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

/// The calls of both programs in [`closed`], and one that waits at its end.
pub fn calls() -> Vec<SocketCall> {
    use CallName::{Accept, Bind, Close, Connect, Listen, Recv, Send, Socket};
    use Caller::{Client, Server};
    let listener = (Some("192.0.2.1:6666"), None);
    let server = (Some("192.0.2.1:6666"), Some("192.0.2.2:50000"));
    let client = (Some("192.0.2.2:50000"), Some("192.0.2.1:6666"));
    vec![
        call(Server, Socket, "AF_INET, SOCK_STREAM", (-900, Some(-890)), Ok(4), listener),
        call(Server, Bind, "192.0.2.1:6666", (-880, Some(-870)), Ok(0), listener),
        call(Server, Listen, "10", (-860, Some(-850)), Ok(0), listener),
        call(Server, Accept, "", (-840, Some(228)), Ok(6), server),
        call(Client, Socket, "AF_INET, SOCK_STREAM", (-90, Some(-80)), Ok(5), client),
        call(Client, Connect, "192.0.2.1:6666", (-20, Some(210)), Ok(0), client),
        call(Client, Send, r#""hello\n", 6"#, (290, Some(305)), Ok(6), client),
        call(Server, Recv, "4096", (240, Some(335)), Ok(6), server),
        call(Client, Close, "", (395, Some(405)), Ok(0), client),
        call(
            Server,
            Recv,
            "4096",
            (345, Some(410)),
            Err(("ECONNRESET", 104, "Connection reset by peer")),
            server,
        ),
        call(Server, Close, "", (450, Some(470)), Ok(0), server),
        call(Server, Accept, "", (480, None), Ok(0), listener),
    ]
}

/// What the kernel says of both sockets in [`closed`].
pub fn said() -> Vec<KernelEvent> {
    use KernelState::{Close, CloseWait, Established, FinWait1, FinWait2, LastAck, Listen, SynRecv, SynSent};
    let client = ("192.0.2.2:50000", "192.0.2.1:6666");
    let server = ("192.0.2.1:6666", "192.0.2.2:50000");
    let change = |micros, ends, from, to| said_at(micros, ends, KernelWord::State { from, to });
    vec![
        change(-852, ("192.0.2.1:6666", "0.0.0.0:0"), Close, Listen),
        change(-15, client, Close, SynSent),
        change(200, client, SynSent, Established),
        change(220, server, Listen, SynRecv),
        change(221, server, SynRecv, Established),
        change(398, client, Established, FinWait1),
        change(402, server, Established, CloseWait),
        change(455, server, CloseWait, LastAck),
        change(465, client, FinWait1, FinWait2),
        change(466, client, FinWait2, Close),
        change(475, server, LastAck, Close),
    ]
}

/// One word of the kernel about the socket between these two ends.
pub fn said_at(micros: i64, (local, peer): (&str, &str), word: KernelWord) -> KernelEvent {
    let (local, peer): (SocketAddr, SocketAddr) = (local.parse().unwrap(), peer.parse().unwrap());
    let socket = u64::from(local.port()) << 16 | u64::from(peer.port());
    KernelEvent { time: at(micros), socket, local, peer, word }
}

/// A call between two moments, with its value or its error.
pub fn call(
    caller: Caller,
    name: CallName,
    arguments: &str,
    (began, returned): (i64, Option<i64>),
    value: Result<i64, (&str, i32, &str)>,
    (local, peer): (Option<&str>, Option<&str>),
) -> SocketCall {
    let value = match value {
        Ok(value) => Returned::Value(value),
        Err((name, number, words)) => {
            Returned::Error { name: name.to_owned(), number, words: words.to_owned() }
        }
    };
    SocketCall {
        caller,
        name,
        arguments: arguments.to_owned(),
        began: at(began),
        returned: returned.map(|micros| (at(micros), value)),
        local: local.map(|socket| socket.parse().unwrap()),
        peer: peer.map(|socket| socket.parse().unwrap()),
    }
}

/// So many microseconds after 2026-01-02T12:00:00Z.
fn at(micros: i64) -> Timestamp {
    Timestamp(1_767_355_200_000_000_123_u64.saturating_add_signed(micros * 1_000))
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

/// The connection that `segments` make.
pub fn connection(segments: &[Segment]) -> Connection {
    let mut tracker = Tracker::new(Config { keep_steps: 400, ..Config::default() });
    for segment in segments {
        tracker.observe(segment);
    }
    tracker.finish();
    tracker.ended().next().unwrap()
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
    /// Between these two sockets.
    pub fn new(client: &str, server: &str) -> Self {
        Self { client: client.parse().unwrap(), server: server.parse().unwrap(), segments: Vec::new() }
    }

    /// The client sends a segment so many microseconds after the beginning.
    pub fn client_sends(&mut self, micros: u64, flags: Flags, seq: u32, ack: u32, text: &[u8]) {
        self.push(micros, (self.client, self.server), flags, (seq, ack), text);
    }

    /// The server does.
    pub fn server_sends(&mut self, micros: u64, flags: Flags, seq: u32, ack: u32, text: &[u8]) {
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
            time: at(micros as i64),
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
