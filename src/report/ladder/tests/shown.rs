//! Ladders that show what a label, one tap or the segments alone do not.
//!
//! In: connections and the kernel's words made by hand. Out: the rows in question, and what is said below.

use crate::analyzer::config::Config;
use crate::analyzer::tracker::Tracker;
use crate::icmp::IcmpError;
use crate::report::ladder::both::draw_both;
use crate::report::ladder::tests::both::Wire;
use crate::report::ladder::tests::{CLIENT, OF_CLIENT, OF_SERVER, SERVER, change, drawn, server};
use crate::report::ladder::{draw, tell_of_both};
use crate::report::said::Said;
use crate::report::samples::Script;
use crate::report::style::Style;
use crate::segment::{Flags, Sighting};
use crate::seq::SeqNumber;
use crate::story::beside::Beside;
use crate::story::both::lost;
use crate::story::older::since;
use crate::witness::KernelState;

const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const SYN_ACK: Flags = SYN.with(ACK);
const FIN_ACK: Flags = Flags::FIN.with(ACK);

fn row<'t>(text: &'t str, with: &str) -> &'t str {
    text.lines().find(|line| line.contains(with)).unwrap_or_else(|| panic!("no {with} in\n{text}"))
}

#[test]
fn what_was_altered_left_with_its_own_label() {
    let mut wire = Wire::new();
    wire.client(0, SYN, (1_000, 0), b"", &[40]);
    let mut altered = Script::new(CLIENT, SERVER);
    altered.server_sends(60, SYN_ACK, 5_000, 1_001, b"");
    altered.server_sends(100, SYN_ACK, 5_000, 1_002, b"");
    wire.far.extend(altered.segments.drain(..1));
    wire.near.append(&mut altered.segments);
    let text = wire.drawn(80);
    assert!(row(&text, "0.000 060").contains("/---- SYN K, ACK J+1 ----|"), "{text}");
    assert!(row(&text, "0.000 100").contains("|<- SYN K, ACK J+2 (altered)"), "{text}");
}

#[test]
fn the_kernels_state_holds_until_the_segments_have_caught_up() {
    let mut script = Script::new(CLIENT, SERVER);
    script.client_sends(0, SYN, 1_000, 0, b"");
    script.server_sends(60, SYN_ACK, 5_000, 1_001, b"");
    script.client_sends(120, ACK, 1_001, 5_001, b"");
    script.client_sends(200, FIN_ACK, 1_001, 5_001, b"");
    script.client_sends(400, ACK, 1_002, 5_001, b"");
    script.server_sends(500, FIN_ACK, 5_001, 1_002, b"");
    let kernel = [
        change(210, OF_SERVER, KernelState::Established, KernelState::CloseWait),
        change(300, OF_SERVER, KernelState::CloseWait, KernelState::LastAck),
        change(310, OF_CLIENT, KernelState::FinWait1, KernelState::FinWait2),
    ];
    let text = drawn(&script.segments, &[], &kernel, 80);
    assert!(row(&text, "kernel: CLOSE_WAIT -> LAST_ACK").starts_with("   "), "{text}");
    let between = row(&text, "0.000 400");
    assert!(between.starts_with(" FIN-WAIT-2  ") && between.ends_with("|  LAST-ACK"), "{text}");
    assert!(row(&text, "0.000 500").starts_with(" (TIME-WAIT) "), "{text}");
}

#[test]
fn a_server_that_cannot_be_reached_has_no_state() {
    let mut script = Script::new(CLIENT, SERVER);
    script.client_sends(0, SYN, 1_000, 0, b"");
    let mut tracker = Tracker::new(Config { keep_steps: 400, ..Config::default() });
    let syn = &script.segments[0];
    tracker.observe(syn);
    tracker.observe_icmp(&IcmpError {
        frame: 2,
        time: crate::time::Timestamp(syn.time.0 + 20_000_000),
        reporter: "198.51.100.1".parse().unwrap(),
        kind: 3,
        code: 1,
        source: syn.source,
        destination: syn.destination,
        seq: SeqNumber(1_000),
        tunnel: None,
    });
    tracker.finish();
    let connection = tracker.ended().next().unwrap();
    let mut out = Vec::new();
    draw(&mut out, &connection, Beside::default(), Style::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(row(&text, " SYN J ").ends_with('|'), "{text}");
    let error = row(&text, "0.020 000");
    assert!(error.contains("|<- 198.51.100.1: ICMP host unreachable -o"), "{text}");
    assert!(error.len() <= 80, "{text}");
}

#[test]
fn what_is_lost_finds_a_listener_and_says_so_below() {
    let mut wire = Wire::new();
    wire.client(0, SYN, (1_000, 0), b"", &[]);
    wire.client(1_000_000, SYN, (1_000, 0), b"", &[40]);
    wire.server(1_000_060, SYN_ACK, (5_000, 1_001), b"", &[40]);
    wire.client(1_000_120, ACK, (1_001, 5_001), b"", &[]);
    wire.client(1_000_200, ACK.with(Flags::PSH), (1_001, 5_001), b"hello", &[40]);
    wire.server(1_000_300, ACK, (5_001, 1_006), b"", &[40]);
    let (near, far) = wire.taps();
    let mut listens = server(crate::call::CallName::Listen, "10", (-20, Some(-10)), Ok(0));
    listens.peer = None;
    let calls = [listens];
    let mut out = Vec::new();
    let beside = Beside { calls: &calls, kernel: &[] };
    draw_both(&mut out, (&near, Some(&far)), Vec::new(), beside, Style::default()).unwrap();
    let lost = lost(&near, Some(&far));
    tell_of_both(&mut out, (&near, Some(&far)), &lost, &mut Said::default(), Style::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(row(&text, "0.000 000").ends_with("x         |  LISTEN"), "{text}");
    assert!(row(&text, "1.000 000").ends_with("(SYN-RECEIVED)"), "{text}");
    assert!(text.contains("As both ends show: the SYN was lost on the way."), "{text}");
}

#[test]
fn a_third_segment_that_was_lost_opened_nothing() {
    let mut wire = Wire::new();
    wire.client(0, SYN, (1_000, 0), b"", &[40]);
    wire.server(60, SYN_ACK, (5_000, 1_001), b"", &[40]);
    wire.client(120, ACK, (1_001, 5_001), b"", &[]);
    wire.client(200, ACK.with(Flags::PSH), (1_001, 5_001), b"hello", &[40]);
    wire.server(300, ACK, (5_001, 1_006), b"", &[40]);
    let text = wire.drawn(80);
    assert!(text.contains("Opened in three segments (0.120 ms), of which the third was lost."), "{text}");
    let mut arrived = Wire::new();
    arrived.opened();
    assert!(arrived.drawn(80).contains("Opened in three segments (0.120 ms)."));
}

#[test]
fn a_probe_and_a_closed_window_are_marked() {
    let mut script = Script::new(CLIENT, SERVER);
    script.client_sends(0, SYN, 1_000, 0, b"");
    script.server_sends(60, SYN_ACK, 5_000, 1_001, b"");
    script.client_sends(120, ACK, 1_001, 5_001, b"");
    script.client_sends(200, ACK, 1_001, 5_001, b"hello");
    script.server_sends(300, ACK, 5_001, 1_006, b"");
    script.client_sends(1_000_000, ACK, 1_005, 5_001, b"");
    script.server_sends(1_000_050, ACK, 5_001, 1_006, b"");
    script.segments[4].window = Some(0);
    let text = drawn(&script.segments, &[], &[], 80);
    assert!(row(&text, "0.000 300").contains(" ACK J+6 (window 0) "), "{text}");
    assert!(row(&text, "1.000 000").contains(" ACK K+1 (probe) "), "{text}");
    assert!(row(&text, "1.000 050").contains(" ACK J+6 -"), "{text}");
}

#[test]
fn the_older_connection_stands_where_the_new_syn_has_brought_it_about() {
    let mut older = Wire::new();
    older.opened();
    older.server(2_000, ACK, (5_001, 1_001), b"", &[40]);
    older.client(2_100, Flags::RST, (1_001, 0), b"", &[40]);
    let mut newer = Wire::new();
    newer.client(1_900, SYN, (90_000, 0), b"", &[40]);
    newer.client(9_000, SYN, (90_000, 0), b"", &[40]);
    newer.server(9_100, SYN_ACK, (70_000, 90_001), b"", &[40]);
    let ((old_near, old_far), (near, far)) = (older.taps(), newer.taps());
    let older = since(near.start(), &old_near, Some(&old_far));
    let mut out = Vec::new();
    draw_both(&mut out, (&near, Some(&far)), older, Beside::default(), Style::default()).unwrap();
    let text = String::from_utf8(out).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).take(4).collect();
    assert!(rows[0].contains(" SYN J ") && rows[3].contains(" SYN J (again, 2nd) "), "{text}");
    assert_eq!(rows[1], " SYN-SENT        0.000 100  |<-- ACK J+1 (older connection) ---|  (SYN-RECEIVED)");
    assert_eq!(rows[2], " SYN-SENT        0.000 200  |--- RST J+1 (older connection) -->|  (SYN-RECEIVED)");
}

#[test]
fn what_does_not_go_into_an_arrow_stands_below_it() {
    let mut script = Script::new(CLIENT, SERVER);
    for (micros, (packet, tap)) in [(0, (1, 1)), (900, (2, 1)), (910, (2, 2)), (920, (2, 3))] {
        script.client_sends(micros, SYN, 1_000, 0, b"hello");
        let sent = script.segments.last_mut().unwrap();
        sent.sighting = Sighting { packet, tap, ..sent.sighting };
    }
    let text = drawn(&script.segments, &[], &[], 80);
    let (arrow, below) = (row(&text, "(again, 2nd)"), row(&text, "(seen 3 times)"));
    assert!(arrow.contains("|--- SYN J, DATA 5 (again, 2nd) -->|"), "{text}");
    assert_eq!(below.trim_start(), "|          (seen 3 times)          |", "{text}");
    assert_eq!(arrow.find('|'), below.find('|'), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    let wide = drawn(&script.segments, &[], &[], 140);
    assert!(row(&wide, "(again, 2nd)").contains("\"hello\" (again, 2nd) (seen 3 times) -"), "{wide}");
}

#[test]
fn a_long_time_takes_its_room_from_the_arrows() {
    let mut script = Script::new(CLIENT, SERVER);
    for (seconds, tap) in [(0, 1), (127, 1), (127, 2), (255, 1)] {
        script.client_sends(seconds * 1_000_000, SYN, 1_000, 0, b"");
        let sent = script.segments.last_mut().unwrap();
        sent.sighting = Sighting { packet: seconds, tap, ..sent.sighting };
    }
    for width in [72, 80] {
        let text = drawn(&script.segments, &[], &[], width);
        let lines: Vec<&str> = text.lines().filter(|line| line.contains('|')).collect();
        assert!(lines.len() >= 3 && lines.iter().all(|line| line.find('|') == lines[0].find('|')), "{text}");
        assert!(text.lines().all(|line| line.len() <= width), "{text}");
        assert!(row(&text, "255.000 000").contains("(again, 3rd)"), "{text}");
    }
}
