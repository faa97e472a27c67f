//! The judge: connections written down segment by segment, held against expectations.

use std::net::SocketAddr;

use super::*;
use crate::analyzer::config::Config;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::severity::Confidence;
use crate::analyzer::tracker::Tracker;
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

const SERVER: &str = "192.0.2.1:6666";

fn segment(frame: u64, pair: [&str; 2], flags: Flags, seq: u32, ack: u32) -> Segment {
    let [source, destination] = pair.map(|socket| socket.parse::<SocketAddr>().unwrap());
    Segment {
        frame,
        time: Timestamp::new(1_767_355_200, 0).after(std::time::Duration::from_millis(frame)),
        source,
        destination,
        seq: SeqNumber(seq),
        ack: SeqNumber(ack),
        flags,
        window: Some(65_535),
        options: Options::default(),
        text_len: 0,
        text: TextHead::default(),
        checksum: Checksum::Correct,
        cut_short: false,
        sighting: Sighting::default(),
        tunnel: None,
    }
}

/// So many connections that open, from ports counted from 50000; the second is refused.
fn connections(count: u16) -> Vec<Connection> {
    let mut tracker = Tracker::new(Config { keep_steps: STEPS, ..Config::default() });
    let mut frame = 0;
    for number in 0..count {
        let client = format!("192.0.2.2:{}", 50_000 + number);
        let mut take = |from_client: bool, flags, seq, ack| {
            frame += 1;
            let pair = if from_client { [client.as_str(), SERVER] } else { [SERVER, client.as_str()] };
            tracker.observe(&segment(frame, pair, flags, seq, ack));
        };
        take(true, Flags::SYN, 100, 0);
        if number == 1 {
            take(false, Flags::RST.with(Flags::ACK), 0, 101);
        } else {
            take(false, Flags::SYN.with(Flags::ACK), 300, 101);
            take(true, Flags::ACK, 101, 301);
        }
    }
    tracker.finish();
    tracker.ended().collect()
}

fn finding(code: Code) -> Finding {
    Finding {
        code,
        frames: vec![4, 7],
        confidence: Confidence::Certain,
        says: "It is so.".to_owned(),
        rivals: Vec::new(),
    }
}

fn verdict(text: &str, count: u16, findings: &[Code]) -> Verdict {
    let mut judge = Judge::new([text.parse::<Expectation>().unwrap()]);
    let mut connections = connections(count);
    connections.sort_by_key(Connection::id);
    connections.iter().for_each(|connection| judge.connection(connection));
    findings.iter().for_each(|code| judge.finding(&finding(*code)));
    judge.verdicts().remove(0)
}

#[test]
fn every_connection_must_meet_it() {
    let verdict = verdict("outcome open", 3, &[]);
    assert_eq!((verdict.held, verdict.connections, verdict.failed), (false, 3, 1));
    let [seen] = &verdict.seen[..] else { panic!("{:?}", verdict.seen) };
    assert_eq!(seen.says, "outcome refused");
    assert_eq!(seen.at.map(|at| at.id), Some(2));
    assert_eq!(seen.frames, Evidence::FromTo(4, 5));
}

#[test]
fn claims_are_held_against_what_was_seen() {
    for (text, held) in [
        ("outcome open or refused", true),
        ("outcome not closed or reset", true),
        ("outcome not refused", false),
        ("connection 2: outcome refused", true),
        ("connection 2: opening incomplete", true),
        ("port 50001: outcome open", false),
        ("port 50000: opening three-way", true),
        ("client 192.0.2.2:50002: outcome open", true),
        ("client 192.0.2.2: server ESTABLISHED or CLOSED", true),
        ("connection 1: client ESTABLISHED", true),
        ("connection 1: closing none", true),
        ("connection 1: closing first client", false),
        ("connection 1: completeness 7", true),
        ("connection 1: conn_state S1", true),
        ("connection 2: conn_state REJ", true),
        ("server 192.0.2.1:6666: connections 3", true),
        ("port 50001: connections at most 0", false),
        ("connections at least 4", false),
        ("connection 9: connections 0", true),
    ] {
        assert_eq!(verdict(text, 3, &[]).held, held, "{text}");
    }
}

#[test]
fn what_speaks_of_no_connection_fails() {
    for text in ["connection 4: outcome open", "server 192.0.2.2: no finding", "port 1: outcome not open"] {
        let verdict = verdict(text, 3, &[]);
        assert!(!verdict.held && verdict.connections == 0, "{text}");
        assert_eq!(verdict.seen[0].says, "no such connection; the capture has 3");
    }
    assert_eq!(verdict("no finding", 0, &[]).seen[0].says, "no connection in the capture");
    assert!(verdict("connections 0", 0, &[]).held);
}

#[test]
fn findings_about_the_capture_count_without_a_selector() {
    let dropped = [Code::FramesDropped];
    let broken = verdict("no finding at or above warning", 1, &dropped);
    assert_eq!((broken.held, broken.failed, broken.seen.len()), (false, 0, 1));
    assert!(broken.seen[0].says.starts_with("finding frames-dropped (warning): "), "{:?}", broken.seen);
    assert_eq!(broken.seen[0].frames.frames(), [4, 7]);
    for (text, held) in [
        ("no finding at or above error", true),
        ("no finding cut-short", true),
        ("no finding frames-dropped", false),
        ("connection 1: no finding frames-dropped", true),
        ("finding frames-dropped", true),
        ("finding at or above warning", true),
        ("finding cut-short", false),
        ("connection 1: finding frames-dropped", false),
    ] {
        assert_eq!(verdict(text, 1, &dropped).held, held, "{text}");
    }
    assert!(verdict("finding frames-dropped", 0, &dropped).held, "the capture alone is enough");
}

#[test]
fn what_is_kept_is_bounded() {
    let verdict = verdict("outcome closed", 50, &[]);
    assert_eq!((verdict.failed, verdict.seen.len(), verdict.left_out), (50, MOST_SEEN, 30));
}
