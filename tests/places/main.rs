//! The laboratory's places, played in as whoever runs this, and as an ordinary user without any capability.
//!
//! In: nothing. Out: a failure that says what did not hold, in which role.
//! Each role is a process of its own that has one thread: a user namespace can be made by no other. Where the system
//! forbids that, the role says so aloud.

#[path = "../support/aloud.rs"]
mod aloud;
mod ground;

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use tcpshake::lab::place::rights::{Rights, Wants, gain};

/// Says which part a child plays.
const ROLE: &str = "TCPSHAKE_PLACES_ROLE";
/// Nobody in particular.
const ORDINARY: u32 = 65534;
/// Where the system forbids namespaces.
const FORBIDDEN: u8 = 77;

#[allow(
    clippy::disallowed_methods,
    reason = "the harness passes its own arguments; a role comes by the environment"
)]
fn main() -> ExitCode {
    match env::var(ROLE).as_deref() {
        Ok("play") => return play(),
        Ok(other) => panic!("{other}: no role of this test"),
        Err(_) => {}
    }
    let program = env::current_exe().expect("this program");
    let mut is_well = role("whoever runs this", Command::new(&program).env(ROLE, "play"));
    if nix::unistd::geteuid().is_root() {
        // The user may not be allowed to look into the build's folder.
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        let copy = folder.path().join("places");
        fs::copy(&program, &copy).expect("a copy");
        let mut command = Command::new(&copy);
        command.env(ROLE, "play").current_dir("/").uid(ORDINARY).gid(ORDINARY);
        is_well &= role("an ordinary user", &mut command);
    } else {
        aloud::skipped("places as an ordinary user: this one is one already");
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays one role to its end.
fn role(name: &str, command: &mut Command) -> bool {
    let status = command.status().expect("a child");
    match status.code() {
        Some(0) => println!("places as {name}: ok"),
        Some(code) if code == i32::from(FORBIDDEN) => {
            aloud::skipped(&format!("places as {name}: the system forbids namespaces"));
        }
        _ => {
            eprintln!("places as {name}: failed ({status})");
            return false;
        }
    }
    true
}

fn play() -> ExitCode {
    let rights = match gain(Wants::Namespaces) {
        Ok(rights) => rights,
        Err(error) => {
            eprintln!("{error}; {}", error.next_step().unwrap_or_default());
            return ExitCode::from(FORBIDDEN);
        }
    };
    check_rights(rights);
    ground::the_loopback_of_a_private_ground_carries_both_versions();
    ground::settings_are_the_grounds_own();
    ground::a_port_is_free_on_each_ground();
    ExitCode::SUCCESS
}

fn check_rights(rights: Rights) {
    assert!(rights.may_make_namespaces);
    // Who needed a user namespace for it has no right over the host in it.
    assert!(!(rights.in_user_namespace && rights.may_capture_on_host));
    let again = gain(Wants::Namespaces).expect("who has them needs nothing further");
    assert!(again.may_make_namespaces && !again.in_user_namespace);
}
