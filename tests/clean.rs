//! No false alarm: whatever opens in three segments and closes in an orderly way has no warning and no error.
//!
//! In: random connections without a fault: any ISS, the wrap included, any text either way, acknowledged at once or late,
//! closed in any of the orderly shapes, with options or without, ECN bits, offloaded checksums. Out: a verdict.
//! Read: RFC 9293 §3.5, §3.6; field guide sections 2 and 3.

use std::net::SocketAddr;

use proptest::prelude::*;
use tcpshake::analyzer::closing::ClosingKind;
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::connection::Connection;
use tcpshake::analyzer::diagnosis::severity::Severity;
use tcpshake::analyzer::outcome::Outcome;
use tcpshake::analyzer::role::Role;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::options::Options;
use tcpshake::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use tcpshake::seq::SeqNumber;
use tcpshake::time::Timestamp;

const FIN_ACK: Flags = Flags::FIN.with(Flags::ACK);

/// What one end does while the connection is open.
#[derive(Clone, Copy, Debug)]
struct Speech {
    /// 0 is the client.
    from: usize,
    octets: u32,
    /// Whether the other end acknowledges at once, or with what it sends next.
    is_acknowledged: bool,
    millis: u64,
}

/// An orderly closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Three,
    Four,
    Crossed,
    /// The other end goes on to speak before it closes.
    Half(u32),
}

/// Two ends without a fault between them.
struct Wire {
    sockets: [SocketAddr; 2],
    next: [u32; 2],
    checksum: Checksum,
    extra: Flags,
    now: u64,
    segments: Vec<Segment>,
}

impl Wire {
    fn send(&mut self, from: usize, flags: Flags, text_len: u32, options: &[u8]) {
        let ack = if flags.has(Flags::ACK) { self.next[1 - from] } else { 0 };
        self.send_with(from, flags, ack, text_len, options);
    }

    fn send_with(&mut self, from: usize, flags: Flags, ack: u32, text_len: u32, options: &[u8]) {
        self.now += 20_000;
        let segment = Segment {
            frame: self.segments.len() as u64 + 1,
            time: Timestamp(self.now),
            source: self.sockets[from],
            destination: self.sockets[1 - from],
            seq: SeqNumber(self.next[from]),
            ack: SeqNumber(ack),
            flags: flags.with(self.extra),
            window: Some(65_535),
            options: Options::new(options),
            text_len,
            text: TextHead::new(b"text"),
            checksum: self.checksum,
            cut_short: false,
            sighting: Sighting::default(),
            tunnel: None,
        };
        self.next[from] = segment.end().0;
        self.segments.push(segment);
    }

    fn open(&mut self, options: &[u8]) {
        self.send(0, Flags::SYN, 0, options);
        self.send(1, Flags::SYN.with(Flags::ACK), 0, options);
        self.send(0, Flags::ACK, 0, &[]);
    }

    fn speak(&mut self, speech: Speech) {
        self.now += speech.millis * 1_000_000;
        self.send(speech.from, Flags::ACK.with(Flags::PSH), speech.octets, &[]);
        if speech.is_acknowledged {
            self.send(1 - speech.from, Flags::ACK, 0, &[]);
        }
    }

    fn close(&mut self, first: usize, shape: Shape) {
        let second = 1 - first;
        let before = self.next[first];
        self.send(first, FIN_ACK, 0, &[]);
        match shape {
            Shape::Three => self.send(second, FIN_ACK, 0, &[]),
            Shape::Four | Shape::Half(_) => {
                self.send(second, Flags::ACK, 0, &[]);
                if let Shape::Half(octets) = shape {
                    self.send(second, Flags::ACK, octets, &[]);
                    self.send(first, Flags::ACK, 0, &[]);
                }
                self.now += 50_000_000;
                self.send(second, FIN_ACK, 0, &[]);
            }
            Shape::Crossed => {
                self.send_with(second, FIN_ACK, before, 0, &[]);
                self.send(second, Flags::ACK, 0, &[]);
            }
        }
        self.send(first, Flags::ACK, 0, &[]);
    }
}

fn any_speech() -> impl Strategy<Value = Speech> {
    (0_usize..2, 1_u32..5000, any::<bool>(), prop_oneof![Just(0_u64), 0_u64..3_000])
        .prop_map(|(from, octets, is_acknowledged, millis)| Speech { from, octets, is_acknowledged, millis })
}

fn any_iss() -> impl Strategy<Value = u32> {
    prop_oneof![any::<u32>(), Just(u32::MAX), Just(0), (0_u32..6000).prop_map(|back| u32::MAX - back)]
}

fn any_shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Three),
        Just(Shape::Four),
        Just(Shape::Crossed),
        (1_u32..3000).prop_map(Shape::Half)
    ]
}

fn followed(segments: &[Segment]) -> Vec<Connection> {
    let mut tracker = Tracker::new(Config::default());
    for segment in segments {
        tracker.observe(segment);
    }
    tracker.finish();
    tracker.ended().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_orderly_connection_raises_no_alarm(
        iss in (any_iss(), any_iss()),
        options in prop::sample::select(vec![
            vec![], vec![2, 4, 5, 0xb4], vec![2, 4, 0xff, 0xd7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 14],
        ]),
        checksum in prop::sample::select(vec![Checksum::Correct, Checksum::Offloaded, Checksum::Unchecked]),
        extra in prop::sample::select(vec![Flags::default(), Flags::ECE, Flags::ACE]),
        speeches in prop::collection::vec(any_speech(), 0..12),
        first in 0_usize..2,
        shape in any_shape(),
    ) {
        let mut wire = Wire {
            sockets: ["192.0.2.1:50000", "192.0.2.2:6666"].map(|socket| socket.parse().expect("a socket")),
            next: [iss.0, iss.1],
            checksum,
            extra,
            now: 1_000_000_000,
            segments: Vec::new(),
        };
        wire.open(&options);
        speeches.iter().for_each(|speech| wire.speak(*speech));
        wire.close(first, shape);

        let connections = followed(&wire.segments);
        prop_assert_eq!(connections.len(), 1);
        let connection = &connections[0];
        for finding in connection.findings() {
            prop_assert!(finding.code.severity() == Severity::Note, "{finding:?}");
        }
        let closing = connection.closing();
        let wanted = match shape {
            Shape::Three => ClosingKind::ThreeSegment,
            Shape::Four | Shape::Half(_) => ClosingKind::FourSegment,
            Shape::Crossed => ClosingKind::Simultaneous,
        };
        prop_assert_eq!((connection.outcome(), closing.kind), (Outcome::Closed, wanted));
        prop_assert_eq!(closing.first, Some(if first == 0 { Role::Client } else { Role::Server }));
    }
}
