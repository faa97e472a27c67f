//! The demo captured for real: labels, states, how it opened and closed, and the message as it went over the wire.

use serde_json::{Value, json};

use crate::run::{Said, free_port, said, tcpshake};
use crate::{
    SCENARIOS, closing, connection, has_ipv6, labels, labels_as_captured, labels_of, may_capture, of,
};

/// Plays a scenario on a port of its own.
fn play(scenario: &str, options: &[&str]) -> Said {
    let port = free_port().to_string();
    said(&mut tcpshake([&["demo", scenario, "--port", &port][..], options].concat()))
}

/// The states after each segment, client first, with those in parentheses that are assumed.
fn states(records: &[Value]) -> Vec<(String, String)> {
    let shown = |segment: &Value, end: &str| {
        let state = segment["states"][end].as_str().unwrap();
        let assumed = segment["assumed"].as_array().unwrap().contains(&json!(end));
        if assumed { format!("({state})") } else { state.to_owned() }
    };
    of(records, "segment").into_iter().map(|one| (shown(one, "client"), shown(one, "server"))).collect()
}

/// Everything that both scenarios must show.
fn check(records: &[Value], may_close: &[&str]) {
    let expected = labels_of(&closing(records, may_close));
    assert_eq!(labels(records), expected);
    let frames: Vec<u64> = of(records, "segment").iter().map(|one| one["frame"].as_u64().unwrap()).collect();
    assert_eq!(frames, (1..=expected.len() as u64).collect::<Vec<_>>(), "nothing else was captured");

    let connection = connection(records);
    assert_eq!(connection["opening"]["kind"], "three-way");
    assert_eq!(connection["closing"]["first"], "client");
    assert_eq!(connection["outcome"], "closed");
    assert_eq!(connection["states"], json!({ "client": "TIME-WAIT", "server": "CLOSED" }));
    assert_eq!(connection["assumed"], json!(["server"]));
    assert_eq!(connection["text_octets"], json!({ "client": 5, "server": 0 }));
    assert_eq!((&connection["conn_state"], &connection["completeness"]), (&json!("SF"), &json!(31)));
    let found: Vec<&Value> =
        connection["findings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    // The loopback leaves checksums to hardware that is not there.
    assert_eq!(found, ["checksum-offloaded"]);
    let wrapped = |from: &Value, by: u64| json!((from.as_u64().unwrap() + by) % (1 << 32));
    assert_eq!(connection["closing"]["m"], wrapped(&connection["opening"]["j"], 6));
    assert_eq!(connection["closing"]["n"], wrapped(&connection["opening"]["k"], 1));

    let summary = of(records, "summary")[0];
    let count = json!(expected.len());
    assert_eq!((&summary["captured"], &summary["segments"]), (&count, &count));
    assert_eq!(summary["dropped"], 0);
}

#[test]
fn both_scenarios_show_what_they_promise() {
    if !may_capture("both scenarios") {
        return;
    }
    for (scenario, may_close) in SCENARIOS {
        let played = play(scenario, &["--format", "json"]).quietly();
        check(&played.records(), may_close);
    }
}

#[test]
fn both_scenarios_over_ipv6() {
    if !may_capture("IPv6") || !has_ipv6("demo -6") {
        return;
    }
    for (scenario, may_close) in SCENARIOS {
        let records = play(scenario, &["-6", "--format", "json"]).quietly().records();
        check(&records, may_close);
        assert_eq!(connection(&records)["server"]["addr"], "::1");
    }
}

#[test]
fn the_states_of_both_ends_go_through_the_diagram() {
    if !may_capture("the states") {
        return;
    }
    let opening = [
        ("SYN-SENT", "(SYN-RECEIVED)"),
        ("(ESTABLISHED)", "SYN-RECEIVED"),
        ("ESTABLISHED", "(ESTABLISHED)"),
        ("ESTABLISHED", "(ESTABLISHED)"),
        ("ESTABLISHED", "ESTABLISHED"),
        ("FIN-WAIT-1", "(CLOSE-WAIT)"),
    ];
    let end = [("(TIME-WAIT)", "LAST-ACK"), ("TIME-WAIT", "(CLOSED)")];
    for (scenario, may_close) in SCENARIOS {
        let records = played_in_order(scenario);
        let own = (closing(&records, may_close) == "four-segment").then_some(("(FIN-WAIT-2)", "CLOSE-WAIT"));
        let expected = opening.into_iter().chain(own).chain(end);
        let expected: Vec<_> = expected.map(|(one, two)| (one.to_owned(), two.to_owned())).collect();
        assert_eq!(states(&records), expected, "{scenario}");
    }
}

/// A play in which the client's FIN did not cross the acknowledgement of its text; that is rare, and has other states.
fn played_in_order(scenario: &str) -> Vec<Value> {
    for _ in 0..5 {
        let records = play(scenario, &["--format", "json"]).quietly().records();
        if labels(&records) == labels_as_captured(&records) {
            return records;
        }
    }
    panic!("{scenario}: the FIN crossed the acknowledgement of the text five times in a row");
}

#[test]
fn the_other_formats_show_the_same() {
    if !may_capture("the other formats") {
        return;
    }
    let lines = play("message", &["--format", "lines"]).with_code(0);
    let (told, others): (Vec<&str>, Vec<&str>) = lines.out.lines().partition(|line| line.contains("  ! "));
    let (segments, words): (Vec<&str>, Vec<&str>) = others.into_iter().partition(|line| line.contains(" > "));
    assert!(words.iter().any(|line| line.contains("client: connect(")), "{}", lines.out);
    assert!(told.len() == 1 && told[0].contains("! note checksum-offloaded"), "{}", lines.out);
    let count = segments.len();
    assert!(count == 8 || count == 9, "{}", lines.out);
    assert_eq!(
        lines.err,
        format!(
            "{count} frames, {count} segments in 1 connection; found: 1 note; none lost by the capture\n"
        )
    );
    let table = play("late-close", &["--format", "table", "-q"]).quietly();
    let row = table.out.lines().last().unwrap();
    assert!(row.contains("three-way") && row.contains("four-segment"), "{}", table.out);
    let absolute = play("message", &["--numbers", "absolute", "--format", "json"]).quietly().records();
    let j = connection(&absolute)["opening"]["j"].to_string();
    assert_eq!(labels(&absolute)[0], format!("SYN {j}"));
}

#[test]
fn any_message_arrives_as_it_was() {
    if !may_capture("any message") {
        return;
    }
    let cases = [
        ("grüße, 世界".to_owned(), "recv msg from client: grüße, 世界\n"),
        ("\u{1b}[31mred\n".to_owned(), "recv msg from client: \\u{1b}[31mred\n"),
        ("x".repeat(4096), "recv msg from client: xxx"),
        ("y".repeat(10_000), "recv msg from client: yyy"),
    ];
    for (message, printed) in cases {
        for (scenario, may_close) in SCENARIOS {
            let records = play(scenario, &["--format", "json", "--message", &message]).quietly().records();
            let connection = connection(&records);
            assert_eq!(connection["text_octets"]["client"], message.len());
            closing(&records, may_close);
            assert_eq!(connection["outcome"], "closed");
            let texts = of(&records, "segment").into_iter().filter_map(|one| one["text_len"].as_u64());
            assert_eq!(texts.sum::<u64>(), message.len() as u64, "every octet was captured");
        }
        let ladder = play("message", &["--message", &message]).quietly().out;
        assert!(ladder.contains(printed), "{ladder}");
        assert!(!ladder.contains('\u{1b}'), "nothing that could harm a terminal");
    }
}

#[test]
fn an_empty_message_is_no_segment() {
    if !may_capture("an empty message") {
        return;
    }
    for (scenario, may_close) in SCENARIOS {
        let records = play(scenario, &["--format", "json", "--message", ""]).quietly().records();
        let is_text = |label: &str| ["DATA 5", "ACK J+6"].contains(&label);
        let mut expected = labels_of(&closing(&records, may_close));
        expected.retain(|label| !is_text(label));
        assert_eq!(labels(&records), expected);
        let ladder = play(scenario, &["--message", ""]).quietly().out;
        assert!(ladder.contains("M = J+1 = ") && !ladder.contains("DATA"), "{ladder}");
    }
}
