//! Scenario `race-to-close`: both programs close as soon as they can, as the textbook writes them.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: nobody says who is to be first. The server has read all of the message before it closes, however many
//! octets it has, so that its close is a FIN.
//! Read: RFC 9293 §3.6, figures 12 and 13.

use crate::analyzer::closing::ClosingKind;
use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::error::ExchangeError;
use crate::exchange::plain::Plain;
use crate::exchange::server::RECV_UP_TO;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::say;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "race-to-close",
    group: Group::Basics,
    title: "both close at once, and either may be first",
    text: "The programs as the textbook prints them: the client closes right after its send, the server right after \
           its first recv, and neither waits for the other's end. Who sends the first FIN is a race between two \
           threads. Where the client wins, its end goes through FIN-WAIT-1 to TIME-WAIT, and the server's FIN mostly \
           brings the acknowledgement along (three segments). Where the server wins, it is the other way round, and \
           TIME-WAIT stays with the server: that is why a restarted server may find its port taken (and why servers \
           set SO_REUSEADDR). Where both FINs are on their way before either arrives, both ends pass CLOSING. All of \
           these are orderly. Only a server that closes with text unread would not be: its kernel would send a RST.",
    client: "socket, connect, send, close",
    server: "socket, setsockopt, bind, listen, accept, recv, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment or simultaneous"),
        Expect::Claim(Role::Client, "client TIME-WAIT or CLOSED"),
        Expect::Claim(Role::Client, "server TIME-WAIT or CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Call(Caller::Client, CallName::Close, "0"),
        Expect::Call(Caller::Server, CallName::Close, "0"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let (address, message) = (stage.address(), stage.message().to_vec());
    let length = message.len();
    let serving = server.begin(move || serve_one_message(&listener, length));
    stage.until_called(Caller::Server, CallName::Accept)?;
    let socket = client.socket()?;
    let saying = client.begin(move || say(&socket, address, &message));
    stage.done(&saying, "the end of the client")?;
    stage.received = stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

/// One `recv`; more only where a long message did not come in one piece.
fn serve_one_message(listener: &Plain, length: usize) -> Result<Vec<u8>, ExchangeError> {
    let connection = listener.accept()?;
    let mut received = connection.recv(length.max(RECV_UP_TO))?;
    while received.len() < length {
        let more = connection.recv(length)?;
        if more.is_empty() {
            break;
        }
        received.extend(more);
    }
    connection.close()?;
    listener.close()?;
    Ok(received)
}

fn differs(played: &Played) -> String {
    let Some(closing) = played.first().map(Connection::closing) else { return String::new() };
    let (winner, holder) = match closing.first {
        Some(Role::Client) => ("The client", "the client's end"),
        Some(Role::Server) => ("The server", "the server's end"),
        None => return String::new(),
    };
    let shape = match closing.kind {
        ClosingKind::Simultaneous => {
            return format!(
                "The textbook's close has an order; here both FINs were on their way before either had arrived. {winner} \
                 was ahead by a hair, and both ends hold TIME-WAIT."
            );
        }
        ClosingKind::ThreeSegment => {
            "three segments, since the second FIN carried the acknowledgement of the first"
        }
        ClosingKind::FourSegment => "the textbook's four segments",
        _ => return String::new(),
    };
    format!(
        "{winner} was first this time, so that TIME-WAIT stays at {holder}; the close took {shape}. The textbook lets the \
         client be first, and nothing in its programs sees to that: play it again, and it may be the other."
    )
}
