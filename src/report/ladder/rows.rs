//! The rows of a ladder, before anything is drawn.
//!
//! In: the story of a connection. Out: rows that every picture draws alike.
//! Invariant: a row knows no width, colour or character; one row for each segment, each moment of a call, and each thing
//! that the kernel says.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::analyzer::step::{Step, Steps};
use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::icmp::IcmpError;
use crate::report::kernel::words;
use crate::story::beside::is_listener;
use crate::story::event::{Event, Passing, Way};
use crate::time::{Timestamp, span};
use crate::witness::{KernelEvent, KernelState, KernelWord};

/// A change that comes so much later than the last segment has its time with it.
const LATE: Duration = Duration::from_millis(10);

/// One row.
#[derive(Clone, Debug)]
pub enum Row<'a> {
    /// A segment, with its time since the connection's first, and how often the capture saw it.
    Segment(Passing<'a>, Duration, usize),
    /// So many segments stand between the rows around this one.
    LeftOut(u64),
    /// Something one of the programs did: the words, and the state that the call by itself brings about, with whether
    /// the kernel says so.
    Call(Role, String, Option<(State, bool)>),
    /// Something the kernel said of this end's socket.
    Kernel(Role, String),
    /// What came to this end and is no segment, with its time since the connection's first; and whether it was made on the way.
    Notice(Role, String, Duration, bool),
}

/// The rows of `story`, in which the capture of `steps` is told; time counts from `start`. `kernel` is all that the
/// kernel said.
pub fn rows<'a>(
    story: Vec<Event<'a>>,
    steps: &Steps,
    start: Timestamp,
    kernel: &[KernelEvent],
) -> Vec<Row<'a>> {
    let is_listening = |said: &KernelEvent| {
        is_listener(said) && matches!(said.word, KernelWord::State { to: KernelState::Listen, .. })
    };
    let is_witnessed = kernel.iter().any(is_listening);
    let state_by = |call: &SocketCall| state_by(call).map(|state| (state, is_witnessed));
    let mut sightings: BTreeMap<u64, usize> = BTreeMap::new();
    for first in steps.iter().filter_map(|step| step.seen_before) {
        let count = sightings.entry(first).or_insert(1);
        *count = count.saturating_add(1);
    }
    let times_seen = |passing: &Passing<'_>| match passing.way {
        Way::Seen => sightings.get(&frame(passing.step)).copied().unwrap_or(1),
        _ => 1,
    };
    let listens = story.iter().any(calls_listen);
    let mut rows = Vec::new();
    let mut last_said: Option<&KernelEvent> = None;
    let mut last_time = start;
    for event in story {
        if let Event::Kernel(role, said) = event {
            let is_change = matches!(said.word, KernelWord::State { .. });
            let is_late = is_change && said.time.since(last_time) >= LATE;
            match rows.last_mut() {
                Some(Row::Kernel(of, line)) if *of == role && !is_late => {
                    continue_with(line, last_said, said);
                }
                _ if is_late => {
                    let at = span(said.time.since(start));
                    rows.push(Row::Kernel(role, format!("{} at {at}", said_of(said))));
                }
                _ => rows.push(Row::Kernel(role, said_of(said))),
            }
            last_said = Some(said);
            continue;
        }
        rows.push(match event {
            Event::Segment(passing) => {
                last_time = passing.time;
                Row::Segment(passing, passing.time.since(start), times_seen(&passing))
            }
            Event::LeftOut(count) => Row::LeftOut(count),
            Event::Begins(call) => Row::Call(side(call), begins(call, listens), None),
            Event::Returns(call) => Row::Call(side(call), returns(call, listens), state_by(call)),
            Event::Call(call) => Row::Call(side(call), whole(call, listens), state_by(call)),
            Event::Icmp(to, error) => notice(to, error, start),
            Event::Kernel(..) => continue,
        });
    }
    rows
}

fn notice<'a>(to: Role, error: &IcmpError, start: Timestamp) -> Row<'a> {
    let (who, name, meaning) = (error.reporter, error.protocol(), error.meaning());
    let is_made = who != error.destination.ip();
    Row::Notice(to, format!("{who}: {name} {meaning}"), error.time.since(start), is_made)
}

const fn frame(step: &Step) -> u64 {
    step.segment.frame
}

/// What the kernel said; a listener is none of the connection's ends, and is named.
fn said_of(said: &KernelEvent) -> String {
    let whose = if is_listener(said) { "listener " } else { "" };
    format!("{whose}{}", words(&said.word))
}

/// `SYN_RECV -> ESTABLISHED` after `LISTEN -> SYN_RECV` becomes one way; anything else follows after a comma.
fn continue_with(line: &mut String, before: Option<&KernelEvent>, said: &KernelEvent) {
    match (before.map(|before| &before.word), &said.word) {
        (Some(KernelWord::State { to: was, .. }), KernelWord::State { from, to }) if was == from => {
            line.push_str(&format!(" -> {to}"));
        }
        _ => line.push_str(&format!(", {}", said_of(said))),
    }
}

const fn side(call: &SocketCall) -> Role {
    match call.caller {
        Caller::Client => Role::Client,
        Caller::Server => Role::Server,
    }
}

/// Whether there is a listener that can be named.
fn calls_listen(event: &Event<'_>) -> bool {
    matches!(event, Event::Begins(call) | Event::Returns(call) | Event::Call(call) if call.name == CallName::Listen)
}

fn begins(call: &SocketCall, listens: bool) -> String {
    if call.name == CallName::Kill {
        return whole(call, listens);
    }
    let may_wait =
        matches!(call.name, CallName::Accept | CallName::Connect | CallName::Recv | CallName::Poll);
    let verb = if call.returned.is_none() && call.name.may_wait() || may_wait && !refuses_to_wait(call) {
        "waits"
    } else {
        "begins"
    };
    format!("{}({}) {verb}", call.name.as_str(), arguments(call, listens))
}

fn returns(call: &SocketCall, listens: bool) -> String {
    let Some((time, returned)) = &call.returned else { return begins(call, listens) };
    if call.name == CallName::Kill {
        return format!("the {} has ended", call.caller.as_str());
    }
    // The arguments stand where it began; only which of the server's two sockets was closed is said again.
    let which = if call.name == CallName::Close { arguments(call, listens) } else { "" };
    format!("{}({which}) = {returned} after {}", call.name.as_str(), span(time.since(call.began)))
}

/// Whether the socket is one that does not wait: the call said so at once.
fn refuses_to_wait(call: &SocketCall) -> bool {
    let at_once = ["EINPROGRESS", "EAGAIN", "EWOULDBLOCK", "EALREADY"];
    matches!(&call.returned, Some((_, Returned::Error { name, .. })) if at_once.contains(&name.as_str()))
}

fn whole(call: &SocketCall, listens: bool) -> String {
    if call.name == CallName::Kill {
        // No call of its own: the program is ended from outside.
        return format!("the {} is killed", call.caller.as_str());
    }
    match &call.returned {
        Some((_, returned)) => format!("{}({}) = {returned}", call.name.as_str(), arguments(call, listens)),
        None => begins(call, listens),
    }
}

/// The server closes two sockets; the one that has no peer is the listener.
fn arguments(call: &SocketCall, listens: bool) -> &str {
    let is_listener = listens && call.caller == Caller::Server && call.peer.is_none();
    if call.name == CallName::Close && is_listener { "listener" } else { &call.arguments }
}

/// Only `listen` changes a state without a segment (RFC 9293 §3.10.1, passive OPEN).
fn state_by(call: &SocketCall) -> Option<State> {
    let done = matches!(call.returned, Some((_, Returned::Value(0))));
    (call.name == CallName::Listen && done).then_some(State::Listen)
}
