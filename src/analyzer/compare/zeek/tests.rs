//! Zeek's words for whole connections, segment by segment.
//!
//! In: segments in tcpdump's letters. Out: verdicts on `conn_state` and `history`.
//! Invariant: what is wanted was read off Zeek's documentation and source, not off this program.

use std::net::SocketAddr;

use super::*;
use crate::options::Options;
use crate::segment::{Sighting, TextHead};
use crate::time::Timestamp;
use proptest::prelude::*;

/// A segment as `FROM FLAGS SEQ TEXT ACK`, with `!` for a wrong checksum, `0` for a window of zero and `~` for text
/// that was not captured behind it.
fn segment(line: &str) -> (Segment, Role) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [from, flags, seq, text_len, ack, rest @ ..] = words.as_slice() else { panic!("{line}") };
    let number = |word: &str| word.parse::<u32>().unwrap_or_else(|_| panic!("{line}"));
    let bit = |letter: char, bit| if flags.contains(letter) { bit } else { Flags::default() };
    let flags =
        bit('S', Flags::SYN).with(bit('F', Flags::FIN)).with(bit('R', Flags::RST)).with(bit('.', Flags::ACK));
    let socket = SocketAddr::from(([192, 0, 2, 1], 1));
    let segment = Segment {
        frame: 1,
        time: Timestamp(0),
        source: socket,
        destination: socket,
        seq: SeqNumber(number(seq)),
        ack: SeqNumber(number(ack)),
        flags,
        window: Some(if rest.contains(&"0") { 0 } else { 1000 }),
        options: Options::default(),
        text_len: number(text_len),
        text: TextHead::default().cut(rest.contains(&"~")),
        checksum: if rest.contains(&"!") { Checksum::Wrong } else { Checksum::Correct },
        cut_short: false,
        sighting: Sighting::default(),
        tunnel: None,
    };
    (segment, if *from == "A" { Role::Client } else { Role::Server })
}

#[track_caller]
fn check(lines: &[&str], conn_state: &str, history: &str) {
    let mut zeek = Zeek::default();
    for line in lines {
        let (segment, from) = segment(line);
        zeek.note(&segment, from);
    }
    assert_eq!((zeek.conn_state(), zeek.history()), (conn_state, history), "{lines:#?}");
}

const OPEN: [&str; 3] = ["A S 100 0 0", "B S. 300 0 101", "A . 101 0 301"];

#[track_caller]
fn check_open(lines: &[&str], conn_state: &str, history: &str) {
    check(&[&OPEN, lines].concat(), conn_state, &format!("ShA{history}"));
}

#[test]
fn every_state_of_a_connection_has_its_name() {
    check(&["A S 100 0 0"], "S0", "S");
    check_open(&[], "S1", "");
    check_open(&["A F. 101 0 301", "B F. 301 0 102", "A . 102 0 302"], "SF", "Ff");
    check(&["A S 100 0 0", "B R. 0 0 101 0"], "REJ", "Sr");
    check(&["A S 100 0 0", "B S. 300 0 101", "B R 301 0 0"], "RSTR", "Shr");
    check_open(&["A F. 101 0 301"], "S2", "F");
    check_open(&["B F. 301 0 101"], "S3", "f");
    check_open(&["A R. 101 0 301"], "RSTO", "R");
    check_open(&["B R. 301 0 101"], "RSTR", "r");
    check(&["A S 100 0 0", "A R 101 0 0"], "RSTOS0", "SR");
    check(&["B S. 300 0 101", "B R 301 0 0"], "RSTRH", "^hr");
    check(&["A S 100 0 0", "A F. 101 0 1"], "SH", "SF");
    check(&["B S. 300 0 101", "B F. 301 0 101"], "SHR", "^hf");
    check(&["A . 101 5 301", "B . 301 5 106"], "OTH", "Dd");
}

#[test]
fn a_close_survives_the_resets_after_it() {
    check_open(&["A F. 101 0 301", "B F. 301 0 102", "B R 302 0 0"], "SF", "Ffr");
    check_open(&["A F. 101 0 301", "A R 102 0 0", "B F. 301 0 102"], "SF", "FRf");
    check_open(&["A F. 101 0 301", "A R 102 0 0"], "RSTO", "FR");
}

#[test]
fn both_ends_reset_without_text_is_a_rejection() {
    check_open(&["A R. 101 0 301", "B R 301 0 0"], "REJ", "Rr");
    check_open(&["A . 101 5 301", "A R. 106 0 301", "B R 301 0 0"], "RSTR", "DRr");
}

#[test]
fn flags_have_their_letters_and_text_beside_them_has_none() {
    check_open(&["A F. 101 5 301", "B . 301 0 107"], "S2", "Fa");
    check_open(&["A SF 101 0 0", "A FR 101 0 0", "A SR 101 0 0"], "RSTO", "QI");
    check_open(&["A F. 101 0 301", "A F. 101 0 301", "A F. 103 0 301"], "S2", "FF");
    check_open(&["B R 301 0 0", "B R 301 0 0", "B R 305 0 0"], "RSTR", "rr");
    // A SYN and a SYN+ACK with one number are one letter.
    check(&["A S 100 0 0", "B S 300 0 0", "A S. 100 0 301", "B S. 300 0 101"], "S1", "Ss");
}

#[test]
fn the_first_segment_of_the_responder_turns_the_connection_over() {
    check(&["B S. 300 0 101", "A . 101 0 301"], "S1", "^hA");
    check(&["B S. 300 0 101", "A S 100 0 0", "A . 101 0 301"], "OTH", "^hSA");
    check(&["B . 301 0 101", "A . 101 0 301"], "OTH", "^aA");
}

#[test]
fn a_challenge_before_any_answer_is_no_partial_connection() {
    check(&["A S 100 0 0", "B . 900 0 7"], "S0", "Sa");
}

#[test]
fn a_wrong_checksum_is_counted_and_read_no_further() {
    check(&["A S 100 0 0 !"], "OTH", "C");
    check_open(&["B F. 301 0 101 !", "B F. 301 0 101 !"], "S1", "c");
}

#[test]
fn text_sent_again_counts() {
    check_open(&["A . 101 5 301", "A . 101 5 301", "A . 104 2 301"], "S1", "DT");
    check_open(&["A . 106 5 301", "A . 101 5 301"], "S1", "DT");
    // Zeek takes the text of a SYN for a repetition of itself.
    check(&["A S 100 5 0"], "S0", "ST");
}

#[test]
fn a_zero_window_counts_where_it_means_something() {
    check(&["A S 100 0 0 0"], "S0", "SW");
    check_open(&["B . 301 0 101 0", "A R 101 0 0 0"], "RSTO", "awR");
    check_open(&["A F. 101 0 301", "B . 301 0 102 0"], "S2", "Fa");
    check_open(&["A F. 101 0 301 0"], "S2", "FW");
}

#[test]
fn text_that_was_not_captured_is_a_gap_once_it_is_acknowledged() {
    check_open(&["B . 301 0 106"], "S1", "aG");
    check_open(&["A . 106 5 301", "B . 301 0 111"], "S1", "DaG");
    check_open(&["A . 106 5 301", "A . 101 5 301", "B . 301 0 111"], "S1", "DTa");
    check_open(&["A . 101 5 301 ~", "B . 301 0 106"], "S1", "DaG");
    check_open(&["A F. 106 0 301", "B . 301 0 107"], "S2", "FaG");
    check_open(&["A R. 106 0 301", "B . 301 0 106"], "RSTO", "Ra");
    check(&["A . 101 5 301", "B . 301 0 116"], "OTH", "Da");
}

#[test]
fn an_account_is_small() {
    assert!(size_of::<Zeek>() <= 88, "{} octets", size_of::<Zeek>());
}

/// One segment: who sends it, its bits, how far its numbers lie from where the ends have got to, how much text, and what
/// else is `segment`'s.
fn any_line() -> impl Strategy<Value = (bool, &'static str, u32, u32, u32, &'static str)> {
    let bits = prop_oneof![8 => Just("."), 1 => prop::sample::select(vec!["F.", "S", "S.", "R", "R.", "-"])];
    let off = || prop_oneof![6 => Just(0_u32), 1 => 0_u32..9, 1 => Just(u32::MAX), 1 => Just(u32::MAX - 500)];
    let rest = prop_oneof![8 => Just(""), 1 => prop::sample::select(vec!["!", "0", "~"])];
    (any::<bool>(), bits, off(), off(), prop_oneof![Just(0_u32), Just(1), 2_u32..500], rest)
}

proptest! {
    #[test]
    fn the_short_way_comes_to_what_the_long_one_does(
        is_opened: bool,
        lines in proptest::collection::vec(any_line(), 1..30),
    ) {
        let mut lines = lines;
        let opening = if is_opened { &OPEN[..] } else { &[] };
        let (mut short, mut next) = (Zeek::default(), [101_u32, 301]);
        let opening = opening.iter().map(|line| (*line).to_owned());
        let rest = lines.drain(..).map(|(by_client, bits, seq, ack, len, rest)| {
            let (own, other) = (usize::from(!by_client), usize::from(by_client));
            let from = if by_client { "A" } else { "B" };
            let (seq, ack) = (next[own].wrapping_add(seq), next[other].wrapping_add(ack));
            next[own] = next[own].wrapping_add(len);
            format!("{from} {bits} {seq} {len} {ack} {rest}")
        });
        for line in opening.chain(rest) {
            let (segment, from) = segment(&line);
            let mut long = short.clone();
            long.completeness.note(&segment);
            long.note_any(&segment, from);
            short.note(&segment, from);
            prop_assert_eq!(format!("{short:?}"), format!("{long:?}"), "after {}", line);
        }
    }
}
