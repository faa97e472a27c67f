//! `explain`, `interfaces` and `demo --list`: what needs neither a privilege nor a network.

use std::collections::BTreeSet;

use crate::run::{run, said, tcpshake};

#[test]
fn explain_lists_what_it_knows() {
    let list = run("explain").quietly().out;
    for name in ["three-way", "four-way", "socket-pair", "port", "blocking", "time-wait", "TIME-WAIT"] {
        let row = list.lines().find(|line| line.split_whitespace().next() == Some(name));
        assert!(row.is_some(), "{name}: {list}");
        let text = run(&format!("explain {name}")).quietly().out;
        assert!(text.contains("RFC 9293"), "{name}: {text}");
    }
}

#[test]
fn explain_takes_a_name_in_one_word_or_several() {
    let quoted = said(&mut tcpshake(["explain", "SYN K, ACK J+1"])).quietly().out;
    assert!(quoted.starts_with("SYN K, ACK J+1 (label)\n"), "{quoted}");
    assert_eq!(run("explain SYN K, ACK J+1").quietly().out, quoted, "several words");
    assert_eq!(run("explain syn k, ack j+1").quietly().out, quoted, "small letters");
    let state = run("explain (SYN-RECEIVED)").quietly().out;
    assert!(state.starts_with("SYN-RECEIVED (state)\n"), "{state}");
    let both = run("explain time-wait").quietly().out;
    assert!(both.contains("TIME-WAIT (state)") && both.contains("time-wait (topic)"), "{both}");
}

#[test]
fn explain_knows_every_label_that_a_fixture_shows() {
    let names = ["closing/four-segment", "closing/simultaneous", "closing/retransmitted-fin"];
    let more =
        ["opening/refused", "opening/simultaneous-open", "midstream/data", "opening/retransmitted-syn"];
    let mut labels = BTreeSet::new();
    for name in names.into_iter().chain(more) {
        let path = crate::run::fixture(&format!("{name}.pcap"));
        let records = run(&format!("read -f json --records segments {path}")).quietly().records();
        labels.extend(records.iter().map(|record| record["label"].as_str().unwrap().to_owned()));
    }
    assert!(labels.len() > 10, "{labels:?}");
    for label in labels {
        said(&mut tcpshake(["explain", &label])).quietly();
    }
}

#[test]
fn explain_helps_with_a_name_that_it_does_not_know() {
    run("explain tree-way").refused("tree-way: nothing is known under this name", "explain three-way");
    run("explain xyzzy-plugh").refused("xyzzy-plugh: ", "tcpshake explain (it lists all names)");
    said(&mut tcpshake(["explain", ""])).refused(": nothing is known", "tcpshake explain");
}

#[test]
fn interfaces_are_listed_in_both_forms() {
    let table = run("interfaces").quietly().out;
    let records = run("interfaces --format json").quietly().records();
    assert_eq!(table.lines().count(), records.len());
    for (line, record) in table.lines().zip(&records) {
        assert_eq!(record["type"], "interface");
        assert_eq!(line.split_whitespace().next(), record["name"].as_str());
    }
    let loopback = records.iter().find(|record| record["loopback"] == true).expect("a loopback");
    assert_eq!(loopback["up"], true);
    let line = table.lines().find(|line| line.contains(" loopback ")).expect("a loopback");
    assert!(line.contains("127.0.0.1"), "{line}");
}

#[test]
fn scenarios_are_listed_in_both_forms() {
    let list = run("demo --list").quietly().out;
    let records = run("demo --list --format json").quietly().records();
    let named = |name: &str| records.iter().any(|record| record["name"] == name);
    assert!(named("message") && named("late-close"), "{records:?}");
    for record in &records {
        let field = |name: &str| record[name].as_str().unwrap_or_else(|| panic!("{name}: {record}"));
        let row = list.lines().find(|line| line.split_whitespace().next() == Some(field("name")));
        assert!(row.is_some_and(|row| row.ends_with(field("title"))), "{list}");
        assert!(list.lines().any(|line| line == field("group")), "{list}");
        assert_eq!(record.as_object().map(serde_json::Map::len), Some(3), "{record}");
    }
    assert_eq!(list.lines().filter(|line| line.starts_with("  ")).count(), records.len());
}

#[test]
fn an_unknown_scenario_brings_those_that_there_are() {
    run("demo nosuch").refused("scenario \"nosuch\": there is none of this name", "tcpshake demo --list");
    run("demo mesage").refused("scenario \"mesage\"", "did you mean message?");
}
