//! Scenario `refused`: nobody listens.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the port belongs to the server's program, which does not listen on it: so no other program does.
//! Read: RFC 9293 §3.5.2, group 1; §3.10.7.1.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller, SocketCall};
use crate::exchange::options::SocketOption;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::time::span;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "refused",
    group: Group::NotOpening,
    title: "nobody listens, and a RST says so",
    text: "The server has called socket and bind, and has forgotten listen: the port is its own, but no connection \
           can come in. The kernel answers SYN J by itself, for any port on which nobody listens: RST, ACK J+1. The \
           RST acknowledges the SYN, so that the client can tell that it is meant and not some old segment; the \
           client's kernel gives up at once, and connect fails with ECONNREFUSED. That is an answer: a machine that \
           is down, or a firewall that swallows SYNs, gives none, and connect waits for minutes.",
    client: "socket, connect (ECONNREFUSED), close",
    server: "socket, setsockopt, bind, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "RST, ACK J+1"]),
        Expect::Claim(Role::Client, "connections 1"),
        Expect::Claim(Role::Client, "outcome refused"),
        Expect::Claim(Role::Client, "opening incomplete"),
        Expect::Claim(Role::Client, "client CLOSED"),
        Expect::Claim(Role::Client, "finding refused"),
        Expect::Call(Caller::Client, CallName::Connect, "ECONNREFUSED"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let idle = server.socket()?;
    idle.set(SocketOption::ReuseAddress)?;
    idle.bind(stage.address())?;
    let socket = client.socket()?;
    stage.fails(&client.connects(&socket), "connect()")?;
    socket.close()?;
    idle.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let connect = played.call(Caller::Client, CallName::Connect).and_then(SocketCall::lasted);
    match (played.failure(Caller::Client, CallName::Connect), connect) {
        (Some(error), Some(lasted)) => format!(
            "The textbook's figures begin with a server in LISTEN; here there was none. The answer came from the \
             server's kernel, no program called anything for it, and connect() failed with {error} after {}.",
            span(lasted)
        ),
        _ => "The attempt was not refused.".to_owned(),
    }
}
