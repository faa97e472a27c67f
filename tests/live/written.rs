//! What a demo writes to a file: read again with the same labels, and read by others.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run::{free_port, has, run, said, text};
use crate::{SCENARIOS, closing, has_ipv6, labels, labels_of, may_capture};

/// What must not differ between a demo and its capture.
fn facts(records: &[Value]) -> Vec<Value> {
    let mut records = records.to_vec();
    records.retain(|record| !["summary", "call", "kernel"].iter().any(|kind| record["type"] == *kind));
    records
}

/// How many lines a tool prints about a capture, with nothing to complain about.
fn lines_of(tool: &str, path: &Path) -> usize {
    let read = said(Command::new(tool).args(["-n", "-r", text(path)])).with_code(0);
    read.out.lines().count()
}

#[test]
fn a_written_demo_is_read_alike() {
    if !may_capture("a written demo") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    let families = if has_ipv6("a written demo over IPv6") { &["", "-6"][..] } else { &[""] };
    for (scenario, may_close) in SCENARIOS {
        for family in families {
            let port = free_port();
            let options = format!("--port {port} {family} --write {}", path.display());
            let played = run(&format!("demo {scenario} -f json {options}")).quietly().records();
            let read = run(&format!("read -f json {}", path.display())).quietly().records();
            let expected = labels_of(&closing(&read, may_close));
            assert_eq!(labels(&read), expected);
            assert_eq!(facts(&read), facts(&played), "times, numbers, states, findings: all alike");
            for tool in ["tcpdump", "tshark"] {
                if has(tool, "a written demo read by others") {
                    assert_eq!(lines_of(tool, &path), expected.len(), "{tool}");
                }
            }
        }
    }
}

#[test]
fn a_long_message_is_written_whole() {
    if !may_capture("a long message, written") || !has("tshark", "a long message, written") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.pcap");
    let message = "z".repeat(10_000);
    let options = format!("--port {} --message {message} -w {}", free_port(), path.display());
    run(&format!("demo -q {options}")).quietly();
    let mut follow = Command::new("tshark");
    follow.args(["-n", "-r", text(&path), "-T", "fields", "-e", "tcp.payload"]);
    let octets = said(&mut follow).with_code(0).out.trim().replace(['\n', ' '], "");
    assert_eq!(octets, "7a".repeat(10_000));
}

#[test]
fn a_capture_on_standard_output_stands_there_alone() {
    if !may_capture("a capture on standard output") {
        return;
    }
    let port = free_port();
    let written = run(&format!("demo --port {port} --write -")).quietly();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stdout.pcap");
    std::fs::write(&path, &written.octets).unwrap();
    let read = run(&format!("read -f json {}", path.display())).quietly().records();
    assert_eq!(labels(&read), labels_of(&closing(&read, SCENARIOS[0].1)));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_reader_of_the_demo_that_has_gone_is_no_error() {
    if !may_capture("a closed pipe") {
        return;
    }
    for options in ["", "--format json", "--format lines -q", "--write -"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = crate::run::words(&format!("demo --port {} {options}", free_port()));
        command.stdout(writer).stderr(std::process::Stdio::piped());
        let ended = crate::run::Running::spawn(&mut command).end();
        assert_eq!(ended.code, Some(0), "{options}: {}", ended.err);
        assert!(!ended.err.contains("tcpshake:"), "{options}: {}", ended.err);
    }
}
