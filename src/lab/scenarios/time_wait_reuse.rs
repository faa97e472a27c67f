//! Scenario `time-wait-reuse`: the same pair of sockets again, while TIME-WAIT still holds it.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the second connection begins when the kernel lets it, not after some time.
//! Read: RFC 9293 §3.6.1; RFC 6191; RFC 9293 §3.4.1 (ISS generation).

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::exchange::options::SocketOption;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{say, serve};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "time-wait-reuse",
    group: Group::Opening,
    title: "the same two sockets again, within TIME-WAIT",
    text: "The client closes first, so its end stays in TIME-WAIT for 60 s on Linux: a late segment of this \
           connection must not be taken for one of the next on the same pair. Within that time the client binds a new \
           socket to the same port, which SO_REUSEADDR permits, and connects again. RFC 9293 allows a pair to be used \
           out of TIME-WAIT where the new numbers lie beyond all that the old connection used, and RFC 6191 where the \
           timestamps of the new one are later. Linux sees to both: it begins with an ISS 65537 beyond the last \
           number of the old connection, and its timestamps never go back. So an old segment cannot fit into the new \
           connection, and the SYN is taken like any other.",
    client: "socket, setsockopt, bind, connect, send, close; and all again with the same port",
    server: "socket, setsockopt, bind, listen, then twice accept, recv, recv, close",
    setting: Setting::PRIVATE,
    expects: &[
        Expect::Claim(Role::Client, "connections 2"),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "connection 2: finding time-wait-reuse"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Labels(Role::Client, 2, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Call(Caller::Client, CallName::Bind, "0"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let (address, message) = (stage.address(), stage.message().to_vec());
    let serving = server.begin(move || {
        let first = serve(&listener)?;
        serve(&listener)?;
        listener.close()?;
        Ok(first)
    });
    let first = client.socket()?;
    first.set(SocketOption::ReuseAddress)?;
    first.bind((stage.client_ip(), 0).into())?;
    let own = first.local();
    let text = message.clone();
    let saying = client.begin(move || say(&first, address, &text));
    stage.done(&saying, "the end of the first connection")?;
    stage.until_closed()?;
    let second = client.socket()?;
    second.set(SocketOption::ReuseAddress)?;
    if let Some(own) = own {
        second.bind(own)?;
    }
    let saying = client.begin(move || say(&second, address, &message));
    stage.done(&saying, "the end of the second connection")?;
    stage.received = stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let [first, second, ..] = played.client.connections.as_slice() else { return String::new() };
    let waited = second.start().since(first.end());
    let mut said = format!(
        "The textbook says that a pair in TIME-WAIT cannot be used for 2 MSL. Here it was used again {} ms after the \
         first connection's last segment.",
        waited.as_millis()
    );
    if let (Some(fin), Some(iss)) = (first.closing().m, second.opening().j) {
        // The FIN took the number before the old SND.NXT.
        let beyond = i64::from(iss.distance_from(fin)) - 1;
        said.push_str(&format!(" Its J lies {beyond} beyond the last number of the old one."));
    }
    said
}
