//! Scenario `message`: one message, and a close in three segments.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the sentences say only what this run has shown.
//! Read: RFC 9293 §3.5, §3.6.

use crate::analyzer::closing::ClosingKind;
use crate::analyzer::role::Role;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange, kernel_answers};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "message",
    group: Group::Basics,
    title: "the server closes at once: three segments close",
    text: "The server calls socket, bind, listen and accept, and waits. The client calls socket and connect, which \
           sends SYN J and waits; the SYN+ACK comes back, connect returns, and ACK K+1 is on its way. The client \
           sends its message and closes: FIN M. The server reads the message and then the end of it, and closes at \
           once, before its kernel would have acknowledged the FIN by itself. So its own FIN carries ACK M+1, and \
           the close takes three segments where the textbook draws four.",
    client: CLIENT,
    server: SERVER,
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
    ],
    play: |stage| exchange(stage, ServerCloses::AtOnce),
    differs,
};

fn differs(played: &Played) -> String {
    let mut said = kernel_answers(played);
    match played.first().map(|connection| connection.closing().kind) {
        Some(ClosingKind::ThreeSegment) => said.push_str(
            "The textbook closes in four segments; here the server had nothing more to say, so its FIN and its \
             acknowledgement went out as one.",
        ),
        Some(ClosingKind::FourSegment) => said.push_str(
            "The close took the textbook's four segments: this time the acknowledgement of the FIN was quicker than \
             the server's close.",
        ),
        _ => {}
    }
    said
}
