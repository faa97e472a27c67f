//! Scenario `late-close`: the close in four segments, as the textbook draws it.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the server waits for the captured ACK of the FIN, not for a time.
//! Read: RFC 9293 §3.6, figure 12; RFC 9293 §3.8.6.3 (delayed acknowledgements).

use crate::analyzer::closing::ClosingKind;
use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange, kernel_answers};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "late-close",
    group: Group::Basics,
    title: "the server closes late, and four segments close",
    text: "As in `message`, but the server is slow to close: it has read the end of the client's text, and might \
           still have something to say. That is why closing takes four segments: each direction is closed by \
           itself. The server's kernel acknowledges the FIN after a while (about 40 ms on Linux: it hopes that the \
           acknowledgement can ride on something else), and the server's own FIN follows when its program closes. \
           Until then the client is in FIN-WAIT-2 and the server in CLOSE-WAIT.",
    client: CLIENT,
    server: SERVER,
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA"]),
        Expect::Labels(Role::Client, 1, &["FIN M", "ACK M+1", "FIN N", "ACK N+1"]),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Client, "closing four-segment first client"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
    ],
    play: |stage| exchange(stage, ServerCloses::AfterTheFinIsAcknowledged),
    differs,
};

fn differs(played: &Played) -> String {
    let mut said = kernel_answers(played);
    let closing = played.first().map(Connection::closing);
    match closing.map(|closing| (closing.kind, closing.fin_to_ack)) {
        Some((ClosingKind::FourSegment, Some(wait))) => said.push_str(&format!(
            "The close is the textbook's, and it is the rare one: the kernel held ACK M+1 back for {} ms, and a \
             server that closes sooner sends it with its own FIN.",
            wait.as_millis()
        )),
        Some((ClosingKind::FourSegment, None)) => said.push_str(
            "The close is the textbook's, and it is the rare one: a server that closes sooner sends ACK M+1 with its own \
             FIN.",
        ),
        _ => said.push_str(
            "The close did not take the textbook's four segments: the acknowledgement of the FIN did not come alone.",
        ),
    }
    said
}
