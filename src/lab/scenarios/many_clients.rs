//! Scenario `many-clients`: eight clients at once, one listener, and one program that serves them in turn.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the server's program accepts nobody before all clients are connected.
//! Read: RFC 9293 §3.3.1 (a connection is its pair of sockets); `listen(2)`.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller, SocketCall};
use crate::exchange::plain::Plain;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::stage::program::Program;
use crate::lab::textbook::{send, serve};

/// How many: all of them fit into the textbook's backlog.
const CLIENTS: usize = 8;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "many-clients",
    group: Group::Opening,
    title: "eight clients at once, served one after another",
    text: "Eight clients connect to the same port at once, while the server's program is busy with something else \
           and is in no accept. Its kernel answers each SYN all the same, and all eight connects return: finished \
           connections wait in the queue that listen(10) made. Only then does the server call accept, and takes one \
           after another, in the order in which their handshakes were completed. The server has one address and one \
           port for all of them: what tells the connections apart is the client's port, for a connection is the pair \
           of its two sockets. Each has its own numbers, its own states, and its own descriptor from accept.",
    client: "socket, connect, send, close (each of eight)",
    server: "socket, setsockopt, bind, listen, then eight times accept, recv, recv, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Claim(Role::Client, "connections 8"),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M"]),
        Expect::Labels(Role::Client, 8, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M"]),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let server = stage.server()?;
    let listener = server.listens()?;
    let clients = (0..CLIENTS).map(|_| stage.client()).collect::<Result<Vec<Program>, LabError>>()?;
    let sockets = clients.iter().map(Program::socket).collect::<Result<Vec<Plain>, LabError>>()?;
    // All begin before the first is waited for.
    let ends: Vec<_> = clients.iter().zip(&sockets).map(|(client, socket)| client.connects(socket)).collect();
    for end in &ends {
        stage.done(end, "connect()")?;
    }
    let tells = |(client, socket): (&Program, &Plain)| {
        let (socket, message) = (socket.clone(), stage.message().to_vec());
        client.begin(move || send(&socket, &message).and_then(|()| socket.close()))
    };
    let ends: Vec<_> = clients.iter().zip(&sockets).map(tells).collect();
    let serving = server.begin(move || {
        let mut received = Vec::new();
        for _ in 0..CLIENTS {
            received.push(serve(&listener)?);
        }
        listener.close()?;
        Ok(received)
    });
    for end in &ends {
        stage.done(end, "close()")?;
    }
    stage.received = stage.done(&serving, "the end of the server")?.into_iter().next().unwrap_or_default();
    stage.until("the end of all connections", |stage| stage.count(Role::Client, "ACK N+1") >= CLIENTS)
}

fn differs(played: &Played) -> String {
    let mut accepted = played.calls.iter().filter(|call| call.name == CallName::Accept);
    let first = accepted.next().map(|call| call.began);
    let is_connected = |call: &&SocketCall| {
        let returned = call.returned.as_ref().map(|(at, _)| *at);
        call.caller == Caller::Client
            && call.name == CallName::Connect
            && returned.is_some_and(|at| first.is_some_and(|first| at < first))
    };
    let connected = played.calls.iter().filter(is_connected).count();
    format!(
        "The textbook draws one client, whom the server awaits in accept. Here {connected} clients were connected before \
         the server called accept for the first time: the kernel had finished their handshakes by itself."
    )
}
