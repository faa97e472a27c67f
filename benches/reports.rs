//! How fast the reports write: what a row, a line or a record costs, apart from all that comes before it.
//!
//! In: connections and steps as the tracker makes them of segments written down here. Out: criterion's measures, by row.
//! Invariant: addresses, ports, times and numbers differ from row to row, as in a capture; what is written goes nowhere.

use std::hint::black_box;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::connection::Connection;
use tcpshake::analyzer::step::Step;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::options::Options;
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Records;
use tcpshake::report::quality::Quality;
use tcpshake::report::sink::Report;
use tcpshake::report::style::Style;
use tcpshake::report::summary::Summary;
use tcpshake::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use tcpshake::seq::SeqNumber;
use tcpshake::time::Timestamp;

const CONNECTIONS: u32 = 2_000;
const SYN: Flags = Flags::SYN;
const FIN: Flags = Flags::FIN;
const ACK: Flags = Flags::ACK;
const PSH: Flags = Flags::PSH;

/// Whether the client sends, control bits, how far SEQ and ACK lie from the ISS, octets of text.
type Line = (bool, Flags, u32, u32, u32);

/// A request and its answer, opened and closed as most are.
const LINES: [Line; 11] = [
    (true, SYN, 0, 0, 0),
    (false, SYN.with(ACK), 0, 1, 0),
    (true, ACK, 1, 1, 0),
    (true, ACK.with(PSH), 1, 1, 120),
    (false, ACK, 1, 121, 0),
    (false, ACK.with(PSH), 1, 121, 1_380),
    (true, ACK, 121, 1_381, 0),
    (true, FIN.with(ACK), 121, 1_381, 0),
    (false, ACK, 1_381, 122, 0),
    (false, FIN.with(ACK), 1_381, 122, 0),
    (true, ACK, 122, 1_382, 0),
];

/// The same for each connection, at other addresses, ports, numbers and times.
fn segments(connection: u32) -> impl Iterator<Item = Segment> {
    let scattered = connection.wrapping_mul(2_654_435_769);
    let [_, a, b, c] = scattered.to_be_bytes();
    let client = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, a, b, c)), 1_024 + (scattered % 60_000) as u16);
    let server = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, (c >> 1) + 1)), 443);
    let (j, k) = (scattered, scattered.rotate_left(9));
    (0_u64..).zip(LINES).map(move |(at, (is_client, flags, seq, ack, text_len))| {
        let ((source, destination), (own, other)) =
            if is_client { ((client, server), (j, k)) } else { ((server, client), (k, j)) };
        let nanoseconds = u64::from(connection) * 170_003 + at * 1_234_567 + u64::from(scattered % 9_973);
        Segment {
            frame: u64::from(connection) * 11 + at + 1,
            time: Timestamp(1_767_355_200_000_000_000 + nanoseconds),
            source,
            destination,
            seq: SeqNumber(own.wrapping_add(seq)),
            ack: SeqNumber(other.wrapping_add(ack)),
            flags,
            window: Some(64_240),
            options: if flags.has(SYN) {
                Options::new(&[2, 4, 5, 0xb4, 1, 3, 3, 7])
            } else {
                Options::default()
            },
            text_len,
            text: TextHead::new(&b"GET / HTTP/1.1\r\nHost: example.org\r\n"[..text_len.min(34) as usize]),
            checksum: Checksum::Correct,
            cut_short: false,
            sighting: Sighting::default(),
            tunnel: None,
        }
    })
}

fn observed() -> (Vec<Step>, Vec<Connection>) {
    let mut tracker = Tracker::new(Config::default());
    let steps = (0..CONNECTIONS).flat_map(segments).map(|segment| tracker.observe(&segment)).collect();
    tracker.finish();
    (steps, tracker.ended().collect())
}

fn wide() -> Style {
    Style { width: usize::MAX, ..Style::default() }
}

fn report(format: Format, style: Style) -> Box<dyn Report> {
    format.report(Box::new(io::sink()), style, Records::ALL)
}

fn reports(criterion: &mut Criterion) {
    let (steps, connections) = observed();
    let mut group = criterion.benchmark_group("reports");
    let styles = [
        ("80 columns", Style::default()),
        ("all columns", wide()),
        ("colour", Style { color: true, ..wide() }),
    ];

    group.throughput(Throughput::Elements(connections.len() as u64));
    for (name, style) in styles {
        let mut report = report(Format::Table, style);
        group.bench_function(format!("table, {name}"), |bencher| {
            bencher.iter(|| connections.iter().try_for_each(|connection| report.connection(connection)));
        });
    }
    let mut json = report(Format::Json, wide());
    group.bench_function("json, connections", |bencher| {
        bencher.iter(|| connections.iter().try_for_each(|connection| json.connection(connection)));
    });
    group.bench_function("summary, connections", |bencher| {
        bencher.iter(|| {
            let mut summary = Summary::default();
            connections.iter().for_each(|connection| summary.count_findings(black_box(connection)));
            summary
        });
    });

    group.throughput(Throughput::Elements(steps.len() as u64));
    for (name, style) in styles {
        let mut report = report(Format::Lines, style);
        group.bench_function(format!("lines, {name}"), |bencher| {
            bencher.iter(|| steps.iter().try_for_each(|step| report.segment(step)));
        });
    }
    group.bench_function("json, segments", |bencher| {
        bencher.iter(|| steps.iter().try_for_each(|step| json.segment(step)));
    });
    group.bench_function("summary, segments", |bencher| {
        bencher.iter(|| {
            let (mut summary, mut quality) = (Summary::default(), Quality::default());
            for step in &steps {
                summary.count_frame(step.segment.frame, step.segment.time);
                quality.count_segment(&black_box(step).segment, step.seen_before.is_some());
            }
            (summary, quality)
        });
    });
    group.finish();
}

criterion_group!(benches, reports);
criterion_main!(benches);
