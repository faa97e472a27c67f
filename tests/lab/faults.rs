//! Faults as the command line has them: what is lost, delayed, repeated, altered and forged there shows in the records.

use std::time::{Duration, Instant};

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
        (
            "demo self-connect --lose DATA",
            "self-connect: it has no wire, and takes no faults",
            "demo message",
        ),
        ("demo all --lose DATA", "demo all: it takes neither --write nor faults", "one scenario"),
    ] {
        run(command).refused(cause, next);
    }
}

/// `demo message` on a wire with one fault, as a picture, and how long it took.
#[allow(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
fn pictured(option: &str, fault: &str) -> (Said, Duration) {
    let began = Instant::now();
    let said = said(&mut tcpshake(["demo", "message", "--port", "7003", option, fault]));
    assert_eq!(said.code, Some(0), "{option} {fault}: {}{}", said.out, said.err);
    (said, began.elapsed())
}

/// The words of a text, whatever its lines.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_connection_broken_by_hand_is_shown_and_its_end_explained() {
    if !held().may_make_namespaces {
        return skipped("connections broken by hand: they need CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN");
    }
    for (option, fault, picture, why) in [
        ("--lose", "SYN J#*", "SYN J (again, 3rd)", "the client's connect() failed: ETIMEDOUT"),
        ("--alter", "SYN K, ACK J+1=flags=RST+ACK", "RST ~0, ACK J+1", "connect() failed: ECONNREFUSED"),
        ("--lose", "FIN M#*", "FIN M (again, 3rd)", "the server's recv() still waited"),
    ] {
        let (said, took) = pictured(option, fault);
        assert!(said.out.contains(picture), "{fault}: {}", said.out);
        let told = words(&said.out);
        assert!(told.contains("The scenario did not come to its end: "), "{fault}: {}", said.out);
        assert!(told.contains(why), "{fault}: {}", said.out);
        // The programs are woken, and do not wait for the kernel to give up.
        assert!(took < Duration::from_secs(20), "{fault}: {took:?}");
        assert!(!said.out.contains("textbook"), "{fault}: {}", said.out);
    }
}

#[test]
fn the_end_of_a_play_waits_for_what_is_on_its_way() {
    if !held().may_make_namespaces {
        return skipped("a late ACK: it needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN");
    }
    let (said, _) = pictured("--delay", "ACK K+1=300ms");
    assert!(said.out.contains("ACK K+1 (after 3"), "{}", said.out);
    assert!(said.out.contains("On the wire: ACK K+1 delayed, once."), "{}", said.out);
    assert!(!said.out.contains("never arrived"), "{}", said.out);
}

#[test]
fn a_fault_that_found_nothing_is_told() {
    if !held().may_make_namespaces {
        return skipped("faults that find nothing: they need CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN");
    }
    let (said, _) = pictured("--lose", "SYN J#5");
    assert_eq!(said.err, "tcpshake: --lose 'SYN J#5': no such segment came\n");
    assert!(!said.out.contains("On the wire"), "{}", said.out);
    let (said, _) = pictured("--lose", "SYN J");
    assert_eq!(said.err, "");
    assert!(said.out.contains("On the wire: SYN J lost, once."), "{}", said.out);
}

#[test]
fn what_a_recording_cannot_heed_is_refused() {
    for option in ["--lose DATA", "--latency 1ms", "-m hi", "--port 7000"] {
        run(&format!("demo message --recorded {option}"))
            .refused("cannot be used with", "tcpshake demo --help");
    }
}

#[test]
fn a_recording_is_called_one_and_counts_what_it_shows() {
    let said = run("-q demo message --recorded").quietly();
    assert!(said.out.starts_with(" A recording, made at "), "{}", said.out);
    let said = run("-q demo syn-lost --recorded --format json").quietly();
    let records = said.records();
    let summary = records.iter().find(|record| record["type"] == "summary").expect("a summary");
    assert!(summary["findings"]["warning"].as_u64() > Some(0), "{summary}");
    assert!(summary["quality"]["offloaded"].as_u64() > Some(0), "{summary}");
}
