//! The rows of a ladder, before anything is drawn.
//!
//! In: a connection, and the calls of the two programs, if they are known. Out: rows that every picture draws alike.
//! Invariant: a row knows no width, colour or character; one row for each segment, and for each moment of a call.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::analyzer::step::Step;
use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::story::{Event, tell};

/// One row.
#[derive(Clone, Debug)]
pub enum Row<'a> {
    /// A segment, with its time since the connection's first, and how often the capture saw it.
    Segment(&'a Step, Duration, usize),
    /// So many segments stand between the rows around this one.
    LeftOut(u64),
    /// Something one of the programs did: the words, and the state that the call by itself brings about.
    Call(Role, String, Option<State>),
}

/// The rows of `connection`, with `calls` at their margins.
pub fn rows<'a>(connection: &'a Connection, calls: &'a [SocketCall]) -> Vec<Row<'a>> {
    let mut sightings: BTreeMap<u64, usize> = BTreeMap::new();
    for first in connection.steps().iter().filter_map(|step| step.seen_before) {
        let count = sightings.entry(first).or_insert(1);
        *count = count.saturating_add(1);
    }
    let times_seen = |step: &Step| sightings.get(&step.segment.frame).copied().unwrap_or(1);
    tell(connection.steps(), calls)
        .into_iter()
        .filter(|event| !matches!(event, Event::Segment(step) if step.seen_before.is_some()))
        .map(|event| match event {
            Event::Segment(step) => {
                Row::Segment(step, step.segment.time.since(connection.start()), times_seen(step))
            }
            Event::LeftOut(count) => Row::LeftOut(count),
            Event::Begins(call) => Row::Call(side(call), begins(call), None),
            Event::Returns(call) => Row::Call(side(call), returns(call), state_by(call)),
            Event::Call(call) => Row::Call(side(call), whole(call), state_by(call)),
        })
        .collect()
}

const fn side(call: &SocketCall) -> Role {
    match call.caller {
        Caller::Client => Role::Client,
        Caller::Server => Role::Server,
    }
}

fn begins(call: &SocketCall) -> String {
    let verb = match call.name {
        CallName::Accept | CallName::Connect | CallName::Recv => "waits",
        _ => "begins",
    };
    format!("{}({}) {verb}", call.name.as_str(), arguments(call))
}

fn returns(call: &SocketCall) -> String {
    let Some((time, returned)) = &call.returned else { return begins(call) };
    // The arguments stand where it began; only which of the server's two sockets was closed is said again.
    let which = if call.name == CallName::Close { arguments(call) } else { "" };
    format!("{}({which}) = {returned} after {}", call.name.as_str(), span(time.since(call.began)))
}

fn whole(call: &SocketCall) -> String {
    match &call.returned {
        Some((_, returned)) => format!("{}({}) = {returned}", call.name.as_str(), arguments(call)),
        None => begins(call),
    }
}

/// The server closes two sockets; the one that has no peer is the listener.
fn arguments(call: &SocketCall) -> &str {
    let is_listener = call.caller == Caller::Server && call.peer.is_none();
    if call.name == CallName::Close && is_listener { "listener" } else { &call.arguments }
}

/// Only `listen` changes a state without a segment (RFC 9293 §3.10.1, passive OPEN).
fn state_by(call: &SocketCall) -> Option<State> {
    let done = matches!(call.returned, Some((_, Returned::Value(0))));
    (call.name == CallName::Listen && done).then_some(State::Listen)
}

/// A span in the unit that suits it: `8.1 µs` would not be ASCII, so milliseconds are the smallest.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    if seconds < 0.001 {
        format!("{:.3} ms", seconds * 1e3)
    } else if seconds < 1.0 {
        format!("{:.2} ms", seconds * 1e3)
    } else {
        format!("{seconds:.2} s")
    }
}
