//! Unanswered attempts told by their kind held against the same followed segment by segment.
//!
//! In: SYNs, sent once or several times. Out: a verdict.

use std::time::Duration;

use proptest::prelude::*;

use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::ending::{Ending, Rooms, What};
use crate::analyzer::hold::shapes::Shapes;
use crate::analyzer::hold::unanswered::{Unanswered, silences};
use crate::analyzer::in_state::InState;
use crate::analyzer::look::Look;
use crate::analyzer::moves::{HANDSHAKE, Move, again, any_surroundings, in_other_frames, segments};
use crate::analyzer::pairs::Sockets;
use crate::jot::Jot;
use crate::segment::{Flags, Segment};

/// What goes into the brief of these SYNs: all of them.
fn brief(id: u64, syns: &[Segment]) -> Brief {
    let first = &syns[0];
    let (sockets, jot) = (Sockets::new(first.source, first.destination), Jot::of(first).unwrap());
    let mut brief = Brief::starting_with(id, sockets, &jot, &first.options, &mut Vec::new());
    for syn in &syns[1..] {
        let jot = Jot::of(syn).unwrap();
        let from = brief.role_of(syn.source);
        assert!(brief.take(&jot, from, Some(&syn.options)).is_some(), "{syn:?}");
    }
    brief
}

/// So many SYNs, each so many milliseconds behind the one before.
fn syns(id: u64, starts: [u32; 2], pauses: &[u64], has_options: bool) -> Vec<Segment> {
    let syn = Move { has_options, ..HANDSHAKE[0].clone() };
    let all: Vec<Move> =
        std::iter::once(syn.clone()).chain(pauses.iter().map(|millis| again(&syn, *millis))).collect();
    let mut segments = segments(starts, &all);
    in_other_frames(id, &mut segments);
    segments
}

/// A connection without what only a next segment would be held against, and what nobody reads.
fn told(mut connection: Connection, has_history: bool) -> String {
    let state = connection.zeek.conn_state();
    for end in [&mut connection.ends.client, &mut connection.ends.server] {
        end.look = Look::default();
        if !has_history {
            end.in_state = InState::default();
        }
    }
    if !has_history {
        connection.zeek = Zeek::default();
        silences(&mut connection.findings).for_each(|finding| finding.says.clear());
    }
    format!("{state} {connection:?}")
}

/// Whether `brief` is told by its kind; if it is, then as by its segments.
fn is_told(kinds: &mut Unanswered, brief: &Brief, waited: Duration, around: Surroundings) -> bool {
    let now = brief.course().end().after(waited);
    let mut expected = *brief.connection(Box::new);
    expected.finish(now, around);
    let has_history = kinds.has_history;
    let Some(connection) = kinds.finish(brief, now, around) else { return false };
    assert_eq!(told(connection.clone(), has_history), told(expected, has_history));
    true
}

/// Milliseconds on both sides of what a rule may ask for.
fn any_millis() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0_u64..1_500, 1 => Just(1_000), 1 => Just(1_001), 1 => Just(63_000)]
}

#[test]
fn each_kind_is_learned_once_and_makes_no_connection_of_its_own() {
    let (mut shapes, mut rooms) = (Shapes::new(true), Rooms::default());
    for (id, pauses) in (1..).zip([&[][..], &[1_000], &[1_000, 2_000], &[], &[9], &[7, 8]]) {
        let brief = brief(id, &syns(id, [5, 9], pauses, true));
        let now = brief.course().end().after(Duration::from_secs(9));
        let ending = Ending::new(What::Brief(brief), now, Surroundings::default());
        let codes = |connection: &Connection| {
            let codes: Vec<Code> = connection.findings().iter().map(|finding| finding.code).collect();
            (connection.id(), codes)
        };
        let (told, codes) = ending.tell(&mut rooms, &mut shapes, codes);
        assert_eq!((told, rooms.connections.len()), (id, 0));
        let repeats = [Code::SynRetransmitted, Code::NoAnswer];
        assert_eq!(codes, if pauses.is_empty() { &repeats[1..] } else { &repeats[..] });
    }
}

#[test]
fn a_syn_that_is_too_young_is_not_one_that_has_waited() {
    let mut kinds = Unanswered::new(true);
    for (id, millis) in (1..).zip([10, 1_000, 1_001, 5_000, 10, 5_000]) {
        let brief = brief(id, &syns(id, [5, 9], &[], true));
        assert!(is_told(&mut kinds, &brief, Duration::from_millis(millis), Surroundings::default()));
    }
    assert_eq!(kinds.kinds.len(), 2);
}

#[test]
fn time_that_steps_back_and_what_is_said_of_a_syn_by_itself_are_followed() {
    let (mut kinds, wait) = (Unanswered::new(true), Duration::from_secs(5));
    let mut is_told = |syns: &[Segment]| is_told(&mut kinds, &brief(1, syns), wait, Surroundings::default());
    let usual = syns(1, [5, 9], &[1_000, 2_000], true);
    assert!(is_told(&usual));
    assert!(!is_told(&syns(1, [5, 9], &[1_000], false)), "without a maximum segment size");
    let mut stepped = usual.clone();
    stepped[2].time = stepped[0].time;
    assert!(!is_told(&stepped), "time steps back");
    let mut closed = usual.clone();
    closed[1].window = Some(0);
    assert!(!is_told(&closed), "a closed window");
    assert!(is_told(&usual));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn both_come_to_the_same(
        all in proptest::collection::vec(
            (
                any::<[u32; 2]>(),
                prop_oneof![3 => 0_usize..4, 1 => Just(14), 1 => Just(15), 1 => Just(20)],
                proptest::collection::vec(any_millis(), 20),
                (any::<bool>(), prop::option::weighted(0.3, any::<u32>()), prop::bool::weighted(0.9)),
                any_surroundings(),
                any_millis(),
            ),
            1..24,
        ),
        has_history: bool,
    ) {
        let mut kinds = Unanswered::new(has_history);
        for (id, (starts, again, pauses, (asks_for_ecn, stamp, has_options), around, waited)) in (1_u64..).zip(all) {
            let mut segments = syns(id, starts, &pauses[..again], has_options);
            for (count, segment) in (0_u32..).zip(&mut segments) {
                if let Some(stamp) = stamp {
                    segment.options = segment.options.with_stamp(stamp.wrapping_add(count));
                }
                segment.window = Some(100 | count as u16);
            }
            // Who asks for ECN in vain asks again without it.
            segments[0].flags = Flags(segments[0].flags.0 | if asks_for_ecn { 0xc0 } else { 0 });
            let brief = brief(id, &segments);
            let is_told = is_told(&mut kinds, &brief, Duration::from_millis(waited), around);
            assert_eq!(is_told, has_options);
        }
    }
}
