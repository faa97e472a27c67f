//! Every scenario, played on a loopback or a wire of its own, its expectations held, its states judged by the kernel.
//!
//! In: the list of scenarios. Out: for each, what was missed. What this process may not do is said aloud, never passed.
//! Invariant: every play has a namespace of its own, so that nothing of the host is touched and nothing is left. No other test
//! runs in this process: one that starts a program forks, and until that has begun it holds a copy of every descriptor, so
//! that a play's `close()` does not close, and the next `connect()` from the same port fails.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

#[path = "../support/aloud.rs"]
mod aloud;
mod judge;

use std::sync::Mutex;
use std::thread;

use tcpshake::lab::error::LabError;
use tcpshake::lab::listening::Ask;
use tcpshake::lab::place::rights::held;
use tcpshake::lab::play::{Play, play};
use tcpshake::lab::played::Played;
use tcpshake::lab::scenario::Scenario;
use tcpshake::lab::scenarios::SCENARIOS;
use tcpshake::lab::verdict::{Case, misses};

use crate::aloud::skipped;
use crate::judge::judge;

/// What a kernel may be built without.
const MAY_LACK: [&str; 2] = ["ipv6", "mptcp"];
/// So many are played at a time: most of them wait.
const AT_A_TIME: usize = 4;

/// The kernel tells of all namespaces, so each has a port of its own.
fn played(scenario: &'static Scenario, port: u16, kernel: Ask) -> Result<Played, LabError> {
    play(&Play {
        scenario,
        port,
        ipv6: false,
        message: b"hello".to_vec(),
        is_private: true,
        faults: None,
        kernel,
        program: Some(env!("CARGO_BIN_EXE_tcpshake").into()),
        write: None,
    })
}

/// Does it for all, several at a time; the problems in the order of the list.
fn for_all(act: impl Fn(&'static Scenario, u16) -> Vec<String> + Sync) -> Vec<String> {
    let (left, problems) = (Mutex::new(SCENARIOS.iter().enumerate()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some((place, scenario)) = left.lock().unwrap().next() else { return };
                    let port = 6666 + u16::try_from(place).unwrap();
                    let found = act(scenario, port)
                        .into_iter()
                        .map(|one| (place, format!("{}: {one}", scenario.name)));
                    problems.lock().unwrap().extend(found);
                }
            });
        }
    });
    let mut problems = problems.into_inner().unwrap();
    problems.sort();
    problems.into_iter().map(|(_, problem)| problem).collect()
}

#[test]
fn every_scenario_comes_out_as_it_should_and_the_kernel_agrees() {
    if !held().may_make_namespaces {
        skipped(
            "every scenario played: it needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN; tests/recorded.rs holds the recordings",
        );
        return;
    }
    let counts = Mutex::new((0, 0, 0, 0));
    let problems = for_all(|scenario, port| match played(scenario, port, Ask::Always) {
        Ok(played) => {
            let judged = judge(&played);
            let mut counts = counts.lock().unwrap();
            *counts =
                (counts.0 + 1, counts.1 + judged.ends, counts.2 + judged.agreed, counts.3 + judged.withdrawn);
            [misses(scenario, Case::played(&played)), judged.disagreements].concat()
        }
        Err(LabError::NotHere { why, .. }) if MAY_LACK.contains(&scenario.name) => {
            skipped(&format!("{}: {why}", scenario.name));
            Vec::new()
        }
        Err(error) => vec![error.to_string()],
    });
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let (scenarios, ends, agreed, withdrawn) = *counts.lock().unwrap();
    assert!(scenarios + MAY_LACK.len() >= SCENARIOS.len());
    println!(
        "{scenarios} scenarios, {ends} ends: {agreed} states named alike, no disagreement; {withdrawn} were assumed and withdrawn"
    );
}
