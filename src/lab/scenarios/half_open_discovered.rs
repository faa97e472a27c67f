//! Scenario `half-open-discovered`: the client forgets its connection and connects again from the same port.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the client forgets without a segment, as a machine does that loses its power.
//! Read: RFC 9293 §3.5.1 (figure 9), §3.10.7.4; RFC 5961 §4.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::options::SocketOption;
use crate::exchange::server::RECV_UP_TO;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{say, serve};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "half-open-discovered",
    group: Group::Wire,
    title: "one end has forgotten, and the other finds out",
    text: "The two have a connection. Then the client forgets it without a word, as a machine does \
           that loses its power: here the program sets TCP_REPAIR, which takes the socket out of TCP's \
           hands, and closes it, and no segment is sent. The server's end stays ESTABLISHED: the \
           connection is half open, and nothing tells the server so. Now the client connects again, \
           from the same port. The SYN reaches an end that is ESTABLISHED, which cannot know whether \
           the SYN is old, and answers with a challenge ACK: the numbers of the old connection. To the \
           client, in SYN-SENT, these mean nothing: it sends a RST with just the number that the \
           challenge asks for. That convinces the server: the old connection is reset, its recv() \
           fails with ECONNRESET, and when the client repeats its SYN there is a listener to take it. \
           Linux repeats it within milliseconds after such an answer; after silence it would wait for 1 \
           second.",
    client: "socket, setsockopt, bind, connect, setsockopt(TCP_REPAIR), close; then again socket, setsockopt, bind, connect, send, close",
    server: "socket, setsockopt, bind, listen, accept, recv (ECONNRESET), close; then accept, recv, recv, close",
    setting: Setting::WIRE,
    expects: &[
        Expect::Claim(Role::Client, "connections 2"),
        Expect::Claim(Role::Server, "connections 2"),
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1"]),
        Expect::Labels(
            Role::Client,
            2,
            &["SYN J", "SYN J (again)", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Claim(Role::Client, "connection 2: finding half-open-discovered"),
        Expect::Claim(Role::Server, "connection 2: finding half-open-discovered"),
        Expect::Claim(Role::Client, "connection 2: outcome closed"),
        Expect::Claim(Role::Server, "connection 2: outcome closed"),
        Expect::Claim(Role::Client, "connection 2: client TIME-WAIT"),
        Expect::Claim(Role::Server, "connection 2: server CLOSED"),
        Expect::Call(Caller::Server, CallName::Recv, "ECONNRESET"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let accepting = server.accepts(&listener);
    stage.until_called(Caller::Server, CallName::Accept)?;
    let first = client.socket()?;
    first.set(SocketOption::ReuseAddress)?;
    first.bind((stage.client_ip(), 0).into())?;
    stage.done(&client.connects(&first), "connect()")?;
    let own = first.local();
    let connection = stage.done(&accepting, "accept()")?;
    stage.until_seen(Role::Server, "ACK K+1")?;
    let waiting = server.receives(&connection, RECV_UP_TO);
    stage.until_called(Caller::Server, CallName::Recv)?;
    first.set(SocketOption::Repair)?;
    first.close()?;

    let second = client.socket()?;
    second.set(SocketOption::ReuseAddress)?;
    if let Some(own) = own {
        second.bind(own)?;
    }
    let (address, text) = (stage.address(), stage.short_text());
    let saying = client.begin(move || say(&second, address, &text));
    stage.fails(&waiting, "recv()")?;
    connection.close()?;
    let serving = server.begin(move || {
        let received = serve(&listener)?;
        listener.close()?;
        Ok(received)
    });
    stage.done(&saying, "the end of the client")?;
    stage.received = stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let syns = played.times(Role::Client, 2, "SYN J");
    let error = played.failure(Caller::Server, CallName::Recv).unwrap_or("nothing");
    match syns[..] {
        [first, .., last] => format!(
            "It is the RFC's figure 9, on a real kernel: the client's second SYN took the place of the old connection only when \
             it was sent again, {} ms after the first. The server's program learned of the loss by {error}, and only because \
             the client came back.",
            last.since(first).as_millis()
        ),
        _ => "The second SYN was taken at once.".to_owned(),
    }
}
