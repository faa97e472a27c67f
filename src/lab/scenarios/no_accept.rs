//! Scenario `no-accept`: a connection that no program takes.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the server never calls `accept`; the text is acknowledged before the listener is closed.
//! Read: RFC 9293 §3.5, §3.9.1 (the backlog is the system's own); `listen(2)`.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller, SocketCall};
use crate::exchange::server::RECV_UP_TO;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::time::span;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "no-accept",
    group: Group::Opening,
    title: "the kernel opens, though no program accepts",
    text: "It is not accept() that answers a client. The server's program calls listen, and then does nothing: its \
           kernel answers SYN J, completes the handshake, puts the finished connection into the listener's queue, \
           and even takes and acknowledges text. The client cannot tell: connect and send went well. So neither \
           says that a program has read anything; only an answer from the program itself would. When the server \
           then closes its listener, the kernel resets what waits in the queue: the text is lost, and the client's \
           recv fails with ECONNRESET.",
    client: "socket, connect, send, recv (ECONNRESET), close",
    server: "socket, setsockopt, bind, listen, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "RST K+1"]),
        Expect::Claim(Role::Client, "outcome reset"),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "closing reset first server"),
        Expect::Claim(Role::Client, "client CLOSED"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "finding aborted"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
        Expect::Call(Caller::Client, CallName::Recv, "ECONNRESET"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let socket = client.socket()?;
    stage.done(&client.connects(&socket), "connect()")?;
    stage.done(&client.sends(&socket, stage.short_text()), "send()")?;
    stage.until_acknowledged(Role::Client)?;
    let reading = client.receives(&socket, RECV_UP_TO);
    stage.until_called(Caller::Client, CallName::Recv)?;
    listener.close()?;
    stage.fails(&reading, "recv()")?;
    socket.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let connect = played.call(Caller::Client, CallName::Connect).and_then(SocketCall::lasted);
    let is_accepted = played.call(Caller::Server, CallName::Accept).is_some();
    match (connect, played.failure(Caller::Client, CallName::Recv)) {
        (Some(lasted), Some(error)) if !is_accepted => format!(
            "The textbook lets the server's accept() take part in the handshake. Here nobody called it: connect() \
             returned after {} all the same, and the text was acknowledged. The client learnt that \
             nobody had it from {error}, when the listener closed.",
            span(lasted)
        ),
        _ => "Somebody took the connection after all, or it was not reset.".to_owned(),
    }
}
