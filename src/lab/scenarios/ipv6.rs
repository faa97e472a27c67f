//! Scenario `ipv6`: the textbook's exchange over the other Internet Protocol.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: a host without IPv6 is told from one where something failed.
//! Read: RFC 9293 §3.9.2.2; RFC 8200 §8.1 (the pseudo-header), RFC 8200 §8.3 (the maximum segment size).

use crate::analyzer::role::Role;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{CLIENT, SERVER, ServerCloses, exchange, kernel_answers};
use crate::options::TcpOption;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "ipv6",
    group: Group::Opening,
    title: "the same exchange over IPv6",
    text: "The exchange of `message`, played from ::1 to ::1. TCP does not mind: the same calls, the same segments, \
           the same numbers and states. What differs is outside of TCP, or at its edge: socket takes AF_INET6 and \
           bind an address of 16 octets; the checksum covers both long addresses and is never optional; and a header \
           of 40 octets in place of 20 leaves 20 less for text, which is why the MSS option in both SYNs is smaller \
           by 20 than over IPv4. An address with a port is written with brackets, [::1]:6666, since it has colons of \
           its own.",
    client: CLIENT,
    server: SERVER,
    setting: Setting { ipv6: true, ..Setting::LOOPBACK },
    expects: &[
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "server ::1: outcome closed"),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment first client"),
        Expect::Claim(Role::Client, "client TIME-WAIT"),
        Expect::Claim(Role::Client, "server CLOSED"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    let disabled = stage.place(Role::Client).read("net/ipv6/conf/lo/disable_ipv6");
    if disabled.is_ok_and(|value| value == "0") {
        return exchange(stage, ServerCloses::AtOnce);
    }
    Err(LabError::NotHere {
        scenario: SCENARIO.name,
        why: "IPv6 is switched off on this host's loopback".to_owned(),
    })
}

fn differs(played: &Played) -> String {
    let mut said = kernel_answers(played);
    let mss = played.first().and_then(|connection| {
        let syn = connection.steps().iter().next()?;
        syn.segment.options.iter().find_map(|option| match option {
            TcpOption::MaximumSegmentSize(octets) => Some(octets),
            _ => None,
        })
    });
    if let Some(octets) = mss {
        said.push_str(&format!(
            "The textbook's figures name no Internet Protocol, and need none. The SYN's MSS option says {octets}: 60 \
             octets less than an IP packet here may have, 40 for IPv6 and 20 for TCP."
        ));
    }
    said
}
