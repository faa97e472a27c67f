//! What `explain` answers: every text's form, and every name that people may ask by.

use tcpshake::analyzer::diagnosis::code::Code;

use super::*;

fn explained(topic: Option<&str>) -> String {
    let mut out = Vec::new();
    run(topic, &mut out).expect("a known topic");
    String::from_utf8(out).expect("text")
}

fn keys(asked: &str) -> Vec<&'static str> {
    find(asked).iter().map(|entry| entry.key).collect()
}

#[test]
fn every_text_fits_a_terminal_and_names_its_source() {
    for entry in all() {
        let key = entry.key;
        assert!(entry.title().len() <= 56, "{key}: its title is too long for the list");
        assert!(entry.text.lines().all(|line| line.chars().count() <= 78), "{key}: wider than 78 columns");
        assert!(entry.text.lines().nth(1) == Some(""), "{key}: the title stands alone");
        for part in ["Read: ", "See also: "] {
            assert!(entry.text.lines().any(|line| line.starts_with(part)), "{key}: no line `{part}`");
        }
        assert!(entry.text.lines().any(|line| line.starts_with("Next")), "{key}: no next step");
        assert!(entry.text.ends_with('\n') && !entry.text.contains(['\t', '\r']), "{key}: stray white space");
        assert!(entry.text.is_ascii(), "{key}: not every terminal shows more than ASCII");
    }
    assert!(explained(None).lines().all(|line| line.chars().count() <= 78));
}

#[test]
fn no_key_stands_twice_in_a_group() {
    let mut seen = std::collections::BTreeSet::new();
    for entry in all() {
        for name in entry.names() {
            assert!(seen.insert((entry.group.heading(), canonical(name))), "{name} stands twice");
        }
    }
}

#[test]
fn every_see_also_leads_somewhere() {
    for entry in all() {
        let line = entry.text.lines().find_map(|line| line.strip_prefix("See also: ")).unwrap_or_default();
        // Semicolons, since a label may hold a comma.
        for name in line.split(';').map(str::trim) {
            assert!(!find(name).is_empty(), "{}: `{name}` leads nowhere", entry.key);
        }
    }
}

#[test]
fn a_kind_behind_a_name_chooses_among_its_meanings() {
    let is_one = |asked: &str, head: &str| {
        let text = explained(Some(asked));
        assert!(text.starts_with(head) && !text.contains("\n\ntime-wait ("), "{asked}: {text}");
    };
    is_one("TIME-WAIT (state)", "TIME-WAIT (state)\n");
    is_one("time-wait (topic)", "time-wait (topic)\n");
    is_one("no-answer (finding, error)", "no-answer (finding, error)\n");
    assert!(keys("time-wait (finding)").is_empty());
}

#[test]
fn words_that_pictures_use_are_known() {
    let timers = ["RTO", "MSL", "timers"].map(|word| (word, "timers"));
    let errors = "EPIPE EINPROGRESS ECONNRESET ECONNREFUSED ETIMEDOUT EHOSTUNREACH";
    let errors = errors.split(' ').map(|word| (word, "errors"));
    let others = [("ISS", "iss"), ("window", "window"), ("listener", "LISTEN"), ("2MSL", "time-wait")];
    for (asked, key) in timers.into_iter().chain(errors).chain(others) {
        assert!(keys(asked).contains(&key), "{asked}");
    }
    let kernels = include_str!("../../../docs/kernel.md");
    let reasons = kernels.split("## Reasons").nth(1).and_then(|rest| rest.split("\n## ").next());
    let names = reasons.expect("a table").lines().filter(|line| line.starts_with("| `"));
    let names = names.flat_map(|line| line.split('|').nth(1).unwrap_or_default().split(", "));
    for name in names.map(|name| name.trim().trim_matches('`')) {
        assert_eq!(keys(name), ["kernel-reasons"], "{name}");
        assert!(explained(Some(name)).contains(&format!("    {name} ")), "{name} has its line");
    }
}

#[test]
fn every_state_and_topic_has_a_text() {
    let states = "CLOSED LISTEN SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING LAST-ACK \
                  TIME-WAIT UNKNOWN";
    let topics = "socket-pair port calls blocking three-way four-way socket-file time-wait backlog \
                  message-boundaries half-close half-open simultaneous-open reset labels states errors \
                  kernel-reasons iss window timers";
    for key in states.split_whitespace().chain(topics.split_whitespace()) {
        assert!(keys(key).contains(&key), "{key}");
        assert!(
            explained(None).lines().any(|line| line.starts_with(&format!("  {key} "))),
            "{key} is not listed"
        );
    }
}

#[test]
fn names_are_taken_as_people_write_them() {
    for asked in ["syn-received", "SYN_RECV", "SynReceived", "(SYN-RECEIVED)", "syn rcvd"] {
        assert_eq!(keys(asked), ["SYN-RECEIVED"], "{asked}");
    }
    assert_eq!(keys("FIN_WAIT2"), ["FIN-WAIT-2"]);
    assert_eq!(keys("time-wait"), ["time-wait", "TIME-WAIT"]);
    assert!(explained(Some("Three-Way")).starts_with("three-way (topic)\nWhy three segments"));
}

#[test]
fn findings_are_taken_by_their_codes() {
    for asked in ["syn-retransmitted", "SYN-RETRANSMITTED", "syn retransmitted", "SynRetransmitted"] {
        assert_eq!(keys(asked), ["syn-retransmitted"], "{asked}");
    }
    for code in Code::ALL {
        assert!(keys(code.as_str()).contains(&code.as_str()), "{code}");
    }
    let wanted = "rst-ignored (finding, warning)\nA RST that did nothing\n";
    assert!(explained(Some("rst-ignored")).starts_with(wanted));
    let listed = explained(None);
    let row = listed.lines().find(|line| line.starts_with("  no-answer "));
    assert!(row.is_some_and(|row| row.ends_with("error   Nothing ever answered the SYN")), "{listed}");
}

#[test]
fn a_word_with_two_meanings_brings_both() {
    assert_eq!(keys("simultaneous-open"), ["simultaneous-open", "simultaneous-open"]);
    assert_eq!(keys("half-open-discovered"), ["half-open", "half-open-discovered"]);
    let both = explained(Some("half-close"));
    assert!(both.starts_with("half-close (topic)\n"), "{both}");
    assert!(both.contains("\n\nhalf-close (finding, note)\n"), "{both}");
}

#[test]
fn labels_are_taken_as_they_are_printed() {
    let cases: [(&str, &[&str]); 14] = [
        ("ack k+1", &["ACK K+1"]),
        ("SYN K, ACK J+1", &["SYN K, ACK J+1"]),
        ("syn-ack", &["SYN K, ACK J+1"]),
        ("FIN N, ACK M+1", &["FIN N, ACK M+1"]),
        ("ACK K+1, DATA 5", &["ACK K+1", "DATA"]),
        ("FIN M, DATA 5", &["FIN M", "DATA"]),
        ("DATA 6 \"hello, you\\n\"", &["DATA"]),
        ("ACK J+7", &["ACK K+n"]),
        ("ACK J-9", &["ACK K+n"]),
        ("ACK 100", &["ACK K+n"]),
        ("ACK ~10", &["ACK ~n"]),
        ("RST, ACK J+1", &["RST"]),
        ("SYN J (again, 3rd)", &["SYN J", "again"]),
        ("SYN J, ACK K+1", &["simultaneous-open"]),
    ];
    for (asked, wanted) in cases {
        let found = keys(asked);
        let found: Vec<&str> = found.into_iter().filter(|key| *key != "reset").collect();
        assert_eq!(found, wanted, "{asked}");
    }
}

#[test]
fn an_unknown_name_brings_what_is_close() {
    let error = run(Some("tree-way"), &mut Vec::new()).expect_err("no such topic");
    let unknown = error.downcast_ref::<UnknownTopic>().expect("UnknownTopic");
    assert_eq!(unknown.close.first(), Some(&"three-way"));
    assert!(
        error
            .to_string()
            .starts_with("tree-way: nothing is known under this name\n  try: tcpshake explain three-way")
    );
    let lost = UnknownTopic { asked: "xyzzy-plugh".into(), close: close_to("xyzzy-plugh") };
    assert!(lost.to_string().ends_with("try: tcpshake explain (it lists all names)"), "{lost}");
}
