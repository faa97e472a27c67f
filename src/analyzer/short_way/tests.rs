//! The short way held against the long one: the same outlines, the same connection, whatever segments come.
//!
//! In: random segments whose numbers nearly always lie where their ends have got to. Out: a verdict.

use proptest::prelude::*;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::moves::{ACK, FIN, HANDSHAKE, Move, TEXT, any_move, segments};
use crate::segment::Segment;

/// How many of the segments went the short way; each is taken the long way, too.
fn short_ways(segments: &[Segment]) -> usize {
    let mut short = Connection::starting_with(1, &segments[0], 0);
    let mut count = 0_usize;
    for segment in segments {
        let mut long = short.clone();
        let before = format!("{short:?}");
        match short.take_in_next(segment) {
            Some(outline) => {
                count = count.saturating_add(1);
                assert_eq!(format!("{outline:?}"), format!("{:?}", long.take_in(segment)), "{segment:?}");
            }
            None => {
                assert_eq!(format!("{short:?}"), before, "what goes the long way has not moved: {segment:?}");
                short.take_in(segment);
                long.take_in(segment);
            }
        }
        assert_eq!(format!("{short:?}"), format!("{long:?}"), "after {segment:?}");
    }
    count
}

#[test]
fn all_but_the_first_two_segments_of_an_ordinary_connection_go_the_short_way() {
    let talk = [(true, TEXT, 300), (false, ACK, 0), (false, ACK, 1448), (false, TEXT, 700), (true, ACK, 0)];
    let three = [(true, FIN, 0), (false, FIN, 0), (true, ACK, 0)];
    let four = [(false, FIN, 0), (true, ACK, 0), (true, FIN, 0), (false, ACK, 0)];
    for close in [&three[..], &four[..]] {
        let rest =
            talk.iter().chain(close).map(|(by_client, flags, len)| Move::next(*by_client, *flags, *len));
        let moves: Vec<Move> = HANDSHAKE.into_iter().chain(rest).collect();
        assert_eq!(short_ways(&segments([u32::MAX - 500, 9], &moves)), moves.len() - 2);
    }
}

#[test]
fn what_was_noted_since_the_last_segment_is_told_by_the_next() {
    let moves: Vec<Move> =
        HANDSHAKE.into_iter().chain([(); 2].map(|()| Move::next(true, TEXT, 30))).collect();
    let segments = segments([1, 9], &moves);
    let mut connection = Connection::starting_with(1, &segments[0], 0);
    for segment in &segments[..4] {
        connection.observe(segment, None);
    }
    connection.raise(Code::IcmpUnreachable, &[1, 9]);
    let findings = connection.observe(&segments[4], None).findings;
    assert_eq!(findings.iter().collect::<Vec<_>>(), [Code::IcmpUnreachable]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_ways_come_to_the_same(
        starts in prop_oneof![any::<[u32; 2]>(), Just([u32::MAX - 1000, 0])],
        is_seen_from_the_start: bool,
        moves in proptest::collection::vec(any_move(), 1..40),
    ) {
        let opening = if is_seen_from_the_start { &HANDSHAKE[..] } else { &[] };
        let moves: Vec<Move> = opening.iter().cloned().chain(moves).collect();
        short_ways(&segments(starts, &moves));
    }
}
