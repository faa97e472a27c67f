//! `watch --kernel`: the kernel's word beside the segments, and what it settles.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tcpshake::kernel::witness::Witness;

use crate::run::{PROGRAM, Running, Said, connected, free_port, has, said, skipped, words};
use crate::{connection, may_capture, of};

/// Whether the kernel can be heard here; says so where not.
fn may_listen(test: &str) -> bool {
    match Witness::open(&[]) {
        Ok(_) => may_capture(test),
        Err(error) => {
            skipped(&format!("{test}: {error}"));
            false
        }
    }
}

/// What a watch of `port` says of an exchange: one octet is sent, and the server closes without reading it.
fn unread(options: &str, port: u16) -> Said {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let mut watch = Running::start(&mut words(&format!("watch {options} tcp port {port}")));
    watch.err_until("watching ");
    let mut client: TcpStream = connected(port);
    let (server, _) = listener.accept().unwrap();
    client.write_all(b"x").unwrap();
    server.peek(&mut [0]).unwrap();
    drop(server);
    // The RST is in once the client is told of it.
    while client.take_error().unwrap().is_none() {
        std::thread::yield_now();
    }
    // An end that the watch tells by itself: by then it has heard all.
    watch.out_until("aborted");
    watch.signal("INT");
    watch.end().with_code(0)
}

fn states<'r>(records: &[&'r Value], port: u16) -> Vec<(&'r str, &'r str)> {
    let of_server = records.iter().filter(|record| record["local"]["port"] == port);
    of_server.filter_map(|record| Some((record["from"].as_str()?, record["to"].as_str()?))).collect()
}

#[test]
fn the_kernels_word_stands_beside_the_segments() {
    if !may_listen("watch and the kernel's word") {
        return;
    }
    let port = free_port();
    let records = unread("--format json", port).records();
    let said = of(&records, "kernel");
    assert_eq!(
        states(&said, port),
        [("LISTEN", "SYN_RECV"), ("SYN_RECV", "ESTABLISHED"), ("ESTABLISHED", "CLOSE")],
        "{said:#?}"
    );
    let changes: Vec<_> = said.iter().filter(|record| record["peer"]["port"] == port).collect();
    assert!(
        changes.iter().any(|record| record["from"] == "CLOSE" && record["to"] == "SYN_SENT"),
        "{said:#?}"
    );
    assert!(said.iter().any(|record| record["event"] == "receive-reset"), "{said:#?}");
    // Between the same segments as it happened: after the client's ACK, before the server's RST.
    let at = |is_it: &dyn Fn(&Value) -> bool| records.iter().position(is_it).unwrap();
    let opens = at(&|record| {
        record["type"] == "kernel" && record["to"] == "ESTABLISHED" && record["local"]["port"] == port
    });
    let third = at(&|record| record["label"] == "ACK K+1");
    let reset = at(&|record| record["label"].as_str().is_some_and(|label| label.starts_with("RST")));
    assert!(third < opens && opens < reset, "{records:#?}");
    // And nothing of what others do on this host at the same time.
    let foreign = |record: &&&Value| record["local"]["port"] != port && record["peer"]["port"] != port;
    assert_eq!(said.iter().find(foreign), None);
}

#[test]
fn the_kernels_reason_settles_the_cause_of_an_abort() {
    if !may_listen("watch and the kernel's reason for a reset") {
        return;
    }
    let records = unread("--kernel --format json", free_port()).records();
    let finding = |records: &[Value]| {
        let aborted = of(records, "finding").into_iter().find(|finding| finding["code"] == "aborted");
        aborted.unwrap_or_else(|| panic!("{records:#?}")).clone()
    };
    let settled = finding(&records);
    assert_eq!(connection(&records)["outcome"], "reset");
    let resets: Vec<&Value> =
        of(&records, "kernel").into_iter().filter(|record| record["event"] == "send-reset").collect();
    assert_eq!(resets.len(), 1, "{records:#?}");
    assert_eq!(settled["confidence"], "certain", "{settled:#}");
    match resets[0]["reason"].as_str() {
        Some(reason) => {
            assert_eq!(reason, "TCP_ABORT_ON_CLOSE");
            let says = settled["says"].as_str().unwrap();
            assert!(says.contains("the kernel's own reason is TCP_ABORT_ON_CLOSE"), "{says}");
        }
        None => skipped("the kernel's reason for a reset: this kernel names none"),
    }
    // Without the kernel it is a guess, with a rival.
    let guessed = unread("--no-kernel --format json", free_port()).records();
    assert!(of(&guessed, "kernel").is_empty());
    assert_ne!(finding(&guessed)["confidence"], "certain");
}

#[test]
fn lines_mark_the_kernels_word() {
    if !may_listen("watch in lines and the kernel's word") {
        return;
    }
    let port = free_port();
    let lines = unread("--format lines", port).out;
    let word = format!("kernel: 127.0.0.1:{port} to 127.0.0.1:");
    assert!(
        lines.lines().any(|line| line.contains(&word) && line.ends_with(": SYN_RECV -> ESTABLISHED")),
        "{lines}"
    );
}

#[test]
fn a_ladder_marks_the_states_that_the_kernel_confirms() {
    if !may_listen("watch in ladders and the kernel's word") {
        return;
    }
    let picture = unread("--format ladder", free_port()).out;
    let third = picture.lines().find(|line| line.contains(" ACK K+1 ")).unwrap_or(&picture);
    assert!(third.trim_end().ends_with("ESTABLISHED*"), "{picture}");
    assert!(picture.contains("kernel: accepts the RST"), "{picture}");
}

/// Root with the right to capture and no other.
fn with_capture_alone(arguments: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-all,+net_raw", "--inh-caps", "-all", PROGRAM]);
    command.args(arguments.split_whitespace());
    command
}

#[test]
fn who_may_not_listen_is_told_if_he_asked() {
    let test = "watch --kernel without the right";
    if !may_listen(test) || !has("setpriv", test) {
        return;
    }
    if Path::new("/sys/kernel/tracing/instances").exists() {
        return skipped(&format!("{test}: tracefs is mounted here, and root's own"));
    }
    let refused = said(&mut with_capture_alone("watch --kernel -c 1"));
    let refused = refused.refused("it needs root (CAP_SYS_ADMIN)", "sudo");
    assert!(refused.err.contains("--no-kernel"), "{}", refused.err);
    // Who did not ask is not bothered, unless by -v.
    let port = free_port();
    for (options, is_told) in [("", false), ("-v ", true)] {
        let mut watch = Running::start(&mut with_capture_alone(&format!("watch {options}tcp port {port}")));
        watch.err_until("watching ");
        watch.signal("INT");
        let said = watch.end().with_code(0).err;
        assert_eq!(said.contains("the kernel's word"), is_told, "{said}");
    }
}

#[test]
fn a_user_namespace_is_never_offered_it() {
    let test = "watch --kernel in a user namespace";
    if !has("unshare", test) {
        return;
    }
    let alone = |arguments: &str| {
        let inside = format!("ip link set lo up && exec {PROGRAM} {arguments}");
        said(Command::new("unshare").args(["--user", "--map-root-user", "--net", "sh", "-c", &inside]))
    };
    let tried = alone("--version");
    if tried.code != Some(0) {
        return skipped(&format!("{test}: {}", tried.err));
    }
    if Path::new("/sys/kernel/tracing/instances").exists() {
        return skipped(&format!("{test}: tracefs is mounted here"));
    }
    alone("watch --kernel -c 1").refused("never offered in a user namespace", "--no-kernel");
}
