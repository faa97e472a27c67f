//! Scenario `simultaneous-close`: both ends close, and their FINs cross.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: both programs call close while either FIN is on its way.
//! Read: RFC 9293 §3.6 (figure 13), §3.10.7.4.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::opened::open;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::wire::fault::Faults;
use crate::time::span;
use std::time::Duration;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "simultaneous-close",
    group: Group::Wire,
    title: "both ends close at the same moment",
    text: "The text has been read and acknowledged; now both programs close at the same moment, and \
           the wire takes 100 ms, so that the two FINs cross. Each end is in FIN-WAIT-1 and waits for \
           the acknowledgement of its FIN; what comes instead is a FIN that does not acknowledge it. \
           So it acknowledges that one and goes to CLOSING: both have closed, and one's own FIN is not \
           yet acknowledged. When the acknowledgement comes, each end goes to TIME-WAIT. There is no \
           end that closed first, so both keep TIME-WAIT.",
    client: "socket, connect, send, close",
    server: "socket, setsockopt, bind, listen, accept, recv, close",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Client, "closing simultaneous"),
        Expect::Claim(Role::Server, "closing simultaneous"),
        Expect::Claim(Role::Client, "finding simultaneous-close"),
        Expect::Claim(Role::Server, "finding simultaneous-close"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "server TIME-WAIT"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Claim(Role::Server, "no finding at or above warning"),
        Expect::Call(Caller::Client, CallName::Close, "0"),
        Expect::Call(Caller::Server, CallName::Close, "0"),
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
    let open = open(stage)?;
    let text = stage.short_text();
    let octets = text.len();
    stage.done(&open.client.sends(&open.socket, text), "send()")?;
    stage.received = stage.done(&open.server.receives(&open.connection, octets), "recv()")?;
    stage.until_acknowledged(Role::Client)?;
    let (near, far) = (open.socket, open.connection);
    let far_closes = open.server.begin(move || far.close());
    let near_closes = open.client.begin(move || near.close());
    stage.done(&near_closes, "close() of the client")?;
    stage.done(&far_closes, "close() of the server")?;
    open.listener.close()?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let closes: Vec<_> = played
        .calls
        .iter()
        .filter(|call| call.name == CallName::Close)
        .filter(|call| call.peer.is_some_and(|peer| peer.port() != 0))
        .collect();
    let (Some(first), Some(last)) =
        (closes.iter().map(|call| call.began).min(), closes.iter().map(|call| call.began).max())
    else {
        return String::new();
    };
    format!(
        "In the textbook's close one end is first. Here the two close() began within {} of each other, on a wire \
         that takes {} ms, so that each FIN was sent before the other could be known.",
        span(last.since(first)),
        LATENCY.as_millis()
    )
}
