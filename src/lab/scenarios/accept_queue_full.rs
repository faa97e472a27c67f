//! Scenario `accept-queue-full`: more clients than the listener has room for.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the first client lies in the queue before the others try; nobody calls `accept` until they have given up.
//! Read: `listen(2)`, `tcp(7)` (tcp_syn_retries, tcp_abort_on_overflow); RFC 6298 §5.

use std::fmt::Write;

use crate::analyzer::connection::Connection;
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::Role;
use crate::call::{CallName, Caller, SocketCall};
use crate::exchange::plain::Ready;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::{LIMIT, Stage};
use crate::lab::textbook::{send, serve};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "accept-queue-full",
    group: Group::NotOpening,
    title: "the queue is full: SYNs are dropped in silence",
    text: "Finished connections wait in the listener's queue until accept() takes them. listen(0) asks for the \
           smallest queue there is, and Linux admits one more than was asked for: the first client's connection \
           fills it. When two more clients try, the kernel drops their SYNs without a word, for a server that is \
           busy now may have room in a moment, and a RST would make them give up at once. So they send their SYNs \
           again and again, and their programs wait in connect. On the wire a full queue looks like a machine that \
           is down; only that the same port has answered others gives it away. To end soon, this namespace has \
           tcp_syn_retries set to 1, and connect fails with ETIMEDOUT after three seconds; with the usual 6 it takes \
           more than two minutes.",
    client: "socket, connect, send, close; two more: socket, connect (ETIMEDOUT), close",
    server: "socket, setsockopt, bind, listen(0), poll, (later) accept, recv, recv, close",
    setting: Setting { system: &[("net/ipv4/tcp_syn_retries", "1")], ..Setting::PRIVATE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(Role::Client, 2, &["SYN J", "SYN J (again)"]),
        Expect::Labels(Role::Client, 3, &["SYN J", "SYN J (again)"]),
        Expect::Claim(Role::Client, "connections 3"),
        Expect::Claim(Role::Client, "connection 1: outcome closed"),
        Expect::Claim(Role::Client, "connection 2: outcome no-answer"),
        Expect::Claim(Role::Client, "connection 3: outcome no-answer"),
        Expect::Claim(Role::Client, "connection 2: finding accept-queue-full"),
        Expect::Claim(Role::Client, "connection 3: finding accept-queue-full"),
        Expect::Claim(Role::Client, "connection 1: no finding at or above warning"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
        Expect::Call(Caller::Client, CallName::Connect, "ETIMEDOUT"),
    ],
    play,
    differs,
};

/// The smallest queue that can be asked for.
const BACKLOG: i32 = 0;

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, first) = (stage.server()?, stage.client()?);
    let listener = server.socket()?;
    server.makes_listen(&listener, BACKLOG)?;
    let socket = first.socket()?;
    stage.done(&first.connects(&socket), "connect()")?;
    // The queue is full when the third segment has been taken, which poll tells.
    let polled = listener.clone();
    stage.done(&server.begin(move || polled.poll(Ready::ToRead, LIMIT)), "poll()")?;

    let (second, third) = (stage.client()?, stage.client()?);
    let (socket2, socket3) = (second.socket()?, third.socket()?);
    let (attempt2, attempt3) = (second.connects(&socket2), third.connects(&socket3));
    stage.fails(&attempt2, "connect() of the second client")?;
    stage.fails(&attempt3, "connect() of the third client")?;
    socket2.close()?;
    socket3.close()?;

    let taken = listener.clone();
    let serving = server.begin(move || serve(&taken));
    let text = stage.short_text();
    let saying = first.begin(move || send(&socket, &text).and_then(|()| socket.close()));
    stage.done(&saying, "the end of the first client")?;
    stage.received = stage.done(&serving, "the end of the server")?;
    listener.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let is_silent = |connection: &&Connection| connection.outcome() == Outcome::NoAnswer;
    let connections = &played.client.connections;
    let dropped = connections.iter().filter(is_silent).count();
    let admitted = connections.len().saturating_sub(dropped);
    let failed =
        played.calls.iter().filter(|call| call.caller == Caller::Client && call.name == CallName::Connect);
    let longest = failed.filter_map(SocketCall::lasted).max().unwrap_or_default();
    let mut said = format!(
        "The textbook's listener either answers or refuses (RST). This one answered {admitted} of {} clients and left \
         the others without a word; the longest wait in connect() was {:.1} s. listen({BACKLOG}) had room for \
         {admitted}.",
        connections.len(),
        longest.as_secs_f64()
    );
    if let Some(rise) = played.rise("ListenOverflows") {
        let _ =
            write!(said, " The kernel has counted the SYNs that it dropped: ListenOverflows rose by {rise}.");
    }
    said
}
