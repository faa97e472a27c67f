//! Every JSON record agrees with `docs/tcpshake.schema.json`.
//!
//! In: connections of every kind, written down segment by segment, and random ones. Out: their records, held against
//! the schema.
//! Invariant: the schema is tight. A record with a field too many, too few, null, or of a wrong value is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod beside;

use std::net::SocketAddr;
use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::diagnosis::code::Code;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::frame::LinkType;
use tcpshake::options::Options;
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Records;
use tcpshake::report::style::Style;
use tcpshake::report::summary::Summary;
use tcpshake::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use tcpshake::seq::SeqNumber;
use tcpshake::time::Timestamp;
use tcpshake::tunnel::TunnelKind;

const SYN: Flags = Flags::SYN;
const FIN: Flags = Flags::FIN;
const RST: Flags = Flags::RST;
const ACK: Flags = Flags::ACK;

static SCHEMA: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(include_str!("../../docs/tcpshake.schema.json")).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// Who sends, the control bits, SEQ, ACK, octets of text. A segment follows 10 ms after the one before it.
type Line = (char, Flags, u32, u32, u32);

/// What the records of a connection must say, beside being valid: opening, closing, outcome.
type Says = [&'static str; 3];

/// An opening in three segments: J is 100, K is 300.
const OPENED: [Line; 3] = [('A', SYN, 100, 0, 0), ('B', SYN.with(ACK), 300, 101, 0), ('A', ACK, 101, 301, 0)];

fn cases() -> Vec<(Vec<Line>, Says)> {
    [closings(), openings(), failures()].concat()
}

fn closings() -> Vec<(Vec<Line>, Says)> {
    let opened = |rest: &[Line]| [&OPENED, rest].concat();
    let (fin_ack, rst_ack) = (FIN.with(ACK), RST.with(ACK));
    vec![
        (
            opened(&[
                ('A', fin_ack, 101, 301, 5),
                ('B', ACK, 301, 107, 0),
                ('B', fin_ack, 301, 107, 0),
                ('A', ACK, 107, 302, 0),
            ]),
            ["three-way", "four-segment", "closed"],
        ),
        (
            opened(&[('B', fin_ack, 301, 101, 0), ('A', fin_ack, 101, 302, 0), ('B', ACK, 302, 102, 0)]),
            ["three-way", "three-segment", "closed"],
        ),
        (
            opened(&[
                ('A', fin_ack, 101, 301, 0),
                ('B', fin_ack, 301, 101, 0),
                ('A', ACK, 102, 302, 0),
                ('B', ACK, 302, 102, 0),
            ]),
            ["three-way", "simultaneous", "closed"],
        ),
        (
            opened(&[('A', fin_ack, 101, 301, 0), ('B', ACK, 301, 102, 0)]),
            ["three-way", "half-closed", "half-closed"],
        ),
        (opened(&[('B', rst_ack, 301, 101, 9)]), ["three-way", "reset", "reset"]),
        (opened(&[]), ["three-way", "none", "open"]),
    ]
}

fn openings() -> Vec<(Vec<Line>, Says)> {
    let syn_ack = SYN.with(ACK);
    vec![
        (
            vec![
                ('A', SYN, 100, 0, 0),
                ('B', SYN, 300, 0, 0),
                ('A', syn_ack, 100, 301, 0),
                ('B', syn_ack, 300, 101, 0),
            ],
            ["simultaneous", "none", "open"],
        ),
        (
            vec![('A', SYN, 100, 0, 5), ('B', syn_ack, 300, 106, 0), ('A', ACK, 106, 301, 0)],
            ["fast-open", "none", "open"],
        ),
        (
            vec![('S', SYN, 100, 0, 0), ('S', syn_ack, 100, 101, 0), ('S', ACK, 101, 101, 0)],
            ["self-connect", "none", "open"],
        ),
        (vec![('A', ACK, 70, 90, 3), ('B', ACK, 90, 73, 0)], ["not-seen", "none", "open"]),
    ]
}

fn failures() -> Vec<(Vec<Line>, Says)> {
    let (syn_ack, rst_ack) = (SYN.with(ACK), RST.with(ACK));
    vec![
        (vec![('A', SYN, 100, 0, 0), ('B', rst_ack, 0, 101, 0)], ["incomplete", "none", "refused"]),
        (
            vec![('A', SYN, 100, 0, 0), ('B', syn_ack, 300, 101, 0), ('B', syn_ack, 300, 101, 0)],
            ["incomplete", "none", "syn-received"],
        ),
        (vec![('A', SYN, 100, 0, 0); 3], ["incomplete", "none", "no-answer"]),
        (vec![('A', SYN, u32::MAX, 0, 0)], ["incomplete", "none", "pending"]),
        (vec![('B', RST, 7, 0, 0)], ["not-seen", "none", "unknown"]),
        (vec![('A', SYN.with(FIN), 7, 0, 0)], ["not-seen", "none", "unknown"]),
        (vec![('A', Flags::default(), 7, 0, 0)], ["not-seen", "none", "unknown"]),
    ]
}

#[test]
fn connections_of_every_kind_agree_with_the_schema() {
    for (lines, [opening, closing, outcome]) in cases() {
        let records = records(&segments(&lines), &Summary::default());
        for record in &records {
            assert_valid(record);
        }
        let connection = records.iter().find(|record| record["type"] == "connection").unwrap();
        let said = [&connection["opening"]["kind"], &connection["closing"]["kind"], &connection["outcome"]];
        assert_eq!(said, [opening, closing, outcome], "{lines:?}");
    }
}

#[test]
fn whatever_the_summary_knows_agrees_with_the_schema() {
    let mut summary = Summary { captured: Some(12), dropped: Some(3), evicted: 1, ..Summary::default() };
    let empty = records(&[], &Summary::default());
    assert_eq!(empty.len(), 1);
    assert_eq!(empty[0].get("elapsed"), None, "no frame, no time");
    summary.count_frame(1, Timestamp::new(1, 5));
    summary.count_frame(2, Timestamp::new(2, 6));
    summary.count_unsupported(2, LinkType(105));
    let live = records(&[], &summary);
    assert_eq!(live[0]["elapsed"], json!(1.000_000_001));
    assert_eq!(live[0]["unsupported_link_types"], json!({"105": 1}));
    for record in [&empty[0], &live[0]] {
        assert_valid(record);
    }
}

#[test]
fn a_wrong_record_is_refused() {
    for record in records(&segments(&cases()[0].0), &Summary::default()) {
        let may_miss = ["window", "acknowledges", "again", "elapsed", "connection"];
        assert_tight(&record, &may_miss, &["label", "history", "says", "reference"]);
    }
}

#[test]
fn every_code_is_in_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/tcpshake.schema.json")).unwrap();
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(schema["$defs"]["code"]["enum"], json!(codes));
}

#[test]
fn every_kind_of_tunnel_is_in_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/tcpshake.schema.json")).unwrap();
    assert_eq!(schema["$defs"]["tunnel"]["enum"], json!(TunnelKind::ALL.map(TunnelKind::as_str)));
}

#[test]
fn records_chosen_are_the_records_written() {
    let segments = segments(&cases()[0].0);
    for (chosen, count) in [("segments", 7), ("connections", 1), ("summary", 1), ("findings", 1)] {
        let written = chosen_records(&segments, &Summary::default(), chosen.parse().unwrap());
        assert_eq!(written.len(), count, "{chosen}");
        assert!(written.iter().all(|record| chosen.starts_with(record["type"].as_str().unwrap())));
    }
}

proptest! {
    #[test]
    fn no_traffic_makes_a_record_that_disagrees(traffic in proptest::collection::vec(any_segment(), 1..24)) {
        for record in records(&traffic, &Summary::default()) {
            assert_valid(&record);
        }
    }
}

/// Few sockets and near numbers, so that segments meet; any control bits, options and times.
fn any_segment() -> impl Strategy<Value = Segment> {
    let sockets = prop_oneof![Just(socket('A')), Just(socket('B')), Just(socket('S'))];
    let flags = prop_oneof![
        Just(SYN),
        Just(SYN.with(ACK)),
        Just(ACK),
        Just(FIN.with(ACK)),
        Just(RST),
        (0_u16..512).prop_map(Flags)
    ];
    let number = prop_oneof![98_u32..110, 298_u32..310, any::<u32>()];
    let options = proptest::collection::vec(prop_oneof![0_u8..9, Just(30), Just(34), any::<u8>()], 0..40);
    (
        (sockets.clone(), sockets, flags),
        (number.clone(), number),
        (options, proptest::collection::vec(any::<u8>(), 0..40)),
        (0_u64..4_000_000_000_000, any::<Option<u16>>()),
    )
        .prop_map(|((source, destination, flags), (seq, ack), (options, text), (time, window))| {
            Segment {
                time: Timestamp(time),
                source,
                destination,
                flags,
                seq: SeqNumber(seq),
                ack: SeqNumber(ack),
                options: Options::new(&options),
                text: TextHead::new(&text),
                text_len: u32::try_from(text.len()).unwrap(),
                window,
                ..segment(1, ('A', ACK, 0, 0, 0))
            }
        })
}

fn assert_valid(record: &Value) {
    let errors: Vec<_> =
        SCHEMA.iter_errors(record).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{record:#}");
}

fn records(segments: &[Segment], summary: &Summary) -> Vec<Value> {
    chosen_records(segments, summary, Records::ALL)
}

fn chosen_records(segments: &[Segment], summary: &Summary, records: Records) -> Vec<Value> {
    let mut out = Vec::new();
    {
        let mut report = Format::Json.report(Box::new(&mut out), Style::default(), records);
        let mut tracker = Tracker::new(Config::default());
        for segment in segments {
            report.segment(&tracker.observe(segment)).unwrap();
        }
        tracker.finish();
        for connection in tracker.ended() {
            report.connection(&connection).unwrap();
        }
        report.summary(summary).unwrap();
    }
    let text = String::from_utf8(out).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The schema refuses `record` with anything changed; but some fields may be left out, and some hold any text.
fn assert_tight(record: &Value, may_miss: &[&str], any_text: &[&str]) {
    let refuses = |change: &dyn Fn(&mut Value)| {
        let mut wrong = record.clone();
        change(&mut wrong);
        assert!(!SCHEMA.is_valid(&wrong), "{wrong}");
    };
    refuses(&|wrong| wrong["surplus"] = json!(1));
    refuses(&|wrong| wrong["type"] = json!("packet"));
    for (name, value) in record.as_object().unwrap() {
        refuses(&|wrong| wrong[name] = Value::Null);
        if !may_miss.contains(&name.as_str()) {
            refuses(&|wrong| drop(wrong.as_object_mut().unwrap().remove(name)));
        }
        if value.is_object() {
            refuses(&|wrong| wrong[name]["surplus"] = json!(1));
        }
        if value.is_string() && !any_text.contains(&name.as_str()) {
            refuses(&|wrong| wrong[name] = json!("something_else"));
        }
        if value.is_number() {
            refuses(&|wrong| wrong[name] = json!(-1));
            refuses(&|wrong| wrong[name] = json!("1"));
        }
    }
}

fn segments(lines: &[Line]) -> Vec<Segment> {
    (1..).zip(lines).map(|(frame, line)| segment(frame, *line)).collect()
}

fn segment(frame: u64, (from, flags, seq, ack, text_len): Line) -> Segment {
    let to = match from {
        'A' => 'B',
        'B' => 'A',
        other => other,
    };
    Segment {
        frame,
        time: Timestamp::new(1_767_355_200, 123).after(std::time::Duration::from_millis(10 * frame)),
        source: socket(from),
        destination: socket(to),
        seq: SeqNumber(seq),
        ack: SeqNumber(ack),
        flags,
        window: Some(65_535),
        options: Options::default(),
        text_len,
        text: TextHead::default(),
        checksum: Checksum::Correct,
        cut_short: false,
        sighting: Sighting::default(),
        tunnel: None,
    }
}

fn socket(name: char) -> SocketAddr {
    let text = match name {
        'A' => "192.0.2.2:50000",
        'B' => "192.0.2.1:6666",
        _ => "[2001:db8::1]:7000",
    };
    text.parse().unwrap()
}
