//! Scenario `rst-injected-in-window`: somebody on the way forges a RST whose number is almost right.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the client speaks only after the challenge has come.
//! Read: RFC 9293 §3.10.7.4, §3.5.3; RFC 5961 §3.

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
    name: "rst-injected-in-window",
    group: Group::Wire,
    title: "a forged RST in the window is challenged",
    text: "Right after the handshake a RST reaches the server that the client has not sent: somebody \
           on the way has forged it. He has guessed the addresses, the ports, and a number within the \
           server's window, 1000 beyond RCV.NXT. By the old rule of RFC 793 that was enough to cut a \
           connection off, and with a large window it was easy to hit. RFC 5961, now part of RFC 9293, \
           asks for more: only a RST at RCV.NXT itself is obeyed. One that is elsewhere in the window \
           is answered by a challenge ACK. If the client had really sent it and had forgotten the \
           connection, it would answer the challenge with a RST of the exact number; this client has \
           not, ignores the challenge, and the connection lives.",
    client: CLIENT,
    server: "socket, setsockopt, bind, listen, accept, recv, recv, close",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(
            Role::Client,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "ACK J+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Labels(
            Role::Server,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "RST J+1001", "ACK J+1", "DATA", "FIN M", "ACK N+1"],
        ),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Claim(Role::Server, "outcome closed"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Server, "server CLOSED"),
        Expect::Claim(Role::Server, "finding challenge-ack"),
        Expect::Claim(Role::Server, "finding rst-ignored"),
        Expect::Claim(Role::Server, "no finding aborted"),
        Expect::Call(Caller::Server, CallName::Recv, "0"),
    ],
    play,
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::inject("ACK K+1=RST seq+1000 to server")])
}

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    // The challenge, before the client says anything.
    stage.until_seen(Role::Client, "ACK J+1")?;
    open.says(stage)?;
    open.closes(stage)
}

fn differs(played: &Played) -> String {
    let challenged = played.times(Role::Client, 1, "ACK J+1").len();
    let mut said = format!(
        "The textbook's RST ends a connection. This one was forged 1000 beyond RCV.NXT, was challenged ({challenged} ACK J+1 \
         came to the client), and {} octets were read afterwards.",
        played.octets_read()
    );
    if let Some(rise) = played.rise("TCPChallengeACK") {
        said.push_str(&format!(" The kernel has counted its challenges: TCPChallengeACK rose by {rise}."));
    }
    said
}
