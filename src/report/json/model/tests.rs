//! What is put together by hand, held against `serde_json`: any traffic, octet for octet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::analyzer::config::Config;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::severity::Confidence;
use crate::analyzer::moves::{ACK, FIN, HANDSHAKE, Move, any_move, segments};
use crate::analyzer::tracker::Tracker;
use crate::options::Options;
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::Clock;
use crate::report::json;
use crate::report::json::pen::Page;
use crate::report::json::rare::Seconds;
use crate::report::samples;
use crate::report::times::Decimal;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;
use crate::time::Timestamp;
use crate::tunnel::{Passage, Tunnel, TunnelKind};

const NUMBERS: [Numbers; 3] = [Numbers::Symbolic, Numbers::Relative, Numbers::Absolute];

fn by_hand(record: impl Put) -> String {
    let mut out = Buffer::new();
    out.add(record);
    out.as_str().to_owned()
}

/// Compares all records of this traffic; gives back those of the connections, and how many of these went by the book.
fn compare(segments: &[Segment]) -> (Vec<String>, usize) {
    let (mut tracker, mut clocks) = (Tracker::new(Config::default()), <[Clock; 2]>::default());
    let (mut page, mut by_the_book) = (Page::default(), 0);
    for each in segments {
        let step = tracker.observe(each);
        for numbers in NUMBERS {
            assert_eq!(
                by_hand(json::segment::SegmentRecord {
                    step: &step,
                    numbers,
                    time: clocks[0].stamp(each.time)
                }),
                segment(&step, numbers)
            );
        }
    }
    tracker.finish();
    let compared = tracker.ended().map(|ended| {
        for found in ended.findings() {
            let record = json::finding::FindingRecord { connection: Some(ended.id()), finding: found };
            assert_eq!(by_hand(record), finding(found, Some(ended.id())));
        }
        let record = json::connection::ConnectionRecord::of(&ended, &mut clocks);
        let wanted = connection(&ended) + "\n";
        assert_eq!(by_hand(&record), wanted);
        let is_line = |line: Option<&[u8]>| line.is_none_or(|line| line == wanted.as_bytes());
        assert!(is_line(record.any_line(&mut page)), "{wanted}");
        if let Some(course) = ended.went_by_the_book() {
            assert!(is_line(record.line(&course, &mut page)), "{wanted}");
            by_the_book += 1;
        }
        wanted
    });
    let records = compared.collect();
    (records, by_the_book)
}

#[test]
fn ordinary_connections() {
    for segments in [samples::closed(), samples::refused(), samples::mid_stream(), samples::crossed()] {
        assert_eq!(compare(&segments).0.len(), 1);
    }
    assert_eq!(compare(&samples::closed()).1, 1);
}

#[test]
fn a_repeated_syn_has_its_intervals() {
    let syn = samples::closed().remove(0);
    let again = (0..4).map(|times: u64| {
        let time = syn.time.after(Duration::from_secs((1 << times) - 1));
        Segment { frame: times + 1, time, ..syn.clone() }
    });
    let (records, _) = compare(&again.collect::<Vec<_>>());
    let wanted = r#""measures":{"retry_intervals":[1,2,4],"retry_profile":"rfc6298","in_state":"#;
    assert!(records[0].contains(wanted), "{}", records[0]);
}

#[test]
fn a_finding_says_anything() {
    for (frames, rivals) in [(vec![], vec![]), (vec![1], vec!["\"x\""]), (vec![1, u64::MAX], vec!["a", "\\"])]
    {
        let says = "a \"quoted\" word\n\u{1b}[2J\u{7f} §".to_owned();
        let found = Finding { code: Code::NoAnswer, frames, confidence: Confidence::Likely, says, rivals };
        for connection in [None, Some(7)] {
            let record = json::finding::FindingRecord { connection, finding: &found };
            assert_eq!(by_hand(record), finding(&found, connection));
        }
    }
}

proptest! {
    #[test]
    fn any_traffic(segments in proptest::collection::vec(any_segment(), 1..24)) {
        compare(&segments);
    }

    #[test]
    fn any_connection_that_closes(
        starts: [u32; 2],
        moves in proptest::collection::vec(any_move(), 0..6),
        by_client: bool,
        between in 0_usize..3,
        pauses: [u64; 4],
        unit in prop_oneof![Just(1_u64), Just(1_000), Just(1_000_000)],
    ) {
        let fins = [Move::next(by_client, FIN, 0), Move::next(!by_client, FIN, 0), Move::next(by_client, ACK, 0)];
        let closing = [&fins[..1], &vec![Move::next(!by_client, ACK, 0); between], &fins[1..]].concat();
        let mut all = segments(starts, &[HANDSHAKE.as_slice(), &moves, &closing].concat());
        // Pauses of any length, whole microseconds and milliseconds among them.
        let mut time = 0_u64;
        for (each, pause) in all.iter_mut().zip(pauses.iter().cycle()) {
            time = time.saturating_add(pause % 3_000_000_000 / unit * unit);
            each.time = Timestamp(time);
        }
        let (records, by_the_book) = compare(&all);
        prop_assert!(!moves.is_empty() || (records.len(), by_the_book) == (1, 1), "{:?}", records);
    }

    #[test]
    fn any_duration(nanoseconds: u64, bits in 0_u32..64) {
        let span = Duration::from_nanos(nanoseconds >> bits);
        prop_assert_eq!(by_hand(Decimal(span)), written(&Seconds(span)));
    }
}

/// Few sockets and near numbers, so that segments meet; any control bits, options and times.
fn any_segment() -> impl Strategy<Value = Segment> {
    let socket = prop_oneof![Just("192.0.2.2:50000"), Just("192.0.2.1:6666"), Just("[2001:db8::1]:7000")]
        .prop_map(|text| text.parse::<SocketAddr>().unwrap());
    let flags = prop_oneof![
        Just(Flags::SYN),
        Just(Flags::SYN.with(Flags::ACK)),
        Just(Flags::ACK),
        Just(Flags::FIN.with(Flags::ACK)),
        (0_u16..512).prop_map(Flags)
    ];
    let number = prop_oneof![98_u32..110, 298_u32..310, any::<u32>()];
    let options = proptest::collection::vec(prop_oneof![0_u8..9, Just(30), Just(34), any::<u8>()], 0..40);
    let tunnel = prop_oneof![9 => Just(0_usize), 1 => 1_usize..3];
    (
        (socket.clone(), socket, flags, tunnel),
        (number.clone(), number),
        (options, proptest::collection::vec(any::<u8>(), 0..40)),
        (any::<u64>(), prop_oneof![Just(1_u32), 0_u32..64], any::<Option<u16>>()),
    )
        .prop_map(
            |((source, destination, flags, depth), (seq, ack), (options, text), (time, bits, window))| {
                let passage = Passage::new(TunnelKind::Vxlan, source.ip(), destination.ip(), Some(7));
                Segment {
                    frame: u64::from(seq),
                    time: Timestamp(time >> bits),
                    source,
                    destination,
                    seq: SeqNumber(seq),
                    ack: SeqNumber(ack),
                    flags,
                    window,
                    options: Options::new(&options),
                    text_len: text.len() as u32,
                    text: TextHead::new(&text),
                    checksum: Checksum::Correct,
                    cut_short: false,
                    sighting: Sighting::default(),
                    tunnel: (depth > 0).then(|| Arc::new(Tunnel::new(&vec![passage; depth]))),
                }
            },
        )
}
