//! The language of expectations: what reads, how it prints, and what is said of what does not read.

use proptest::prelude::*;

use super::*;

fn reads_as(text: &str) -> String {
    let read: Expectation = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    read.to_string()
}

fn error(text: &str) -> BadExpectation {
    text.parse::<Expectation>().expect_err(text)
}

#[test]
fn every_claim_reads() {
    let as_they_are = [
        "outcome closed",
        "outcome not refused or no-answer",
        "opening three-way or fast-open",
        "closing three-segment",
        "closing first client",
        "closing four-segment or three-segment first server",
        "client TIME-WAIT",
        "server not CLOSED",
        "conn_state SF or S1",
        "completeness 31 or 63",
        "completeness not 0",
        "finding refused or no-answer",
        "finding at or above error",
        "no finding refused",
        "no finding at or above warning",
        "connections 0",
        "connections at least 2",
        "connections at most 18446744073709551615",
    ];
    for text in as_they_are {
        assert_eq!(reads_as(text), text);
    }
}

#[test]
fn selectors_stand_in_front() {
    let as_they_are = [
        "connection 3: outcome closed",
        "port 443: opening three-way",
        "client 192.0.2.1 and port 0: client CLOSED",
        "server 192.0.2.2:6666: connections 1",
        "server [2001:db8::1]:6666 and client [2001:db8::2]: outcome open",
    ];
    for text in as_they_are {
        assert_eq!(reads_as(text), text);
    }
    let read: Expectation = "client 192.0.2.1 and port 6666: outcome open".parse().unwrap();
    let client = Address::read("192.0.2.1").unwrap();
    assert_eq!(read.selectors, [Selector::End(Role::Client, client), Selector::Port(6666)]);
}

#[test]
fn one_thing_may_be_written_in_several_ways() {
    for (text, same) in [
        ("  Outcome   CLOSED|reset ", "outcome closed or reset"),
        ("client time_wait", "client TIME-WAIT"),
        ("conn-state sf", "conn_state SF"),
        ("no finding", "no finding at or above note"),
        ("client 2001:db8::: outcome open", "client [2001:db8::]: outcome open"),
        ("port 80 : outcome open", "port 80: outcome open"),
    ] {
        assert_eq!(reads_as(text), same);
    }
}

#[test]
fn every_known_word_reads() {
    let subjects = [Subject::Outcome, Subject::Opening, Subject::Closing, Subject::ConnState];
    for subject in subjects.into_iter().chain([Role::Client, Role::Server].map(Subject::State)) {
        for word in subject.words() {
            let text = format!("{} {word}", subject.as_str());
            assert_eq!(reads_as(&text), text);
        }
    }
    for code in Code::ALL {
        assert_eq!(reads_as(&format!("no finding {code}")), format!("no finding {code}"));
    }
}

#[test]
fn an_error_names_the_place_and_the_words() {
    let cases = [
        ("outcme closed", 1, "\"outcme\" is no subject (outcome, opening, ", Some("outcome closed")),
        ("outcome closd", 9, "\"closd\" is no outcome (closed, reset, ", Some("outcome closed")),
        ("outcme clsed", 1, "\"outcme\" is no subject", Some("outcome closed")),
        ("outcome", 8, "the outcome is missing (closed", None),
        (" \t", 1, "the subject is missing (outcome", None),
        ("outcome closed reset", 16, "\"reset\" is one word too many", None),
        ("outcome xyzzy", 9, "\"xyzzy\" is no outcome", None),
        ("port 443 outcome open", 1, "a selector ends with a colon", Some("port 443: outcome open")),
        ("client ::1 outcome open", 1, "a selector ends with a colon", Some("client [::1]: outcome open")),
        ("port 70000: outcome open", 6, "\"70000\" is no port (0 to 65535)", None),
        ("connection +1: outcome open", 12, "\"+1\" is no number of a connection (from 1)", None),
        ("client 192.0.2: outcome open", 8, "\"192.0.2\" is no address (192.0.2.1, ", None),
        (": outcome open", 1, "\":\" is no selector (connection, ", None),
        ("port 1 outcome: open", 8, "\"outcome\" is no word here (and, :)", None),
        ("completeness 64", 14, "\"64\" is no completeness (0 to 63)", None),
        ("closing not reset first client", 19, "\"not\" and \"first\" do not go together", None),
        ("no finding at or abve error", 18, "is no word behind", Some("no finding at or above error")),
        ("finding", 8, "the code of a finding is missing", None),
        ("finding syn-retransmited", 9, "is no code of a finding", Some("finding syn-retransmitted")),
        ("no outcome closed", 4, "\"outcome\" is no word behind \"no\" (finding)", None),
        ("größe 3", 1, "\"größe\" is no subject", None),
    ];
    for (text, column, says, meant) in cases {
        let error = error(text);
        assert!(error.says.starts_with(says) || error.says.contains(says), "{text}: {error}");
        assert_eq!((error.column, error.meant.as_deref()), (column, meant), "{text}: {error}");
    }
    assert!(error("finding x").to_string().len() < 80, "a list that is too long is left out");
}

#[test]
fn a_file_has_one_a_line() {
    let text = "# head\n\noutcome closed  # why\r\n\tport 1: outcome open\n#\noutcome#closed";
    let found: Vec<_> = lines(text).collect();
    assert_eq!(found, [(3, "outcome closed"), (4, "port 1: outcome open"), (6, "outcome#closed")]);
}

/// Words of the language, and others, in any order.
fn any_words() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "outcome",
        "closed",
        "or",
        "|",
        "not",
        "closing",
        "first",
        "client",
        "server",
        "TIME-WAIT",
        "no",
        "finding",
        "at",
        "above",
        "warning",
        "refused",
        "connections",
        "least",
        "3",
        "port",
        "and",
        ":",
        "connection",
        "192.0.2.1",
        "[2001:db8::1]:80",
        "completeness",
        "conn_state",
        "SF",
        "::",
        "opening",
    ]);
    let word = prop_oneof![8 => known.prop_map(str::to_owned), 1 => "\\PC{0,6}"];
    proptest::collection::vec(word, 0..9).prop_map(|words| words.join(" "))
}

/// Claims that read.
fn any_claim() -> impl Strategy<Value = String> {
    let subject = prop_oneof![
        Just(Subject::Outcome),
        Just(Subject::Opening),
        Just(Subject::Closing),
        Just(Subject::State(Role::Server)),
        Just(Subject::ConnState),
    ];
    let kinds = subject.prop_flat_map(|subject| {
        let words = proptest::sample::subsequence(subject.words(), 1..4);
        (words, any::<bool>()).prop_map(move |(words, not)| {
            format!("{} {}{}", subject.as_str(), if not { "not " } else { "" }, words.join("|"))
        })
    });
    let selector = prop_oneof![
        any::<u16>().prop_map(|port| format!("port {port}: ")),
        any::<std::net::Ipv6Addr>().prop_map(|ip| format!("client {ip}: ")),
        any::<std::net::SocketAddr>().prop_map(|socket| format!("server {socket} and port 1: ")),
        Just(String::new()),
    ];
    (selector, kinds).prop_map(|(selector, kinds)| selector + &kinds)
}

proptest! {
    #[test]
    fn no_text_panics(text in prop_oneof![any_words(), any::<String>()]) {
        match text.parse::<Expectation>() {
            Ok(read) => prop_assert_eq!(read.to_string().parse(), Ok(read)),
            Err(error) => {
                prop_assert!(error.column <= text.chars().count() + 1);
                if let Some(meant) = error.meant {
                    prop_assert!(meant.parse::<Expectation>().is_ok(), "{}", meant);
                }
            }
        }
        prop_assert!(lines(&text).count() <= text.lines().count());
    }

    #[test]
    fn what_is_printed_reads_back(text in any_claim()) {
        let read: Expectation = text.parse().unwrap();
        prop_assert_eq!(read.to_string().parse(), Ok(read));
    }
}
