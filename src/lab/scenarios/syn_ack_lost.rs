//! Scenario `syn-ack-lost`: the first SYN+ACK does not arrive.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: which timer is first is not said; whatever order they come in, the connection opens.
//! Read: RFC 9293 §3.8.1, §3.10.7.4; RFC 6298 §2.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange};
use crate::lab::wire::fault::{Fault, Faults};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "syn-ack-lost",
    group: Group::Wire,
    title: "the SYN+ACK is lost, and both ends try again",
    text: "The SYN arrives, and the server's kernel answers; the wire loses SYN K, ACK J+1. Now both \
           ends wait, each with its own timer of about 1 s: the client, in SYN-SENT, for an answer to \
           its SYN, and the server, in SYN-RECEIVED, for an acknowledgement of its own. The two timers \
           end within microseconds of each other, and either may be first. The client repeats SYN J; a \
           server that gets the same SYN again answers it again with the same K. So at the client this \
           looks just like syn-lost: it cannot know which of the two segments was lost. Only the \
           server's end tells. Where both repeat, one SYN+ACK more arrives than was needed; the client \
           acknowledges it once more, and nothing else comes of it.",
    client: CLIENT,
    server: SERVER,
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(
            Role::Server,
            1,
            &["SYN J", "SYN K, ACK J+1", "SYN K, ACK J+1 (again)", "ACK K+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "opening three-way"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Server, "finding syn-ack-retransmitted"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
    ],
    play: |stage| exchange(stage, ServerCloses::AtOnce),
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::lose("SYN K, ACK J+1")])
}

fn differs(played: &Played) -> String {
    let syns = played.times(Role::Client, 1, "SYN J").len();
    let answers = played.times(Role::Server, 1, "SYN K, ACK J+1").len();
    let arrived = played.times(Role::Client, 1, "SYN K, ACK J+1").len();
    format!(
        "The textbook's SYN+ACK arrives. Here the client sent its SYN {syns} times, and the server its SYN+ACK {answers} \
         times, of which {arrived} arrived."
    )
}
