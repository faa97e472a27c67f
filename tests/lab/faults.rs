//! Faults as the command line has them: what is lost, delayed, repeated, altered and forged there shows in the records.

use std::time::Duration;

use serde_json::Value;
use tcpshake::lab::place::rights::held;

use crate::run::{Said, run, said, skipped, tcpshake};

/// `demo message` on a wire with one fault, as records.
fn played(option: &str, fault: &str) -> Said {
    let arguments = ["-q", "demo", "message", "--port", "7002", option, fault, "--format", "json"];
    said(&mut tcpshake(arguments)).quietly()
}

/// The labels of the segments, in their order.
fn labels(said: &Said) -> Vec<String> {
    let label = |record: &Value| {
        (record["type"] == "segment").then(|| record["label"].as_str().expect("a label").to_owned())
    };
    said.records().iter().filter_map(label).collect()
}

/// How many segments bear a label that begins like this.
fn count(said: &Said, label: &str) -> usize {
    labels(said).iter().filter(|seen| seen.starts_with(label)).count()
}

/// Whether a finding with this code was made.
fn found(said: &Said, code: &str) -> bool {
    said.out.contains(&format!("\"{code}\""))
}

#[test]
fn faults_by_hand_do_what_they_say() {
    if !held().may_make_namespaces {
        return skipped("faults by hand: they need CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN");
    }
    let lost = played("--lose", "SYN J");
    assert_eq!(count(&lost, "SYN J"), 2, "{:?}", labels(&lost));
    assert!(found(&lost, "syn-retransmitted"));

    // The client's tap never sees a SYN+ACK that is lost: only that the SYN had to be sent again, or that it came late.
    let unanswered = played("--lose", "SYN K, ACK J+1");
    let took = connect_time(&unanswered);
    assert!(took > Duration::from_millis(500), "the SYN+ACK came after {took:?}");

    let late = played("--delay", "SYN J=300ms");
    let took = connect_time(&late);
    assert!((300..1000).contains(&took.as_millis()), "the SYN+ACK came after {took:?}");

    // A tap at the client's end sees what the server makes of what came to it.
    let challenged = played("--inject", "ACK K+1=RST seq+1000 to server");
    assert_eq!(count(&challenged, "RST"), 0, "{:?}", labels(&challenged));
    assert!(labels(&challenged).iter().any(|label| label == "ACK J+1"), "{:?}", labels(&challenged));

    let forged = played("--inject", "ACK K+1=RST seq+1000 to client");
    assert_eq!(count(&forged, "RST"), 1, "{:?}", labels(&forged));
    assert!(found(&forged, "rst-ignored"));

    let altered = played("--alter", "SYN K, ACK J+1=mss=536");
    assert!(altered.out.contains("536"), "{}", altered.out);

    let slow = played("--latency", "50ms");
    let took = connect_time(&slow);
    assert!((100..1000).contains(&took.as_millis()), "the SYN+ACK came after {took:?}");
}

/// How long after the first SYN the first SYN+ACK was captured.
fn connect_time(said: &Said) -> Duration {
    let records = said.records();
    let connection =
        records.iter().find(|record| record["type"] == "connection").expect("a connection was recorded");
    Duration::from_secs_f64(connection["opening"]["connect_time"].as_f64().expect("it opened"))
}

#[test]
fn faults_that_cannot_be_read_are_refused() {
    for (command, cause, next) in [
        ("demo message --lose SNY", "--lose 'SNY': no label has the word 'SNY'", "write labels"),
        ("demo message --delay FIN", "--delay 'FIN': how long is not said", "'FIN M=200ms'"),
        ("demo message --repeat DATA=0", "--repeat 'DATA=0': 0 is not between 1 and 1000", "'SYN J=3'"),
        ("demo message --reorder DATA=5", "--reorder 'DATA=5': '5' has no unit", "'DATA=500ms'"),
        ("demo message --alter DATA=colour", "--alter 'DATA=colour': 'colour' cannot be done", "seq+N"),
        ("demo message --inject DATA=RTS", "--inject 'DATA=RTS': 'RTS' are no control bits", "to client"),
        ("demo message --latency fast", "--latency 'fast'", "50ms"),
        ("demo all --lose DATA", "demo all: it takes neither --write nor faults", "one scenario"),
    ] {
        run(command).refused(cause, next);
    }
}
