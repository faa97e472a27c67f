//! Scenario `reordered-fin`: the FIN arrives before the text that precedes it.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the wire holds the text back until the next segment of the client has passed.
//! Read: RFC 9293 §3.4, §3.10.7.4; RFC 2018 (SACK).

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange};
use crate::lab::wire::fault::{Fault, Faults};
use crate::time::span;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "reordered-fin",
    group: Group::Wire,
    title: "the FIN overtakes the text",
    text: "Packets may take different ways, and the later one may be the faster. The client sends its \
           text and closes; on the wire FIN M overtakes the text. The server's kernel looks at the \
           numbers: the FIN lies beyond RCV.NXT, so there is a gap before it. It keeps the FIN, \
           acknowledges what it had before (with a selective acknowledgement of what lies beyond the \
           gap), and stays ESTABLISHED: a FIN counts only when everything before it is there. Then the \
           text comes and fills the gap, and in one step the server has both and is in CLOSE-WAIT. The \
           program reads the text, and then the end; it cannot tell that they came in the other order.",
    client: CLIENT,
    server: SERVER,
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(Role::Server, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "FIN M", "DATA", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "no finding fin-out-of-order"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Server, "finding fin-out-of-order"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play: |stage| exchange(stage, ServerCloses::AtOnce),
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::reorder("DATA")])
}

fn differs(played: &Played) -> String {
    let [fin, ..] = played.times(Role::Server, 1, "FIN M")[..] else { return String::new() };
    let mut steps =
        played.at(Role::Server).connections.iter().flat_map(|connection| connection.steps().iter());
    match steps.find(|step| step.segment.text_len > 0 && step.segment.time >= fin) {
        Some(text) => format!(
            "In the textbook the FIN comes last. Here it came {} before the text that it ends.",
            span(text.segment.time.since(fin))
        ),
        None => "The FIN came after the text all the same.".to_owned(),
    }
}
