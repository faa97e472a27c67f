//! Nothing is left behind: by dropping, by failing, by being killed.

use std::fs::read_dir;
use std::io::{BufRead, BufReader, Read, stdin};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Command, Stdio, id};

use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};
use tcpshake::kernel::witness::Witness;

use crate::witness;

/// What the killed process says once it listens.
const READY: &str = "listening to the kernel";

/// The tracing instances of one process, and of no others: tests run beside each other.
fn instances(process: u32) -> Vec<String> {
    let context = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC).unwrap();
    fsconfig_create(context.as_fd()).unwrap();
    let root = fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty()).unwrap();
    let entries = read_dir(format!("/proc/self/fd/{}/instances", root.as_raw_fd())).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(&format!("tcpshake-{process}-"))).collect()
}

fn mounts() -> String {
    std::fs::read_to_string("/proc/self/mountinfo").unwrap()
}

#[test]
fn what_a_killed_process_left_is_removed_by_the_next() {
    if witness("what a killed process leaves", &[1]).is_none() {
        return;
    }
    let before = mounts();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "leftovers::a_process_to_kill", "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains(READY)), "the child never listened");
    assert_eq!(instances(child.id()).len(), 2);
    // One that listens beside it leaves it alone.
    drop(Witness::open(&[1]).unwrap());
    assert_eq!(instances(child.id()).len(), 2);

    child.kill().unwrap();
    child.wait().unwrap();
    let next = Witness::open(&[1]).unwrap();
    assert_eq!(instances(child.id()), [""; 0]);
    assert!(!instances(id()).is_empty());
    drop(next);
    assert_eq!(mounts(), before, "the host's mounts are nobody's business");
}

#[test]
#[ignore = "a process for another test to kill"]
fn a_process_to_kill() {
    let _first = Witness::open(&[1]).unwrap();
    let _second = Witness::open(&[]).unwrap();
    println!("{READY}");
    stdin().read_to_end(&mut Vec::new()).unwrap();
}
