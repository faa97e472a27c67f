//! `read`: every format, several files as one input, standard input, filters, and the choice of records.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use jsonschema::validator_for;
use serde_json::Value;

use crate::run::{Running, Said, fixture, run, said, tcpshake, text, words};

const FORMATS: [&str; 4] = ["ladder", "lines", "table", "json"];

/// What `read` says of one fixture in a format.
fn read(format: &str, name: &str) -> Said {
    run(&format!("read --format {format} {}", fixture(name)))
}

/// Every capture under `fixtures/` of a link type that is read.
fn fixtures() -> Vec<String> {
    let folders = fs::read_dir(fixture("")).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|path| fs::read_dir(path).unwrap());
    let is_capture = |path: &Path| {
        path.extension().is_some_and(|end| end == "pcap" || end == "pcapng")
            && !path.ends_with("link/not-supported.pcap")
            && !path.ends_with("finding/unsupported-link.pcap")
    };
    let paths = files.map(|entry| entry.unwrap().path()).filter(|path| is_capture(path));
    let mut all: Vec<String> = paths.map(|path| text(&path).to_owned()).collect();
    all.sort();
    all
}

fn labels(records: &[Value]) -> Vec<&str> {
    records.iter().filter_map(|record| record["label"].as_str()).collect()
}

#[test]
fn every_fixture_is_read_in_every_format() {
    let all = fixtures();
    assert!(all.len() > 80, "{}", all.len());
    for format in FORMATS {
        let files = all.iter().map(String::as_str);
        let read = said(&mut tcpshake(["read", "-q", "--format", format].into_iter().chain(files)));
        assert!(!read.out.is_empty());
        assert_eq!((read.code, read.err.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn frames_of_a_link_type_that_is_not_read_are_left_out() {
    let read = read("json", "link/not-supported.pcap").with_code(2);
    let summary = read.records().pop().unwrap();
    assert_eq!((&summary["frames"], &summary["unsupported_link"]), (&2.into(), &2.into()));
    assert!(read.err.starts_with("tcpshake: link type 147: not supported"), "{}", read.err);
}

#[test]
fn every_json_record_agrees_with_the_schema() {
    let schema = serde_json::from_str(include_str!("../../docs/tcpshake.schema.json")).unwrap();
    let schema = validator_for(&schema).unwrap();
    let all = fixtures();
    let files = all.iter().map(String::as_str);
    let said = said(&mut tcpshake(["read", "-q", "--format", "json"].into_iter().chain(files))).quietly();
    let records = said.records();
    for (line, record) in said.out.lines().zip(&records) {
        if let Err(error) = schema.validate(record) {
            panic!("{error}: {line}");
        }
        assert!(line.starts_with("{\"type\":\""), "{line}");
    }
    let count = |kind: &str| records.iter().filter(|record| record["type"] == kind).count() as u64;
    let summary = records.last().unwrap();
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["segments"].as_u64(), Some(count("segment")));
    assert_eq!(summary["connections"].as_u64(), Some(count("connection")));
    assert_eq!(count("summary"), 1, "several files are one input");
}

#[test]
fn lines_are_the_default_and_the_summary_is_no_result() {
    let name = "closing/four-segment.pcap";
    let bare = run(&format!("read {}", fixture(name))).with_code(0);
    assert_eq!(bare.out, read("lines", name).out);
    assert_eq!(bare.out.lines().count(), 9);
    assert_eq!(bare.err, "9 frames, 9 segments in 1 connection\n");
    let quiet = run(&format!("read -q {}", fixture(name))).quietly();
    assert_eq!(quiet.out, bare.out);
}

#[test]
fn each_format_shows_the_connection() {
    let name = "closing/four-segment.pcap";
    let ladder = read("ladder", name).with_code(0).out;
    let arrows = ladder.lines().filter(|line| line.contains("->|") || line.contains("|<-")).count();
    assert_eq!(arrows, 9, "{ladder}");
    assert!(ladder.contains("J = 1000   K = 5000   M = J+7 = 1007   N = K+1 = 5001"), "{ladder}");
    assert!(ladder.lines().all(|line| line.chars().count() <= 80), "{ladder}");
    let lines = read("lines", name).with_code(0).out;
    assert!(lines.lines().all(|line| line.contains("192.0.2.1:50000") && line.contains("192.0.2.2:6666")));
    let table = read("table", name).with_code(0).out;
    let row: Vec<&str> = table.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(row[..3], ["1", "192.0.2.1:50000", "192.0.2.2:6666"], "{table}");
    for word in ["three-way", "four-segment", "closed", "TIME-WAIT", "(CLOSED)", "SF"] {
        assert!(row.contains(&word), "{word}: {table}");
    }
    let records = read("json", name).quietly().records();
    let expected =
        ["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA 6", "ACK J+7", "FIN M", "ACK M+1", "FIN N", "ACK N+1"];
    assert_eq!(labels(&records), expected);
    let types: Vec<&str> = records.iter().filter_map(|record| record["type"].as_str()).collect();
    assert_eq!(types[9..], ["connection", "summary"]);
}

#[test]
fn several_files_are_one_input_with_running_frame_numbers() {
    let [first, second] = ["opening/three-way.pcap", "link/pcapng.pcapng"].map(fixture);
    let frames = |said: &Said| -> Vec<u64> {
        said.records().iter().filter_map(|record| record["frame"].as_u64()).collect()
    };
    let both = run(&format!("read -q -f json {first} {second}")).quietly();
    let numbers = frames(&both);
    let one = frames(&run(&format!("read -f json {first}")).quietly()).len();
    assert!(one > 0 && numbers.len() > one);
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let swapped = frames(&run(&format!("read -q -f json {second} {first}")).quietly());
    assert_eq!(swapped, numbers);
}

#[test]
fn standard_input_is_a_dash() {
    let path = fixture("closing/four-segment.pcap");
    let expected = run(&format!("read {path}")).with_code(0);
    let file = said(words("read -").stdin(File::open(&path).unwrap())).with_code(0);
    assert_eq!((&file.out, &file.err), (&expected.out, &expected.err), "a file as standard input");
    let mut running = Running::start(words("read -").stdin(Stdio::piped()));
    let mut pipe = running.input();
    for part in fs::read(&path).unwrap().chunks(7) {
        pipe.write_all(part).unwrap();
    }
    drop(pipe);
    assert_eq!(running.end().with_code(0).out, expected.out, "a pipe, in small pieces");
    let name = fixture("opening/three-way.pcap");
    let mixed = said(words(&format!("read -q -f json - {name}")).stdin(File::open(&path).unwrap())).quietly();
    assert!(mixed.records().len() > 11);
}

#[test]
fn a_file_called_dash_or_like_an_option_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["-", "-x.pcap", "a b.pcap", "größe.pcap"] {
        fs::copy(fixture("closing/four-segment.pcap"), folder.path().join(name)).unwrap();
        let path = format!("./{name}");
        let read = said(tcpshake(["read", "-f", "json", "--", &path]).current_dir(folder.path())).quietly();
        assert_eq!(labels(&read.records()).len(), 9, "{name}");
    }
}

#[test]
fn a_filter_passes_frames_and_keeps_their_numbers_apart() {
    let path = fixture("opening/two-connections.pcap");
    let filtered = |filter: &str| said(&mut tcpshake(["read", "-f", "json", "--filter", filter, &path]));
    let third = filtered("host 192.0.2.3").quietly().records();
    assert_eq!(labels(&third), ["SYN J", "SYN K, ACK J+1", "ACK K+1"]);
    assert!(third.iter().filter(|record| record["type"] == "segment").all(|segment| {
        [&segment["source"]["addr"], &segment["destination"]["addr"]].contains(&&Value::from("192.0.2.3"))
    }));
    let none = filtered("port 1").quietly().records();
    assert_eq!((none.len(), none[0]["frames"].as_u64()), (1, Some(0)), "a summary, and nothing else");
    filtered("").quietly();
}

#[test]
fn records_can_be_chosen() {
    let path = fixture("closing/four-segment.pcap");
    for (list, lines) in
        [("segments", 9), ("connections", 1), ("findings", 0), ("summary", 1), ("summary,segments", 10)]
    {
        let chosen = run(&format!("read -f json --records {list} {path}")).quietly();
        assert_eq!(chosen.records().len(), lines, "{list}");
    }
}
