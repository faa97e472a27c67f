//! What a program that is killed in the middle leaves behind: nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::watch::until;

pub fn nothing_is_left(command: &mut Command) {
    let mut victim = Victim(command.stdout(Stdio::piped()).spawn().expect("a child"));
    let mut said = BufReader::new(victim.0.stdout.take().expect("its output")).lines();
    let mut grounds = Vec::new();
    loop {
        match said.next().expect("all it says").expect("a line") {
            line if line == "laid" => break,
            line => grounds.push(line),
        }
    }
    assert_eq!(grounds.len(), 2);
    // Here and now it is there: its threads are not in its grounds, but for those that capture.
    assert!(grounds.iter().all(|ground| namespaces().contains(ground)), "{grounds:?}");
    let is_here = || interfaces().iter().any(|name| ["wire", "client", "server"].contains(&name.as_str()));
    assert!(!is_here(), "nothing of it is on the host");
    drop(victim);
    until("the end of its namespaces", || !grounds.iter().any(|ground| namespaces().contains(ground)));
    assert!(!is_here(), "nothing of it has come to the host");
    let mounts = fs::read_to_string("/proc/self/mountinfo").expect("the mounts");
    assert!(!grounds.iter().any(|ground| mounts.contains(ground)), "no namespace of it has a name");
}

/// A child that is killed at the end, also where a test fails before.
struct Victim(Child);

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().expect("a child to kill");
        self.0.wait().expect("its end");
    }
}

/// The host's interfaces.
fn interfaces() -> BTreeSet<String> {
    let listed = fs::read_to_string("/proc/net/dev").expect("the interfaces");
    listed.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect()
}

/// The network namespaces that any thread of any process is in, or holds.
fn namespaces() -> BTreeSet<String> {
    let folder = |path: String| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found = BTreeSet::new();
    for process in folder("/proc".to_owned()) {
        let path = process.display();
        let threads = folder(format!("{path}/task")).map(|task| task.join("ns/net"));
        let held = folder(format!("{path}/fd"));
        let names = threads.chain(held).filter_map(|link| fs::read_link(link).ok());
        found.extend(names.map(|name| name.display().to_string()).filter(|name| name.starts_with("net:[")));
    }
    found
}
