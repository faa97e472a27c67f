//! Scenario `syn-lost`: the first SYN does not arrive.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the wire loses the first SYN and nothing else.
//! Read: RFC 9293 §3.8.1; RFC 6298 §2 (the first timeout is 1 s).

use crate::analyzer::diagnosis::words::Times;
use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange};
use crate::lab::wire::fault::{Fault, Faults};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "syn-lost",
    group: Group::Wire,
    title: "the SYN is lost, and sent again after a second",
    text: "The wire loses the first SYN J. connect() does not notice: it waits, and the client's \
           kernel waits for an answer. It has never measured how long an answer takes here, so it \
           waits for 1 s, as RFC 6298 prescribes, and sends the same SYN again: the same J, since \
           nobody has answered it. The second one arrives, and the rest is the textbook's. The server \
           knows nothing of all this; at its end the connection begins with the second SYN. A \
           connect() that takes 1, 3 or 7 seconds, where it should take milliseconds, has lost so many \
           SYNs.",
    client: CLIENT,
    server: SERVER,
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(
            Role::Client,
            1,
            &["SYN J", "SYN J (again)", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Labels(Role::Server, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "finding syn-retransmitted"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Server, "no finding syn-retransmitted"),
        Expect::Call(Caller::Client, CallName::Connect, "0"),
    ],
    play: |stage| exchange(stage, ServerCloses::AtOnce),
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::lose("SYN J")])
}

fn differs(played: &Played) -> String {
    let sent = played.times(Role::Client, 1, "SYN J");
    let arrived = played.times(Role::Server, 1, "SYN J");
    let [first, second, ..] = sent[..] else { return "The SYN was sent once only.".to_owned() };
    format!(
        "The textbook's SYN arrives. Here it left the client {} and arrived {}; the second left {} ms after \
         the first.",
        Times(sent.len() as u32),
        Times(arrived.len() as u32),
        second.since(first).as_millis()
    )
}
