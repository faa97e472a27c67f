//! Scenario `fast-open`: text in the SYN, once the server has given a cookie for it.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the setting is changed in a namespace of its own.
//! Read: RFC 7413 §3, §4.1, §4.2.

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::options::SocketOption;
use crate::exchange::server::BACKLOG;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{say, serve};
use crate::time::span;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "fast-open",
    group: Group::Opening,
    title: "the second connection sends text in its SYN",
    text: "TCP lets a SYN carry text, but it may not reach the program before the handshake is done: anybody can \
           write another's address on a SYN. TCP Fast Open lifts that for clients that have proved theirs. The first \
           connection's SYN asks for a cookie with an empty option 34, the SYN+ACK brings one, and the client's \
           kernel keeps it for this server. In the second connection connect returns at once, without any segment; \
           send makes the SYN, with the cookie and the text. The server's kernel knows its cookie, acknowledges the \
           SYN and the text in one (ACK J+1 and the text's length), and accept returns although no third segment has \
           come: the text arrived one round trip earlier. A server must be able to bear the same text twice, for a \
           SYN may be repeated. The scenario's own namespace has net.ipv4.tcp_fastopen = 3: 1 for clients and 2 for \
           servers.",
    client: "twice: socket, setsockopt, connect, send, close",
    server: "socket, setsockopt, setsockopt, bind, listen, then twice accept, recv, recv, close",
    setting: Setting { system: &[("net/ipv4/tcp_fastopen", "3")], ..Setting::PRIVATE },
    expects: &[
        Expect::Claim(Role::Client, "connections 2"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M"]),
        Expect::Claim(Role::Client, "connection 1: opening three-way"),
        Expect::Claim(Role::Client, "connection 1: finding fast-open-requested"),
        Expect::Labels(Role::Client, 2, &["SYN J, DATA", "ACK K+1", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "connection 2: opening fast-open"),
        Expect::Claim(Role::Client, "connection 2: finding fast-open-accepted"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.socket()?;
    listener.set(SocketOption::FastOpen(BACKLOG))?;
    server.makes_listen(&listener, BACKLOG)?;
    let serving = server.begin(move || {
        let first = serve(&listener)?;
        serve(&listener)?;
        listener.close()?;
        Ok(first)
    });
    let address = stage.address();
    for _ in 0..2 {
        let (socket, message) = (client.socket()?, stage.message().to_vec());
        socket.set(SocketOption::FastOpenConnect)?;
        let saying = client.begin(move || say(&socket, address, &message));
        stage.done(&saying, "the end of the client")?;
        stage.until_closed()?;
    }
    stage.received = stage.done(&serving, "the end of the server")?;
    Ok(())
}

fn differs(played: &Played) -> String {
    let [first, second, ..] = played.client.connections.as_slice() else { return String::new() };
    let until_text = |connection: &Connection| {
        let mut steps = connection.steps().iter();
        let text = steps.find(|step| step.segment.text_len > 0)?;
        Some(text.segment.time.since(connection.start()))
    };
    let (Some(slow), Some(fast)) = (until_text(first), until_text(second)) else { return String::new() };
    format!(
        "The textbook sends text once the connection is established: here that was {} after the first SYN, \
         and {} after the second one, which carried it.",
        span(slow),
        span(fast)
    )
}
