//! Pairs of a departure and an arrival, on wires that lose, delay, repeat, alter and make segments.

use proptest::prelude::*;

use super::*;
use crate::analyzer::config::Config;
use crate::analyzer::tracker::Tracker;
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;

const NEVER: fn(Timestamp, Timestamp) -> bool = |_, _| false;

/// When, at which tap, from whom, and the number that tells it from others.
type Seen = (u64, Role, Role, u32);

const A: Role = Role::Client;
const B: Role = Role::Server;

/// The steps of what was seen: a tracker for each tap, so that they are real ones.
fn steps(seen: &[Seen]) -> Vec<(Step, Role, Role)> {
    let mut trackers = [A, B].map(|_| Tracker::new(Config::default()));
    let step = |(frame, (time, at, from, number)): (u64, &Seen)| {
        let socket = |role| if role == A { "10.0.0.1:9" } else { "10.0.0.2:7" }.parse().unwrap();
        let segment = Segment {
            frame,
            time: Timestamp(*time),
            source: socket(*from),
            destination: socket(from.other()),
            seq: SeqNumber(*number),
            ack: SeqNumber(1),
            flags: Flags::ACK,
            window: Some(1),
            options: Options::default(),
            text_len: *number,
            text: TextHead::default(),
            checksum: Checksum::Correct,
            cut_short: false,
            sighting: Sighting::default(),
            tunnel: None,
        };
        (trackers[usize::from(*at == B)].observe(&segment), *at, *from)
    };
    (1..).zip(seen).map(step).collect()
}

fn told(seen: &[Seen]) -> Vec<Leg> {
    let steps = steps(seen);
    let sights: Vec<Sight<'_>> =
        steps.iter().map(|(step, at, from)| Sight { step, at: *at, from: *from }).collect();
    legs(&sights, &NEVER)
}

fn ways(seen: &[Seen]) -> Vec<Way> {
    told(seen).into_iter().map(|leg| leg.way).collect()
}

const fn whole(nanoseconds: u64) -> Way {
    Way::Whole(Duration::from_nanos(nanoseconds))
}

const fn arrives(nanoseconds: u64) -> Way {
    Way::Arrives(Duration::from_nanos(nanoseconds))
}

#[test]
fn one_after_the_other_goes_straight() {
    let seen = [(0, A, A, 1), (2, B, A, 1), (5, B, B, 2), (9, A, B, 2)];
    assert_eq!(ways(&seen), [whole(2), whole(4)]);
}

#[test]
fn those_that_follow_each_other_closely_go_straight_too() {
    let seen = [(0, A, A, 1), (1, A, A, 2), (2, B, A, 1), (3, A, A, 3), (4, B, A, 2), (5, B, A, 3)];
    assert_eq!(ways(&seen), [whole(2), whole(3), whole(2)]);
}

#[test]
fn what_overtakes_goes_straight_and_what_is_overtaken_does_not() {
    let seen = [(0, A, A, 1), (1, A, A, 2), (2, B, A, 2), (7, B, A, 1)];
    assert_eq!(ways(&seen), [Way::Departs, whole(1), arrives(7)]);
}

#[test]
fn those_that_cross_are_slanted() {
    let seen = [(0, A, A, 1), (1, B, B, 2), (3, B, A, 1), (4, A, B, 2)];
    assert_eq!(ways(&seen), [Way::Departs, Way::Departs, arrives(3), arrives(3)]);
}

#[test]
fn the_last_that_left_is_the_one_that_arrived() {
    let seen = [(0, A, A, 1), (10, A, A, 1), (11, B, A, 1)];
    assert_eq!(ways(&seen), [Way::Lost, whole(1)]);
    // As many as left: each is itself, however long it took.
    let seen = [(0, A, A, 1), (10, A, A, 1), (11, B, A, 1), (12, B, A, 1)];
    assert_eq!(ways(&seen), [whole(11), whole(2)]);
}

#[test]
fn more_arrive_than_left() {
    let seen = [(0, A, A, 1), (1, B, A, 1), (2, B, A, 1), (3, B, A, 7), (4, A, B, 9)];
    assert_eq!(ways(&seen), [whole(1), Way::Copied, Way::Appears, Way::Appears]);
}

#[test]
fn nothing_arrives_before_it_left() {
    assert_eq!(ways(&[(0, B, A, 1), (5, A, A, 1)]), [Way::Appears, Way::Lost]);
}

#[test]
fn what_was_altered_is_recognized() {
    let alterations: [fn(&mut Segment); 5] = [
        |segment| segment.text_len = 77,
        |segment| segment.seq = SeqNumber(99),
        |segment| segment.ack = SeqNumber(99),
        |segment| segment.window = Some(9),
        |segment| segment.checksum = Checksum::Wrong,
    ];
    for alter in alterations {
        let mut steps = steps(&[(0, A, A, 1), (5, B, A, 1)]);
        alter(&mut steps[1].0.segment);
        let sights: Vec<Sight<'_>> =
            steps.iter().map(|(step, at, from)| Sight { step, at: *at, from: *from }).collect();
        let ways: Vec<Way> = legs(&sights, &NEVER).into_iter().map(|leg| leg.way).collect();
        assert_eq!(ways, [Way::Departs, Way::Altered(Duration::from_nanos(5))]);
    }
}

#[test]
fn what_the_programs_do_meanwhile_makes_it_slanted() {
    let steps = steps(&[(0, A, A, 1), (5, B, A, 1)]);
    let sights: Vec<Sight<'_>> =
        steps.iter().map(|(step, at, from)| Sight { step, at: *at, from: *from }).collect();
    let ways: Vec<Way> = legs(&sights, &|_, _| true).into_iter().map(|leg| leg.way).collect();
    assert_eq!(ways, [Way::Departs, arrives(5)]);
}

proptest! {
    #[test]
    fn every_departure_and_every_arrival_is_told_once_and_in_order(
        mut seen in proptest::collection::vec((0_u64..40, any::<bool>(), any::<bool>(), 0_u32..5), 0..40)
    ) {
        seen.sort_by_key(|(time, ..)| *time);
        let role = |is_client| if is_client { A } else { B };
        let seen: Vec<Seen> =
            seen.into_iter().map(|(time, at, from, number)| (time, role(at), role(from), number)).collect();
        let legs = told(&seen);
        let mut all: Vec<usize> = legs.iter().flat_map(|leg| [leg.departs, leg.arrives]).flatten().collect();
        for tap in [A, B] {
            let at_tap: Vec<usize> = all.iter().copied().filter(|at| seen[*at].1 == tap).collect();
            prop_assert!(at_tap.is_sorted(), "the order of the {tap}'s tap: {at_tap:?} of {seen:?}");
        }
        all.sort_unstable();
        prop_assert_eq!(all, (0..seen.len()).collect::<Vec<_>>());
        for leg in legs {
            if let (Some(departs), Some(arrives)) = (leg.departs, leg.arrives) {
                prop_assert!(seen[departs].0 <= seen[arrives].0 && departs < arrives);
                prop_assert_eq!(seen[departs].3, seen[arrives].3);
            }
        }
    }
}
