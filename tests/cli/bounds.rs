//! Bounds: many connections at a time, on one core and on several, from files and from pipes.
//!
//! In: captures made here. Out: what was let go, and that the rest is the same however the work is spread.
//! Invariant: a bound makes the program let go, say so and count; how the work is spread changes nothing that comes out.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::run::{PROGRAM, Said, said, skipped, tcpshake};

/// A capture of raw IPv4 in which `connections` clients send a SYN, the server answers, the client acknowledges, and so
/// on in turns: `rounds` of the three.
fn capture(path: &Path, connections: u16, rounds: usize) {
    let mut octets = Vec::from(0xA1B2_C3D4_u32.to_le_bytes());
    octets.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 101, 0, 0, 0]);
    for (round, (by_client, flags, seq, ack)) in
        [(true, 2, 100_u32, 0_u32), (false, 0x12, 300, 101), (true, 0x10, 101, 301)]
            .into_iter()
            .take(rounds)
            .enumerate()
    {
        for client in 0..connections {
            let (one, other) = ([192, 0, 2, 1], [192, 0, 2, 2]);
            let port = 1024 + client;
            let ((source, from), (destination, to)) =
                if by_client { ((one, port), (other, 80)) } else { ((other, 80_u16), (one, port)) };
            let micros = u32::try_from(round).unwrap() * 100_000 + u32::from(client);
            octets.extend([micros / 1_000_000, micros % 1_000_000, 40, 40].map(u32::to_le_bytes).concat());
            octets.extend([0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0]);
            octets.extend([source, destination].concat());
            octets.extend([from.to_be_bytes(), to.to_be_bytes()].concat());
            octets.extend([seq.to_be_bytes(), ack.to_be_bytes()].concat());
            octets.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        }
    }
    std::fs::write(path, octets).unwrap();
}

/// What `read` gives as JSON.
fn records(arguments: &[&str], path: &Path) -> Said {
    said(tcpshake(["read", "--format", "json"].into_iter().chain(arguments.iter().copied())).arg(path))
}

#[test]
fn what_is_too_much_is_let_go_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("syns.pcap");
    capture(&path, 500, 1);
    let bounded =
        records(&["--records", "connections,summary", "--max-connections", "10"], &path).with_code(0);
    let lines: Vec<Value> = bounded.records();
    let (summary, connections) = lines.split_last().unwrap();
    assert_eq!((&summary["connections"], &summary["evicted"]), (&500.into(), &490.into()));
    let ids: Vec<u64> = connections.iter().map(|line| line["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (1..=500).collect::<Vec<u64>>(), "each is handed out, the oldest first");
    let table = said(tcpshake(["read", "--format", "table", "--max-connections", "10"]).arg(&path));
    assert!(table.err.contains("490 connections let go early"), "{}", table.err);
    let all = records(&["--records", "summary"], &path);
    assert!(all.out.contains(r#""evicted":0"#), "{}", all.out);
}

#[test]
fn what_a_leap_in_time_ends_is_told_behind_the_segment_that_shows_it_unless_it_is_much() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leap.pcap");
    for count in [200, 601, 3000] {
        capture(&path, count, 1);
        let mut octets = std::fs::read(&path).unwrap();
        let last = octets.len() - 56;
        octets[last..last + 4].copy_from_slice(&1000_u32.to_le_bytes());
        std::fs::write(&path, octets).unwrap();
        let all = records(&["--records", "segments,connections"], &path).with_code(0);
        let (segments, connections): (Vec<_>, Vec<_>) =
            all.out.lines().enumerate().partition(|(_, line)| line.contains(r#""type":"segment""#));
        let count = usize::from(count);
        assert_eq!((segments.len(), connections.len()), (count, count));
        assert_eq!(segments[count - 2].0, count - 2, "no connection ends before the leap");
        let behind = 2 * count - 1 - segments[count - 1].0;
        if count < 256 {
            assert_eq!(behind, count, "all are told behind it");
        } else {
            // Twice as many as are handed on at a time may stay, less a few; and the one that begins with it.
            assert!((1..=2 * 256).contains(&behind), "{behind} of {count}");
        }
        let alone = records(&["--records", "connections"], &path).with_code(0);
        let connections: Vec<&str> = connections.into_iter().map(|(_, line)| line).collect();
        assert_eq!(alone.out.lines().collect::<Vec<_>>(), connections);
        let alone = on_one_core(&["read", "--format", "json", "--records", "segments,connections"])
            .arg(&path)
            .output();
        match alone {
            Ok(alone) => assert!(alone.stdout == all.octets, "on one core"),
            Err(error) => skipped(&format!("one core: taskset: {error}")),
        }
    }
}

#[test]
fn attempts_go_before_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("open.pcap");
    capture(&path, 20, 3);
    let mut octets = std::fs::read(&path).unwrap();
    let syns = folder.path().join("syns.pcap");
    capture(&syns, 2000, 1);
    octets.extend(std::fs::read(&syns).unwrap().split_off(24 + 20 * 56));
    std::fs::write(&path, octets).unwrap();
    let said = records(&["--records", "connections", "--max-connections", "100"], &path).with_code(0);
    let open = said.out.lines().filter(|line| line.contains(r#""outcome":"open""#)).count();
    assert_eq!(open, 20, "none of them was let go before the end, when all are");
    let last: Vec<&str> = said.out.lines().rev().take(100).collect();
    assert_eq!(last.iter().filter(|line| line.contains(r#""outcome":"open""#)).count(), 20);
}

#[test]
fn one_core_and_several_give_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.pcap");
    // More than are held whole, so that some are packed; the table of ports ends at 65,535.
    capture(&path, 17_000, 3);
    let arguments = ["--records", "connections,findings,summary"];
    let several = records(&arguments, &path).with_code(0);
    assert_eq!(several.out.lines().filter(|line| line.contains(r#""outcome":"open""#)).count(), 17_000);
    let piped = ["read", "-", "--format", "json"].into_iter().chain(arguments);
    let piped = said(tcpshake(piped).stdin(File::open(&path).unwrap()));
    assert_eq!(piped.octets, several.octets, "from standard input");
    let mut alone = on_one_core(&["read", "--format", "json"]);
    match alone.args(arguments).arg(&path).output() {
        Ok(alone) => assert_eq!(alone.stdout, several.octets, "on one core"),
        Err(error) => skipped(&format!("one core: taskset: {error}")),
    }
}

fn on_one_core(arguments: &[&str]) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0", PROGRAM]).args(arguments);
    command
}

#[test]
fn one_core_says_the_same_of_steps_errors_filters_and_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.pcap");
    let whole = std::fs::read("fixtures/closing/three-segment.pcap").unwrap();
    std::fs::write(&cut, &whole[..whole.len() - 7]).unwrap();
    let (good, cut) = ("fixtures/rfc9293/figure-06.pcap", cut.to_str().unwrap());
    for arguments in [
        &["read", "--format", "json", good][..],
        &["read", "--format", "lines", cut, good],
        &["read", "--format", "ladder", "--filter", "tcp", good, cut],
        &["read", "--format", "table", "fixtures/README.md", good],
        &["check", "--expect", "handshake=three-way", cut],
    ] {
        let several = tcpshake(arguments.iter().copied()).output().unwrap();
        match on_one_core(arguments).output() {
            Ok(alone) => assert_eq!(alone, several, "{arguments:?}"),
            Err(error) => return skipped(&format!("one core: taskset: {error}")),
        }
    }
}

#[test]
fn what_comes_slowly_is_shown_as_it_comes_also_on_one_core() {
    let capture = std::fs::read("fixtures/rfc9293/figure-06.pcap").unwrap();
    let arguments = ["read", "-", "--format", "json", "--records", "segments"];
    for (command, cores) in [(tcpshake(arguments), "several"), (on_one_core(&arguments), "one")] {
        // Whoever shows nothing waits for more, as this test does.
        let mut bounded = Command::new("timeout");
        bounded.arg("30").arg(command.get_program()).args(command.get_args());
        let child = bounded.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = match child {
            Ok(child) => child,
            Err(error) => return skipped(&format!("as it comes: timeout: {error}")),
        };
        let mut input = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (first, rest) = capture.split_at(capture.len() - 20);
        input.write_all(first).unwrap();
        // The input is open: only what is shown as it comes is here now.
        let shown = lines.next().unwrap().unwrap();
        assert!(shown.contains(r#""type":"segment""#), "{cores}: {shown}");
        input.write_all(rest).unwrap();
        drop(input);
        assert!(lines.count() > 0);
        assert!(child.wait().unwrap().success());
    }
}

/// What `.cargo/config.toml` says has come into the program: without it nothing would fail but the time.
#[cfg(all(feature = "huge-pages", target_os = "linux"))]
#[test]
fn memory_is_asked_for_in_huge_pages() {
    let said = said(tcpshake(["--version"]).env("_RJEM_MALLOC_CONF", "confirm_conf:true"));
    for conf in ["thp:always", "narenas:1"] {
        let line = format!("Set conf value: {conf}");
        assert!(said.err.contains(&line), "{conf}: was cargo called within the checkout? {}", said.err);
    }
}
