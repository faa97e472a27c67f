//! A program killed in the middle of a scenario leaves nothing that the next run does not clean up.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tcpshake::lab::place::rights::held;
use tcpshake::lab::scenarios::SCENARIOS;

use crate::run::{PROGRAM, Running, said, skipped};

/// How often a play is begun that is over too soon.
const TRIES: usize = 20;

/// The network interfaces of this namespace.
fn interfaces() -> BTreeSet<String> {
    let entries = fs::read_dir("/sys/class/net").unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// Whether a tracing instance of one of these processes is left, where tracefs is mounted to be looked at.
fn has_instance(processes: &[u32]) -> bool {
    let entries = fs::read_dir("/sys/kernel/tracing/instances").into_iter().flatten().flatten();
    let names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let is_of = |process: &u32| names.iter().any(|name| name.starts_with(&format!("tcpshake-{process}-")));
    processes.iter().any(is_of)
}

/// Whether one of its programs runs: they are threads with names.
fn is_in_the_middle(process: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.into_iter().any(|name| ["client", "server"].contains(&name.trim()))
}

/// The processes that run this very file.
fn running(program: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
    ids.filter(|id| fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == program)).collect()
}

/// Waits until `is_so`, for ten seconds at most.
#[allow(clippy::disallowed_methods, reason = "a look now and then; the condition ends it")]
fn until(is_so: impl Fn() -> bool) -> bool {
    for _ in 0..5000 {
        if is_so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    false
}

/// Plays it and kills it as soon as one of its programs runs. Whether that came before its end.
fn is_killed_in_the_middle(program: &Path, scenario: &str, killed: &mut Vec<u32>) -> bool {
    let arguments = ["-q", "demo", scenario, "--private", "--port", "7001"];
    let mut command = Command::new(program);
    let play = Running::spawn(command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()));
    let process = play.id();
    let is_over = || fs::read_link(format!("/proc/{process}/exe")).is_err();
    let is_met = until(|| is_in_the_middle(process) || is_over()) && !is_over();
    if is_met {
        killed.push(process);
        play.signal("KILL");
    }
    is_met
}

#[test]
fn a_killed_play_leaves_nothing() {
    if !held().may_make_namespaces {
        return skipped("plays that are killed: they need CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN");
    }
    let folder = tempfile::tempdir().unwrap();
    let program: PathBuf = folder.path().join("tcpshake");
    fs::copy(PROGRAM, &program).unwrap();
    let before = interfaces();
    let mut killed = Vec::new();
    for scenario in SCENARIOS {
        // A quick one may be over before it is looked at.
        let caught = (0..TRIES).any(|_| is_killed_in_the_middle(&program, scenario.name, &mut killed));
        assert!(caught, "{}: it was never met in its middle", scenario.name);
        assert!(until(|| running(&program).is_empty()), "{}: a process is left", scenario.name);
        assert_eq!(interfaces(), before, "{}: an interface is left", scenario.name);
    }
    let again = said(Command::new(&program).args(["-q", "demo", "--private", "--port", "7001"]));
    again.with_code(0);
    // The last run has removed what the killed ones left.
    assert!(!has_instance(&killed), "a tracing instance is left");
    assert!(until(|| running(&program).is_empty()));
}
