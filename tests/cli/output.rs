//! Standard output that closes early, is full, or shares its place with standard error.

use std::fs::{self, File, OpenOptions};
use std::io::pipe;
use std::path::Path;
use std::process::Stdio;

use crate::run::{Running, fixture, said, skipped, words};

/// Everything that writes results and needs no privilege.
fn writers() -> Vec<String> {
    let path = fixture("closing/four-segment.pcap");
    let formats = ["ladder", "lines", "table", "json"].map(|format| format!("read -f {format} {path}"));
    let others = ["explain", "explain three-way", "interfaces", "interfaces -f json", "demo --list"];
    let others = others.into_iter().chain(["demo --list -f json", "--help", "--version", "help read"]);
    let real = ["message", "late-close", "ipv6"].map(|name| fixture(&format!("real/{name}.pcap")));
    let check = format!("check --expect-file {} {}", fixture("real/expectations.txt"), real.join(" "));
    let checks = ["lines", "json"].map(|format| format!("{check} -f {format}"));
    formats.into_iter().chain(checks).chain(others.map(str::to_owned)).collect()
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    for line in writers() {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let running = Running::spawn(words(&line).stdout(writer).stderr(Stdio::piped()));
        let ended = running.end();
        // `check` goes on, and warns of files whose times overlap.
        let is_quiet =
            ended.err.is_empty() || line.starts_with("check") && ended.err.contains(": begins before ");
        assert!(ended.code == Some(0) && is_quiet, "{line}: {}", ended.err);
    }
}

#[test]
fn a_reader_that_takes_one_line_is_no_error() {
    // Far more than a pipe holds, so that the program must find out.
    let path = fixture("closing/four-segment.pcap");
    let many = vec![path.as_str(); 2000].join(" ");
    let mut running = Running::start(&mut words(&format!("read -f json {many}")));
    running.out_until("\"type\":\"segment\"");
    running.stop_reading();
    let ended = running.end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""));
}

#[test]
fn a_full_disk_is_told() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return skipped("a full disk: there is no /dev/full");
    }
    for line in writers() {
        let full = OpenOptions::new().write(true).open(full).unwrap();
        let ended = Running::spawn(words(&line).stdout(full).stderr(Stdio::piped())).end();
        let expected = "tcpshake: standard output: no space left on device\n";
        assert_eq!((ended.code, ended.err.as_str()), (Some(2), expected), "{line}");
    }
}

#[test]
fn what_could_be_read_comes_before_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(fixture("closing/four-segment.pcap")).unwrap();
    let cut = folder.path().join("cut.pcap");
    fs::write(&cut, &whole[..whole.len() - 1]).unwrap();
    for format in ["ladder", "lines", "table", "json"] {
        let both = folder.path().join("both");
        let out = File::create(&both).unwrap();
        let err = out.try_clone().unwrap();
        let mut command = words(&format!("read -f {format} {}", cut.display()));
        let ended = Running::spawn(command.stdout(out).stderr(err)).end();
        assert_eq!(ended.code, Some(2));
        let both = fs::read_to_string(&both).unwrap();
        let error = both.find("tcpshake: ").expect("an error");
        assert!(both.rfind("192.0.2.1").is_some_and(|place| place < error), "{format}: {both}");
    }
}

#[test]
fn a_closed_standard_error_is_no_error() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let path = fixture("closing/four-segment.pcap");
    let mut command = words(&format!("read {path} /no/such/file"));
    let ended = Running::spawn(command.stdout(Stdio::piped()).stderr(writer)).end();
    assert_eq!((ended.code, ended.out.lines().count()), (Some(2), 9));
    assert_eq!(said(&mut words(&format!("read -q {path}"))).quietly().out, ended.out);
}
