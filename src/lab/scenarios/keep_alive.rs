//! Scenario `keep-alive`: a connection on which nobody says anything, and the kernel asks.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the play goes on when the probes were answered, not after some time.
//! Read: RFC 9293 §3.8.4; RFC 1122 §4.2.3.6.

use std::time::Duration;

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::role::Role;
use crate::analyzer::step::Step;
use crate::call::{CallName, Caller, SocketCall};
use crate::exchange::options::SocketOption;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{answered, receive, send};

/// How many questions are awaited.
const PROBES: usize = 2;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "keep-alive",
    group: Group::Open,
    title: "nobody speaks, and the kernel asks who is there",
    text: "A connection on which nobody speaks costs no segment, for hours or days: TCP itself sends nothing when \
           there is nothing to say, and so it does not notice when the other end has gone without a word. A program \
           that wants to know sets SO_KEEPALIVE. Then its kernel, when the connection has been silent for long enough, \
           sends a segment that must be answered: an acknowledgement without text whose own number is one too low, \
           SND.NXT-1. To the other end that is an old segment, and the answer to an old segment is an acknowledgement. \
           Neither program sees anything of it. By default Linux asks after two hours, then each 75 s, and gives up \
           after nine questions; here it asks after 1 s (TCP_KEEPIDLE, TCP_KEEPINTVL), and the client closes once two \
           questions were answered.",
    client: "socket, setsockopt, connect, send, close",
    server: "socket, setsockopt, bind, listen, accept, recv, recv, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA"]),
        // Two questions and the close.
        Expect::Labels(Role::Client, 1, &["ACK K+1", "ACK K+1", "ACK K+1", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "finding keep-alive"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let serving = server.begin(move || {
        let connection = listener.accept()?;
        let received = receive(&connection)?;
        connection.close()?;
        listener.close()?;
        Ok(received)
    });
    let socket = client.socket()?;
    let second = Duration::from_secs(1);
    socket.set(SocketOption::KeepAlive { idle: second, interval: second, count: 3 })?;
    let connecting = client.connects(&socket);
    stage.done(&connecting, "connect()")?;
    let sending = {
        let (socket, message) = (socket.clone(), stage.message().to_vec());
        client.begin(move || send(&socket, &message))
    };
    stage.done(&sending, "send()")?;
    stage.until("the answer to the second keep-alive probe", |stage| {
        answered(stage.steps(Role::Client), Code::KeepAlive) >= PROBES
    })?;
    let closing = client.begin(move || socket.close());
    stage.done(&closing, "close()")?;
    stage.received = stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let Some(connection) = played.first() else { return String::new() };
    let steps: Vec<Step> = connection.steps().iter().cloned().collect();
    let recv =
        played.calls.iter().filter(|call| call.caller == Caller::Server && call.name == CallName::Recv);
    let waited = recv.filter_map(SocketCall::lasted).max().unwrap_or_default();
    format!(
        "The textbook's connection is silent when its programs are. Here the client's kernel asked and was answered {} \
         times while the server's program waited in recv for {:.1} s and saw nothing of it.",
        answered(&steps, Code::KeepAlive),
        waited.as_secs_f64()
    )
}
