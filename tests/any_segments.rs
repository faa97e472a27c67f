//! Whatever segments come, the analyzer stands: it labels each, forgets none, and never contradicts itself.
//!
//! In: random segments whose numbers lie near those that the ends have reached, so that deep states come up, with a few
//! far off, with wrong checksums, illegal flags and clocks that step back. Out: a verdict on what must hold for any input.
//! Read: RFC 9293 §3.10.7; field guide section 0.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use tcpshake::analyzer::closing::ClosingKind;
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::connection::Connection;
use tcpshake::analyzer::diagnosis::code::Code;
use tcpshake::analyzer::diagnosis::notes::FIRST_FRAMES;
use tcpshake::analyzer::hold::ahead::Coming;
use tcpshake::analyzer::label::Numbers;
use tcpshake::analyzer::outcome::Outcome;
use tcpshake::analyzer::role::Ends;
use tcpshake::analyzer::state::State;
use tcpshake::analyzer::step::Step;
use tcpshake::analyzer::sweep::{Beside, InBrief};
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::jot::{Jot, Route, Usual};
use tcpshake::options::Options;
use tcpshake::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use tcpshake::seq::SeqNumber;
use tcpshake::time::Timestamp;

/// Which of the sockets send to each other: the last speaks with itself.
const PAIRS: [(usize, usize); 5] = [(0, 1), (1, 0), (0, 2), (2, 0), (3, 3)];
/// Numbers far outside every window.
const FAR: i64 = 1 << 30;

/// One segment to come, relative to what its ends have reached.
#[derive(Clone, Debug)]
struct Move {
    pair: usize,
    flags: Flags,
    seq: i64,
    ack: i64,
    text_len: u32,
    window: u16,
    checksum: Checksum,
    millis: i64,
}

fn any_flags() -> impl Strategy<Value = Flags> {
    let usual = [0x02, 0x12, 0x12, 0x10, 0x10, 0x10, 0x18, 0x18, 0x11, 0x11, 0x11, 0x04, 0x14, 0xc2, 0x1c2];
    prop_oneof![19 => prop::sample::select(usual.to_vec()).prop_map(Flags), 1 => (0_u16..512).prop_map(Flags)]
}

fn any_offset() -> impl Strategy<Value = i64> {
    prop_oneof![16 => Just(0), 6 => -3_i64..4, 2 => -2000_i64..2000, 1 => prop::sample::select(vec![FAR, -FAR])]
}

fn any_move() -> impl Strategy<Value = Move> {
    let checksum = prop_oneof![
        12 => Just(Checksum::Correct), 1 => Just(Checksum::Offloaded), 1 => Just(Checksum::Unchecked),
        1 => Just(Checksum::Wrong)
    ];
    let pair = prop_oneof![12 => 0_usize..2, 2 => 2_usize..4, 1 => Just(4_usize)];
    let text_len = prop_oneof![4 => Just(0_u32), 2 => 1_u32..9, 1 => Just(1460_u32)];
    let millis = prop_oneof![40 => 0_i64..40, 2 => -5_i64..0, 2 => 1_000_i64..90_000, 1 => -90_000_i64..-999];
    let window = prop_oneof![5 => Just(65_535_u16), 1 => any::<u16>(), 1 => Just(0_u16)];
    (pair, any_flags(), any_offset(), any_offset(), text_len, window, checksum, millis).prop_map(
        |(pair, flags, seq, ack, text_len, window, checksum, millis)| Move {
            pair,
            flags,
            seq,
            ack,
            text_len,
            window,
            checksum,
            millis,
        },
    )
}

/// Turns moves into segments: each end goes on where it has got to, whose numbers start anywhere.
fn segments(starts: [u32; 4], moves: &[Move]) -> Vec<Segment> {
    let sockets: [SocketAddr; 4] =
        ["192.0.2.1:50000", "192.0.2.2:6666", "[2001:db8::3]:6666", "192.0.2.4:7000"]
            .map(|socket| socket.parse().expect("a socket"));
    let mut next = starts;
    let mut now: i64 = 1_000_000;
    let beside = |number: u32, offset: i64| SeqNumber(number.wrapping_add_signed(offset as i32));
    let mut made = Vec::new();
    for (frame, step) in (1..).zip(moves) {
        let (from, to) = PAIRS[step.pair];
        now = (now + step.millis).max(0);
        let segment = Segment {
            frame,
            time: Timestamp(u64::try_from(now).expect("not negative") * 1_000_000),
            source: sockets[from],
            destination: sockets[to],
            seq: beside(next[from], step.seq),
            ack: beside(next[to], step.ack),
            flags: step.flags,
            window: Some(step.window),
            options: Options::new(&[]),
            text_len: step.text_len,
            text: TextHead::new(b"abc"),
            checksum: step.checksum,
            cut_short: false,
            sighting: Sighting::default(),
            tunnel: None,
        };
        if step.seq == 0 {
            next[from] = segment.end().0;
        }
        made.push(segment);
    }
    made
}

fn observe(config: Config, segments: &[Segment]) -> (Vec<Step>, Vec<Connection>, u64) {
    let mut tracker = Tracker::new(config);
    let mut ended = Vec::new();
    let mut steps = Vec::new();
    for segment in segments {
        steps.push(tracker.observe(segment));
        assert!(tracker.held() <= config.most_connections, "{} held", tracker.held());
        ended.extend(tracker.ended());
    }
    tracker.finish();
    assert_eq!(tracker.held(), 0);
    ended.extend(tracker.ended());
    (steps, ended, tracker.connections())
}

/// The same without steps, as files are read for their connections alone: these may be held in brief.
fn follow(config: Config, segments: &[Segment]) -> (Vec<Connection>, u64) {
    let mut tracker = Tracker::new(config);
    let (mut ended, mut prepared) = (Vec::new(), Vec::new());
    for segment in segments {
        let unprepared = tracker.unprepared(segment);
        // What goes into brief is handed on so, and was looked at.
        match Jot::routed(segment) {
            Some((jot, route)) => {
                let coming = Coming { hash: unprepared.hash, jot: &jot };
                tracker.prepare(std::iter::once(coming), &mut prepared);
                let options = Some(&segment.options).filter(|_| jot.is_syn());
                let usual = Usual { jot: &jot, route: &route };
                tracker.follow_usual(usual, || options, prepared[0]);
            }
            None => {
                tracker.follow(segment, unprepared);
            }
        }
        assert!(tracker.held() <= config.most_connections, "{} held", tracker.held());
        ended.extend(tracker.ended());
    }
    tracker.finish();
    ended.extend(tracker.ended());
    (ended, tracker.connections())
}

/// A segment as it is handed on, in brief where it goes into that.
struct Handed<'s>(&'s Segment, Option<(Jot, Route)>);

/// Some that follow one another.
struct Few<'s>(&'s [Handed<'s>]);

impl Beside for Few<'_> {
    fn route(&self, at: usize) -> Option<&Route> {
        self.0.get(at)?.1.as_ref().map(|(_, route)| route)
    }

    fn options(&self, at: usize) -> Option<&Options> {
        self.0.get(at).map(|handed| &handed.0.options).filter(|_| self.0[at].0.flags.has(Flags::SYN))
    }
}

impl InBrief for Handed<'_> {
    fn jot(&self) -> Option<&Jot> {
        self.1.as_ref().map(|(jot, _)| jot)
    }
}

/// The same where so many are looked at together, and taken in together as far as they can be.
fn sweep(config: Config, segments: &[Segment], most: usize) -> (Vec<Connection>, u64) {
    let mut tracker = Tracker::new(config);
    let (mut ended, mut prepared) = (Vec::new(), Vec::new());
    let handed: Vec<Handed> = segments.iter().map(|segment| Handed(segment, Jot::routed(segment))).collect();
    for few in handed.chunks(most) {
        let hash = |one: &Handed| tracker.unprepared(one.0).hash;
        let coming = few.iter().map(|one| Coming { hash: hash(one), jot: one.jot().unwrap_or(&Jot::NONE) });
        tracker.prepare(coming, &mut prepared);
        let mut at = 0;
        while at < few.len() {
            at += tracker.sweep(&few[at..], &prepared[at..], &Few(&few[at..])).taken;
            if let Some(Handed(segment, usual)) = few.get(at) {
                let options = || segment.flags.has(Flags::SYN).then_some(&segment.options);
                match usual {
                    Some((jot, route)) => tracker.follow_usual(Usual { jot, route }, options, prepared[at]),
                    None => tracker.follow(segment, prepared[at]),
                };
                at += 1;
            }
            assert!(tracker.held() <= config.most_connections, "{} held", tracker.held());
            ended.extend(tracker.ended());
        }
    }
    tracker.finish();
    ended.extend(tracker.ended());
    (ended, tracker.connections())
}

/// A handshake between the sockets of a pair, and a little text.
fn handshake(pair: usize) -> Vec<Move> {
    let step = |pair, flags, text_len| Move {
        pair,
        flags: Flags(flags),
        seq: 0,
        ack: 0,
        text_len,
        window: 65_535,
        checksum: Checksum::Correct,
        millis: 1,
    };
    let answers = pair ^ 1;
    vec![
        step(pair, 0x02, 0),
        step(answers, 0x12, 0),
        step(pair, 0x10, 0),
        step(pair, 0x18, 9),
        step(answers, 0x10, 0),
    ]
}

fn steps_hold(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut last: BTreeMap<u64, (Ends<State>, Ends<bool>)> = BTreeMap::new();
    for step in steps {
        for numbers in [Numbers::Symbolic, Numbers::Relative, Numbers::Absolute] {
            prop_assert!(!step.label.show(numbers).to_string().is_empty());
        }
        let now = (step.states, step.assumed);
        let before = last.insert(step.connection, now);
        let Some(before) = before else { continue };
        let Segment { flags, checksum, .. } = step.segment;
        let is_illegal = flags.has(Flags::SYN) && flags.has_any(Flags::FIN.with(Flags::RST))
            || flags.has(Flags::FIN) && flags.has(Flags::RST)
            || !flags.has_any(Flags::SYN.with(Flags::RST).with(Flags::ACK));
        // A connection with itself shows what a segment's sending did; its arrival comes with the next.
        let is_self = step.segment.source == step.segment.destination;
        if (checksum == Checksum::Wrong || is_illegal) && !is_self {
            prop_assert_eq!(before, now, "frame {} moves something", step.segment.frame);
        }
        if is_self {
            prop_assert_eq!(now.0.client, now.0.server);
        }
        for (state, assumed) in [(now.0.client, now.1.client), (now.0.server, now.1.server)] {
            prop_assert!(state != State::Unknown || !assumed, "what is not known is not assumed either");
        }
    }
    Ok(())
}

fn connections_hold(ended: &[Connection], steps: &[Step], connections: u64) -> Result<(), TestCaseError> {
    let ids: BTreeSet<u64> = ended.iter().map(Connection::id).collect();
    prop_assert_eq!(ids.len(), ended.len(), "each is handed out once");
    prop_assert_eq!(u64::try_from(ids.len()).expect("few"), connections, "and all of them are");
    for step in steps.iter().filter(|step| !ids.contains(&step.connection)) {
        // An attempt that was answered by a challenge ACK alone, and opened nothing.
        let is_its_own = step.segment.flags.has(Flags::SYN) || step.segment.checksum == Checksum::Wrong;
        prop_assert!(is_its_own, "frame {} is of no connection", step.segment.frame);
    }
    for connection in ended {
        let (outcome, closing) = (connection.outcome(), connection.closing());
        let sent = connection.segments();
        let count = steps.iter().filter(|step| step.connection == connection.id()).count();
        prop_assert!(count > 0, "no connection without a segment");
        prop_assert_eq!(sent.client + sent.server, u64::try_from(count).expect("small"));
        if outcome == Outcome::Closed {
            prop_assert!(closing.m.is_some() && (closing.n.is_some() || connection.is_self()));
            prop_assert!(closing.kind != ClosingKind::None);
        }
        if outcome == Outcome::Reset {
            prop_assert!(closing.kind == ClosingKind::Reset && closing.first.is_some());
        }
        if outcome == Outcome::Pending || outcome == Outcome::NoAnswer {
            prop_assert_eq!(sent.server, 0, "{:?}", outcome);
        }
        findings_hold(connection, steps)?;
        let spent: Duration = connection.in_state().client.iter().map(|(_, spent)| *spent).sum();
        prop_assert!(spent <= Duration::from_secs(100 * u64::try_from(steps.len()).expect("small")));
    }
    Ok(())
}

/// Each code once, with frames that are there, and nothing that the outcome contradicts.
fn findings_hold(connection: &Connection, steps: &[Step]) -> Result<(), TestCaseError> {
    let frames: BTreeSet<u64> = steps.iter().map(|step| step.segment.frame).collect();
    let codes: BTreeSet<Code> = connection.findings().iter().map(|finding| finding.code).collect();
    prop_assert_eq!(codes.len(), connection.findings().len());
    for finding in connection.findings() {
        prop_assert!(!finding.frames.is_empty() && !finding.says.is_empty(), "{:?}", finding);
        prop_assert!(finding.frames.iter().all(|frame| frames.contains(frame)), "{:?}", finding);
        prop_assert!(finding.frames.len() <= FIRST_FRAMES + 1);
    }
    let outcome = connection.outcome();
    prop_assert_eq!(codes.contains(&Code::NoAnswer), outcome == Outcome::NoAnswer);
    prop_assert!(!codes.contains(&Code::Refused) || outcome == Outcome::Refused);
    prop_assert!(
        !codes.contains(&Code::Unsolicited) || codes.is_disjoint(&[Code::MidStream, Code::Aborted].into())
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_segments_are_followed(
        starts: [u32; 4],
        at_the_wrap in any::<bool>(),
        most_connections in prop_oneof![Just(1_usize), Just(100)],
        moves in prop::collection::vec(any_move(), 1..40),
    ) {
        let starts = if at_the_wrap { starts.map(|start| u32::MAX - start % 3) } else { starts };
        let segments = segments(starts, &moves);
        let config = Config { most_connections, keep_steps: 4, ..Config::default() };
        let (steps, ended, connections) = observe(config, &segments);
        steps_hold(&steps)?;
        connections_hold(&ended, &steps, connections)?;
        // Nor does it matter whether connections are packed meanwhile.
        let config = Config { most_whole: 1, lenders: 0, keep_steps: 0, ..config };
        let (again, ended_again, _) = observe(config, &segments);
        prop_assert_eq!(&steps, &again, "the same segments give the same steps");
        let verdicts = |ended: &[Connection]| -> Vec<_> {
            let verdict = |connection: &Connection| {
                (connection.id(), connection.outcome(), connection.closing(), connection.findings().to_vec())
            };
            ended.iter().map(verdict).collect()
        };
        prop_assert_eq!(verdicts(&ended), verdicts(&ended_again));
    }

    /// What is held in brief comes to the same as what is followed as it goes.
    #[test]
    fn in_brief_or_not_it_comes_to_the_same(
        starts: [u32; 4],
        (most_connections, most_whole, most_ended) in
            prop_oneof![Just((1_usize, 1_usize, 1_usize)), Just((100, 1, 1)), Just((100, 6, 1)), Just((2, 100, 100)), Just((100, 100, 100))],
        report_after in prop_oneof![Just(None), Just(Some(Duration::from_millis(20)))],
        first in prop::collection::vec(any_move(), 0..3),
        opens in 0_usize..3,
        moves in prop_oneof![9 => prop::collection::vec(any_move(), 1..40), 1 => prop::collection::vec(any_move(), 80..100)],
        together in 1_usize..100,
    ) {
        let config = Config { most_connections, most_whole, lenders: together % 2, most_ended, report_after, ..Config::default() };
        let opening = (0..opens).flat_map(|nth| handshake(nth * 2));
        let moves: Vec<Move> = first.into_iter().chain(opening).chain(moves).collect();
        let segments = segments(starts, &moves);
        let (_, ended, connections) = observe(config, &segments);
        let (in_brief, connections_in_brief) = follow(config, &segments);
        prop_assert_eq!(format!("{in_brief:?}"), format!("{ended:?}"));
        prop_assert_eq!(connections_in_brief, connections);
        let (swept, connections_swept) = sweep(config, &segments, together);
        prop_assert_eq!(format!("{swept:?}"), format!("{in_brief:?}"));
        prop_assert_eq!(connections_swept, connections);
    }

    /// A RST far from every window is ignored, wherever the connection stands, once both ends have spoken and none is
    /// in SYN-SENT, where its ACK decides.
    #[test]
    fn a_rst_far_off_moves_nothing(
        starts: [u32; 4],
        moves in prop::collection::vec(any_move(), 4..30),
        ahead: bool,
    ) {
        let mut moves: Vec<Move> = moves.into_iter().map(|step| Move { pair: step.pair % 2, ..step }).collect();
        moves.iter_mut().for_each(|step| {
            step.seq = step.seq.clamp(-2000, 2000);
            step.ack = step.ack.clamp(-2000, 2000);
        });
        let rst = Move {
            flags: Flags::RST, seq: if ahead { FAR } else { -FAR }, millis: 0, checksum: Checksum::Correct,
            ..moves[0].clone()
        };
        moves.push(rst);
        let (steps, ..) = observe(Config::default(), &segments(starts, &moves));
        let [.., before, after] = steps.as_slice() else { return Ok(()) };
        let of_it: Vec<&Step> = steps[..steps.len() - 1]
            .iter()
            .filter(|step| step.connection == after.connection && step.segment.flags.has(Flags::ACK))
            .collect();
        let both_spoke = [true, false].iter().all(|way| {
            of_it.iter().any(|step| (step.from == after.from) == *way
                && !step.segment.flags.has(Flags::RST)
                && step.segment.checksum != Checksum::Wrong)
        });
        if before.connection == after.connection && both_spoke {
            prop_assert_eq!(before.states, after.states);
            prop_assert_eq!(before.assumed, after.assumed);
        }
    }
}
