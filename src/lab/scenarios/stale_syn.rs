//! Scenario `stale-syn`: a SYN with an old number reaches an open connection.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the client speaks only after the challenge has come.
//! Read: RFC 9293 §3.10.7.4 (fourth, check the SYN bit), §3.5 (figure 8); RFC 5961 §4.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::opened::open;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::CLIENT;
use crate::lab::wire::fault::{Fault, Faults};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "stale-syn",
    group: Group::Wire,
    title: "an old SYN turns up in an open connection",
    text: "An old SYN of the same pair of sockets, say a duplicate that some router held back, reaches \
           the server when a newer connection is open on that pair. (Here the wire forges it: its \
           number lies 50000 before J.) Is it old, or has the client restarted and begun anew? The \
           server's kernel cannot know, so it asks: a challenge ACK says what it expects. A client \
           that had restarted would find that acknowledgement senseless and send a RST, which would \
           make way for a new connection (half-open-discovered shows that). This client is in the \
           middle of the connection; for it the challenge is nothing new, and all goes on. By RFC 793 \
           the server would have sent a RST, and anybody who could forge a SYN could have cut the \
           connection off.",
    client: CLIENT,
    server: "socket, setsockopt, bind, listen, accept, recv, recv, close",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(
            Role::Client,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "ACK J+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Labels(
            Role::Server,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "SYN J-50000", "ACK J+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Claim(Role::Client, "connections 1"),
        Expect::Claim(Role::Server, "connections 1"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Server, "finding challenge-ack"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::inject("ACK K+1=SYN seq-50001 to server")])
}

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    // The challenge, before the client says anything.
    stage.until_seen(Role::Client, "ACK J+1")?;
    open.says(stage)?;
    open.closes(stage)
}

fn differs(played: &Played) -> String {
    let mut said = format!(
        "In the textbook (figure 8) the old SYN comes to a listener; here it came to an open connection, which answered it \
         and lived on: {} octets were read afterwards.",
        played.octets_read()
    );
    if let Some(rise) = played.rise("TCPSYNChallenge") {
        said.push_str(&format!(" The kernel has counted such challenges: TCPSYNChallenge rose by {rise}."));
    }
    said
}
