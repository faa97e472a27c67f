//! Scenario `deferred-accept`: the server is woken by text, not by the handshake.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the first client speaks after its third segment has been captured, the second only once it has been
//! accepted.
//! Read: `tcp(7)` (TCP_DEFER_ACCEPT); RFC 9293 §3.5; RFC 6298 §5.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::error::ExchangeError;
use crate::exchange::options::SocketOption;
use crate::exchange::plain::Plain;
use crate::exchange::server::BACKLOG;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::stage::program::{Pending, Program};
use crate::lab::textbook::{send, serve};
use crate::time::span;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "deferred-accept",
    group: Group::Opening,
    title: "the server is woken by text, not by the handshake",
    text: "With TCP_DEFER_ACCEPT on its listener a server is not bothered with clients that have said nothing yet. \
           Linux does it in a way that the wire shows: it drops ACK K+1, the third segment of the handshake, and \
           remembers that there was one. The client is ESTABLISHED, the server stays in SYN-RECEIVED. The first \
           client here speaks at once, and its text, which acknowledges K+1 as well, completes the handshake. The \
           second waits; after a second the server's kernel has to repeat its SYN+ACK, as though the ACK had been \
           lost, and takes the answer to that one, for its patience was set to one second: accept returns with \
           nothing to read yet.",
    client: "socket, connect, send, close; another: socket, connect, (a second later) send, close",
    server: "socket, setsockopt(TCP_DEFER_ACCEPT), bind, listen, accept, recv, recv, close, and again",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(
            Role::Client,
            2,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "SYN K, ACK J+1 (again)", "ACK K+1", "DATA", "FIN M"],
        ),
        Expect::Claim(Role::Client, "connections 2"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "connection 1: no finding at or above warning"),
        Expect::Claim(Role::Client, "connection 2: finding third-ack-not-accepted"),
        Expect::Claim(Role::Client, "connection 2: finding syn-ack-retransmitted"),
    ],
    play,
    differs,
};

/// For how many seconds the server would rather wait for text.
const PATIENCE: i32 = 1;

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.socket()?;
    listener.set(SocketOption::DeferAccept(PATIENCE))?;
    server.makes_listen(&listener, BACKLOG)?;

    let served = serves(&server, &listener);
    stage.until_called(Caller::Server, CallName::Accept)?;
    let socket = client.socket()?;
    stage.done(&client.connects(&socket), "connect()")?;
    stage.until_seen(Role::Client, "ACK K+1")?;
    says(stage, &client, socket)?;
    stage.received = stage.done(&served, "the end of the first connection")?;

    let served = serves(&server, &listener);
    let socket = client.socket()?;
    stage.done(&client.connects(&socket), "connect()")?;
    stage.until("accept() when its patience ends", |stage| {
        stage.returned(Caller::Server, CallName::Accept) > 1
    })?;
    says(stage, &client, socket)?;
    stage.done(&served, "the end of the second connection")?;
    listener.close()?;
    stage.until_closed()
}

fn serves(server: &Program, listener: &Plain) -> Pending<Result<Vec<u8>, ExchangeError>> {
    let listener = listener.clone();
    server.begin(move || serve(&listener))
}

fn says(stage: &mut Stage, client: &Program, socket: Plain) -> Result<(), LabError> {
    let text = stage.short_text();
    let saying = client.begin(move || send(&socket, &text).and_then(|()| socket.close()));
    stage.done(&saying, "the end of a client")
}

fn differs(played: &Played) -> String {
    let accepts = || played.calls.iter().filter(|call| call.name == CallName::Accept);
    let returned = |index: usize| accepts().nth(index)?.returned.as_ref().map(|(at, _)| *at);
    let waited = |index: usize| {
        let third = played.passed(index + 1, "ACK K+1")?;
        returned(index).filter(|at| *at > third).map(|at| span(at.since(third)))
    };
    match (waited(0), waited(1)) {
        (Some(first), Some(second)) => format!(
            "In the textbook ACK K+1 makes the server ESTABLISHED. Here it did not: accept() returned {first} \
             after it for the client that spoke, and {second} after it for the one that did not, when the \
             SYN+ACK had been sent once more."
        ),
        _ => "accept() did not return after the third segment.".to_owned(),
    }
}
