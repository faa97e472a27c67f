//! Ladders of two vantage points, drawn.
//!
//! In: what left and when it arrived, if it did, on a wire made by hand. Out: the pictures, whole.

use crate::analyzer::connection::Connection;
use crate::report::ladder::both::draw_both;
use crate::report::ladder::tests::{CLIENT, SERVER, drawn};
use crate::report::samples::{self, Script, said_at};
use crate::report::style::Style;
use crate::segment::{Flags, Segment};
use crate::story::beside::Beside;
use crate::witness::{KernelEvent, KernelState, KernelWord};

const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const FIN_ACK: Flags = Flags::FIN.with(ACK);
const SYN_ACK: Flags = SYN.with(ACK);

/// A wire between two taps.
pub(super) struct Wire {
    pub(super) near: Vec<Segment>,
    pub(super) far: Vec<Segment>,
}

impl Wire {
    pub(super) const fn new() -> Self {
        Self { near: Vec::new(), far: Vec::new() }
    }

    /// The client sends at `micros`, and the server's tap sees it so much later each time.
    pub(super) fn client(
        &mut self,
        micros: u64,
        flags: Flags,
        numbers: (u32, u32),
        text: &[u8],
        arrivals: &[u64],
    ) {
        let mut script = Script::new(CLIENT, SERVER);
        script.client_sends(micros, flags, numbers.0, numbers.1, text);
        for after in arrivals {
            script.client_sends(micros + after, flags, numbers.0, numbers.1, text);
        }
        self.near.extend(script.segments.drain(..1));
        self.far.append(&mut script.segments);
    }

    pub(super) fn server(
        &mut self,
        micros: u64,
        flags: Flags,
        numbers: (u32, u32),
        text: &[u8],
        arrivals: &[u64],
    ) {
        let mut script = Script::new(CLIENT, SERVER);
        script.server_sends(micros, flags, numbers.0, numbers.1, text);
        for after in arrivals {
            script.server_sends(micros + after, flags, numbers.0, numbers.1, text);
        }
        self.far.extend(script.segments.drain(..1));
        self.near.append(&mut script.segments);
    }

    /// What the taps' connections are.
    pub(super) fn taps(&mut self) -> (Connection, Connection) {
        for segments in [&mut self.near, &mut self.far] {
            segments.sort_by_key(|segment| segment.time);
            for (segment, frame) in segments.iter_mut().zip(1..) {
                segment.frame = frame;
            }
        }
        (samples::connection(&self.near), samples::connection(&self.far))
    }

    pub(super) fn drawn(self, width: usize) -> String {
        self.drawn_with(&[], width)
    }

    pub(super) fn drawn_with(mut self, kernel: &[KernelEvent], width: usize) -> String {
        let mut out = Vec::new();
        let style = Style { width, ..Style::default() };
        let (near, far) = self.taps();
        draw_both(&mut out, (&near, Some(&far)), Vec::new(), Beside { calls: &[], kernel }, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    pub(super) fn opened(&mut self) {
        self.client(0, SYN, (1_000, 0), b"", &[40]);
        self.server(60, SYN_ACK, (5_000, 1_001), b"", &[40]);
        self.client(120, ACK, (1_001, 5_001), b"", &[40]);
    }
}

#[test]
fn where_both_taps_saw_the_same_it_is_the_ordinary_picture() {
    let mut wire = Wire::new();
    wire.opened();
    wire.client(200, FIN_ACK, (1_001, 5_001), b"", &[30]);
    wire.server(300, FIN_ACK, (5_001, 1_002), b"", &[30]);
    wire.client(400, ACK, (1_002, 5_002), b"", &[30]);
    let near = wire.near.clone();
    let mut ordinary: Vec<Segment> = near;
    // The arrivals at the client's tap are 30 or 40 microseconds late.
    let departures = wire.far.iter().filter(|segment| segment.source == SERVER.parse().unwrap());
    for (arrival, departure) in
        ordinary.iter_mut().filter(|one| one.source == SERVER.parse().unwrap()).zip(departures)
    {
        arrival.time = departure.time;
    }
    ordinary.sort_by_key(|segment| segment.time);
    for (segment, frame) in ordinary.iter_mut().zip(1..) {
        segment.frame = frame;
    }
    let both = wire.drawn(80);
    let rows = |text: &str| text.lines().take(7).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&both), rows(&drawn(&ordinary, &[], &[], 80)));
}

#[test]
fn what_was_lost_ends_in_an_x() {
    let mut wire = Wire::new();
    wire.client(0, SYN, (1_000, 0), b"", &[]);
    wire.client(1_000_000, SYN, (1_000, 0), b"", &[40]);
    wire.server(1_000_060, SYN_ACK, (5_000, 1_001), b"", &[]);
    wire.server(2_000_060, SYN_ACK, (5_000, 1_001), b"", &[40]);
    wire.client(2_000_120, ACK, (1_001, 5_001), b"", &[40]);
    insta::assert_snapshot!(wire.drawn(80), @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
    SYN-SENT        0.000 000  |--------- SYN J --------x         |
    SYN-SENT        1.000 000  |------- SYN J (again, 2nd) ------>|  (SYN-RECEIVED)
    SYN-SENT        1.000 060  |         x---- SYN K, ACK J+1 ----|  SYN-RECEIVED
    (ESTABLISHED)   2.000 060  |<-- SYN K, ACK J+1 (again, 2nd) --|  SYN-RECEIVED
    ESTABLISHED     2.000 120  |------------ ACK K+1 ------------>|  (ESTABLISHED)
    J = 1000   K = 5000
    An arrow that ends in x never arrived.
    Opened in three segments, some of them more than once (SYN to SYN+ACK 2.00 s).
    Still open when the capture ended.
    "#);
}

#[test]
fn what_crosses_is_slanted() {
    let mut wire = Wire::new();
    wire.opened();
    wire.client(500, FIN_ACK, (1_001, 5_001), b"", &[200_000]);
    wire.server(600, FIN_ACK, (5_001, 1_001), b"", &[40]);
    wire.client(700, ACK, (1_002, 5_002), b"", &[40]);
    wire.server(200_600, ACK, (5_002, 1_002), b"", &[40]);
    let text = wire.drawn(80);
    insta::assert_snapshot!(text, @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
    SYN-SENT        0.000 000  |------------- SYN J ------------->|  (SYN-RECEIVED)
    (ESTABLISHED)   0.000 060  |<-------- SYN K, ACK J+1 ---------|  SYN-RECEIVED
    ESTABLISHED     0.000 120  |------------ ACK K+1 ------------>|  (ESTABLISHED)
    FIN-WAIT-1      0.000 500  |--------- FIN M --------\         |  (ESTABLISHED)
    (CLOSING)       0.000 600  |<------------- FIN N -------------|  FIN-WAIT-1
    CLOSING         0.000 700  |------------ ACK N+1 ------------>|  (FIN-WAIT-2)
    CLOSING         0.200 500  |    \-- FIN M (after 200.00 ms) ->|  (TIME-WAIT)
    (TIME-WAIT)     0.200 600  |<------------ ACK M+1 ------------|  TIME-WAIT
    J = 1000   K = 5000   M = J+1 = 1001   N = K+1 = 5001
    Opened in three segments (0.120 ms). Closed from both ends at once: the FINs
    crossed. Both hold TIME-WAIT.
    "#);
}

#[test]
fn what_somebody_put_in_begins_on_the_way() {
    let mut wire = Wire::new();
    wire.opened();
    wire.client(300, ACK.with(Flags::PSH), (1_001, 5_001), b"hello", &[40, 90]);
    wire.server(450, ACK, (5_001, 1_006), b"", &[40]);
    let mut script = Script::new(CLIENT, SERVER);
    script.client_sends(1_000, Flags::RST, 1_006, 0, b"");
    wire.far.append(&mut script.segments);
    insta::assert_snapshot!(wire.drawn(80), @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
    SYN-SENT        0.000 000  |------------- SYN J ------------->|  (SYN-RECEIVED)
    (ESTABLISHED)   0.000 060  |<-------- SYN K, ACK J+1 ---------|  SYN-RECEIVED
    ESTABLISHED     0.000 120  |------------ ACK K+1 ------------>|  (ESTABLISHED)
    ESTABLISHED     0.000 300  |--------- DATA 5 "hello" -------->|  (ESTABLISHED)
    ESTABLISHED     0.000 390  |    o-- DATA 5 "hello" (a copy) ->|  (ESTABLISHED)
    ESTABLISHED     0.000 450  |<------------ ACK J+6 ------------|  ESTABLISHED
    ESTABLISHED     0.001 000  |         o------- RST J+6 ------->|  (CLOSED)
    J = 1000   K = 5000
    An arrow that begins with o was made on the way, and not by the other end.
    As seen at the client: Opened in three segments (0.120 ms). Still open when
    the capture ended.
    As seen at the server: Opened in three segments (0.120 ms). Reset by the
    client.
    "#);
}

#[test]
fn the_kernels_word_stands_at_the_segment_that_had_arrived() {
    let mut wire = Wire::new();
    wire.client(0, SYN, (1_000, 0), b"", &[30_000]);
    wire.server(30_010, SYN_ACK, (5_000, 1_001), b"", &[30_000]);
    wire.client(60_020, ACK, (1_001, 5_001), b"", &[40]);
    wire.client(60_030, ACK.with(Flags::PSH), (1_001, 5_001), b"hello", &[90]);
    let ends = (SERVER, CLIENT);
    let change = |micros, from, to| said_at(micros, ends, KernelWord::State { from, to });
    // Both segments had left when the first arrived.
    let kernel = [
        change(60_070, KernelState::Listen, KernelState::SynRecv),
        change(60_072, KernelState::SynRecv, KernelState::Established),
    ];
    insta::assert_snapshot!(wire.drawn_with(&kernel, 80), @r#"
    client 192.0.2.2:50000                                    server 192.0.2.1:6666
    SYN-SENT        0.000 000  |----- SYN J (takes 30.00 ms) ---->|  (SYN-RECEIVED)
    (ESTABLISHED)   0.030 010  |<--- SYN K, ACK J+1 (30.00 ms) ---|  SYN-RECEIVED
    ESTABLISHED     0.060 020  |------------ ACK K+1 ------------>|  ESTABLISHED*
    ESTABLISHED     0.060 030  |--------- DATA 5 "hello" -------->|  ESTABLISHED
    J = 1000   K = 5000
    * marks the kernel's own word; states without it follow from the segments.
    Opened in three segments (60.02 ms). Still open when the capture ended.
    "#);
}

#[test]
fn two_vantage_points_in_a_wide_picture() {
    let mut wire = Wire::new();
    wire.client(0, SYN, (1_000, 0), b"", &[]);
    wire.client(1_000_000, SYN, (1_000, 0), b"", &[40]);
    wire.server(1_000_060, SYN_ACK, (5_000, 1_001), b"", &[250_000]);
    wire.client(1_250_120, ACK.with(Flags::PSH), (1_001, 5_001), b"hello", &[40]);
    let mut altered = Script::new(CLIENT, SERVER);
    altered.client_sends(1_250_300, ACK.with(Flags::PSH), 1_006, 5_001, b"world");
    altered.client_sends(1_250_340, ACK.with(Flags::PSH), 1_006, 5_001, b"WORLD");
    wire.near.extend(altered.segments.drain(..1));
    wire.far.append(&mut altered.segments);
    insta::assert_snapshot!(wire.drawn(140), @r#"
    client 192.0.2.2:50000                                                                            server 192.0.2.1:6666
    SYN-SENT        0.000 000  |------------------------ SYN J -----------------------x                   |
    SYN-SENT        1.000 000  |--------------------------- SYN J (again, 2nd) -------------------------->|  (SYN-RECEIVED)
    (ESTABLISHED)   1.000 060  |<------------------- SYN K, ACK J+1 (takes 250.00 ms) --------------------|  SYN-RECEIVED
    ESTABLISHED     1.250 120  |------------------------ ACK K+1, DATA 5 "hello" ------------------------>|  (ESTABLISHED)
    ESTABLISHED     1.250 300  |------------------- DATA 5 "world" -------------------\                   |  (ESTABLISHED)
    ESTABLISHED     1.250 340  |                   \-------------- DATA 5 "WORLD" (altered) ------------->|  (ESTABLISHED)
    J = 1000   K = 5000
    An arrow that ends in x never arrived.
    What is called altered left the other end with other contents.
    As seen at the client: Opened in three segments, some of them more than once (SYN to SYN+ACK 1.25 s). Still open when
    the capture ended.
    As seen at the server: Opened in three segments (250.12 ms). Still open when the capture ended.
    "#);
}
