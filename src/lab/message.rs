//! Scenario `message`: one message, and a close in three segments.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the sentences say only what this run has shown.
//! Read: RFC 9293 §3.5, §3.6.

use std::fmt::Write;

use crate::analyzer::closing::ClosingKind;
use crate::call::{CallName, Caller};
use crate::lab::played::Played;
use crate::lab::scenario::{Scenario, ServerCloses};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "message",
    group: "basics",
    title: "the server closes at once, and three segments close",
    text: "The server calls socket, bind, listen and accept, and waits. The client calls socket and connect, which \
           sends SYN J and waits; the SYN+ACK comes back, connect returns, and ACK K+1 is on its way. The client \
           sends its message and closes: FIN M. The server reads the message and then the end of it, and closes at \
           once, before its kernel would have acknowledged the FIN by itself. So its own FIN carries ACK M+1, and \
           the close takes three segments where the textbook draws four.",
    server_closes: ServerCloses::AtOnce,
    differs,
};

fn differs(played: &Played) -> String {
    let mut said = kernel_answers(played);
    match played.connection.closing().kind {
        ClosingKind::ThreeSegment => said.push_str(
            "The textbook closes in four segments; here the server had nothing more to say, so its FIN and its \
             acknowledgement went out as one.",
        ),
        ClosingKind::FourSegment => said.push_str(
            "The close took the textbook's four segments: this time the acknowledgement of the FIN was quicker than \
             the server's close.",
        ),
        _ => {}
    }
    said
}

/// The kernel answers the SYN, not `accept`: by how much later did `accept` return?
pub fn kernel_answers(played: &Played) -> String {
    let mut said = String::new();
    if let Some(late) = played.after_syn_ack(Caller::Server, CallName::Accept) {
        let micros = late.as_micros();
        let _ = write!(
            said,
            "The kernel answered the SYN, not accept(): accept() returned {micros} microseconds after the SYN+ACK. "
        );
    }
    said
}
