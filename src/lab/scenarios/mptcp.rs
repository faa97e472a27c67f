//! Scenario `mptcp`: the exchange over Multipath TCP.
//!
//! In: what was played. Out: the scenario, and what differs from the textbook in it.
//! Invariant: a kernel without Multipath TCP is told from one where something failed.
//! Read: RFC 8684 §2, §3.1, §3.3.3 (closing).

use crate::analyzer::role::Role;
use crate::analyzer::step::Step;
use crate::exchange::plain::Kind;
use crate::exchange::server::BACKLOG;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Group, Scenario, Setting};
use crate::lab::stage::Stage;
use crate::lab::textbook::{say, serve};
use crate::options::TcpOption;
use crate::segment::Flags;
use crate::time::span;

/// RFC 8684 §8.1: the subtype of the option that says which part of the whole a text is.
const DSS: u8 = 2;
/// RFC 8684 §3.3: there is no more to come.
const DATA_FIN: u8 = 0x10;

/// The scenario.
pub const SCENARIO: Scenario = Scenario {
    name: "mptcp",
    group: Group::Opening,
    title: "Multipath TCP, with a close above TCP's own",
    text: "Multipath TCP lets one connection use several paths, each of which looks like a TCP connection by itself \
           to everything in between. The calls are the same but for IPPROTO_MPTCP in socket. The SYN offers it in an \
           option (kind 30, MP_CAPABLE), the SYN+ACK takes the offer, and from the third segment on the options also \
           say which part of the whole a text is. So the close has two layers: close sends a DATA_FIN, in an option \
           of a segment without text, which the other end acknowledges in an option, too; to TCP these are \
           acknowledgements that say nothing new, and both ends stay ESTABLISHED. When all is said, each path is \
           closed with a FIN of its own, by the kernels, and either may be first. Here there is one path. A server \
           without Multipath TCP ignores the option, and the connection is plain TCP.",
    client: "socket (IPPROTO_MPTCP), connect, send, close",
    server: "socket (IPPROTO_MPTCP), setsockopt, bind, listen, accept, recv, recv, close",
    setting: Setting::PRIVATE,
    expects: &[
        Expect::Claim(Role::Client, "connections 1"),
        Expect::Claim(Role::Client, "outcome closed"),
        Expect::Labels(Role::Client, 1, &["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA", "FIN M", "ACK N+1"]),
        Expect::Claim(Role::Client, "opening three-way"),
        Expect::Claim(Role::Client, "closing three-segment or four-segment or simultaneous"),
        Expect::Claim(Role::Client, "no finding at or above warning"),
    ],
    play,
    differs,
};

fn play(stage: &mut Stage) -> Result<(), LabError> {
    if stage.place(Role::Client).read("net/mptcp/enabled").is_ok_and(|value| value != "0") {
        return exchange(stage);
    }
    let why = "this kernel has no Multipath TCP (no setting net.mptcp.enabled, or 0)".to_owned();
    Err(LabError::NotHere { scenario: SCENARIO.name, why })
}

fn exchange(stage: &mut Stage) -> Result<(), LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let kind = Kind { multipath: true, ..server.kind() };
    let listener = server.socket_of(kind)?;
    server.makes_listen(&listener, BACKLOG)?;
    let serving = server.begin(move || {
        let received = serve(&listener)?;
        listener.close()?;
        Ok(received)
    });
    let socket = client.socket_of(kind)?;
    let (address, message) = (stage.address(), stage.message().to_vec());
    let saying = client.begin(move || say(&socket, address, &message));
    stage.done(&saying, "the end of the client")?;
    stage.received = stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

fn differs(played: &Played) -> String {
    let Some(connection) = played.first() else { return String::new() };
    let all = connection.steps().iter().count();
    let marked = connection.steps().iter().filter(|step| multipath(step).is_some()).count();
    let mut said = format!(
        "The textbook's figures have no options. Here {marked} of {all} segments carry one of Multipath TCP, and the same \
         labels."
    );
    let time = |is_it: fn(&Step) -> bool| {
        connection.steps().iter().find(|step| is_it(step)).map(|step| step.segment.time)
    };
    let data_fin = time(|step| multipath(step) == Some(Multipath::DataFin));
    let fin = time(|step| step.segment.flags.has(Flags::FIN));
    if let (Some(data_fin), Some(fin)) = (data_fin, fin) {
        let early = span(fin.since(data_fin));
        said.push_str(&format!(" The first DATA_FIN went out {early} before the first FIN."));
    }
    said
}

/// What an option of Multipath TCP says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Multipath {
    DataFin,
    Other,
}

fn multipath(step: &Step) -> Option<Multipath> {
    let mut of_kind = step.segment.options.iter().filter_map(|option| match option {
        TcpOption::Multipath { subtype, octets } => Some(kind(subtype, octets)),
        _ => None,
    });
    let first = of_kind.next()?;
    Some(if of_kind.any(|kind| kind == Multipath::DataFin) { Multipath::DataFin } else { first })
}

/// RFC 8684 §3.3: the second octet of a DSS option holds its flags.
fn kind(subtype: u8, octets: &[u8]) -> Multipath {
    let is_data_fin = subtype == DSS && octets.get(1).is_some_and(|flags| flags & DATA_FIN != 0);
    if is_data_fin { Multipath::DataFin } else { Multipath::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_fin_is_a_flag_of_a_dss_option_alone() {
        assert_eq!(kind(DSS, &[0x20, 0x15, 0, 0, 0, 0]), Multipath::DataFin);
        assert_eq!(kind(DSS, &[0x20, 0x05, 0, 0, 0, 0]), Multipath::Other);
        assert_eq!(kind(0, &[0x01, 0x10]), Multipath::Other);
        assert_eq!(kind(DSS, &[0x20]), Multipath::Other);
    }
}
