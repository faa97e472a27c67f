//! How fast frames become segments, segments become steps, and steps become text.
//!
//! In: one captured connection, multiplied to a thousand by its client's port. Out: criterion's measures, by segment.
//! Invariant: what is measured is the library as `read` uses it; nothing is timed in a test.

use std::hint::black_box;
use std::io;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Records;
use tcpshake::report::style::Style;
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

const CAPTURE: &str = "fixtures/closing/three-segment.pcap";
const CONNECTIONS: u16 = 1000;

/// A frame by value.
struct Kept {
    time: Timestamp,
    link: LinkType,
    octets: Vec<u8>,
    wire_len: u32,
}

fn frames() -> Vec<Kept> {
    let mut source = Files::new([Path::new(env!("CARGO_MANIFEST_DIR")).join(CAPTURE)]);
    let mut kept = Vec::new();
    loop {
        match source.next_frame().expect("a sound capture") {
            Next::Frame(Frame { time, link, octets, wire_len, .. }) => {
                kept.push(Kept { time, link, octets: octets.to_vec(), wire_len });
            }
            Next::Quiet => {}
            Next::End => return kept,
        }
    }
}

fn segments() -> Vec<Segment> {
    let frames = frames();
    let mut decoder = Decoder::new(DEPTH);
    let mut segments = Vec::new();
    for (number, kept) in (1..).zip(&frames) {
        let Kept { time, link, octets, wire_len } = kept;
        let frame = Frame { number, time: *time, link: *link, interface: 0, octets, wire_len: *wire_len };
        if let Ok(Decoded::Segment(segment)) = decoder.decode(&frame) {
            segments.push(segment);
        }
    }
    // All connections at the same time: what is measured is the table, not one hot entry.
    let spread = |segment: &Segment| {
        (0..CONNECTIONS)
            .map(|more| {
                let mut segment = segment.clone();
                let client = if segment.source.port() == 6666 {
                    &mut segment.destination
                } else {
                    &mut segment.source
                };
                client.set_port(10_000 + more);
                segment
            })
            .collect::<Vec<_>>()
    };
    segments.iter().flat_map(spread).collect()
}

fn pipeline(criterion: &mut Criterion) {
    let frames = frames();
    let mut group = criterion.benchmark_group("pipeline");
    group.throughput(Throughput::Elements(frames.len() as u64));
    group.bench_function("decode", |bencher| {
        let mut decoder = Decoder::new(DEPTH);
        bencher.iter(|| {
            for (number, Kept { time, link, octets, wire_len }) in (1..).zip(&frames) {
                let frame =
                    Frame { number, time: *time, link: *link, interface: 0, octets, wire_len: *wire_len };
                let _ = black_box(decoder.decode(black_box(&frame)));
            }
        });
    });

    let segments = segments();
    group.throughput(Throughput::Elements(segments.len() as u64));
    group.bench_function("track", |bencher| {
        bencher.iter(|| {
            let mut tracker = Tracker::new(Config::default());
            for segment in &segments {
                black_box(tracker.observe(segment));
            }
            tracker.finish();
            black_box(tracker.ended().count())
        });
    });
    for format in [Format::Lines, Format::Table, Format::Json] {
        group.bench_function(format!("track and print {format}"), |bencher| {
            bencher.iter(|| {
                let mut tracker = Tracker::new(Config::default());
                let mut report = format.report(Box::new(io::sink()), Style::default(), Records::ALL);
                for segment in &segments {
                    report.segment(&tracker.observe(segment)).expect("a sink takes all");
                }
                tracker.finish();
                for connection in tracker.ended() {
                    report.connection(&connection).expect("a sink takes all");
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
