//! What a live capture answers when it cannot be: no such interface, one that is down, no permission, a bad filter.

use std::env;
use std::process::Command;

use tcpshake::capture::error::CaptureError;
use tcpshake::capture::interfaces::{interfaces, loopback_interface};
use tcpshake::capture::live::{Live, LiveOptions, check_permission};

use crate::aloud::skipped;
use tcpshake::capture::source::{FrameSource, Next};

/// Set in a process that this test starts without privileges: what it shall try to capture on.
const TRY: &str = "TCPSHAKE_TEST_TRY";

/// The name of an interface that is made, and taken away while it is watched.
const VANISHES: &str = "vanishes";

/// What a capture says when its interface goes; a capture goes on while it is only down.
fn vanished() -> CaptureError {
    let ip = |arguments: &str| {
        let done = Command::new("ip").args(arguments.split(' ')).status().expect("ip");
        assert!(done.success(), "ip {arguments}");
    };
    ip(&format!("link add {VANISHES} type bridge"));
    ip(&format!("link set {VANISHES} up"));
    let mut live = Live::open(&LiveOptions::new(VANISHES)).expect("a capture");
    ip(&format!("link set {VANISHES} down"));
    // The kernel may have had something to say while it was up.
    let mut is_quiet = || matches!(live.next_frame().expect("it is only down"), Next::Quiet);
    assert_eq!((0..100).filter(|_| is_quiet()).take(3).count(), 3);
    ip(&format!("link del {VANISHES}"));
    let error = (0..100).find_map(|_| live.next_frame().err()).expect("an error");
    assert!(matches!(live.next_frame(), Ok(Next::End)), "it ends there");
    error
}

fn refused(options: &LiveOptions) -> CaptureError {
    match Live::open(options) {
        Ok(_) => panic!("{} could be opened", options.interface),
        Err(error) => error,
    }
}

#[test]
fn the_list_has_the_loopback_with_its_address() {
    let all = interfaces().unwrap();
    let loopback = loopback_interface().unwrap();
    assert!(loopback.loopback && loopback.up);
    assert!(loopback.addresses.iter().all(std::net::IpAddr::is_loopback), "{loopback:?}");
    assert!(all.contains(&loopback));
    assert_eq!(all.iter().filter(|one| one.name == loopback.name).count(), 1);
}

#[test]
fn an_interface_that_is_not_there() {
    let error = refused(&LiveOptions::new("eht0"));
    assert_eq!(error.to_string(), "eht0: no such interface");
    let next = error.next_step().unwrap();
    assert!(next.starts_with("one of ") && next.contains(&loopback_interface().unwrap().name), "{next}");
}

#[test]
fn a_bad_filter() {
    if let Err(error) = check_permission() {
        skipped(&format!("a bad filter on a live capture: {error}"));
        return;
    }
    let mut options = LiveOptions::new(&loopback_interface().unwrap().name);
    options.filter = Some("tcp prot 80".to_owned());
    let error = refused(&options);
    assert!(error.to_string().starts_with("filter \"tcp prot 80\": "), "{error}");
}

/// Does nothing by itself: `without_permission` and `an_interface_that_is_down` start it in another situation.
#[test]
fn tries_what_the_environment_names() {
    #[expect(clippy::disallowed_methods, reason = "how one test process tells another what to do")]
    let Ok(interface) = env::var(TRY) else { return };
    let error = if interface == VANISHES { vanished() } else { refused(&LiveOptions::new(&interface)) };
    println!("\nsaid: {error}\nkind: {error:?}\nnext: {}", error.next_step().unwrap_or_default());
}

/// What this very test program says of `interface` when `command` starts it.
fn said_when_started_by(command: &[&str], interface: &str) -> Option<String> {
    let program = env::current_exe().unwrap();
    let mut started = Command::new(command[0]);
    started.args(&command[1..]).arg(program);
    started.args(["--exact", "refusals::tries_what_the_environment_names", "--nocapture"]);
    let output = started.env(TRY, interface).output();
    match output {
        Ok(output) if output.status.success() => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(output) => {
            let [out, why] = [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets));
            // Not every kernel has bridges.
            let has_means = out.contains("running 1 test") && !why.contains("ip link add");
            assert!(!has_means, "it was started, and failed: {out}{why}");
            skipped(&format!("{}: {out}{why}", command.join(" ")));
            None
        }
        Err(error) => {
            skipped(&format!("{}: {error}", command.join(" ")));
            None
        }
    }
}

#[test]
fn without_permission() {
    let loopback = loopback_interface().unwrap().name;
    let drops = ["capsh", "--drop=cap_net_raw,cap_net_admin", "--", "-c", "exec \"$@\"", "-"];
    let Some(said) = said_when_started_by(&drops, &loopback) else { return };
    assert!(said.contains(&format!("said: {loopback}: no permission to capture (")), "{said}");
    assert!(said.contains("kind: NotPermitted"), "{said}");
    assert!(said.contains("next: this root lacks CAP_NET_RAW"), "{said}");

    let other = ["setpriv", "--reuid=65534", "--clear-groups"];
    let Some(said) = said_when_started_by(&other, &loopback) else { return };
    assert!(said.contains("kind: NotPermitted"), "{said}");
    assert!(said.contains("next: run it with sudo, or allow the program once: sudo setcap cap_net_raw+ep /"));
    let said = said_when_started_by(&other, "eht0").unwrap();
    assert!(said.contains("said: eht0: no such interface"), "the name is looked up first: {said}");
}

#[test]
fn an_interface_that_is_down() {
    // In a network namespace of its own the loopback is down, until someone sets it up.
    let Some(said) = said_when_started_by(&["unshare", "--net"], "lo") else { return };
    assert!(said.contains("said: lo: the interface is down"), "{said}");
    assert!(said.contains("next: sudo ip link set dev lo up"), "{said}");
}

#[test]
fn an_interface_that_goes_away() {
    let Some(said) = said_when_started_by(&["unshare", "--net"], VANISHES) else { return };
    assert!(said.contains(&format!("said: {VANISHES}: The interface disappeared")), "{said}");
}
