//! Scenario `no-answer`: nothing that the client sends arrives.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the kernel gives up by itself; its patience is shortened in the client's namespace.
//! Read: RFC 9293 §3.8.3 (R1, R2), §3.9.1; `tcp(7)`, tcp_syn_retries.

use crate::analyzer::role::Role;
use crate::call::SocketCall;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::wire::fault::{Fault, Faults};

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "no-answer",
    group: Group::Wire,
    title: "no SYN arrives, and connect gives up",
    text: "Every SYN is lost on its way, as behind a firewall that drops instead of refusing, or where \
           the address belongs to nobody. No answer is no information: the client's kernel sends the \
           SYN again, and again, at first each second (since Linux 6.5, four times), then with a wait \
           that doubles. By default it gives up after about two minutes; here net.ipv4.tcp_syn_retries \
           is 1 in the scenario's own namespaces, and connect() fails with ETIMEDOUT after 3 s. \
           (TCP_USER_TIMEOUT does the same for a single socket.) The server's end sees nothing at all. \
           Compare refused, which takes a fraction of a millisecond.",
    client: "socket, connect (ETIMEDOUT), close",
    server: "socket, setsockopt, bind, listen, close",
    setting: Setting { faults, system: &[("net/ipv4/tcp_syn_retries", "1")], ..Setting::WIRE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN J (again)"]),
        Expect::Claim(Role::Client, "connections 1"),
        Expect::Claim(Role::Client, "outcome no-answer"),
        Expect::Claim(Role::Client, "opening incomplete"),
        Expect::Claim(Role::Client, "finding no-answer"),
        Expect::Claim(Role::Server, "connections 0"),
        Expect::Call(Caller::Client, CallName::Connect, "ETIMEDOUT"),
    ],
    play,
    differs,
};

fn faults() -> Faults {
    Faults::of([Fault::lose("SYN J#*")])
}

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let socket = client.socket()?;
    stage.fails(&client.connects(&socket), "connect()")?;
    socket.close()?;
    listener.close()?;
    Ok(())
}

fn differs(played: &Played) -> String {
    let sent = played.times(Role::Client, 1, "SYN J").len();
    let connect = played.call(Caller::Client, CallName::Connect).and_then(SocketCall::lasted);
    match (played.failure(Caller::Client, CallName::Connect), connect) {
        (Some(error), Some(lasted)) => format!(
            "The textbook's SYN is answered. Here {sent} SYNs left and nothing came back; connect() failed with {error} \
             after {:.2} s, and only the client's own clock told it so.",
            lasted.as_secs_f64()
        ),
        _ => "connect() did not give up.".to_owned(),
    }
}
