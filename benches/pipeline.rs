//! How long each stage takes: octets to frames, frames to segments, segments to connections, connections to text; then all.
//!
//! In: a few thousand connections of the workload `many`, and some downloads of `bulk`, in memory. Out: criterion's measures, by segment.
//! Invariant: what is measured is the library as `read` uses it, on one core; nothing is timed in a test.

#[path = "workload/bulk.rs"]
mod bulk;
#[path = "workload/many.rs"]
mod many;
#[path = "workload/output.rs"]
mod output;
#[path = "workload/random.rs"]
mod random;
#[path = "workload/segment.rs"]
mod segment;

use std::hint::black_box;
use std::io::{self, Cursor};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::capture::batch::Batch;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::Turn;
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::frame::Frame;
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Records;
use tcpshake::report::sink::Report;
use tcpshake::report::style::Style;
use tcpshake::segment::Segment;

const CONNECTIONS: u32 = 10_000;
const DOWNLOADS: u32 = 100;

fn capture(write: impl Fn(&mut random::Random, &mut output::Output<'_>) -> io::Result<()>) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut output = output::Output::new(&mut octets).expect("a vector takes all");
    write(&mut random::Random::new(1), &mut output).expect("a vector takes all");
    assert!(output.segments() > u64::from(CONNECTIONS), "a workload");
    octets
}

fn segments_of(capture: &[u8]) -> Vec<Segment> {
    let mut segments = Vec::new();
    each_segment(capture, |segment| segments.push(segment.clone()));
    segments
}

fn each_frame(capture: &[u8], mut with: impl FnMut(&Frame<'_>)) {
    let mut source = Files::from_reader("workload", Cursor::new(capture.to_vec()));
    let mut batch = Batch::default();
    while source.next_batch(&mut batch).expect("a sound capture") == Turn::Frames {
        batch.frames().for_each(|frame| with(&frame));
    }
}

fn each_segment(capture: &[u8], mut with: impl FnMut(&Segment)) {
    let mut decoder = Decoder::new(DEPTH);
    each_frame(capture, |frame| {
        if let Ok(Decoded::Segment(segment)) = decoder.decode(frame) {
            with(&segment);
        }
    });
}

fn pipeline(criterion: &mut Criterion) {
    let downloads = segments_of(&capture(|random, output| bulk::write(DOWNLOADS, random, output)));
    let capture = capture(|random, output| many::write(CONNECTIONS, 5000, random, output));
    let segments = segments_of(&capture);
    let mut group = criterion.benchmark_group("pipeline");
    group.sample_size(20).throughput(Throughput::Elements(segments.len() as u64));
    group.bench_function("read", |bencher| {
        bencher.iter(|| each_frame(&capture, |frame| _ = black_box(frame.wire_len)));
    });
    group.bench_function("read and decode", |bencher| {
        bencher.iter(|| each_segment(&capture, |segment| _ = black_box(segment.seq)));
    });
    follow(&mut group, "follow", &segments);
    group.bench_function("label", |bencher| {
        bencher.iter(|| {
            let mut tracker = Tracker::new(Config::default());
            segments.iter().for_each(|segment| drop(black_box(tracker.observe(segment))));
        });
    });
    for (name, format, records) in [
        ("all, to lines", Format::Lines, Records::ALL),
        ("all, to a table", Format::Table, Records::ALL),
        ("all, to JSON", Format::Json, Records::ALL),
    ] {
        whole(&mut group, name, &capture, || format.report(Box::new(io::sink()), Style::default(), records));
    }
    group.throughput(Throughput::Elements(downloads.len() as u64));
    follow(&mut group, "follow, downloads", &downloads);
    group.finish();
}

/// From segments to connections.
fn follow(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, segments: &[Segment]) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let mut tracker = Tracker::new(Config::default());
            for segment in segments {
                black_box(tracker.follow(segment, tracker.unprepared(segment)));
                tracker.ended().for_each(|connection| drop(black_box(connection)));
            }
            tracker.finish();
            tracker.ended().for_each(|connection| drop(black_box(connection)));
        });
    });
}

/// From octets to text.
fn whole(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    capture: &[u8],
    report: impl Fn() -> Box<dyn Report>,
) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            let mut report = report();
            let mut tracker = Tracker::new(Config::default());
            each_segment(capture, |segment| {
                report.segment(&tracker.observe(segment)).expect("a sink takes all");
                for connection in tracker.ended() {
                    report.connection(&connection).expect("a sink takes all");
                }
            });
            tracker.finish();
            for connection in tracker.ended() {
                report.connection(&connection).expect("a sink takes all");
            }
        });
    });
}

criterion_group!(benches, pipeline);
criterion_main!(benches);
