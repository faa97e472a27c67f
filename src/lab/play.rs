//! Plays a scenario: makes its place, opens the taps, lets it run, and gathers what came of it.
//!
//! In: a scenario, where, and what to say. Out: what was played.
//! Invariant: the taps and the kernel's witness run before the first socket is made, and are read to their end after the
//! last is closed. System settings are set in namespaces made for the scenario and nowhere else.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::call::SocketCall;
use crate::exchange::log::CallLog;
use crate::lab::error::LabError;
use crate::lab::listening::{Ask, Listening};
use crate::lab::place::ground::Ground;
use crate::lab::played::Played;
use crate::lab::scenario::{Place, Scenario};
use crate::lab::stage::tap::{KEPT, Tap, View};
use crate::lab::stage::{Grounds, LIMIT, OWN_LIMIT, Stage};
use crate::lab::wire::fault::Faults;
use crate::lab::wire::lay::Wire;

/// A message that fits, with all headers, into what a capture keeps of a frame by default; a longer one is captured
/// whole, so that its checksum can be judged.
const SHORT_MESSAGE: usize = 1024;

/// With faults of the user's own the kernel gives up sooner than it would, since somebody waits for it.
const SOON: [(&str, &str); 4] = [
    ("net/ipv4/tcp_syn_retries", "2"),
    ("net/ipv4/tcp_synack_retries", "2"),
    ("net/ipv4/tcp_retries2", "4"),
    ("net/ipv4/tcp_orphan_retries", "3"),
];

/// What to play, and where.
#[derive(Clone, Debug)]
pub struct Play {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The port that the server listens on.
    pub port: u16,
    /// Over IPv6, also where the scenario does not ask for it.
    pub ipv6: bool,
    /// What the client sends.
    pub message: Vec<u8>,
    /// On a loopback of its own, also where the host's would do.
    pub is_private: bool,
    /// Faults of the wire in place of the scenario's own. With any, it is played on a wire.
    pub faults: Option<Faults>,
    /// Whether to ask the kernel for its own word.
    pub kernel: Ask,
    /// The program that serves by itself where a scenario needs another process: `tcpshake`, this one as a rule.
    pub program: Option<PathBuf>,
    /// Where to write what is captured, too. What the other end of a wire captures goes beside it: [`other_end`].
    pub write: Option<PathBuf>,
}

/// Plays it.
///
/// # Errors
///
/// [`LabError`]: no permission to capture, the port taken, a socket call that failed, or no end in time; `NotHere` where
/// the system lacks what it needs.
pub fn play(play: &Play) -> Result<Played, LabError> {
    perform(play).map_err(|error| error.of(play.scenario.name))
}

/// Where the capture of the server's end of a wire goes: `a.pcap` and `a.server.pcap`.
/// Nothing goes beside standard output.
pub fn other_end(path: &Path) -> Option<PathBuf> {
    if path.as_os_str() == "-" {
        return None;
    }
    Some(match path.extension() {
        Some(extension) => path.with_extension(format!("server.{}", extension.to_string_lossy())),
        None => path.with_extension("server"),
    })
}

fn perform(play: &Play) -> Result<Played, LabError> {
    if play.faults.is_some() && !play.scenario.setting.takes_faults {
        return Err(LabError::NoFaults { scenario: play.scenario.name });
    }
    let mut witness = Listening::begin(play.kernel, play.port)?;
    let mut stage = set(play)?;
    witness.count(&stage)?;
    let acted = (play.scenario.play)(&mut stage);
    let settled = stage.settle();
    let unfinished = match acted.and(settled).map_err(|error| error.of(play.scenario.name)) {
        // Whoever breaks the connection wants to see it broken.
        Err(error) if play.faults.is_some() && error.is_end_of_play() => {
            stage.break_off()?;
            Some(error)
        }
        ended => ended.map(|()| None)?,
    };
    let mut counters = witness.rises(&stage)?;
    let (over, calls) = match stage.broken_off.take() {
        Some((over, calls)) => (Some(over), calls),
        None => (None, stage.log.snapshot()),
    };
    if over.is_some() {
        // The programs' own end is counted among them.
        counters.clear();
    }
    let wire = stage.wire().ok().map(Wire::counts);
    let received = std::mem::take(&mut stage.received);
    let interface = stage.ground.of(Role::Client).interface().to_owned();
    let is_own = stage.ground.of(Role::Client).is_private();
    let mut views = stage.end()?.into_iter();
    let mut client = views.next().ok_or(LabError::NothingCaptured { interface: interface.clone() })?;
    let mut server = views.next();
    if !is_own {
        keep_own(&mut client, &calls);
    }
    if client.connections.is_empty() && server.as_ref().is_none_or(|view| view.connections.is_empty()) {
        return Err(LabError::NothingCaptured { interface });
    }
    let mut kernel = witness.end([Some(&client), server.as_ref()].into_iter().flatten())?;
    if let (Some(over), Some(said)) = (over, &mut kernel) {
        said.retain(|said| said.time <= over);
    }
    for view in [Some(&mut client), server.as_mut()].into_iter().flatten() {
        view.hears(kernel.as_deref().unwrap_or_default(), &counters);
    }
    Ok(Played { client, server, calls, received, kernel, counters, wire, unfinished })
}

/// Makes the place and opens the taps.
#[allow(clippy::disallowed_methods, reason = "the limits of a play are real time")]
fn set(play: &Play) -> Result<Stage, LabError> {
    let setting = play.scenario.setting;
    let ground = match (&play.faults, setting.place) {
        (Some(faults), _) => Grounds::Two(Wire::lay(faults.clone())?),
        (None, Place::Wire) => Grounds::Two(Wire::lay((setting.faults)())?),
        (None, Place::Loopback) if !play.is_private => Grounds::One(Ground::host()),
        (None, _) => Grounds::One(Ground::private()?),
    };
    for role in [Role::Client, Role::Server] {
        let soon = if play.faults.is_some() { SOON.as_slice() } else { &[] };
        for (name, value) in soon.iter().chain(setting.system) {
            ground.of(role).set(name, value)?;
        }
    }
    let address = SocketAddr::new(ground.of(Role::Server).address(play.ipv6 || setting.ipv6), play.port);
    let seen = setting.unseen.map_or_else(String::new, |unseen| format!(" and not ({unseen})"));
    let filter = format!("(tcp port {} or icmp or icmp6){seen}", play.port);
    let is_whole = play.message.len() > SHORT_MESSAGE;
    let open = |role: Role, write: Option<&Path>| Tap::open(ground.of(role), &filter, is_whole, write);
    let mut taps = vec![open(Role::Client, play.write.as_deref())?];
    if let Grounds::Two(_) = &ground {
        taps.push(open(Role::Server, play.write.as_deref().and_then(other_end).as_deref())?);
    }
    Ok(Stage {
        ground,
        address,
        message: play.message.clone(),
        program: play.program.clone(),
        log: CallLog::keeping(KEPT),
        taps,
        began: Instant::now(),
        limit: if play.faults.is_some() { OWN_LIMIT } else { LIMIT },
        broken_off: None,
        received: Vec::new(),
    })
}

/// Leaves the connections of the scenario's own sockets: on the host's loopback others may use the port, too.
fn keep_own(view: &mut View, calls: &[SocketCall]) {
    let own: BTreeSet<SocketAddr> = calls.iter().flat_map(|call| [call.local, call.peer]).flatten().collect();
    let is_own = |connection: &Connection| {
        let sockets = connection.sockets();
        own.contains(&sockets.client)
    };
    view.connections.retain(is_own);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_end_is_written_beside_the_first() {
        assert_eq!(other_end(Path::new("a/b.pcap")).as_deref(), Some(Path::new("a/b.server.pcap")));
        assert_eq!(other_end(Path::new("a/b")).as_deref(), Some(Path::new("a/b.server")));
        assert_eq!(other_end(Path::new("-")), None);
    }
}
