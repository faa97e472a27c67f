//! Scenario `abort-unread`: a close with text unread.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the text is acknowledged, and not read, before the server closes.
//! Read: RFC 9293 §3.6.1; RFC 2525 §2.17.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::server::RECV_UP_TO;
use crate::lab::error::LabError;
use crate::lab::opened::open;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "abort-unread",
    group: Group::CutOff,
    title: "close() with text unread sends a RST, not a FIN",
    text: "The client's text has arrived and is acknowledged, and the server closes without having read it. A FIN \
           would say 'all is well, I am done', but text that was acknowledged is thrown away here, and the client \
           should know: so the kernel sends a RST at once. Both ends are CLOSED, nobody holds TIME-WAIT, and the \
           client's recv fails with ECONNRESET. A server that answers and closes without reading the whole request \
           does this to its clients, and the RST can even destroy the answer before it is read.",
    client: "socket, connect, send, recv (ECONNRESET), close",
    server: "socket, setsockopt, bind, listen, accept, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "RST K+1"]),
        Expect::Claim(Role::Client, "outcome reset"),
        Expect::Claim(Role::Client, "closing reset first server"),
        Expect::Claim(Role::Client, "client CLOSED"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "finding aborted"),
        Expect::Call(Caller::Client, CallName::Recv, "ECONNRESET"),
        Expect::Call(Caller::Server, CallName::Close, "0"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    stage.done(&open.client.sends(&open.socket, stage.short_text()), "send()")?;
    stage.until_acknowledged(Role::Client)?;
    let reading = open.client.receives(&open.socket, RECV_UP_TO);
    stage.until_called(Caller::Client, CallName::Recv)?;
    open.connection.close()?;
    stage.fails(&reading, "recv()")?;
    open.socket.close()?;
    open.listener.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let Some(error) = played.failure(Caller::Client, CallName::Recv) else {
        return "The client was not reset.".to_owned();
    };
    let fins = played.first().map(|connection| connection.closing().m.is_some());
    let fin = if fins == Some(true) { "a FIN, too" } else { "no FIN" };
    format!(
        "In the textbook close() sends a FIN and the other end reads the end of the text. Here there was {fin}: the \
         same call sent a RST, and the client's recv() failed with {error}."
    )
}
