//! Any octets as segments of a few sockets, followed by a tracker and told in one of the formats.
//!
//! In: bounds and a format, then moves (`moves.rs`). Out: nothing. Holds: the tracker keeps its bound, hands out every
//! connection once (or again, when it went on after an early report), numbers them upwards, counts each segment, and
//! names only frames that are there; every JSON record can be read back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::connection::Connection;
use tcpshake::analyzer::diagnosis::notes::FIRST_FRAMES;
use tcpshake::analyzer::hold::ahead::{Coming, Prepared};
use tcpshake::analyzer::step::Step;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::jot::{Jot, Usual};
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Records;
use tcpshake::report::style::Style;
use tcpshake::segment::Segment;

use super::moves::{Move, Moves, Start};
use super::octets::Octets;

const MOST_MOVES: usize = 400;

pub fn run(octets: &[u8]) {
    let mut octets = Octets(octets);
    let Some([bounds, format]) = octets.array() else { return };
    let config = Config {
        most_connections: 1 + usize::from(bounds & 0x0f),
        most_ended: usize::from(bounds & 0x03),
        keep_steps: usize::from(bounds >> 4 & 3),
        report_after: (bounds & 0x40 != 0).then_some(Duration::from_secs(1)),
        ..Config::default()
    };
    let start = if bounds & 0x80 == 0 { Start::Usual } else { Start::EndOfTime };
    let format = Format::ALL[usize::from(format) % Format::ALL.len()];
    let mut out = Vec::new();
    follow(config, Moves::new(octets, start), format, &mut out);
    let text = String::from_utf8(out).expect("text");
    if format == Format::Json {
        for line in text.lines() {
            let read: Result<serde_json::Value, _> = serde_json::from_str(line);
            assert!(read.is_ok_and(|record| record.is_object()), "no JSON: {line}");
        }
    }
}

/// Follows a segment as files are read: looked at before, and in brief where it goes into that. Whether it was seen before.
fn follow_in_brief(tracker: &mut Tracker, segment: &Segment, prepared: &mut Vec<Prepared>) -> bool {
    let unprepared = tracker.unprepared(segment);
    let Some((jot, route)) = &Jot::routed(segment) else { return tracker.follow(segment, unprepared) };
    let coming = Coming { hash: unprepared.hash, jot };
    tracker.prepare(std::iter::once(coming), prepared);
    let options = Some(&segment.options).filter(|_| jot.is_syn());
    tracker.follow_usual(Usual { jot, route }, || options, prepared[0])
}

fn follow(config: Config, moves: Moves<'_>, format: Format, out: &mut Vec<u8>) {
    let mut report = format.report(Box::new(out), Style::default(), Records::ALL);
    let mut tracker = Tracker::new(config);
    // The same without labels, in brief where that will do, and with nearly everything packed: what is handed out must not depend on that.
    let mut other = Tracker::new(Config { most_whole: config.keep_steps, ..config });
    let mut prepared = Vec::new();
    let mut account = Account { is_early: config.report_after.is_some(), ..Account::default() };
    for step in moves.take(MOST_MOVES) {
        match step {
            Move::Segment(segment) => {
                let step = tracker.observe(&segment);
                let seen_before = if config.keep_steps > 0 {
                    let prepared = other.unprepared(&segment);
                    other.follow(&segment, prepared)
                } else {
                    follow_in_brief(&mut other, &segment, &mut prepared)
                };
                assert_eq!(seen_before, step.seen_before.is_some());
                account.take(&segment, &step);
                report.segment(&step).expect("a vector takes all");
            }
            Move::Icmp(error) => {
                account.frames.insert(error.frame);
                assert_eq!(tracker.observe_icmp(&error), other.observe_icmp(&error));
            }
            Move::Losses => [&mut tracker, &mut other].into_iter().for_each(Tracker::note_losses),
            Move::Time(time) => {
                [&mut tracker, &mut other].into_iter().for_each(|tracker| tracker.expire(time));
            }
        }
        assert!(tracker.held() <= config.most_connections, "{} held", tracker.held());
        for connection in same(tracker.ended(), other.ended()) {
            account.hand_out(&connection);
            report.connection(&connection).expect("a vector takes all");
        }
    }
    [&mut tracker, &mut other].into_iter().for_each(Tracker::finish);
    for connection in same(tracker.ended(), other.ended()) {
        account.hand_out(&connection);
        report.connection(&connection).expect("a vector takes all");
    }
    report.flush().expect("a vector takes all");
    assert_eq!(tracker.held(), 0);
    assert_eq!(tracker.connections(), account.handed_out.len() as u64, "not every connection was handed out");
    assert!(tracker.evicted() <= tracker.connections());
}

/// The connections of one tracker, which are those of the other.
fn same(
    one: impl Iterator<Item = Connection>,
    mut other: impl Iterator<Item = Connection>,
) -> impl Iterator<Item = Connection> {
    let verdict = |connection: &Connection| format!("{connection:?}");
    one.inspect(move |connection| {
        let other = other.next().map(|connection| verdict(&connection));
        assert_eq!(Some(verdict(connection)), other, "packed and without labels");
    })
}

/// What went in and what came out.
#[derive(Default)]
struct Account {
    /// Connections may be handed out before their last segment.
    is_early: bool,
    frames: BTreeSet<u64>,
    /// Segments by the number of their connection.
    segments: BTreeMap<u64, u64>,
    /// How many segments each connection had when it was handed out.
    handed_out: BTreeMap<u64, u64>,
}

impl Account {
    fn take(&mut self, segment: &Segment, step: &Step) {
        self.frames.insert(segment.frame);
        let begun = self.segments.last_key_value().map_or(0, |(last, _)| *last);
        assert!(step.connection > 0 && step.connection <= begun + 1, "numbers go up one by one");
        assert!(
            self.is_early || !self.handed_out.contains_key(&step.connection),
            "more of what was handed out"
        );
        assert_eq!(step.segment.frame, segment.frame);
        // A second sighting is no second segment.
        let sent = self.segments.entry(step.connection).or_default();
        *sent += u64::from(step.seen_before.is_none());
    }

    fn hand_out(&mut self, connection: &Connection) {
        let id = connection.id();
        let sent = connection.segments();
        let seen = self.segments.get(&id).copied().unwrap_or_default();
        let sent = sent.client + sent.server;
        assert!(sent == seen || self.is_early && sent < seen, "connection {id}: {sent} segments of {seen}");
        // What was reported as ended and goes on after all is reported again.
        let before = self.handed_out.insert(id, sent);
        assert!(
            before.is_none_or(|before| self.is_early && before < sent),
            "connection {id} was handed out twice"
        );
        let mut codes = BTreeSet::new();
        for finding in connection.findings() {
            assert!(codes.insert(finding.code), "{:?} twice", finding.code);
            assert!(!finding.says.is_empty());
            assert!((1..=FIRST_FRAMES + 1).contains(&finding.frames.len()), "{finding:?}");
            assert!(
                finding.frames.iter().all(|frame| self.frames.contains(frame)),
                "{finding:?}: no such frame"
            );
        }
    }
}
