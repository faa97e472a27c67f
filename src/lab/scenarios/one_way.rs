//! Scenario `one-way`: of one connection only one direction is captured.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: both connections are the textbook's; what is missing is missing in the capture alone.
//! Read: docs/findings.md (one-sided-capture); RFC 9293 §3.5, §3.6.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{say, serve};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "one-way",
    group: Group::Wire,
    title: "a capture that sees one direction only",
    text: "Nothing is wrong with these connections. What is wrong is the capture: on the Internet the \
           way there and the way back often differ, and a capture at a router on one of them sees half \
           of each conversation. Here the second connection is captured like that: what the server \
           sends to it is left out, at both ends. What there is has the shape of an unanswered SYN, \
           but the client's own segments betray the answers: ACK K+1 acknowledges a SYN+ACK that was \
           not captured. The first connection, which was captured whole, shows that the capture is \
           one-sided only for that pair. So nothing may be concluded from silence: not that the server \
           did not answer, and not that it never closed. States of an end that says nothing in the \
           capture stand in parentheses.",
    client: "twice: socket, bind, connect, send, close",
    server: "socket, setsockopt, bind, listen, then twice accept, recv, recv, close",
    setting: Setting { unseen: Some("dst port 50002"), ..Setting::WIRE },
    expects: &[
        Expect::Claim(Role::Client, "connections 2"),
        Expect::Claim(Role::Client, "connection 1: outcome closed"),
        Expect::Claim(Role::Client, "connection 1: no finding one-sided-capture"),
        Expect::Labels(Role::Client, 2, &["SYN J", "DATA", "FIN M"]),
        Expect::Claim(Role::Client, "connection 2: finding one-sided-capture"),
        Expect::Claim(
            Role::Client,
            "connection 2: no finding no-answer or fin-never-acknowledged or close-not-answered",
        ),
        Expect::Claim(Role::Server, "connection 2: finding one-sided-capture"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

/// The second client's port, which the captures know: the wire's ends are namespaces of their own, where all are free.
const UNSEEN: u16 = 50_002;

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let (address, text) = (stage.address(), stage.short_text());
    let serving = server.begin(move || {
        let first = serve(&listener)?;
        serve(&listener)?;
        listener.close()?;
        Ok(first)
    });
    stage.until_called(Caller::Server, CallName::Accept)?;
    for port in [UNSEEN - 1, UNSEEN] {
        let socket = client.socket()?;
        socket.bind((stage.client_ip(), port).into())?;
        let text = text.clone();
        let saying = client.begin(move || say(&socket, address, &text));
        stage.done(&saying, "the end of a client")?;
        if port != UNSEEN {
            stage.until_closed()?;
        }
    }
    stage.received = stage.done(&serving, "the end of the server")?;
    Ok(())
}

fn differs(played: &Played) -> String {
    let [whole, half, ..] = played.client.connections.as_slice() else { return String::new() };
    let (whole, half) = (whole.segments(), half.segments());
    format!(
        "Both connections are the textbook's. Of the first {} segments of the client and {} of the server were captured, of \
         the second {} and {}.",
        whole.client, whole.server, half.client, half.server
    )
}
