//! The recordings hold what their scenarios expect: for this no right is needed.

use std::collections::BTreeSet;

use tcpshake::call::{CallName, Caller};
use tcpshake::lab::recordings::of;
use tcpshake::lab::scenarios::SCENARIOS;
use tcpshake::lab::verdict::{Case, misses};
use tcpshake::report::json::recorded::read;

use crate::run::run;

#[test]
fn every_recording_shows_what_its_scenario_expects() {
    let mut problems = Vec::new();
    for scenario in SCENARIOS {
        let recording = of(scenario).unwrap();
        let (client, server) = recording.views().unwrap();
        let (calls, kernel) = read(recording.calls).unwrap();
        assert!(!calls.is_empty() && !kernel.is_empty(), "{}: recorded with all its words", scenario.name);
        let case = Case {
            client: &client.connections,
            server: server.as_ref().map_or(&client.connections, |view| &view.connections),
            calls: Some(&calls),
        };
        problems.extend(misses(scenario, case).into_iter().map(|miss| format!("{}: {miss}", scenario.name)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The calls that a scenario's text names: words that are calls' names.
fn named(text: &str) -> BTreeSet<&str> {
    let names: BTreeSet<&str> = CallName::ALL.map(CallName::as_str).into();
    text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| names.contains(word)).collect()
}

#[test]
fn the_calls_that_a_scenario_names_are_those_that_were_made() {
    for scenario in SCENARIOS {
        let (calls, _) = read(of(scenario).unwrap().calls).unwrap();
        for (caller, text) in [(Caller::Client, scenario.client), (Caller::Server, scenario.server)] {
            // The calls of another process are its own.
            if text.starts_with('(') {
                continue;
            }
            let of_caller = calls.iter().filter(|call| call.caller == caller);
            // To end a process is no call of its own.
            let of_caller = of_caller.filter(|call| call.name != CallName::Kill);
            let made: BTreeSet<&str> = of_caller.map(|call| call.name.as_str()).collect();
            assert_eq!(named(text), made, "{}, {}: {text}", scenario.name, caller.as_str());
        }
    }
}

#[test]
fn all_recordings_are_shown_one_after_another() {
    let shown = run("demo all --recorded");
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    for scenario in SCENARIOS {
        let title = format!(" {}: ", scenario.name);
        assert!(shown.out.lines().any(|line| line.starts_with(&title)), "{title}");
    }
    let count = SCENARIOS.len();
    assert_eq!(shown.err, format!("tcpshake: {count} of {count} scenarios came out as they should\n"));
}
