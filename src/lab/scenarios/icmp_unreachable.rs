//! Scenario `icmp-unreachable`: a router refuses to hand the SYN on.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: the server's namespace is the router; the address behind it exists nowhere.
//! Read: RFC 9293 §3.9.2.2; RFC 1122 §4.2.3.9; RFC 5461.

use crate::analyzer::role::Role;
use crate::call::SocketCall;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::wire::fault::Faults;
use crate::time::span;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "icmp-unreachable",
    group: Group::Wire,
    title: "a router has no way, and says so by ICMP",
    text: "The client connects to an address behind a router, which here is the server's machine, and \
           the router cannot reach it. It drops SYN J and tells the sender, by ICMP: host unreachable, \
           with the first octets of the packet that it is about. The client's kernel finds the socket \
           by these octets, and connect() fails with EHOSTUNREACH, long before any timer. By the RFC \
           this is only a hint, since anybody could send it and the way may be open again in a moment: \
           an ESTABLISHED connection keeps it in mind and goes on trying. In SYN-SENT there is nothing \
           to lose yet, and Linux gives up at once.",
    client: "socket, connect (EHOSTUNREACH), close",
    server: "none: its machine is the router",
    setting: Setting { faults, ..Setting::WIRE },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J"]),
        Expect::Claim(Role::Client, "connections 1"),
        Expect::Claim(Role::Client, "outcome unreachable"),
        Expect::Claim(Role::Client, "finding icmp-unreachable"),
        Expect::Claim(Role::Server, "outcome unreachable"),
        Expect::Claim(Role::Server, "finding icmp-unreachable"),
        Expect::Call(Caller::Client, CallName::Connect, "EHOSTUNREACH"),
    ],
    play,
    differs,
};

/// So that connect() waits when the answer comes.
const LATENCY: Duration = Duration::from_millis(10);

fn faults() -> Faults {
    Faults::none().with_latency(LATENCY)
}

/// Documentation addresses (RFC 5737, RFC 3849), which no route of the scenario reaches.
fn behind(is_ipv6: bool) -> IpAddr {
    match is_ipv6 {
        false => Ipv4Addr::new(198, 51, 100, 7).into(),
        true => Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0, 0, 0, 0, 7).into(),
    }
}

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let nowhere = behind(stage.address().is_ipv6());
    stage.place(Role::Client).route(nowhere, stage.address().ip())?;
    stage.place(Role::Server).refuse(nowhere, false)?;
    let client = stage.client()?;
    let socket = client.socket()?;
    let (target, connecting) = (SocketAddr::new(nowhere, stage.address().port()), socket.clone());
    let attempt = client.begin(move || connecting.connect(target));
    stage.fails(&attempt, "connect()")?;
    socket.close()?;
    Ok(())
}

fn differs(played: &Played) -> String {
    let connect = played.call(Caller::Client, CallName::Connect).and_then(SocketCall::lasted);
    match (played.failure(Caller::Client, CallName::Connect), connect) {
        (Some(error), Some(lasted)) => format!(
            "In the textbook only TCP speaks. Here no TCP segment answered; the router's ICMP message made connect() fail \
             with {error} after {}.",
            span(lasted)
        ),
        _ => "connect() did not fail.".to_owned(),
    }
}
