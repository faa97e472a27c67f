//! Scenario `abort-linger`: a program that resets its own connection.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: nothing is unread and nothing unsent: the RST is the program's own wish.
//! Read: RFC 9293 §3.9.1 (ABORT); `socket(7)` (SO_LINGER).

use std::time::Duration;

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::options::SocketOption;
use crate::exchange::server::RECV_UP_TO;
use crate::lab::error::LabError;
use crate::lab::opened::open;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "abort-linger",
    group: Group::CutOff,
    title: "SO_LINGER 0 makes close() an abort",
    text: "TCP has a call ABORT beside CLOSE. The socket interface spells it setsockopt(SO_LINGER) with the time \
           zero, and then close: what is not yet sent or acknowledged is thrown away, and a RST goes out in place of \
           the FIN. The client connects, sets the option and closes; the server's recv fails with ECONNRESET. It is \
           sometimes recommended against TIME-WAIT, for after a RST nobody holds it. The price: text that was on its \
           way may be lost, the other program sees an error, and the next connection of these two ports has no \
           protection against old segments.",
    client: "socket, connect, setsockopt(SO_LINGER, {1, 0}), close",
    server: "socket, setsockopt, bind, listen, accept, recv (ECONNRESET), close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "RST J+1"]),
        Expect::Claim(Role::Client, "outcome reset"),
        Expect::Claim(Role::Client, "closing reset first client"),
        Expect::Claim(Role::Client, "client CLOSED"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "finding aborted"),
        Expect::Call(Caller::Client, CallName::Close, "0"),
        Expect::Call(Caller::Server, CallName::Recv, "ECONNRESET"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    let reading = open.server.receives(&open.connection, RECV_UP_TO);
    stage.until_called(Caller::Server, CallName::Recv)?;
    open.socket.set(SocketOption::Linger(Duration::ZERO))?;
    open.socket.close()?;
    stage.fails(&reading, "recv()")?;
    open.connection.close()?;
    open.listener.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    match played.failure(Caller::Server, CallName::Recv) {
        Some(error) => format!(
            "In the textbook close() sends a FIN, and the server's recv() returns 0. Here close() sent a RST, recv() \
             failed with {error}, and no end is in TIME-WAIT."
        ),
        None => "The server was not reset.".to_owned(),
    }
}
