//! Scenario `write-after-close`: text for a program that has gone.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the FIN is acknowledged before the client sends, and the RST has been captured before it sends again.
//! Read: RFC 9293 §3.6.1, §3.10.7.1; `send(2)` (EPIPE).

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::opened::open;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "write-after-close",
    group: Group::CutOff,
    title: "the first send goes well, the second fails",
    text: "The server accepts and closes at once: FIN M, which the client's kernel acknowledges. A FIN says only \
           that no more text will come from there; whether anybody still reads, it does not say. So the client's \
           send goes well: the text is in the kernel's hands, and on its way. But the server has closed both \
           directions; nobody can ever read it, and its kernel answers with a RST. The program hears of that at its \
           next call: the second send fails with EPIPE (and would raise SIGPIPE, which kills a program that has not \
           asked for the error instead). A send that returned well says nothing about arrival.",
    client: "socket, connect, send, send (EPIPE), close",
    server: "socket, setsockopt, bind, listen, accept, close",
    setting: Setting::LOOPBACK,
    expects: &[
        Expect::Labels(
            Role::Client,
            1,
            &["SYN J", "SYN K, ACK J+1", "ACK K+1", "FIN M", "ACK M+1", "DATA", "RST M+1"],
        ),
        Expect::Claim(Role::Client, "outcome reset"),
        Expect::Claim(Role::Client, "closing reset first server"),
        Expect::Claim(Role::Client, "client CLOSED"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "finding aborted"),
        Expect::Call(Caller::Client, CallName::Send, "EPIPE"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let open = open(stage)?;
    open.connection.close()?;
    stage.until_seen(Role::Client, "ACK M+1")?;
    let text = stage.short_text();
    stage.done(&open.client.sends(&open.socket, text.clone()), "the first send()")?;
    stage.until_closed()?;
    stage.fails(&open.client.sends(&open.socket, text), "the second send()")?;
    open.socket.close()?;
    open.listener.close().map_err(LabError::from)
}

fn differs(played: &Played) -> String {
    let mut sends =
        played.calls.iter().filter(|call| call.caller == Caller::Client && call.name == CallName::Send);
    let first =
        sends.next().and_then(|call| call.returned.as_ref()).map(|(_, returned)| returned.to_string());
    match (first, played.failure(Caller::Client, CallName::Send)) {
        (Some(first), Some(error)) => format!(
            "The textbook's programs stop sending when the other end has closed. This one did not, and its first \
             send() returned {first} although the text was lost; the second failed with {error}."
        ),
        _ => "Both sends went well.".to_owned(),
    }
}
