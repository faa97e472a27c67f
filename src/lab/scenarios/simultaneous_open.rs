//! Scenario `simultaneous-open`: both ends open actively, and their SYNs cross.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: both programs call connect while either SYN is on its way.
//! Read: RFC 9293 §3.5 (figure 7), §3.10.7.3.

use crate::analyzer::role::Role;
use crate::call::SocketCall;
use crate::call::{CallName, Caller};
use crate::exchange::options::SocketOption;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{receive, send};
use crate::lab::wire::fault::Faults;
use std::time::Duration;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "simultaneous-open",
    group: Group::Wire,
    title: "both ends connect to each other; nobody listens",
    text: "Nobody listens. Both programs bind a port, and each connects to the port of the other at \
           the same moment; the wire takes 100 ms, so that the two SYNs cross. Each end is in SYN-SENT \
           and gets a SYN that acknowledges nothing: it goes to SYN-RECEIVED and answers SYN+ACK, with \
           the J that it has sent already. The two SYN+ACKs cross as well, and with them both ends are \
           ESTABLISHED. Four segments instead of three, one connection, and no end that is the server: \
           neither program calls listen or accept, and both connect() return 0. The picture puts the \
           end at the left that is the client here; each end's own capture takes the end whose SYN it \
           saw first, its own, for the one that opened.",
    client: "socket, setsockopt, bind, connect, send, close",
    server: "socket, setsockopt, bind, connect, recv, recv, close",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Claim(Role::Client, "connections 1"),
        Expect::Claim(Role::Server, "connections 1"),
        Expect::Claim(Role::Client, "opening simultaneous"),
        Expect::Claim(Role::Server, "opening simultaneous"),
        Expect::Claim(Role::Client, "finding simultaneous-open"),
        Expect::Claim(Role::Server, "finding simultaneous-open"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
        Expect::Call(Caller::Server, CallName::Connect, "0"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

/// Longer than two programs on a busy machine take to make their calls.
const LATENCY: Duration = Duration::from_millis(100);

fn faults() -> Faults {
    Faults::none().with_latency(LATENCY)
}

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let (left, right) = (client.socket()?, server.socket()?);
    left.set(SocketOption::ReuseAddress)?;
    left.bind((stage.client_ip(), 0).into())?;
    right.set(SocketOption::ReuseAddress)?;
    right.bind(stage.address())?;
    let Some(peer) = left.local() else { return Err(LabError::Program("client")) };
    let connecting = right.clone();
    let right_connects = server.begin(move || connecting.connect(peer));
    let left_connects = client.connects(&left);
    stage.done(&left_connects, "connect() of the client")?;
    stage.done(&right_connects, "connect() of the server")?;
    let (text, saying) = (stage.short_text(), left.clone());
    let said = client.begin(move || send(&saying, &text).and_then(|()| saying.close()));
    stage.done(&said, "the end of the client")?;
    let reading = server.begin(move || {
        let received = receive(&right)?;
        right.close()?;
        Ok(received)
    });
    stage.received = stage.done(&reading, "the end of the server")?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let connects = played.calls.iter().filter(|call| call.name == CallName::Connect);
    let took: Vec<String> =
        connects.filter_map(SocketCall::lasted).map(|lasted| format!("{} ms", lasted.as_millis())).collect();
    format!(
        "The textbook's handshake has a client and a server, and three segments. Here both programs called connect(), which \
         took {}, and no accept() was needed.",
        took.join(" and ")
    )
}
