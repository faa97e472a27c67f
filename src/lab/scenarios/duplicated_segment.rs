//! Scenario `duplicated-segment`: a segment arrives twice.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the wire repeats the first segment with text and nothing else.
//! Read: RFC 9293 §3.4 (duplicates), §3.10.7.4; RFC 2883 (D-SACK).

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
    name: "duplicated-segment",
    group: Group::Wire,
    title: "the text arrives twice, and is read once",
    text: "A network may deliver a packet twice. Here the wire hands on the segment with the client's \
           text, and then a copy of it. The client has sent it once and knows nothing. The server's \
           kernel sees that the numbers of the copy lie before RCV.NXT: that text it has already. It \
           throws the copy away and acknowledges once more, so that a sender that had lost an \
           acknowledgement would learn where things stand; with selective acknowledgements it even \
           says which text came twice (D-SACK, RFC 2883). The program reads the text once. That is \
           what sequence numbers are for: every octet has its own.",
    client: CLIENT,
    server: "socket, setsockopt, bind, listen, accept, recv, recv, close",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Labels(
            Role::Server,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::repeat("DATA")])
}

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    open.says(stage)?;
    // Both have come before anything else is sent.
    stage.until("the copy", |stage| {
        stage.steps(Role::Server).iter().filter(|step| step.segment.text_len > 0).count() > 1
    })?;
    open.closes(stage)
}

fn differs(played: &Played) -> String {
    let texts = |at| {
        let steps = played.at(at).connections.iter().flat_map(|connection| connection.steps().iter());
        steps.filter(|step| step.from == Role::Client && step.segment.text_len > 0).count()
    };
    let mut said = format!(
        "In the textbook what is sent once arrives once. Here {} segment with text left and {} arrived; the server read {} \
         octets.",
        texts(Role::Client),
        texts(Role::Server),
        played.octets_read()
    );
    if played.rise("TCPDSACKOldSent").is_some() {
        said.push_str(" Its kernel told the client which text had come twice (TCPDSACKOldSent).");
    }
    said
}
