//! Scenario `self-connect`: a socket that connects to itself.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: there is one program and one socket.
//! Read: RFC 9293 §3.5, figure 7 (simultaneous open), RFC 9293 §3.6, figure 13 (simultaneous close).

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::server::RECV_UP_TO;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::send;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "self-connect",
    group: Group::Opening,
    title: "a socket connects to itself, without any server",
    text: "A socket is bound to a port and connects to that very port. Nobody listens there, and yet connect \
           succeeds: the SYN comes back to the socket that sent it, which is in SYN-SENT, and to that a SYN is the \
           other half of a simultaneous open. So the socket goes to SYN-RECEIVED, acknowledges its own number, and is \
           ESTABLISHED with itself; what it sends it can receive. Its close is simultaneous for the same reason: it \
           sends FIN, meets its own FIN in FIN-WAIT-1, and goes through CLOSING to TIME-WAIT. Nobody wants this, and \
           it happens: a client that tries again and again to reach a local server that is down, on a port from \
           which the system also picks the clients' own ports, is given that port one day, and then holds it \
           against the server that wants to come back.",
    client: "socket, bind, connect, send, recv, close",
    server: "none",
    // Both ends are one socket: between two places there is nothing to show.
    setting: Setting { takes_faults: false, ..Setting::PRIVATE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN J, ACK J+1", "ACK J+1", "DATA", "FIN M", "ACK M+1"]),
        Expect::Claim(Role::Client, "connections 1"),
        Expect::Claim(Role::Client, "opening self-connect"),
        Expect::Claim(Role::Client, "finding self-connect"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing simultaneous"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
        Expect::Call(Caller::Client, CallName::Close, "0"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let client = stage.client()?;
    let socket = client.socket()?;
    socket.bind(stage.address())?;
    let connecting = client.connects(&socket);
    stage.done(&connecting, "connect()")?;
    let message = stage.message().to_vec();
    let talking = client.begin(move || {
        // Nobody else will read it: no more is sent at a time than there is room for.
        for piece in message.chunks(RECV_UP_TO) {
            send(&socket, piece)?;
            let mut heard = 0;
            while heard < piece.len() {
                let text = socket.recv(RECV_UP_TO)?;
                if text.is_empty() {
                    break; // The play was given up.
                }
                heard += text.len();
            }
        }
        socket.close()
    });
    stage.done(&talking, "close()")?;
    // Its own acknowledgement of its own FIN: no segment follows it.
    stage.until_seen(Role::Client, "ACK M+1")
}

fn differs(played: &Played) -> String {
    let Some(connection) = played.first() else { return String::new() };
    let last = connection.states().client;
    let mut passed: Vec<&str> = Vec::new();
    for state in connection.steps().iter().map(|step| step.states.client).chain([last]) {
        if passed.last() != Some(&state.as_str()) {
            passed.push(state.as_str());
        }
    }
    format!(
        "The textbook's simultaneous open needs two programs and luck; here one end did it alone, and passed {}. Both \
         columns of the picture are that one end.",
        passed.join(", ")
    )
}
