//! Scenario `fin-lost`: the first FIN does not arrive.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the wire loses the first FIN M and nothing else.
//! Read: RFC 9293 §3.6, §3.8.1; RFC 8985 §7 (tail loss probe).

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange};
use crate::lab::wire::fault::{Fault, Faults};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "fin-lost",
    group: Group::Wire,
    title: "the FIN is lost, and sent again",
    text: "The client has sent its message and closes; the wire loses FIN M. close() has returned long \
           since: it only handed the FIN to the kernel, and whatever becomes of it is the kernel's \
           affair. A FIN takes a sequence number, as a SYN does, so it must be acknowledged, and is \
           sent again until it is. Linux does not even wait for its timer (200 ms at least) where the \
           way is short: if the last segment of all is not acknowledged within about two round trips, \
           it probes by sending it again (a tail loss probe, RFC 8985). Until then the client is in \
           FIN-WAIT-1, and the server is ESTABLISHED: its recv() waits for text that will not come.",
    client: CLIENT,
    server: SERVER,
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(
            Role::Client,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "FIN M (again)", "ACK N+1"],
        ),
        Expect::Labels(Role::Server, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "finding fin-retransmitted"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Server, "no finding fin-retransmitted"),
        Expect::Call(Caller::Client, CallName::Close, "0"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play: |stage| exchange(stage, ServerCloses::AtOnce),
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::lose("FIN M")])
}

fn differs(played: &Played) -> String {
    let [first, second, ..] = played.times(Role::Client, 1, "FIN M")[..] else {
        return "FIN M was sent once only.".to_owned();
    };
    format!(
        "The textbook's FIN arrives. Here it was sent again after {:.1} ms, without a call of the client, which had closed \
         its socket.",
        second.since(first).as_secs_f64() * 1000.0
    )
}
