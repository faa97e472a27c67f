//! Scenario `rst-injected-out-of-window`: somebody on the way forges a RST with a wrong number.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the client speaks only after the RST has come.
//! Read: RFC 9293 §3.10.7.4 (first check the sequence number), §3.5.3; RFC 5961 §3.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::opened::open;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::CLIENT;
use crate::lab::wire::fault::{Fault, Faults};
use crate::segment::Flags;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "rst-injected-out-of-window",
    group: Group::Wire,
    title: "a forged RST outside the window is ignored",
    text: "Again a RST that the client has not sent reaches the server, and this time its number is \
           the first beyond the server's window. A kernel tests the number of every segment before \
           anything else, and what lies outside the window is not acceptable. Any other segment like \
           this would be answered by an acknowledgement; a RST is not answered at all. Nothing \
           happens: no state changes, no program learns of it. To cut off a connection blindly, one \
           has to hit one number out of 2^32.",
    client: CLIENT,
    server: "socket, setsockopt, bind, listen, accept, recv, recv, close",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(Role::Server, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
        Expect::Claim(Role::Server, "finding rst-ignored"),
        Expect::Claim(Role::Server, "no finding challenge-ack"),
        Expect::Claim(Role::Server, "no finding aborted"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::inject("ACK K+1=RST seq=beyond to server")])
}

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    stage.until("the RST", |stage| {
        stage.steps(Role::Server).iter().any(|step| step.segment.flags.has(Flags::RST))
    })?;
    open.says(stage)?;
    open.closes(stage)
}

fn differs(played: &Played) -> String {
    let mut steps =
        played.at(Role::Server).connections.iter().flat_map(|connection| connection.steps().iter());
    match steps.find(|step| step.segment.flags.has(Flags::RST)) {
        Some(_) => format!(
            "The textbook's RST ends a connection. This one came to the server, nothing answered it, and {} octets were read \
             afterwards.",
            played.octets_read()
        ),
        None => "The forged RST did not come to the server.".to_owned(),
    }
}
