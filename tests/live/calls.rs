//! The ladder of a demo: every socket call of both sides, in an order that can be, between the segments.

use crate::run::{free_port, run};
use crate::{SCENARIOS, has_ipv6, may_capture};

/// Where `part` stands in the ladder.
#[track_caller]
fn place(ladder: &str, part: &str) -> usize {
    ladder.find(part).unwrap_or_else(|| panic!("no {part:?} in\n{ladder}"))
}

/// Asserts that each part stands behind the one before it.
#[track_caller]
fn in_order(ladder: &str, parts: &[&str]) {
    let mut after = 0;
    for part in parts {
        let found = ladder[after..].find(part);
        after +=
            found.unwrap_or_else(|| panic!("no {part:?} at its place in {parts:?}\n{ladder}")) + part.len();
    }
}

/// A ladder in which a call's return looks the same whether it had to wait or not.
fn ladder(line: &str) -> String {
    let mut ladder = run(line).quietly().out;
    assert!(ladder.lines().all(|line| line.chars().count() <= 80), "{ladder}");
    for (at_once, later) in [("recv(4096) = ", "recv() = "), ("send(5) = ", "send() = ")] {
        ladder = ladder.replace(at_once, later);
    }
    ladder
}

/// What both programs call, each in its own order; what returns a descriptor or a time is cut short.
fn check(ladder: &str, address: &str, family: &str) {
    let socket = format!("socket({family}, SOCK_STREAM) = ");
    let bind = format!("bind({address}) = 0");
    let connect = format!("connect({address}) waits");
    let server = [&socket, "setsockopt(SO_REUSEADDR, 1) = 0", &bind, "listen(10) = 0", "LISTEN"];
    in_order(ladder, &[&server[..], &["accept() waits", &socket, &connect, "SYN J -"]].concat());
    in_order(ladder, &["SYN J -", "SYN K, ACK J+1", "connect() = 0 after ", "send(", "close()"]);
    in_order(ladder, &["connect() = 0 after ", "DATA 5 \"hello\"", "ACK J+6"]);
    in_order(ladder, &["SYN K, ACK J+1", "accept() = ", "recv() = 5", "recv() = 0", "close()"]);
    // The server's end of input is the client's FIN; its own FIN is its close.
    assert!(place(ladder, "FIN M") < place(ladder, "recv() = 0"), "{ladder}");
    assert!(place(ladder, "recv() = 0") < place(ladder, "FIN N"), "{ladder}");
    assert!(place(ladder, "accept() waits") < place(ladder, &connect), "the client waits for it\n{ladder}");
    assert_eq!(ladder.matches(&socket).count(), 2, "{ladder}");
    let closes = ["close() = 0", "close(listener) = 0"].map(|close| ladder.matches(close).count());
    assert_eq!(closes, [2, 1], "the client's and the connection's, and the listener's\n{ladder}");
    assert_eq!(ladder.matches("send() = 5").count(), 1, "{ladder}");
}

#[test]
fn every_call_stands_where_it_was_made() {
    if !may_capture("every call") {
        return;
    }
    for (scenario, ..) in SCENARIOS {
        let port = free_port();
        let shown = ladder(&format!("demo {scenario} --port {port}"));
        check(&shown, &format!("127.0.0.1:{port}"), "AF_INET");
        if has_ipv6("every call over IPv6") {
            let port = free_port();
            let shown = ladder(&format!("demo {scenario} --port {port} -6"));
            check(&shown, &format!("[::1]:{port}"), "AF_INET6");
        }
    }
}

#[test]
fn the_server_closes_late_where_the_scenario_says_so() {
    if !may_capture("the late close") {
        return;
    }
    let shown = ladder(&format!("demo late-close --port {}", free_port()));
    in_order(&shown, &["FIN M", "ACK M+1", "close()", "FIN N", "ACK N+1"]);
    assert!(shown.contains("FIN-WAIT-2") && shown.contains("CLOSE-WAIT"), "{shown}");
    assert!(shown.contains("Closed in four"), "{shown}");
}

#[test]
fn the_ladder_tells_the_story_of_the_textbook() {
    if !may_capture("the story") {
        return;
    }
    let shown = ladder(&format!("demo --port {}", free_port()));
    in_order(
        &shown,
        &["server prints: waiting for client's request", "server prints: recv msg from client: hello"],
    );
    let arrows = shown.lines().filter(|line| line.contains("->|") || line.contains("|<-")).count();
    assert!(arrows == 8 || arrows == 9, "{shown}");
    in_order(&shown, &["J = ", "K = ", "M = J+6 = ", "N = K+1 = ", "Opened in three segments"]);
    in_order(
        &shown,
        &["The client closed first and holds TIME-WAIT.", "The kernel answered the SYN, not accept()"],
    );
}
