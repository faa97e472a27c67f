//! What a user without any right can play: everything, where the kernel allows user namespaces.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use tcpshake::capture::live::check_permission;
use tcpshake::lab::scenario::Place;
use tcpshake::lab::scenarios::SCENARIOS;
use tempfile::TempDir;

use crate::run::{PROGRAM, Said, said, skipped};

/// Nobody's.
const USER: u32 = 65_534;
/// So many of each kind.
const OF_EACH: usize = 5;

/// A copy of the program where everyone may run it.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::copy(PROGRAM, folder.path().join("tcpshake")).unwrap();
    folder
}

/// Runs it as a user with no capability at all.
fn run_as_user(folder: &TempDir, arguments: &[&str]) -> Said {
    let mut command = Command::new(folder.path().join("tcpshake"));
    command.args(arguments).current_dir("/");
    if check_permission().is_ok() {
        // Another user's program starts without any capability, whoever starts it.
        command.uid(USER).gid(USER);
    }
    said(&mut command)
}

#[test]
fn a_user_without_rights_plays_scenarios_of_every_kind() {
    let folder = copy();
    let tried = run_as_user(&folder, &["demo"]);
    if tried.code == Some(2) {
        assert!(tried.err.contains("\n  try: "), "{}", tried.err);
        assert!(tried.err.contains("--recorded"), "{}", tried.err);
        // Only where a setting of the system forbids it.
        let forbids =
            ["max_user_namespaces", "max_net_namespaces", "unprivileged_userns_clone", "apparmor", "seccomp"];
        assert!(forbids.iter().any(|setting| tried.err.contains(setting)), "{}", tried.err);
        return skipped(&format!("scenarios without rights: {}", tried.err));
    }
    tried.with_code(0);
    for place in [Place::Loopback, Place::Private, Place::Wire] {
        for scenario in SCENARIOS.iter().filter(|one| one.setting.place == place).take(OF_EACH) {
            let played = run_as_user(&folder, &["-q", "demo", scenario.name, "--format", "json"]);
            let no_word = |line: &str| !line.contains("\"type\":\"kernel\"");
            assert!(played.out.lines().all(no_word), "the kernel tells nothing inside of a user namespace");
            let shown = format!("{}: {}", scenario.name, played.err);
            assert!(played.code == Some(0), "{shown}");
        }
    }
}

#[test]
fn the_kernels_word_is_refused_loudly_where_it_cannot_be_had() {
    let folder = copy();
    let refused = run_as_user(&folder, &["demo", "--kernel", "--private"]);
    refused.refused("the kernel's word", "--no-kernel");
}
