//! The laboratory's places, played in as whoever runs this, and as an ordinary user without any capability.
//!
//! In: nothing. Out: a failure that says what did not hold, in which role.
//! Each role is a process of its own that has one thread: a user namespace can be made by no other. Where the system
//! forbids that, the role says so aloud.

#[path = "../support/aloud.rs"]
mod aloud;
mod crossing;
mod faults;
mod ground;
mod killed;
mod watch;
mod wire;

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
        Ok("wait") => {
            gain(Wants::Namespaces).expect("the right to it");
            crossing::wait_to_be_killed();
        }
        Ok(other) => panic!("{other}: no role of this test"),
        Err(_) => {}
    }
    let program = env::current_exe().expect("this program");
    let mut is_well = role("whoever runs this", &mut Command::new(&program));
    if nix::unistd::geteuid().is_root() {
        // The user may not be allowed to look into the build's folder.
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        let copy = folder.path().join("places");
        fs::copy(&program, &copy).expect("a copy");
        let mut command = Command::new(&copy);
        command.current_dir("/").uid(ORDINARY).gid(ORDINARY);
        is_well &= role("an ordinary user", &mut command);
    } else {
        aloud::skipped("places as an ordinary user: this one is one already");
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays one role to its end, and once more up to where it is killed.
fn role(name: &str, command: &mut Command) -> bool {
    let status = command.env(ROLE, "play").status().expect("a child");
    match status.code() {
        Some(0) => {
            killed::nothing_is_left(command.env(ROLE, "wait"));
            println!("places as {name}: ok");
        }
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
    wire::both_ends_see_the_same();
    wire::datagrams_pass();
    wire::many_octets_arrive_as_they_were_sent();
    faults::lost_segments_are_sent_and_do_not_arrive();
    faults::without_an_answer_a_connect_gives_up();
    faults::a_delayed_segment_arrives_later();
    faults::a_repeated_segment_arrives_again();
    faults::a_segment_is_overtaken();
    faults::an_altered_segment_arrives_otherwise();
    faults::a_forged_reset_works_at_one_number_only();
    faults::an_old_syn_is_challenged();
    faults::the_director_forges_and_cuts();
    crossing::syns_cross();
    crossing::fins_cross();
    crossing::a_router_says_no();
    ExitCode::SUCCESS
}

fn check_rights(rights: Rights) {
    assert!(rights.may_make_namespaces);
    // Who needed a user namespace for it has no right over the host in it.
    assert!(!(rights.in_user_namespace && rights.may_capture_on_host));
    let again = gain(Wants::Namespaces).expect("who has them needs nothing further");
    assert!(again.may_make_namespaces && !again.in_user_namespace);
}
