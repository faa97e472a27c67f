//! Demos in a row: none loses a segment, none takes long, none leaves anything behind.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use crate::run::{free_port, run, said, words};
use crate::{SCENARIOS, closing, labels, labels_of, may_capture, of};

/// In a row, both scenarios in turn, on one port.
const TIMES: usize = 20;

/// Marks the processes that this test starts.
const MARK: &str = "TCPSHAKE_TEST_MARK";

/// The ports on which anybody in this network listens.
fn listening() -> BTreeSet<u16> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    let sockets = tables.iter().flat_map(|table| table.lines().skip(1));
    let listener = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // The state is the third field; 0A is LISTEN.
        let port = fields[1].rsplit(':').next().and_then(|port| u16::from_str_radix(port, 16).ok());
        port.filter(|_| fields[3] == "0A")
    };
    sockets.filter_map(listener).collect()
}

/// The processes whose environment has this mark.
fn marked(mark: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let is_marked = |octets: Vec<u8>| octets.split(|octet| *octet == 0).any(|entry| entry == mark.as_bytes());
    entries
        .filter(|path| fs::read(path.join("environ")).is_ok_and(is_marked))
        .map(|path| path.display().to_string())
        .collect()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "that a demo is quick is measured in real time")]
fn twenty_in_a_row_lose_nothing_and_leave_nothing() {
    if !may_capture("demos in a row") {
        return;
    }
    let port = free_port();
    let mark = format!("{port}-{}", std::process::id());
    for round in 0..TIMES {
        let (scenario, may_close) = SCENARIOS[round % SCENARIOS.len()];
        let began = Instant::now();
        let mut command = words(&format!("demo {scenario} --port {port} --format json"));
        let records = said(command.env(MARK, &mark)).quietly().records();
        assert!(began.elapsed() < Duration::from_secs(10), "round {round}: {:?}", began.elapsed());
        assert_eq!(labels(&records), labels_of(&closing(&records, may_close)), "round {round}");
        assert_eq!(of(&records, "summary")[0]["dropped"], 0);
        if fs::exists("/proc/net/tcp").unwrap() {
            assert!(!listening().contains(&port), "round {round}: the port is still held");
            assert_eq!(marked(&format!("{MARK}={mark}")), [""; 0], "round {round}");
        }
    }
}

#[test]
fn demos_at_the_same_time_do_not_mix() {
    if !may_capture("demos at the same time") {
        return;
    }
    let demos: Vec<_> = (0..6)
        .map(|number| {
            let (scenario, may_close) = SCENARIOS[number % SCENARIOS.len()];
            let line = format!("demo {scenario} --port {} --format json", free_port());
            std::thread::spawn(move || (run(&line), may_close))
        })
        .collect();
    for demo in demos {
        let (played, may_close) = demo.join().unwrap();
        let records = played.quietly().records();
        assert_eq!(labels(&records), labels_of(&closing(&records, may_close)));
    }
}
