//! What the kernel says itself settles what segments leave open.
//!
//! In: a connection's findings, the kernel's words about its two sockets and their listener, and by how much its counters
//! rose around it. Out: the same findings, surer, with fewer rivals.
//! Invariant: no finding comes or goes, and none becomes less sure; whatever rests on the kernel's word says so. A reason
//! for a RST is taken from the end that sent it, at the time when it was sent.
//! Read: `docs/kernel.md`; field guide sections 2 and 3.

use std::net::SocketAddr;
use std::time::Duration;

use crate::analyzer::diagnosis::cause::{Cause, Causes};
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::reason::{meaning, of_cause};
use crate::analyzer::diagnosis::severity::Confidence;
use crate::analyzer::role::{Ends, Role};
use crate::time::Timestamp;
use crate::witness::{CounterRise, KernelEvent, KernelState, KernelWord};

/// A RST is captured within this time of the kernel's word about it, on a host that is busy, too.
const NEAR: Duration = Duration::from_millis(100);

/// A connection, as far as the kernel can be asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Both sockets.
    pub sockets: Ends<SocketAddr>,
    /// Who sent the first RST that counted, and when it was captured.
    pub reset: Option<(Role, Timestamp)>,
    /// The causes that the segments leave possible.
    pub causes: Causes,
}

/// Counters that rose around a connection.
#[derive(Clone, Copy, Debug)]
pub struct Rises<'a> {
    /// By how much.
    pub counters: &'a [CounterRise],
    /// Whether nothing but what is judged can have raised them. On a host anybody may have: then they make a finding
    /// likely at most, where the kernel has spoken of one of the two ends, and exclude nothing.
    pub is_own: bool,
}

impl Rises<'_> {
    fn rose(&self, name: &str) -> bool {
        self.counters.iter().any(|rise| rise.name == name && rise.by > 0)
    }
}

/// Hears the kernel: `said` is what it said of both sockets and of their listener, in order.
pub fn settle(findings: &mut [Finding], case: &Case, said: &[KernelEvent], rises: Rises<'_>) {
    for finding in findings {
        match finding.code {
            Code::Aborted | Code::ResetBeforeEstablished | Code::Refused => reset(finding, case, said, rises),
            Code::CloseNotAnswered => not_closed(finding, case, said),
            code => {
                let has_spoken = said.iter().any(|event| is_of(case, event));
                counted(finding, of_code(code), has_spoken, rises);
            }
        }
    }
}

/// The counters that confirm a finding: it is enough that those of one row rose, all of them. And what they exclude.
const fn of_code(code: Code) -> &'static [(&'static [&'static str], &'static str)] {
    match code {
        Code::AcceptQueueFull => &[(&["ListenOverflows", "ListenDrops"], "the accept queue was full")],
        Code::NoAnswer => &[
            (&["ListenOverflows", "ListenDrops"], "the listener's accept queue was full"),
            (&["TCPReqQFullDrop"], "the listener had no room for half-open connections"),
        ],
        Code::ThirdAckNotAccepted => &[
            (&["TCPDeferAcceptDrop"], "TCP_DEFER_ACCEPT waits for text"),
            (&["ListenOverflows", "ListenDrops"], "the accept queue was full"),
        ],
        Code::ChallengeAck | Code::HalfOpenDiscovered => &[
            (&["TCPSYNChallenge"], "a SYN was challenged"),
            (&["TCPChallengeACK"], "it sent a challenge ACK"),
        ],
        Code::RstIgnored => &[(&["TCPChallengeACK"], "it was challenged")],
        Code::KeepAlive => &[(&["TCPKeepAlive"], "it sent keep-alives")],
        Code::ZeroWindowProbe => &[(&["TCPWinProbe"], "it probed a window")],
        Code::TimeWaitReuse => &[(&["TWRecycled"], "a socket in TIME-WAIT was used again")],
        _ => &[],
    }
}

fn counted(
    finding: &mut Finding,
    rows: &[(&'static [&'static str], &'static str)],
    has_spoken: bool,
    rises: Rises<'_>,
) {
    let Some((names, meaning)) = rows.iter().find(|(names, _)| names.iter().all(|name| rises.rose(name)))
    else {
        return;
    };
    let names = names.join(", ");
    if rises.is_own {
        finding.says = joined(&finding.says, &format!("the kernel counted it ({names}): {meaning}"));
        make_certain(finding);
    } else if has_spoken {
        let more = format!("meanwhile this host's kernel counted such ({names}): {meaning}");
        finding.says = joined(&finding.says, &more);
        finding.confidence = finding.confidence.max(Confidence::Likely);
    }
}

/// The kernel's reason for a RST; where it names none, its counters; and where its sender's kernel knows of none, neither.
fn reset(finding: &mut Finding, case: &Case, said: &[KernelEvent], rises: Rises<'_>) {
    let Some((by, time)) = case.reset else { return };
    let (local, peer) = (*case.sockets.of(by), *case.sockets.of(by.other()));
    let is_its = |event: &&KernelEvent| event.local == local && event.peer == peer;
    let sent = said
        .iter()
        .filter(is_its)
        .filter_map(|event| match &event.word {
            KernelWord::SendsReset(reason) => Some((apart(event.time, time), event.time, reason.as_deref())),
            _ => None,
        })
        .filter(|(apart, ..)| *apart <= NEAR)
        .min_by_key(|(apart, ..)| *apart);
    match sent {
        Some((_, at, Some(reason))) => {
            let listener_closed = is_listener_closed(local, at, said);
            let what = meaning(reason, listener_closed).map_or_else(String::new, |what| format!(", {what}"));
            finding.says = format!("{}: the kernel's own reason is {reason}{what}.", begin(finding, by));
            make_certain(finding);
        }
        Some((_, _, None)) => by_counter(finding, case.causes, by, rises),
        // A kernel that resets a connection closes its socket.
        None if finding.code == Code::Aborted && is_open(said.iter().filter(is_its), time) => {
            finding.says = format!(
                "{}, and the {by}'s kernel sent none and kept its socket: {}.",
                begin(finding, by),
                Cause::Middlebox.as_str()
            );
            finding.confidence = finding.confidence.max(Confidence::Likely);
            finding.rivals.clear();
        }
        None => {}
    }
}

/// A kernel that does not name its reasons counts them all the same.
fn by_counter(finding: &mut Finding, causes: Causes, by: Role, rises: Rises<'_>) {
    let counted = |cause: &Cause| {
        let name = of_cause(*cause)?;
        rises.rose(name).then_some((*cause, name))
    };
    let mut counted = causes.iter().filter_map(|cause| counted(&cause));
    if let (Some((cause, name)), None) = (counted.next(), counted.next()) {
        finding.says =
            format!("{}: {}, which the kernel counted ({name}).", begin(finding, by), cause.as_str());
        if rises.is_own {
            make_certain(finding);
        } else {
            finding.confidence = finding.confidence.max(Confidence::Likely);
        }
    }
}

/// Whether the listener at `local` was closed just before `at`: what it had not handed out is reset.
fn is_listener_closed(local: SocketAddr, at: Timestamp, said: &[KernelEvent]) -> bool {
    let closes = KernelWord::State { from: KernelState::Listen, to: KernelState::Close };
    said.iter().any(|event| {
        event.word == closes
            && event.local.port() == local.port()
            && event.time <= at
            && at.since(event.time) <= NEAR
    })
}

/// Whether the kernel's last word about a socket by `time` is of a state that is not CLOSE.
fn is_open<'e>(said: impl Iterator<Item = &'e KernelEvent>, time: Timestamp) -> bool {
    let states = said.filter(|event| event.time <= time).filter_map(|event| match event.word {
        KernelWord::State { to, .. } => Some(to),
        _ => None,
    });
    states.last().is_some_and(|state| state != KernelState::Close)
}

/// The program has not closed, says the kernel of the end that should have.
fn not_closed(finding: &mut Finding, case: &Case, said: &[KernelEvent]) {
    let waits = said.iter().any(|event| {
        is_of(case, event) && matches!(event.word, KernelWord::State { to: KernelState::CloseWait, .. })
    });
    // CLOSE_WAIT is left by close() alone, to LAST_ACK.
    let has_closed = said.iter().any(|event| {
        is_of(case, event) && matches!(event.word, KernelWord::State { from: KernelState::CloseWait, .. })
    });
    if waits && !has_closed {
        finding.says = joined(&finding.says, "the kernel says CLOSE_WAIT, too: the program has not closed");
        finding.confidence = Confidence::Certain;
        finding
            .rivals
            .retain(|rival| *rival == "the program forgot close()" || *rival == "it is still at work");
    }
}

fn is_of(case: &Case, event: &KernelEvent) -> bool {
    let Ends { client, server } = case.sockets;
    (event.local == client && event.peer == server) || (event.local == server && event.peer == client)
}

fn make_certain(finding: &mut Finding) {
    finding.confidence = Confidence::Certain;
    finding.rivals.clear();
}

/// One sentence still.
fn joined(says: &str, more: &str) -> String {
    format!("{}; {more}.", says.trim_end_matches('.'))
}

/// How a finding about a RST begins.
fn begin(finding: &Finding, by: Role) -> String {
    match finding.code {
        Code::Refused => "A RST answered the SYN".to_owned(),
        Code::ResetBeforeEstablished => format!("A RST from the {by} ended the opening"),
        _ => format!("A RST from the {by} cut the connection off"),
    }
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

#[cfg(test)]
mod tests;
