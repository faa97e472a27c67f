//! `check`, and `--fail-on`: exit codes, what is said of what failed, selectors, what cannot be judged, and records.

use std::fs::{self, File};
use std::io::pipe;
use std::process::Stdio;

use jsonschema::validator_for;
use serde_json::Value;

use crate::run::{Running, Said, fixture, run, said, tcpshake, text};

const CLOSED: &str = "closing/four-segment.pcap";
const REFUSED: &str = "opening/refused.pcap";
const TWO: &str = "opening/two-connections.pcap";

/// What `check` says of fixtures, by these expectations and options.
fn check(options: &[&str], names: &[&str], expectations: &[&str]) -> Said {
    let files: Vec<String> = names.iter().map(|name| fixture(name)).collect();
    let mut arguments = vec!["check"];
    arguments.extend(options);
    arguments.extend(files.iter().map(String::as_str));
    arguments.extend(expectations.iter().flat_map(|expectation| ["--expect", expectation]));
    said(&mut tcpshake(arguments))
}

#[test]
fn what_holds_is_said_and_ends_with_0() {
    let expectations = [
        "outcome closed",
        "opening three-way",
        "closing four-segment first client",
        "client TIME-WAIT",
        "server not ESTABLISHED",
        "conn_state SF",
        "completeness 31",
        "connections 1",
        "port 6666: connections at least 1",
        "connection 1 and client 192.0.2.1: outcome closed or reset",
        "no finding at or above warning",
    ];
    let held = check(&[], &[CLOSED], &expectations).with_code(0);
    assert_eq!(held.out.lines().count(), expectations.len());
    for (line, expectation) in held.out.lines().zip(expectations) {
        assert!(line.starts_with(&format!("held: {expectation}")), "{line}");
    }
    assert_eq!(held.err, "9 frames, 9 segments in 1 connection\n11 of 11 expectations held\n");
}

#[test]
fn what_fails_is_shown_with_what_was_seen_and_where() {
    let failed = check(&[], &[CLOSED, REFUSED], &["outcome closed", "opening three-way or incomplete"]);
    let failed = failed.with_code(1);
    let expected = "failed: outcome closed (1 of 2 connections)\n  \
                    expected: outcome closed\n  \
                    seen: outcome refused; connection 2, 192.0.2.1:50000 > 192.0.2.2:6666; frames 10 to 11\n\
                    held: opening three-way or incomplete (2 connections)\n";
    assert_eq!(failed.out, expected);
    assert!(failed.err.ends_with("\n1 of 2 expectations held\n"), "{}", failed.err);
    let count = check(&[], &[TWO], &["connections at most 1"]).with_code(1);
    assert!(
        count.out.ends_with("  expected: connections at most 1\n  seen: connections 2\n"),
        "{}",
        count.out
    );
    let first = check(&[], &[CLOSED], &["closing first server"]).with_code(1);
    assert!(first.out.contains("seen: closing four-segment first client; connection 1, "), "{}", first.out);
}

#[test]
fn selectors_choose_connections() {
    let cases = [
        ("connection 1: outcome closed", 0),
        ("connection 2: outcome closed", 1),
        ("connection 2: outcome refused", 0),
        ("port 6666: outcome closed", 1),
        ("client 192.0.2.1:50000: outcome closed or refused", 0),
        ("server 192.0.2.2 and connection 2: outcome refused", 0),
        ("server 192.0.2.1: connections 0", 0),
    ];
    for (expectation, code) in cases {
        check(&[], &[CLOSED, REFUSED], &[expectation]).with_code(code);
    }
}

#[test]
fn what_speaks_of_no_connection_fails() {
    for expectation in
        ["port 443: outcome closed", "connection 3: no finding", "client ::1: outcome not open"]
    {
        let failed = check(&[], &[TWO], &[expectation]).with_code(1);
        assert!(failed.out.contains("\n  seen: no such connection; the capture has 2\n"), "{}", failed.out);
    }
    let filtered = check(&["--filter", "port 1"], &[TWO], &["no finding"]).with_code(1);
    assert!(filtered.out.contains("\n  seen: no connection in the capture\n"), "{}", filtered.out);
    check(&["--filter", "host 192.0.2.3"], &[TWO], &["connections 1"]).with_code(0);
}

#[test]
fn a_bad_expectation_is_refused_before_anything_is_read() {
    let refused = |expectation: &str, cause: &str, next_step: &str| {
        let missing =
            said(&mut tcpshake(["check", "/no/such/file", "-e", "connections 1", "-e", expectation]));
        missing.refused(&format!("--expect '{expectation}': {cause}"), next_step);
    };
    refused(
        "outcme closed",
        "at character 1: \"outcme\" is no subject (outcome, opening,",
        "'outcome closed'",
    );
    refused("outcome closd", "at character 9: \"closd\" is no outcome (closed, reset,", "'outcome closed'");
    refused("port 443 outcome open", "at character 1: a selector ends", "'port 443: outcome open'");
    refused("outcome", "at character 8: the outcome is missing", "tcpshake check --help");
    refused("", "at character 1: the subject is missing", "tcpshake explain expectations");
    let escaped = said(&mut tcpshake(["check", "/no/such/file", "-e", "out\u{1b}[2Jcome"]));
    assert!(!escaped.err.contains('\u{1b}'), "{:?}", escaped.err);
}

#[test]
fn a_part_of_the_input_is_judged_and_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(fixture(CLOSED)).unwrap();
    let cut = folder.path().join("cut.pcap");
    fs::write(&cut, &whole[..whole.len() - 1]).unwrap();
    for (expectation, says, tally) in
        [("outcome closed", "held: ", "1 of 1"), ("outcome open", "failed: ", "0 of 1")]
    {
        let part = said(&mut tcpshake(["check", text(&cut), "-e", expectation])).with_code(2);
        assert!(part.out.starts_with(says), "{}", part.out);
        assert!(part.err.contains("cut.pcap: cut off after frame 8"), "{}", part.err);
        assert!(
            part.err.ends_with(&format!("{tally} expectation held, by what could be read\n")),
            "{}",
            part.err
        );
    }
    let missing = check(&["-q", "/no/such/file"], &[CLOSED], &["outcome closed"]).with_code(2);
    assert_eq!((missing.out.as_str(), missing.err.matches("tcpshake: ").count()), ("", 1));
}

#[test]
fn quiet_leaves_the_exit_code_alone() {
    check(&["-q"], &[CLOSED], &["outcome closed"]).quietly();
    let failed = check(&["--quiet", "-f", "json"], &[CLOSED], &["outcome open"]).with_code(1);
    assert_eq!((failed.out.as_str(), failed.err.as_str()), ("", ""));
}

#[test]
fn a_reader_that_has_gone_does_not_change_the_verdict() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut command = tcpshake(["check", &fixture(CLOSED), "-e", "outcome open"]);
    let ended = Running::spawn(command.stdout(writer).stderr(Stdio::piped())).end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""));
}

#[test]
fn verdicts_are_records() {
    let schema = serde_json::from_str(include_str!("../../docs/tcpshake.schema.json")).unwrap();
    let schema = validator_for(&schema).unwrap();
    let expectations =
        ["Outcome  closed|refused", "port 6666: outcome closed", "connections 3", "port 1: no finding"];
    let said = check(&["--format", "json"], &[CLOSED, REFUSED], &expectations).with_code(1);
    let told: Vec<&str> = said.err.lines().filter(|line| line.starts_with("tcpshake: ")).collect();
    assert!(matches!(told[..], [one] if one.contains(": begins before ")), "a warning alone: {told:?}");
    let records = said.records();
    for (line, record) in said.out.lines().zip(&records) {
        assert!(line.starts_with("{\"type\":\"verdict\""), "{line}");
        assert!(schema.is_valid(record), "{line}");
    }
    let held: Vec<&Value> = records.iter().map(|record| &record["held"]).collect();
    assert_eq!(held, [true, false, false, false]);
    assert_eq!(records[0]["expectation"], "outcome closed or refused");
    assert_eq!(
        (&records[1]["expectation"], &records[1]["expected"]),
        (&"port 6666: outcome closed".into(), &"outcome closed".into())
    );
    let seen = &records[1]["seen"][0];
    assert_eq!((&seen["connection"], &seen["says"]), (&2.into(), &"outcome refused".into()));
    assert_eq!(seen["frames"], serde_json::json!([10, 11]));
    assert_eq!(records[2]["seen"], serde_json::json!([{"says": "connections 2", "frames": []}]));
    for (name, wrong) in [("held", Value::from(true)), ("seen", Value::from(1)), ("failed", Value::from(-1))]
    {
        let mut record = records[1].clone();
        record[name] = wrong;
        assert!(!schema.is_valid(&record), "{record}");
    }
}

#[test]
fn every_word_of_the_records_can_be_expected() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/tcpshake.schema.json")).unwrap();
    let defs = &schema["$defs"];
    let connection = &defs["connection"]["properties"];
    let lists = [
        ("outcome", &connection["outcome"]["enum"]),
        ("conn_state", &connection["conn_state"]["enum"]),
        ("opening", &defs["opening"]["properties"]["kind"]["enum"]),
        ("closing", &defs["closing"]["properties"]["kind"]["enum"]),
        ("client", &defs["state"]["enum"]),
        ("server", &defs["state"]["enum"]),
    ];
    let mut expectations = Vec::new();
    for (subject, words) in lists {
        let words: Vec<&str> = words.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        expectations.push(format!("{subject} {}", words.join(" or ")));
    }
    let all: Vec<&str> = expectations.iter().map(String::as_str).collect();
    check(&[], &[CLOSED, REFUSED, TWO], &all).with_code(0);
}

#[test]
fn expectations_stand_in_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("expectations.txt");
    let by_file = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        check(&["--expect-file", text(&path)], &[CLOSED], &[])
    };
    let held = by_file(b"\xef\xbb\xbf# head\r\noutcome closed # why\r\n\r\n  connections 1\r\n").with_code(0);
    assert_eq!(held.out.lines().count(), 2);
    by_file(b"outcome open\n").with_code(1);
    by_file(b"\n\noutcome closd\n")
        .refused("expectations.txt:3: 'outcome closd': at character 9: ", "'outcome closed'");
    by_file(b"# nothing yet\n").refused("expectations.txt: no expectation in it", "outcome closed");
    by_file(b"\xff\xfe").refused("expectations.txt: not text", "one expectation a line");
    let both = check(&["--expect-file", text(&path), "-e", "outcome closed"], &[CLOSED], &[]);
    both.refused("expectations.txt: not text", "");
    fs::remove_file(&path).unwrap();
    check(&["--expect-file", text(&path)], &[CLOSED], &[])
        .refused("expectations.txt: no such file or directory", "");
    let folder = text(folder.path()).to_owned();
    check(&["--expect-file", &folder], &[CLOSED], &[])
        .refused(": a directory, not a file of expectations", "");
}

#[test]
fn standard_input_is_a_dash() {
    let capture = File::open(fixture(CLOSED)).unwrap();
    said(tcpshake(["check", "-", "-e", "outcome closed"]).stdin(capture)).with_code(0);
}

#[test]
fn many_failures_are_bounded() {
    let names = vec![CLOSED; 50];
    let failed = check(&[], &names, &["outcome open"]).with_code(1);
    let lines: Vec<&str> = failed.out.lines().collect();
    assert_eq!((lines.len(), lines[0]), (23, "failed: outcome open (50 of 50 connections)"));
    assert_eq!(lines[22], "  seen: and 30 more");
}

#[test]
fn expectations_are_explained() {
    let topic = run("explain expectations").quietly().out;
    for line in topic.lines().filter(|line| line.starts_with("    ") && line.contains("closed")) {
        assert!(line.contains("outcome "), "{line}");
    }
}

#[test]
fn fail_on_and_no_finding_agree_with_what_was_found() {
    for name in [CLOSED, REFUSED, TWO, "opening/retransmitted-syn.pcap"] {
        let path = fixture(name);
        let bare = run(&format!("read {path}")).with_code(0);
        let summary = run(&format!("read -f json --records summary {path}")).quietly().records().remove(0);
        let mut found = 0;
        for severity in ["error", "warning", "note"] {
            found += summary["findings"][severity].as_u64().unwrap();
            let code = i32::from(found > 0);
            let asked = run(&format!("read --fail-on {severity} {path}")).with_code(code);
            assert_eq!(asked.out, bare.out, "what is shown stays the same");
            assert_eq!(
                asked.err.contains(&format!("tcpshake: --fail-on {severity}: ")),
                found > 0,
                "{}",
                asked.err
            );
            let quiet = run(&format!("read -q --fail-on {severity} {path}")).with_code(code);
            assert_eq!(quiet.err, "");
            check(&[], &[name], &[&format!("no finding at or above {severity}")]).with_code(code);
        }
        let part = run(&format!("read -q --fail-on note {path} /no/such/file")).with_code(2);
        assert!(!part.err.contains("--fail-on"), "{}", part.err);
    }
}
