//! Tests of the sweep: how far one goes. That it comes to the same as one segment after the other is held in `tests/any_segments.rs`.

use std::time::Duration;

use super::*;
use crate::analyzer::hold::ahead::Coming;
use crate::analyzer::moves::{Move, SYN, SYN_ACK, segments};
use crate::segment::Segment;

/// A segment in brief, with its sockets.
struct One(Jot, Route);

impl InBrief for One {
    fn jot(&self) -> Option<&Jot> {
        Some(&self.0)
    }
}

impl Beside for Vec<One> {
    fn route(&self, at: usize) -> Option<&Route> {
        self.get(at).map(|One(_, route)| route)
    }

    fn options(&self, _: usize) -> Option<&Options> {
        None
    }
}

/// SYNs of so many pairs, or the answers to them, a millisecond apart.
fn of_each(count: u16, is_answer: bool) -> Vec<Segment> {
    let opening = [Move::next(true, SYN, 0), Move::next(false, SYN_ACK, 0)];
    let first = &segments([5, 9], &opening)[usize::from(is_answer)];
    let one = |nth: u16| {
        let mut segment = first.clone();
        let client = if is_answer { &mut segment.destination } else { &mut segment.source };
        client.set_port(nth);
        let later = Duration::from_millis(u64::from(if is_answer { nth | 1024 } else { nth }));
        Segment {
            frame: u64::from(nth),
            time: first.time.after(later),
            options: Options::default(),
            ..segment
        }
    };
    (1..=count).map(one).collect()
}

fn sweep(tracker: &mut Tracker, segments: &[Segment]) -> usize {
    let ones: Vec<One> = segments
        .iter()
        .map(|segment| {
            let (jot, route) = Jot::routed(segment).unwrap();
            One(jot, route)
        })
        .collect();
    let hashes: Vec<u64> = segments.iter().map(|segment| tracker.unprepared(segment).hash).collect();
    let coming = hashes.iter().zip(&ones).map(|(hash, One(jot, _))| Coming { hash: *hash, jot });
    let mut prepared = Vec::new();
    tracker.prepare(coming, &mut prepared);
    tracker.sweep(&ones, &prepared, &ones).taken
}

#[test]
fn a_sweep_takes_in_as_many_as_there_are_bits_for() {
    let mut tracker = Tracker::new(Config::default());
    let (syns, answers) = (of_each(100, false), of_each(100, true));
    assert_eq!(sweep(&mut tracker, &syns), 64);
    assert_eq!((tracker.held(), sweep(&mut tracker, &syns[64..]), tracker.held()), (64, 36, 100));
    assert_eq!((sweep(&mut tracker, &answers), sweep(&mut tracker, &answers[64..])), (64, 36));
    tracker.finish();
    let all: Vec<_> = tracker.ended().collect();
    assert_eq!(all.len(), 100);
    assert!(
        all.iter().all(|connection| connection.ends.server.numbers.iss().is_some()),
        "the answers went to their pairs"
    );
}

#[test]
fn it_ends_where_time_steps_back() {
    for place in [0, 1, 40, 63] {
        let mut tracker = Tracker::new(Config::default());
        let mut syns = of_each(64, false);
        assert_eq!(sweep(&mut tracker, &of_each(1, true)), 1);
        for syn in &mut syns[..place] {
            syn.time = syn.time.after(Duration::from_secs(10));
        }
        assert_eq!(sweep(&mut tracker, &syns), place);
    }
}
