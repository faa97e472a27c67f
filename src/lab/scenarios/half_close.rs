//! Scenario `half-close`: one direction closes, the other goes on.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the server answers after its kernel's ACK of the FIN has been captured.
//! Read: RFC 9293 §3.6 (case 1), §3.6.1; `shutdown(2)`.

use std::net::Shutdown;

use crate::analyzer::role::Role;
use crate::analyzer::step::Step;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::opened::open;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{receive, send};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "half-close",
    group: Group::Closing,
    title: "one direction closes, and the other goes on",
    text: "A connection is two directions, and each is closed by itself. The client has said all it had to say and \
           calls shutdown(SHUT_WR): that sends FIN M and keeps the socket, so that an answer can still come. The \
           server reads the text and then the end of it, and is in CLOSE-WAIT: it may go on sending as long as it \
           likes, and here it answers after the FIN. The client, in FIN-WAIT-2, reads the answer and acknowledges \
           it. When the server closes, its FIN N ends the other direction. This is how a program can ask for 'all \
           until the end' and still be answered; with close() in place of shutdown() the answer would find nobody, \
           and a RST would say so.",
    client: "socket, connect, send, shutdown(SHUT_WR), recv, recv, close",
    server: "socket, setsockopt, bind, listen, accept, recv, recv, send, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA"]),
        Expect::Labels(Role::Client, 1, &["FIN M", "ACK M+1", "DATA", "FIN N", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing four-segment first client"),
        Expect::Claim(Role::Client, "finding half-close"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Call(Caller::Client, CallName::Shutdown, "0"),
        Expect::Call(Caller::Client, CallName::Recv, "0"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

/// What the server says to what it has read.
const ANSWER: &[u8] = b"thank you";

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    let (text, socket) = (stage.short_text(), open.socket.clone());
    let asking = open.client.begin(move || {
        send(&socket, &text)?;
        socket.shutdown(Shutdown::Write)?;
        receive(&socket)
    });
    let connection = open.connection.clone();
    let reading = open.server.begin(move || receive(&connection));
    stage.received = stage.done(&reading, "the end of the client's text")?;
    stage.until_seen(Role::Client, "ACK M+1")?;
    // The client is to wait for the answer before it comes.
    stage.until_called(Caller::Client, CallName::Recv)?;
    stage.done(&open.server.sends(&open.connection, ANSWER.to_vec()), "send()")?;
    stage.until("the answer", |stage| stage.returned(Caller::Client, CallName::Recv) > 0)?;
    open.connection.close()?;
    stage.done(&asking, "the end of the answer")?;
    open.socket.close()?;
    open.listener.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let Some(connection) = played.first() else { return String::new() };
    let closing = connection.closing();
    let is_after = |step: &&Step| step.from == Role::Server && step.segment.text_len > 0;
    let octets: u32 = connection.steps().iter().filter(is_after).map(|step| step.segment.text_len).sum();
    match closing.fin_to_fin {
        Some(open) => format!(
            "In the textbook's close the other FIN follows as soon as the first has been read. Here the connection \
             lived on for {} ms with one direction closed, and {octets} octets of answer came after FIN M.",
            open.as_millis()
        ),
        None => "The two FINs were not both seen.".to_owned(),
    }
}
