//! Scenario `server-killed`: a program ends without closing anything.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the server is another process; it has read the first client's text and not accepted the second client
//! when it is killed.
//! Read: RFC 9293 §3.6; `signal(7)`, `exit(2)` (open descriptors are closed).

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::process::Process;
use crate::exchange::server::RECV_UP_TO;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "server-killed",
    group: Group::CutOff,
    title: "kill -9 ends a server, and its kernel closes",
    text: "The server is a process of its own here (`tcpshake serve`), and serves one client after the other. It has \
           read the first client's text and waits for more; a second client's connection waits in its queue, with \
           text that nobody has read. Then the process is killed with SIGKILL: it cannot say a word. But sockets \
           belong to the kernel, which closes whatever a dead program had open, and does it as close() would: the \
           first client gets FIN M, an orderly end that looks like any other; the second, whose connection nobody \
           had accepted, gets a RST. So a crashed program is seen at once. A machine that loses its power sends \
           nothing at all: that is half-open-discovered.",
    client: "socket, connect, send, recv (0), close; another: socket, connect, send, recv (ECONNRESET), close",
    server: "(its own process) socket, setsockopt, bind, listen, accept, recv, recv, killed",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA"]),
        Expect::Labels(Role::Client, 1, &["FIN M", "ACK M+1", "FIN N", "ACK N+1"]),
        Expect::Labels(Role::Client, 2, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "RST K+1"]),
        Expect::Claim(Role::Client, "connections 2"),
        Expect::Claim(Role::Client, "connection 1: outcome closed"),
        Expect::Claim(Role::Client, "connection 1: closing four-segment first server"),
        Expect::Claim(Role::Client, "connection 1: server TIME-WAIT"),
        Expect::Claim(Role::Client, "connection 1: no finding at or above warning"),
        Expect::Claim(Role::Client, "connection 2: outcome reset"),
        Expect::Claim(Role::Client, "connection 2: closing reset first server"),
        Expect::Claim(Role::Client, "connection 2: finding aborted"),
        Expect::Call(Caller::Server, CallName::Kill, "0"),
        Expect::Call(Caller::Client, CallName::Recv, "0"),
        Expect::Call(Caller::Client, CallName::Recv, "ECONNRESET"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let program = stage.program().ok_or_else(|| LabError::NotHere {
        scenario: SCENARIO.name,
        why: "this program cannot tell where it lies, to start another of itself".to_owned(),
    })?;
    let (server, first, second) = (stage.server()?, stage.client()?, stage.client()?);
    let (address, log) = (stage.address(), stage.log().clone());
    // From the server's thread: the process is where its parent's thread is.
    let starting = server.begin(move || Process::serve(&program, address, &log));
    // Dropped before the program of the same name, whose thread waits for its lines.
    let (mut process, mut lines) = stage.done(&starting, "the start of the server's process")?;
    let listening = server.begin(move || lines.next_line().map(|_| lines));
    let mut lines = stage.done(&listening, "listen() of the server's process")?;

    let socket1 = first.socket()?;
    stage.done(&first.connects(&socket1), "connect()")?;
    stage.done(&first.sends(&socket1, stage.short_text()), "send()")?;
    let reading = server.begin(move || lines.next_line().map(|_| lines));
    let lines = stage.done(&reading, "recv() of the server's process")?;

    let socket2 = second.socket()?;
    stage.done(&second.connects(&socket2), "connect() of the second client")?;
    stage.done(&second.sends(&socket2, stage.short_text()), "send() of the second client")?;
    stage.until_acknowledged(Role::Client)?;

    let (end1, end2) = (first.receives(&socket1, RECV_UP_TO), second.receives(&socket2, RECV_UP_TO));
    stage.until_calls(Caller::Client, CallName::Recv, 2)?;
    process.kill()?;
    drop(lines);
    stage.done(&end1, "the end of the first connection")?;
    stage.fails(&end2, "recv() of the second client")?;
    // Its kernel would do it by itself; closed in that very moment, the socket sends both, in whatever order.
    stage.until_seen(Role::Client, "ACK M+1")?;
    socket1.close()?;
    socket2.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let killed = played.call(Caller::Server, CallName::Kill).map(|call| call.began);
    let fin = played.passed(1, "FIN M").zip(killed).filter(|(fin, killed)| fin > killed);
    let error = played.failure(Caller::Client, CallName::Recv);
    match (fin, error) {
        (Some((fin, killed)), Some(error)) => format!(
            "In the textbook a FIN means that a program has called close(). Here none had: FIN M came {:.1} ms after \
             the kill, from the kernel alone, and the first client's recv() returned 0 as it would have at an \
             orderly end. The second client, which nobody had accepted, got {error}.",
            fin.since(killed).as_secs_f64() * 1000.0
        ),
        _ => "The killed server's connections did not end as they should.".to_owned(),
    }
}
