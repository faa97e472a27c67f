//! Scenario `nonblocking`: connect and accept without waiting.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: nobody waits but in `poll`, until both ends have been connected.
//! Read: RFC 9293 §3.5; `connect(2)` (EINPROGRESS), `accept(2)` (EAGAIN), `poll(2)`.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::plain::{Kind, Ready};
use crate::exchange::server::BACKLOG;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::{LIMIT, Stage};
use crate::lab::textbook::{receive, send};
use crate::time::span;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "nonblocking",
    group: Group::Opening,
    title: "connect and accept without waiting",
    text: "A program that serves many sockets cannot wait in one of them, so it makes them non-blocking. accept() \
           then says EAGAIN when no connection is ready, and connect() says EINPROGRESS: SYN J is on its way, and \
           the rest happens without the program. Both wait in poll() instead, which can watch any number of sockets. \
           The listener is ready to be read when a finished connection lies in its queue; the client's socket is \
           ready to be written when the connection is made, and also when it has failed, so getsockopt(SO_ERROR) \
           has to be asked which it was: 0 is success. On the wire nothing differs from a connect that waits.",
    client: "socket, connect (EINPROGRESS), poll, getsockopt, send, close",
    server: "socket, setsockopt, bind, listen, accept (EAGAIN), poll, accept, recv, recv, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Call(Caller::Client, CallName::Connect, "EINPROGRESS"),
        Expect::Call(Caller::Client, CallName::Poll, "1"),
        Expect::Call(Caller::Client, CallName::GetSockOpt, "0"),
        Expect::Call(Caller::Server, CallName::Accept, "EAGAIN"),
        Expect::Call(Caller::Server, CallName::Poll, "1"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let kind = Kind { nonblocking: true, ..server.kind() };
    let listener = server.socket_of(kind)?;
    server.makes_listen(&listener, BACKLOG)?;
    stage.fails(&server.accepts(&listener), "accept()")?;
    let polled = listener.clone();
    let incoming = server.begin(move || polled.poll(Ready::ToRead, LIMIT));
    stage.until_called(Caller::Server, CallName::Poll)?;

    let socket = client.socket_of(kind)?;
    stage.fails(&client.connects(&socket), "connect()")?;
    let polled = socket.clone();
    let connected = client.begin(move || polled.poll(Ready::ToWrite, LIMIT));
    stage.done(&connected, "poll() of the client")?;
    socket.error()?;
    stage.done(&incoming, "poll() of the server")?;
    // What accept returns on Linux waits again: it has its own flag.
    let connection = stage.done(&server.accepts(&listener), "accept()")?;

    let reading = server.begin(move || {
        let received = receive(&connection)?;
        connection.close().map(|()| received)
    });
    let text = stage.short_text();
    let saying = client.begin(move || send(&socket, &text).and_then(|()| socket.close()));
    stage.done(&saying, "the end of the client")?;
    stage.received = stage.done(&reading, "the end of the server")?;
    listener.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let call = |caller, name| played.call(caller, name).and_then(|call| Some((call, span(call.lasted()?))));
    let (Some((_, accept)), Some((connect, lasted)), Some((_, poll))) = (
        call(Caller::Server, CallName::Accept),
        call(Caller::Client, CallName::Connect),
        call(Caller::Server, CallName::Poll),
    ) else {
        return "Not all calls of this play were seen.".to_owned();
    };
    let mut said = format!(
        "The textbook's programs wait in accept() and connect(). Here accept() returned after {accept} \
         with nothing, and connect() after {lasted}; the server waited {poll} in poll() instead. The three segments \
         are the same."
    );
    let third = played.passed(1, "ACK K+1");
    if third.zip(connect.returned.as_ref()).is_some_and(|(third, (returned, _))| third < *returned) {
        said.push_str(
            " A loopback is so quick that the handshake was over before connect() returned: it said EINPROGRESS all \
             the same.",
        );
    }
    said
}
