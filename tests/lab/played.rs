//! Every scenario, played on a loopback or a wire of its own.

use std::io::{self, Write as _};
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

use crate::judge::judge;
use crate::run::skipped;

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

/// Does it for all, several at a time; the problems in the order of the list. A kernel sends again what is not answered within ten
/// milliseconds, and on a busy machine those that are played beside each other keep each other from answering. So whatever
/// does not come out is played once more by itself, and has to come out then.
fn for_all(act: impl Fn(&'static Scenario, u16) -> Vec<String> + Sync) -> Vec<String> {
    let (left, again) = (Mutex::new(SCENARIOS.iter().zip(6666..)), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some((scenario, port)) = left.lock().unwrap().next() else { return };
                    let found = act(scenario, port);
                    if !found.is_empty() {
                        // Past what the harness keeps to itself.
                        let (name, found) = (scenario.name, found.join("; "));
                        let _ = writeln!(io::stderr(), "{name}: {found}\nplayed again, by itself: {name}");
                        again.lock().unwrap().push((scenario, port));
                    }
                }
            });
        }
    });
    let mut again = again.into_inner().unwrap();
    again.sort_by_key(|(_, port)| *port);
    let named = |(scenario, port): (&&'static Scenario, u16)| {
        let found = act(scenario, port);
        found.into_iter().map(|one| format!("{}: {one}", scenario.name))
    };
    again.into_iter().flat_map(named).collect()
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
            let found = [misses(scenario, Case::played(&played)), judged.disagreements].concat();
            if found.is_empty() {
                let mut counts = counts.lock().unwrap();
                *counts = (
                    counts.0 + 1,
                    counts.1 + judged.ends,
                    counts.2 + judged.agreed,
                    counts.3 + judged.withdrawn,
                );
            }
            found
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
