//! Scenario `third-ack-lost`: the third segment does not arrive, twice.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the second client says nothing until the server has repeated its SYN+ACK, and that was answered.
//! Read: RFC 9293 §3.5 (figure 6), §3.10.7.4; RFC 6298 §2.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{say, send, serve};
use crate::lab::wire::fault::{Fault, Faults};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "third-ack-lost",
    group: Group::Wire,
    title: "ACK K+1 is lost: one end is open, one is not",
    text: "The third segment of the handshake is lost. The client is ESTABLISHED, and connect() has \
           returned; the server is still in SYN-RECEIVED, and accept() waits. Nobody acknowledges an \
           acknowledgement, so nobody sends it again for its own sake. Two things mend it, one in each \
           connection here. The first client sends text at once: every segment carries an \
           acknowledgement, and the ACK K+1 in the one with the text opens the server. The second \
           client says nothing. After 1 s the server's kernel, which has no answer to its SYN+ACK, \
           repeats it; to the client, which is ESTABLISHED, that is an old segment, and it answers by \
           acknowledging once more. For that second the two ends disagree about whether there is a \
           connection at all: a client that connects, waits and hears nothing may not have been heard.",
    client: "twice: socket, connect, send, close; the second waits before it sends",
    server: "socket, setsockopt, bind, listen, then twice accept, recv, recv, close",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Claim(Role::Client, "connections 2"),
        Expect::Claim(Role::Server, "connections 2"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(Role::Server, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1, DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(
            Role::Client,
            2,
            &[
                "SYN J",
                "SYN K, ACK J+1",
                "ACK K+1",
                "SYN K, ACK J+1 (again)",
                "ACK K+1",
                "DATA",
                "FIN M",
                "ACK N+1",
            ],
        ),
        Expect::Labels(
            Role::Server,
            2,
            &["SYN J", "SYN K, ACK J+1", "SYN K, ACK J+1 (again)", "ACK K+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Claim(Role::Client, "connection 2: finding syn-ack-retransmitted"),
        Expect::Claim(Role::Server, "connection 2: finding syn-ack-retransmitted"),
        Expect::Claim(Role::Server, "connection 1: no finding at or above warning"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::lose("ACK K+1"), Fault::lose("ACK K+1#2")])
}

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
    let first = client.socket()?;
    let said = text.clone();
    let saying = client.begin(move || say(&first, address, &said));
    stage.done(&saying, "the end of the first client")?;
    stage.until_closed()?;

    let second = client.socket()?;
    stage.done(&client.connects(&second), "connect()")?;
    // The first ACK K+1 that arrives at all.
    stage.until_seen(Role::Server, "ACK K+1")?;
    let saying = client.begin(move || send(&second, &text).and_then(|()| second.close()));
    stage.done(&saying, "the end of the second client")?;
    stage.received = stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let sent = played.times(Role::Client, 2, "ACK K+1");
    let arrived = played.times(Role::Server, 2, "ACK K+1");
    match (sent.first(), arrived.first()) {
        (Some(sent), Some(arrived)) => format!(
            "In the textbook both ends open with the same segment. In the second connection here the client was open \
             {} ms before the server.",
            arrived.since(*sent).as_millis()
        ),
        _ => "The third segment was never sent.".to_owned(),
    }
}
