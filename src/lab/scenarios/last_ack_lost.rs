//! Scenario `last-ack-lost`: the acknowledgement of the last FIN does not arrive.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the wire loses the first ACK N+1 and nothing else.
//! Read: RFC 9293 §3.6.1, §3.10.7.4 (TIME-WAIT).

use crate::analyzer::diagnosis::words::Times;
use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange};
use crate::lab::wire::fault::{Fault, Faults};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "last-ack-lost",
    group: Group::Wire,
    title: "the last ACK is lost: what TIME-WAIT is for",
    text: "The client has closed first, the server's FIN N has come, and the client answers ACK N+1: \
           the last segment, which nobody acknowledges. The wire loses it. The client's programs are \
           done, and its end is in TIME-WAIT; the server is in LAST-ACK and, without an answer, sends \
           FIN N again. Now it shows why the end that closed first lingers in TIME-WAIT: somebody must \
           be there to say ACK N+1 once more. If nobody were, the client's kernel would answer the FIN \
           with a RST, and the server would take a connection that closed well for one that was cut \
           off.",
    client: CLIENT,
    server: SERVER,
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(
            Role::Client,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1", "ACK N+1"],
        ),
        Expect::Labels(Role::Server, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "finding last-ack-lost"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Server, "finding fin-retransmitted"),
        Expect::Call(Caller::Client, CallName::Close, "0"),
        Expect::Call(Caller::Server, CallName::Close, "0"),
    ],
    play: |stage| exchange(stage, ServerCloses::AtOnce),
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::lose("ACK N+1")])
}

fn differs(played: &Played) -> String {
    let sent = played.times(Role::Client, 1, "ACK N+1");
    let (Some(first), Some(last)) = (sent.first(), sent.last()) else {
        return "The last FIN was not acknowledged.".to_owned();
    };
    format!(
        "The textbook's last segment arrives. Here it was sent {}, the last {} ms after the first, from a connection \
         in TIME-WAIT that no program held any more.",
        Times(sent.len() as u32),
        last.since(*first).as_millis()
    )
}
