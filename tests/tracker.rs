//! The tracker's bounds: what it holds, for how long, and what it hands out.
//!
//! In: segments made by hand. Out: verdicts on expiry, early reports, eviction, and time that steps back.
//! Invariant: everything that came in comes out again, once.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::connection::Connection;
use tcpshake::analyzer::outcome::Outcome;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::options::Options;
use tcpshake::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use tcpshake::seq::SeqNumber;
use tcpshake::time::Timestamp;
use tcpshake::tunnel::{Passage, Tunnel, TunnelKind};

const SYN_ACK: Flags = Flags(0x12);

struct Wire {
    tracker: Tracker,
    frame: u64,
    tunnel: Option<Arc<Tunnel>>,
}

impl Wire {
    fn new(config: Config) -> Self {
        Self { tracker: Tracker::new(config), frame: 0, tunnel: None }
    }

    /// A segment between client port `port` and the server, at `millis`; returns the connection's number.
    fn send(&mut self, millis: u64, port: u16, by_client: bool, flags: Flags, seq: u32, ack: u32) -> u64 {
        let segment = self.segment(millis, port, by_client, flags, (seq, ack));
        self.tracker.observe(&segment).connection
    }

    fn segment(
        &mut self,
        millis: u64,
        port: u16,
        by_client: bool,
        flags: Flags,
        (seq, ack): (u32, u32),
    ) -> Segment {
        let client = SocketAddr::from(([192, 0, 2, 1], port));
        let server = SocketAddr::from(([192, 0, 2, 2], 6666));
        let (source, destination) = if by_client { (client, server) } else { (server, client) };
        self.frame += 1;
        Segment {
            frame: self.frame,
            time: Timestamp(millis * 1_000_000),
            source,
            destination,
            seq: SeqNumber(seq),
            ack: SeqNumber(ack),
            flags,
            window: Some(65535),
            options: Options::default(),
            text_len: 0,
            text: TextHead::default(),
            checksum: Checksum::Correct,
            cut_short: false,
            sighting: Sighting { packet: self.frame, ..Sighting::default() },
            tunnel: self.tunnel.clone(),
        }
    }

    fn open_and_close(&mut self, millis: u64, port: u16) {
        let fin = Flags::FIN.with(Flags::ACK);
        self.send(millis, port, true, Flags::SYN, 100, 0);
        self.send(millis + 1, port, false, SYN_ACK, 300, 101);
        self.send(millis + 2, port, true, Flags::ACK, 101, 301);
        self.send(millis + 3, port, true, fin, 101, 301);
        self.send(millis + 4, port, false, fin, 301, 102);
        self.send(millis + 5, port, true, Flags::ACK, 102, 302);
    }

    fn ended(&mut self) -> Vec<Connection> {
        self.tracker.ended().collect()
    }

    fn finish(&mut self) -> Vec<Connection> {
        self.tracker.finish();
        self.ended()
    }
}

fn at(millis: u64) -> Timestamp {
    Timestamp(millis * 1_000_000)
}

#[test]
fn what_has_ended_is_held_for_late_segments_and_then_handed_out_once() {
    let mut wire = Wire::new(Config::default());
    wire.open_and_close(0, 50000);
    wire.tracker.expire(at(59_000));
    assert!(wire.ended().is_empty(), "TIME-WAIT is not over");
    wire.send(59_500, 50000, true, Flags::ACK, 102, 302);
    wire.tracker.expire(at(100_000));
    assert!(wire.ended().is_empty(), "a late segment belongs to it, and is the last one now");
    wire.tracker.expire(at(120_000));
    let ended = wire.ended();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].outcome(), Outcome::Closed);
    assert_eq!(ended[0].segments().client, 5);
    assert_eq!(wire.tracker.held(), 0);
    assert!(wire.finish().is_empty());
}

#[test]
fn an_early_report_comes_once_and_late_segments_still_find_their_connection() {
    let config = Config { report_after: Some(Duration::from_secs(1)), ..Config::default() };
    let mut wire = Wire::new(config);
    wire.open_and_close(0, 50000);
    wire.tracker.expire(at(900));
    assert!(wire.ended().is_empty());
    wire.tracker.expire(at(1_100));
    assert_eq!(wire.ended().len(), 1, "it has been quiet for a second");
    assert_eq!(wire.send(2_000, 50000, true, Flags::ACK, 102, 302), 1);
    wire.tracker.expire(at(200_000));
    assert!(wire.finish().is_empty(), "it has been told already");
}

#[test]
fn an_open_connection_outlives_every_pause_between_retries() {
    let mut wire = Wire::new(Config::default());
    wire.send(0, 50000, true, Flags::SYN, 100, 0);
    // Linux waits up to 64 s between the last SYNs; the RFC's bound for the RTO is 60 s or more.
    for millis in [1_000, 3_000, 7_000, 15_000, 31_000, 63_000, 127_000, 247_000] {
        assert_eq!(wire.send(millis, 50000, true, Flags::SYN, 100, 0), 1, "at {millis} ms");
    }
    let ended = wire.finish();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].outcome(), Outcome::NoAnswer);
    assert_eq!(ended[0].opening().syns, 9);
}

#[test]
fn a_single_syn_is_pending_while_young() {
    for (until, outcome) in [(900, Outcome::Pending), (1_100, Outcome::NoAnswer)] {
        let mut wire = Wire::new(Config::default());
        wire.send(0, 50000, true, Flags::SYN, 100, 0);
        wire.tracker.expire(at(until));
        assert_eq!(wire.finish()[0].outcome(), outcome, "the capture went on for {until} ms");
    }
}

#[test]
fn time_that_steps_back_splits_no_connection() {
    let mut wire = Wire::new(Config::default());
    wire.send(500_000, 40000, true, Flags::SYN, 1, 0);
    wire.open_and_close(1_000, 50000);
    let mut ended = wire.finish();
    ended.sort_by_key(Connection::id);
    assert_eq!(ended.len(), 2, "a second file may begin earlier than the first ended");
    assert_eq!(ended[0].outcome(), Outcome::Pending, "nothing shows that the capture went on after it");
    assert_eq!(ended[1].outcome(), Outcome::Closed);
}

#[test]
fn a_full_table_lets_go_of_what_is_due_first_and_counts_it() {
    let mut wire = Wire::new(Config { most_connections: 10, ..Config::default() });
    wire.send(0, 1000, true, Flags::SYN, 100, 0);
    wire.send(1, 1000, false, SYN_ACK, 300, 101);
    wire.send(2, 1000, true, Flags::ACK, 101, 301);
    for port in 2000..2100 {
        wire.send(u64::from(port), port, true, Flags::SYN, 100, 0);
        assert!(wire.tracker.held() <= 10);
    }
    let handed_out = wire.ended();
    assert_eq!(handed_out.len(), 91);
    assert_eq!(wire.tracker.evicted(), 91);
    assert!(handed_out.iter().all(|connection| connection.outcome() != Outcome::Open), "attempts go first");
    let rest = wire.finish();
    assert!(rest.iter().any(|connection| connection.outcome() == Outcome::Open));
    assert_eq!(handed_out.len() + rest.len(), 101);
}

/// Whoever was listed first goes first, though it was seen again within its slack, wherever that lies on the clock; whole and
/// in brief.
#[test]
fn the_order_in_which_attempts_end_does_not_depend_on_the_clock() {
    for (start, in_brief) in (0..1_200).step_by(40).flat_map(|start| [(start, false), (start, true)]) {
        let mut wire = Wire::new(Config { keep_steps: 0, ..Config::default() });
        for (millis, port) in [(0, 1), (100, 2), (700, 1), (1_000_000, 3)] {
            let syn = wire.segment(1_000_000 + start + millis, port, true, Flags::SYN, (100, 0));
            if in_brief {
                wire.tracker.follow(&syn, wire.tracker.unprepared(&syn));
            } else {
                wire.tracker.observe(&syn);
            }
        }
        let ended: Vec<u64> = wire.ended().iter().map(Connection::id).collect();
        assert_eq!(ended, [1, 2], "{start} {in_brief}");
    }
}

#[test]
fn a_new_iss_opens_a_new_incarnation_and_the_old_one_is_handed_out() {
    let mut wire = Wire::new(Config::default());
    wire.open_and_close(0, 50000);
    assert_eq!(
        wire.send(100, 50000, true, Flags::SYN, 100, 0),
        2,
        "even with the same ISS, since it had ended"
    );
    assert_eq!(wire.send(200, 50000, true, Flags::SYN, 70_000, 0), 3, "the attempt was abandoned");
    assert_eq!(wire.send(300, 50000, true, Flags::SYN, 70_000, 0), 3, "a retry");
    let ended: Vec<u64> = wire.ended().iter().map(Connection::id).collect();
    assert_eq!(ended, [1, 2]);
}

#[test]
fn what_is_not_taken_of_what_has_ended_is_handed_out_later() {
    let mut wire = Wire::new(Config::default());
    (0..3).for_each(|port| wire.open_and_close(u64::from(port), 50000 + port));
    wire.tracker.expire(at(100_000));
    assert_eq!(wire.tracker.ended().next().map(|ended| ended.id()), Some(1));
    wire.open_and_close(100_001, 50007);
    let rest: Vec<u64> = wire.finish().iter().map(Connection::id).collect();
    assert_eq!(rest, [2, 3, 4]);
}

#[test]
fn after_a_leap_in_time_what_is_due_ends_in_portions() {
    let mut wire = Wire::new(Config::default());
    for port in 0..2000 {
        wire.send(u64::from(port), 10_000 + port, true, Flags::SYN, 100, 0);
    }
    assert!(!wire.tracker.is_due(at(300_000)) && wire.tracker.is_due(at(300_001)));
    let (mut portions, mut endings) = (Vec::new(), Vec::new());
    loop {
        let is_all = wire.tracker.expire_some(at(1_000_000));
        wire.tracker.take_endings(&mut endings);
        portions.push(endings.len());
        endings.clear();
        if is_all {
            break;
        }
    }
    assert_eq!((portions.iter().sum::<usize>(), wire.tracker.held()), (2000, 0));
    assert!(portions.iter().all(|portion| *portion <= 256), "{portions:?}");
    assert!(!wire.tracker.is_due(at(2_000_000)));
}

#[test]
fn a_stale_syn_leaves_the_open_connection_to_go_on() {
    let mut wire = Wire::new(Config::default());
    wire.send(0, 50000, true, Flags::SYN, 100, 0);
    wire.send(1, 50000, false, SYN_ACK, 300, 101);
    wire.send(2, 50000, true, Flags::ACK, 101, 301);
    assert_eq!(wire.send(10, 50000, true, Flags::SYN, 4_000_000_000, 0), 2);
    assert_eq!(wire.send(11, 50000, false, Flags::ACK, 301, 101), 1, "the challenge ACK is the old one's");
    assert_eq!(wire.send(12, 50000, true, Flags::ACK, 101, 301), 1);
    let outcomes: Vec<Outcome> = wire.finish().iter().map(Connection::outcome).collect();
    assert_eq!(outcomes[0], Outcome::Open);
}

#[test]
fn a_reset_that_was_ignored_is_reported_again_once_the_connection_has_ended() {
    let config = Config { report_after: Some(Duration::from_secs(1)), ..Config::default() };
    let mut wire = Wire::new(config);
    wire.send(0, 50000, true, Flags::SYN, 100, 0);
    wire.send(1, 50000, false, SYN_ACK, 300, 101);
    wire.send(2, 50000, true, Flags::ACK, 101, 301);
    wire.send(3, 50000, true, Flags::RST, 101, 0);
    wire.tracker.expire(at(2_000));
    assert_eq!(wire.ended()[0].outcome(), Outcome::Reset);
    wire.send(3_000, 50000, true, Flags::ACK, 101, 301);
    wire.send(3_001, 50000, false, Flags::ACK, 301, 101);
    let ended = wire.finish();
    assert_eq!(ended.len(), 1, "what went on after all is told again");
    assert_eq!((ended[0].id(), ended[0].outcome()), (1, Outcome::Open));
}

#[test]
fn a_time_at_the_end_of_time_keeps_the_bound() {
    let mut wire = Wire::new(Config { most_connections: 10, ..Config::default() });
    for port in 1000..1100 {
        wire.send(u64::MAX / 1_000_000, port, true, Flags::SYN, 100, 0);
        assert!(wire.tracker.held() <= 10);
    }
    assert_eq!(wire.ended().len() + wire.finish().len(), 100);
}

#[test]
fn the_same_pair_in_two_tunnels_is_two_connections() {
    let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
    let network =
        |from, to, id| Some(Arc::new(Tunnel::new(&[Passage::new(TunnelKind::Vxlan, from, to, Some(id))])));
    let mut wire = Wire::new(Config::default());
    for (millis, id) in [(0, 1), (10, 2)] {
        wire.tunnel = network(one, other, id);
        wire.send(millis, 50_000, true, Flags::SYN, 100, 0);
        // Back, the outer addresses stand the other way round.
        wire.tunnel = network(other, one, id);
        wire.send(millis + 1, 50_000, false, SYN_ACK, 300, 101);
    }
    wire.tunnel = None;
    wire.send(20, 50_000, true, Flags::SYN, 100, 0);
    wire.tracker.finish();
    let ended: Vec<Connection> = wire.tracker.ended().collect();
    let ids: Vec<_> =
        ended.iter().map(|ended| ended.tunnel().and_then(|tunnel| tunnel.way()[0].id)).collect();
    assert_eq!(ids, [Some(1), Some(2), None]);
    let answered: Vec<_> = ended.iter().map(|ended| ended.opening().syn_acks).collect();
    assert_eq!(answered, [1, 1, 0]);
}
