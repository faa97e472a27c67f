//! What the system refuses: permission, interfaces, ports, addresses. Each with what to do about it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tcpshake::capture::interfaces::loopback_interface;
use tcpshake::capture::live::check_permission;
use tempfile::TempDir;

use crate::run::{PROGRAM, Said, free_port, has, run, said, skipped, text};

/// A copy of the program where everyone may run it, and the command line that runs it without privileges; `None`,
/// aloud, where that is not possible.
fn without_privileges(test: &str) -> Option<(TempDir, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = folder.path().join("tcpshake");
    fs::copy(PROGRAM, &copy).unwrap();
    let mut command = Vec::new();
    if check_permission().is_ok() {
        let drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        if !has(drop[0], test) {
            return None;
        }
        let tried = Command::new(drop[0]).args(&drop[1..]).args([text(&copy), "--version"]).output();
        if !tried.is_ok_and(|tried| tried.status.success()) {
            skipped(&format!("{test}: setpriv cannot become another user here"));
            return None;
        }
        command.extend(drop.map(str::to_owned));
    }
    command.push(text(&copy).to_owned());
    Some((folder, command))
}

fn run_as(command: &[String], arguments: &str) -> Said {
    said(Command::new(&command[0]).args(&command[1..]).args(arguments.split_whitespace()))
}

#[test]
fn no_permission_to_capture() {
    let Some((_folder, command)) = without_privileges("no permission to capture") else { return };
    let loopback = loopback_interface().unwrap().name;
    let cause = format!("{loopback}: no permission to capture (");
    let refused = run_as(&command, "watch").refused(&cause, "run it with sudo, or allow the program once");
    let program = command.last().unwrap();
    assert!(refused.err.contains(&format!("sudo setcap cap_net_raw+ep {program}")), "{}", refused.err);
    run_as(&command, "watch -i nosuch0").refused("nosuch0: no such interface", &loopback);
    // What needs none goes on as ever.
    run_as(&command, "interfaces").with_code(0);
    run_as(&command, "demo --list").with_code(0);
}

#[test]
fn permission_by_capability_is_enough() {
    if !has("setcap", "permission by capability") {
        return;
    }
    let Some((_folder, command)) = without_privileges("permission by capability") else { return };
    let program = command.last().unwrap();
    let set = Command::new("setcap").args(["cap_net_raw+ep", program]).output();
    if !set.is_ok_and(|set| set.status.success()) {
        return skipped("permission by capability: setcap may not, or this file system keeps none");
    }
    let played = run_as(&command, &format!("demo --format json --port {}", free_port())).with_code(0);
    assert_eq!(played.records().last().unwrap()["type"], "summary");
}

#[test]
fn a_loopback_that_is_down() {
    if !has("unshare", "a loopback that is down") {
        return;
    }
    let alone = |arguments: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--net", PROGRAM]).args(arguments.split_whitespace());
        said(&mut command)
    };
    let tried = alone("--version");
    if tried.code != Some(0) {
        return skipped(&format!("a loopback that is down: {}", tried.err));
    }
    for arguments in ["demo", "demo late-close -6", "watch", "watch -i lo"] {
        alone(arguments).refused("lo: the interface is down", "sudo ip link set dev lo up");
    }
}

#[test]
fn no_such_interface() {
    let loopback = loopback_interface().unwrap().name;
    run("watch -i nosuch0").refused("nosuch0: no such interface", "one of ");
    let refused = run("watch -i nosuch0 -c 1 tcp").refused("nosuch0: ", "one of ");
    assert!(refused.err.split([' ', ',', '\n']).any(|word| word == loopback), "{}", refused.err);
}

#[test]
fn a_bad_filter_on_live_traffic() {
    if let Err(error) = check_permission() {
        return skipped(&format!("a bad filter on live traffic: {error}"));
    }
    run("watch tcp prot 80").refused("filter \"tcp prot 80\": ", "man pcap-filter");
}

#[test]
fn a_port_that_is_taken() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let subject = format!("127.0.0.1:{port}: the port is taken");
    let next = format!("--port {}", port + 1);
    let refused = run(&format!("serve --port {port}")).refused(&subject, &next);
    assert!(refused.err.contains("ss -ltnp"), "{}", refused.err);
    match check_permission() {
        Ok(()) => {
            for format in ["ladder", "json"] {
                run(&format!("demo --port {port} --format {format}")).refused(&subject, &next);
            }
        }
        Err(error) => skipped(&format!("demo with a port that is taken: {error}")),
    }
}

#[test]
fn bad_addresses() {
    run("serve --bind 192.0.2.77")
        .refused("192.0.2.77:6666: no interface of this machine", "--bind 127.0.0.1");
    run("serve --bind 300.1.2.3").refused("300.1.2.3: ", "");
    run("send nosuch.invalid hello").refused("nosuch.invalid: this name cannot be resolved", "the address");
    let nobody = free_port();
    let refused = run(&format!("send 127.0.0.1 hello --port {nobody}"));
    let subject = format!("127.0.0.1:{nobody}: refused, nobody listens there");
    refused.refused(&subject, &format!("tcpshake serve --port {nobody}"));
    let refused = run(&format!("send ::1 hello --port {nobody}"));
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{}", refused.err);
}

#[test]
fn a_capture_that_cannot_be_written() {
    if let Err(error) = check_permission() {
        return skipped(&format!("a capture that cannot be written: {error}"));
    }
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no/such.pcap");
    let missing = format!("no such file or directory\n  try: mkdir -p {}/no", text(folder.path()));
    for (path, cause) in [(text(&nowhere), missing.as_str()), (text(folder.path()), "is a directory")] {
        for command in ["watch -c 1 -w", &format!("demo --port {} -w", free_port())] {
            let ended = run(&format!("{command} {path}")).with_code(2);
            assert_eq!((ended.out, ended.err), (String::new(), format!("tcpshake: {path}: {cause}\n")));
        }
    }
}
