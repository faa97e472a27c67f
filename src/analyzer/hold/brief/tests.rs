//! A connection in brief held against the connection itself: after each segment both say the same.
//!
//! In: random segments whose numbers nearly always lie where their ends have got to. Out: a verdict.

use proptest::prelude::*;

use crate::analyzer::connection::Connection;
use crate::analyzer::facts::Acknowledges;
use crate::analyzer::hold::at_once;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::course::Taken;
use crate::analyzer::moves::{ACK, FIN, HANDSHAKE, Move, RST, SYN, TEXT, again, any_move, segments};
use crate::analyzer::pack::{Packer, Unpacker};
use crate::analyzer::pairs::Sockets;
use crate::analyzer::sightings::Sightings;
use crate::jot::Jot;
use crate::options::Options;
use crate::segment::Segment;

/// How many of the segments went into the brief, until one did not.
fn taken(segments: &[Segment]) -> usize {
    let Some(first) = segments.first() else { return 0 };
    let Some(mut brief) = start(first) else { return 0 };
    let mut whole = Connection::starting_with(7, first, 0);
    let mut sightings = Sightings::default();
    look(&mut whole, first, &mut sightings);
    for (count, segment) in (1..).zip(&segments[1..]) {
        let before = format!("{brief:?}");
        let Some(taken) = take(&mut brief, segment) else {
            assert_eq!(format!("{brief:?}"), before, "what is not taken has moved nothing: {segment:?}");
            return count;
        };
        let said = look(&mut whole, segment, &mut sightings);
        assert_eq!((taken == Taken::Completes, taken == Taken::TurnsTwoWay), said, "{segment:?}");
        assert_eq!(
            (brief.course().is_open(), brief.course().is_over()),
            (whole.is_open(), whole.is_over()),
            "{segment:?}"
        );
        assert_eq!(brief.course().is_two_way(), whole.is_two_way());
        assert_eq!(brief.course().stage().standing().may_repeat_its_fin, whole.may_repeat_its_fin());
        assert_eq!((brief.start(), brief.course().end()), (whole.start(), whole.end()));
        assert_eq!(brief.id(), whole.id());
        assert_eq!(brief.last_frame_of_all(), whole.is_over().then(|| whole.last_frame()));
        let expected = format!("{whole:?}");
        assert_eq!(format!("{:?}", *brief.connection(Box::new)), expected, "after {segment:?}");
        let mut remembered = Sightings::default();
        brief.remember(&mut remembered);
        assert!(remembered == sightings, "after {segment:?}");
        assert_eq!(format!("{:?}", *at_once::connection(&brief, Box::new)), expected, "after {segment:?}");
        comes_back(&brief);
    }
    segments.len()
}

/// Packed and unpacked it is the same, in any room.
fn comes_back(brief: &Brief) {
    let octets = Packer::default().pack_with(|to| brief.pack(to));
    let other = Brief::starting_with(
        9,
        brief.sockets().clone(),
        brief.syn(),
        &Options::new(&[9; 40]),
        &mut Vec::new(),
    );
    let mut rooms = vec![other.into_log()];
    // The room that there is, and then a new one.
    for made in [0, 1] {
        let again = Brief::unpack(&mut Unpacker::of(&octets), &mut rooms).unwrap();
        assert_eq!(rooms.len().min(1), made);
        let said = |brief: &Brief| {
            let segments: Vec<_> = std::iter::once(brief.syn()).chain(brief.segments()).collect();
            let rest = (brief.id(), brief.course(), brief.sockets(), brief.options(), brief.start());
            let came = (brief.last_frame_of_all(), brief.comes_again(), brief.is_straight());
            format!("{segments:?} {rest:?} {came:?}")
        };
        assert_eq!(said(&again), said(brief));
    }
    for len in 0..octets.len() {
        assert!(Brief::unpack(&mut Unpacker::of(&octets[..len]), &mut rooms).is_none(), "{len}");
    }
}

fn start(first: &Segment) -> Option<Brief> {
    let (sockets, jot) = (Sockets::new(first.source, first.destination), Jot::of(first)?);
    let may_start = Brief::may_start_with(&sockets, &jot);
    may_start.then(|| Brief::starting_with(7, sockets, &jot, &first.options, &mut Vec::new()))
}

fn take(brief: &mut Brief, segment: &Segment) -> Option<Taken> {
    let from = brief.role_of(segment.source);
    brief.take(&Jot::of(segment)?, from, Some(&segment.options))
}

/// What the connection itself makes of a segment: whether it completes the handshake, and whether both have spoken now.
fn look(whole: &mut Connection, segment: &Segment, sightings: &mut Sightings) -> (bool, bool) {
    let seen = sightings.find(segment, whole.within());
    assert!(seen.is_none(), "what goes into the brief was not seen before: {segment:?}");
    let outline = whole.observe(segment, None);
    sightings.remember(segment, whole.within(), outline.facts.acknowledges == Acknowledges::New);
    (outline.completes, outline.turns_two_way)
}

#[test]
fn a_connection_as_in_the_textbook_goes_into_the_brief() {
    let talk = [(true, TEXT, 300), (false, ACK, 0), (false, ACK, 1448), (false, TEXT, 700), (true, ACK, 0)];
    let three = [(true, FIN, 0), (false, FIN, 0), (true, ACK, 0)];
    let four = [(false, FIN, 0), (true, ACK, 0), (true, FIN, 0), (false, ACK, 0)];
    let broken = [(false, RST, 0)];
    for close in [&three[..], &four[..], &broken[..]] {
        let rest =
            talk.iter().chain(close).map(|(by_client, flags, len)| Move::next(*by_client, *flags, *len));
        let moves: Vec<Move> = HANDSHAKE.into_iter().chain(rest).collect();
        assert_eq!(taken(&segments([u32::MAX - 500, 9], &moves)), moves.len());
    }
    let refused = [Move::next(true, SYN, 0), Move { seq: -9, ..Move::next(false, RST, 0) }];
    assert_eq!(taken(&segments([5, 9], &refused)), 2);
}

#[test]
fn text_that_is_sent_again_goes_into_the_brief_and_a_packet_that_is_seen_again_does_not() {
    let text = Move::next(true, TEXT, 300);
    let again = Move { seq: -300, ..text.clone() };
    let moves: Vec<Move> = HANDSHAKE.into_iter().chain([text, again, Move::next(false, ACK, 0)]).collect();
    let mut segments = segments([1, 9], &moves);
    assert_eq!(taken(&segments), 6);
    segments[4].sighting.packet = segments[3].sighting.packet;
    assert_eq!(taken(&segments), 4);
}

#[test]
fn an_opening_and_a_closing_that_are_sent_again_go_into_the_brief() {
    let close = [Move::next(true, FIN, 0), Move::next(false, FIN, 5), Move::next(true, ACK, 0)];
    let moves: Vec<Move> = HANDSHAKE
        .iter()
        .chain(&close)
        .flat_map(|step| match step.flags {
            ACK => vec![step.clone()],
            _ => vec![step.clone(), again(step, 1000), again(step, 2000)],
        })
        .collect();
    assert_eq!(taken(&segments([5, u32::MAX], &moves)), moves.len());
    let mut other_options = segments([5, 9], &moves);
    other_options[1].options = Options::new(&[2, 4, 5, 0xb4]);
    assert_eq!(taken(&other_options), 1);
    let mut one_packet = segments([5, 9], &moves);
    one_packet[2].sighting.packet = one_packet[0].sighting.packet;
    assert_eq!(taken(&one_packet), 2);
}

#[test]
fn openings_that_cross_their_answers_come_to_the_same() {
    let [syn, answer, third] = HANDSHAKE;
    let crossed = [syn.clone(), answer.clone(), again(&syn, 10), again(&answer, 10), third];
    assert_eq!(taken(&segments([5, 9], &crossed)), crossed.len());
}

#[test]
fn a_long_connection_goes_no_further() {
    let talk = (0..100).map(|_| Move::next(true, TEXT, 2));
    let moves: Vec<Move> = HANDSHAKE.into_iter().chain(talk).collect();
    assert_eq!(taken(&segments([1, 9], &moves)), 21);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_come_to_the_same(
        starts in prop_oneof![any::<[u32; 2]>(), Just([u32::MAX - 1000, 0])],
        is_seen_from_the_start in prop::bool::weighted(0.8),
        moves in proptest::collection::vec(any_move(), 1..20),
    ) {
        let opening = if is_seen_from_the_start { &HANDSHAKE[..] } else { &HANDSHAKE[..1] };
        let moves: Vec<Move> = opening.iter().cloned().chain(moves).collect();
        taken(&segments(starts, &moves));
    }

    #[test]
    fn what_is_sent_again_comes_to_the_same(
        starts in prop_oneof![any::<[u32; 2]>(), Just([u32::MAX - 1000, 0])],
        text in proptest::collection::vec((any::<bool>(), prop_oneof![Just(TEXT), Just(ACK)], 0_u32..2000), 0..4),
        close in proptest::collection::vec((any::<bool>(), prop_oneof![3 => Just(FIN), 2 => Just(ACK), 1 => Just(RST)], 0_u32..4), 0..5),
        agains in proptest::collection::vec((prop_oneof![3 => Just(0_u64), 1 => 1_u64..3], 0_u64..500, -1_i32..2), 12),
        stamps: [u32; 4],
        last in any_move(),
    ) {
        let talk = text.into_iter().chain(close).map(|(by_client, flags, len)| Move::next(by_client, flags, len));
        let moves: Vec<Move> = HANDSHAKE
            .into_iter()
            .chain(talk)
            .zip(agains)
            .flat_map(|(step, (count, millis, off))| {
                let off = if off < 0 { -1 } else { 0 };
                let again = (0..count).map(|_| Move { ack: off, ..again(&step, millis) }).collect::<Vec<_>>();
                std::iter::once(step).chain(again)
            })
            .chain([last])
            .collect();
        let mut segments = segments(starts, &moves);
        for (segment, stamp) in segments.iter_mut().zip(stamps) {
            segment.options = segment.options.with_stamp(stamp);
        }
        taken(&segments);
    }
}
