//! Connections told by their shape held against the same followed segment by segment.
//!
//! In: random connections by the textbook, or nearly so. Out: a verdict.

use proptest::prelude::*;

use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::ending::{Ending, Rooms, What};
use crate::analyzer::hold::passage::Passage;
use crate::analyzer::hold::shapes::Shapes;
use crate::analyzer::hold::unanswered::silences;
use crate::analyzer::in_state::InState;
use crate::analyzer::look::Look;
use crate::analyzer::moves::{
    ACK, End, FIN, HANDSHAKE, Move, RST, TEXT, again, any_end, any_move, any_surroundings, in_other_frames,
    segments,
};
use crate::analyzer::pairs::Sockets;
use crate::jot::Jot;
use crate::segment::{Flags, Segment};
use crate::time::Timestamp;

/// What goes into the brief of these segments.
fn brief(id: u64, segments: &[Segment]) -> Brief {
    let (first, others) = segments.split_first().unwrap();
    let (sockets, syn) = (Sockets::new(first.source, first.destination), Jot::of(first).unwrap());
    assert!(Brief::may_start_with(&sockets, &syn));
    let mut brief = Brief::starting_with(id, sockets, &syn, &first.options, &mut Vec::new());
    for segment in others {
        let from = brief.role_of(segment.source);
        if Jot::of(segment).and_then(|jot| brief.take(&jot, from, Some(&segment.options))).is_none() {
            break;
        }
    }
    brief
}

/// The same with `end` behind these moves.
fn ended(id: u64, starts: [u32; 2], moves: Vec<Move>, end: End) -> Brief {
    brief(id, &end.behind(id, starts, moves))
}

/// A connection without what only a next segment would be held against.
fn told(mut connection: Connection, has_history: bool) -> String {
    for end in [&mut connection.ends.client, &mut connection.ends.server] {
        (end.look, end.numbers.right_edge, end.numbers.last_text_repeat) = (Look::default(), None, None);
    }
    let state = connection.zeek.conn_state();
    if !has_history {
        connection.zeek = Zeek::default();
        connection.ends.client.in_state = InState::default();
        connection.ends.server.in_state = InState::default();
        silences(&mut connection.findings).for_each(|finding| finding.says.clear());
    }
    format!("{state} {connection:?}")
}

/// Whether `brief` is told by its shape; if it is, then as by its segments.
fn is_told(shapes: &mut Shapes, brief: &Brief, now: Timestamp) -> bool {
    is_told_among(shapes, brief, now, Surroundings::default())
}

/// The same with what is seen `around`; and if nothing came again all at once as one after the other.
fn is_told_among(shapes: &mut Shapes, brief: &Brief, now: Timestamp, around: Surroundings) -> bool {
    let passage =
        |is_straight| Passage::tell_one(brief, is_straight, around, |passage| format!("{passage:?}"));
    assert!(!brief.is_straight() || passage(true) == passage(false), "{brief:?}");
    let mut expected = *brief.connection(Box::new);
    expected.finish(now, around);
    let has_history = shapes.has_history;
    let Some(connection) = shapes.finish(brief, now, around) else { return false };
    assert_eq!(told(connection.clone(), has_history), told(expected, has_history));
    true
}

/// Seconds on both sides of what a rule may ask for.
fn any_wait() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..3, 1 => Just(59), 1 => Just(61), 1 => Just(301)]
}

/// Milliseconds, the same.
fn any_pause() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0_u64..500, 1 => Just(999), 1 => Just(1_001), 1 => Just(61_000)]
}

fn moves(of: &[(bool, u16, u32)]) -> Vec<Move> {
    let rest = of.iter().map(|(by_client, flags, len)| Move::next(*by_client, *flags, *len));
    HANDSHAKE.into_iter().chain(rest).collect()
}

#[test]
fn what_has_a_shape_is_told_by_it_and_makes_no_connection_of_its_own() {
    let close = [(true, FIN, 0), (false, FIN, 0), (true, ACK, 0)];
    let [syn, answer, third] = HANDSHAKE;
    let kinds = [
        moves(&close),
        moves(&[(true, TEXT, 300), (false, RST, 0)]),
        vec![syn.clone(), Move { seq: -9, ..Move::next(false, RST, 0) }],
        [vec![syn.clone(), again(&syn, 1_000), answer, third], moves(&close).split_off(3)].concat(),
    ];
    let (mut shapes, mut rooms) = (Shapes::new(true), Rooms::default());
    for (id, kind) in (1..).zip(kinds.iter().chain(&kinds)) {
        let brief = brief(id, &segments([5, 9], kind));
        let (now, around) = (brief.course().end(), Surroundings::default());
        let told = Ending::new(What::Brief(brief), now, around).tell(&mut rooms, &mut shapes, Connection::id);
        assert_eq!((told, rooms.connections.len()), (id, 0), "{kind:?}");
    }
}

#[test]
fn text_that_came_again_is_told() {
    let text = Move::next(true, TEXT, 300);
    let again = Move { seq: -300, ..text.clone() };
    let rest = [Move::next(false, TEXT, 20), Move::next(true, ACK, 0)];
    for (has_history, place) in [(true, 4), (true, 5), (false, 4), (false, 5)] {
        let mut all: Vec<Move> = HANDSHAKE.into_iter().chain([text.clone()]).chain(rest.clone()).collect();
        let again =
            if place == 4 { again.clone() } else { Move { by_client: false, seq: -20, ..rest[0].clone() } };
        all.insert(place, again);
        let brief = brief(1, &segments([5, 9], &all));
        assert_eq!(brief.segments().count(), 6);
        let is_told = is_told(&mut Shapes::new(has_history), &brief, Timestamp::new(9, 0));
        assert!(is_told, "{place}");
    }
}

#[test]
fn of_two_alike_the_second_is_told_by_the_first() {
    let talk = [(true, TEXT, 300), (false, ACK, 0), (false, TEXT, 700), (true, ACK, 0), (false, TEXT, 9)];
    let three = [(true, FIN, 0), (false, FIN, 0), (true, ACK, 0)];
    let four = [(false, FIN, 0), (true, ACK, 0), (true, FIN, 0), (false, ACK, 0)];
    let mut shapes = Shapes::new(true);
    for (at, close) in [&three[..], &four[..], &[][..], &three[..2]].into_iter().enumerate() {
        for talked in [1, 4, 5] {
            let mut all =
                moves(&[&talk[..talked], &[(true, ACK, 0)][..usize::from(talked == 5)], close].concat());
            let last = all.len().saturating_sub(1).min(4);
            for (id, starts) in [(7, [1, 9]), (8, [u32::MAX - 100, 77])] {
                all[last].millis = id;
                let brief = brief(id, &segments(starts, &all));
                // All that was sent is acknowledged in the end.
                let whole = close.len() != 2 && (talked != 1 || !close.is_empty());
                assert_eq!(is_told(&mut shapes, &brief, Timestamp::new(90, 0)), whole, "{at} {talked}");
            }
        }
    }
    assert!(shapes.shapes.len() <= 8, "{}", shapes.shapes.len());
}

/// The same talk, and if so an acknowledgement of the last that was said.
fn acknowledged(mut talk: Vec<(bool, u16, u32)>, is_so: bool) -> Vec<(bool, u16, u32)> {
    let last = talk.last().filter(|_| is_so).map(|(by_client, ..)| (!by_client, ACK, 0));
    talk.extend(last);
    talk
}

#[test]
fn of_two_that_were_reset_alike_the_second_is_told_by_the_first() {
    let talk = [(true, TEXT, 300), (false, TEXT, 700), (true, ACK, 0), (true, TEXT, 9), (false, ACK, 0)];
    let close = [(true, FIN, 0), (false, ACK, 0)];
    let (usual, now) = (End::USUAL, Timestamp::new(90, 0));
    for has_history in [true, false] {
        let mut shapes = Shapes::new(has_history);
        for (talked, closed) in [(0, 0), (3, 0), (5, 0), (5, 1), (5, 2)] {
            let all = moves(&[&talk[..talked], &close[..closed]].concat());
            for (by_client, has_ack) in [(true, true), (true, false), (false, true), (false, false)] {
                let end = |millis| End { by_client, has_ack, millis, ..usual.clone() };
                // The FIN is not acknowledged.
                let is_whole = closed != 1 || (!by_client && has_ack);
                let first = ended(7, [1, 9], all.clone(), end(1));
                assert_eq!(
                    is_told(&mut shapes, &first, now),
                    is_whole,
                    "{talked} {closed} {by_client} {has_ack}"
                );
                let second = ended(8, [u32::MAX - 100, 77], all.clone(), end(5));
                assert_eq!(
                    is_told(&mut shapes, &second, now),
                    is_whole,
                    "{talked} {closed} {by_client} {has_ack}"
                );
            }
        }
        // Of those that are open it is the same how much they talked.
        assert_eq!(shapes.shapes.len(), 13);
    }
}

#[test]
fn one_that_was_reset_in_another_way_is_told_as_such() {
    let all = moves(&[(true, TEXT, 300), (false, TEXT, 700), (true, ACK, 0)]);
    let (usual, now) = (End::USUAL, Timestamp::new(90, 0));
    let mut shapes = Shapes::new(true);
    for (end, is_whole) in [
        (usual.clone(), true),
        (End { hop_limit: 63, ..usual.clone() }, true),
        (End { identification: 9000, ..usual.clone() }, true),
        (End { text_len: 5, ..usual.clone() }, false),
        (End { is_offloaded: true, ..usual.clone() }, false),
        (End { window: 9, ..usual }, true),
    ] {
        let brief = ended(7, [1, 9], all.clone(), end.clone());
        assert!(brief.reset().is_some(), "{end:?}");
        assert_eq!(is_told(&mut shapes, &brief, now), is_whole, "{end:?}");
    }
    let lost_frames = Surroundings { lost_frames: true, ..Surroundings::default() };
    assert!(is_told_among(&mut shapes, &ended(9, [5, 6], all, End::USUAL), now, lost_frames));
}

#[test]
fn an_opening_and_a_closing_that_came_again_are_told() {
    let all =
        moves(&[(true, TEXT, 300), (false, TEXT, 700), (true, FIN, 0), (false, FIN, 0), (true, ACK, 0)]);
    let mut shapes = Shapes::new(true);
    for times in 1..=2 {
        // The SYN, the SYN+ACK, either FIN, SYN and FIN.
        for at in [&[0][..], &[1], &[5], &[6], &[0, 5]] {
            let steps = (0..).zip(&all).flat_map(|(place, step)| {
                let times = if at.contains(&place) { times } else { 0 };
                std::iter::once(step.clone()).chain((0..times).map(|_| again(step, 300)))
            });
            let steps: Vec<Move> = steps.collect();
            for (id, starts) in [(1, [1, 9]), (2, [u32::MAX, 77])] {
                let mut segments = segments(starts, &steps);
                in_other_frames(id, &mut segments);
                let brief = brief(id, &segments);
                assert!(brief.comes_again() && brief.segments().count() == steps.len().saturating_sub(1));
                // A key has room for so many.
                let has_room = times == 1 || at.len() == 1;
                assert_eq!(is_told(&mut shapes, &brief, Timestamp::new(90, 0)), has_room, "{times} {at:?}");
            }
        }
    }
    assert_eq!(shapes.shapes.len(), 9);
}

#[test]
fn a_syn_that_came_again_behind_its_answer_is_not_told() {
    let [syn, answer, third] = HANDSHAKE;
    let talk = [Move::next(true, TEXT, 9), Move::next(false, TEXT, 9), Move::next(true, ACK, 0)];
    let mut all = vec![syn.clone(), answer.clone(), again(&syn, 10), again(&answer, 10), third];
    all.extend(talk);
    for is_crossed in [true, false] {
        if !is_crossed {
            all.swap(1, 2);
        }
        let brief = brief(1, &segments([5, 9], &all));
        assert_eq!(brief.segments().count(), 7);
        assert_eq!(is_told(&mut Shapes::new(true), &brief, Timestamp::new(9, 0)), !is_crossed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_was_refused_comes_to_the_same(
        all in proptest::collection::vec(
            (any::<[u32; 2]>(), any_end(), any_surroundings(), any::<bool>(), prop::bool::weighted(0.1), any_wait()),
            1..40,
        ),
        has_history: bool,
    ) {
        let mut shapes = Shapes::new(has_history);
        for (id, (starts, end, around, has_options, comes_again, later)) in (1_u64..).zip(all) {
            let syn = Move { has_options, ..HANDSHAKE[0].clone() };
            let syns = if comes_again { vec![syn.clone(), again(&syn, id)] } else { vec![syn] };
            let end = End { by_client: false, has_ack: true, ..end };
            let is_quiet = end.text_len == 0 && !end.is_offloaded;
            let brief = ended(id, starts, syns, end);
            assert!(brief.course().is_refused());
            let now = brief.course().end().after(std::time::Duration::from_secs(later));
            let is_told = is_told_among(&mut shapes, &brief, now, around);
            assert_eq!(is_told, is_quiet && has_options && !comes_again);
        }
    }

    #[test]
    fn what_was_reset_comes_to_the_same(
        all in proptest::collection::vec(
            (
                any::<[u32; 2]>(),
                proptest::collection::vec((any::<bool>(), prop_oneof![Just(TEXT), Just(ACK)], 0_u32..2000), 0..7),
                (any::<bool>(), 0_usize..=3),
                any_end(),
                any_surroundings(),
                prop::option::weighted(0.1, (0_usize..12, any_move())),
                any_wait(),
            ),
            1..12,
        ),
        has_history: bool,
    ) {
        let mut shapes = Shapes::new(has_history);
        for (id, (starts, talk, (by_client, closed), end, around, odd, later)) in (1_u64..).zip(all) {
            let close = [(by_client, FIN, 0), (!by_client, ACK, 0), (!by_client, FIN, 0)];
            let mut moves = moves(&[&acknowledged(talk, by_client)[..], &close[..closed]].concat());
            if let Some((at, odd)) = odd {
                moves.insert(at.clamp(1, moves.len()), odd);
            }
            for (id, starts) in [(id, starts), (id.saturating_add(100), starts.map(|start| !start))] {
                let brief = ended(id, starts, moves.clone(), end.clone());
                let now = brief.course().end().after(std::time::Duration::from_secs(later));
                is_told_among(&mut shapes, &brief, now, around);
            }
        }
    }

    #[test]
    fn what_came_again_comes_to_the_same(
        all in proptest::collection::vec(
            (
                any::<[u32; 2]>(),
                proptest::collection::vec((any::<bool>(), prop_oneof![Just(TEXT), Just(ACK)], 0_u32..2000), 0..4),
                (any::<bool>(), 0_u32..9, 0_usize..=4),
                proptest::collection::vec((prop_oneof![3 => Just(0_u64), 1 => 1_u64..3], any_pause()), 12),
                any::<[u32; 4]>(),
                prop::option::weighted(0.3, any_end()),
                any_surroundings(),
                any_wait(),
            ),
            1..8,
        ),
        has_history: bool,
    ) {
        let mut shapes = Shapes::new(has_history);
        for (id, (starts, talk, (by_client, len, closed), agains, stamps, end, around, later)) in (1_u64..).zip(all) {
            let close = [(by_client, FIN, len), (!by_client, ACK, 0), (!by_client, FIN, 0), (by_client, ACK, 0)];
            let close = if closed == 4 { &close[..] } else { &[close[0], close[2], close[3]][..closed] };
            let moves = moves(&[&acknowledged(talk, by_client)[..], close].concat());
            for (id, starts) in [(id, starts), (id.saturating_add(100), starts.map(|start| !start))] {
                let steps = moves.iter().zip(&agains).flat_map(|(step, (count, millis))| {
                    let again = (0..*count).map(|_| again(step, millis.saturating_add(id)));
                    std::iter::once(step.clone()).chain(again).collect::<Vec<_>>()
                });
                let brief = match &end {
                    Some(end) => ended(id, starts, steps.collect(), end.clone()),
                    None => {
                        let mut segments = segments(starts, &steps.collect::<Vec<_>>());
                        for (segment, stamp) in segments.iter_mut().zip(stamps) {
                            segment.options = segment.options.with_stamp(stamp);
                        }
                        // Who asks for ECN in vain asks again without it.
                        segments[0].flags = Flags(segments[0].flags.0 | if by_client { 0xc0 } else { 0 });
                        in_other_frames(id, &mut segments);
                        brief(id, &segments)
                    }
                };
                let now = brief.course().end().after(std::time::Duration::from_secs(later));
                is_told_among(&mut shapes, &brief, now, around);
            }
        }
    }

    #[test]
    fn both_come_to_the_same(
        all in proptest::collection::vec(
            (
                any::<[u32; 2]>(),
                proptest::collection::vec((any::<bool>(), prop_oneof![Just(TEXT), Just(ACK)], 0_u32..2000), 0..9),
                any::<bool>(),
                0_usize..=4,
                prop::option::weighted(0.1, (0_usize..12, any_move())),
                prop::option::weighted(0.2, any::<usize>()),
                (0_u64..300, any_wait()),
            ),
            1..12,
        ),
        has_history: bool,
    ) {
        let mut shapes = Shapes::new(has_history);
        for (id, (starts, talk, by_client, closed, odd, again, (millis, later))) in (1_u64..).zip(all) {
            let close = [(by_client, FIN, 0), (!by_client, ACK, 0), (!by_client, FIN, 0), (by_client, ACK, 0)];
            let close = if closed == 4 { &close[..] } else { &[close[0], close[2], close[3]][..closed] };
            let mut moves = moves(&[&talk[..], close].concat());
            if let Some((at, odd)) = odd {
                moves.insert(at.clamp(1, moves.len()), odd);
            }
            if let Some(again) = again {
                let at = again.checked_rem(moves.len()).unwrap_or(0);
                let text = moves[at].clone();
                // Once more at once, or behind what follows.
                let next = moves.get(at.saturating_add(1)).filter(|next| next.by_client == text.by_client);
                let further = next.filter(|next| next.flags == TEXT).map_or(0, |next| next.text_len);
                let seq = text.text_len.wrapping_add(further).cast_signed().wrapping_neg();
                let place = at.saturating_add(if further > 0 { 2 } else { 1 });
                moves.insert(place, Move { seq, identification: 1, ..text });
            }
            moves.iter_mut().for_each(|step| step.millis = millis);
            let segments = segments(starts, &moves);
            let end = segments.last().unwrap().time;
            is_told(&mut shapes, &brief(id, &segments), end.after(std::time::Duration::from_secs(later)));
        }
    }
}
