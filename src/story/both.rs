//! One story of a connection that was captured at both of its ends.
//!
//! In: the connection as the client's tap saw it, and as the server's did, on one clock. Out: one story, in which a
//! segment leaves one end and arrives at the other, or never does.
//! Invariant: every departure and every arrival is told exactly once, in the order of its tap; each end's state is
//! the one that its own tap shows.

use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::analyzer::step::Step;
use crate::story::beside::Beside;
use crate::story::event::{Event, Passing, Way, Witness};
use crate::story::order::{is_nowhere, put_beside, tell};
use crate::story::pairing::{Leg, Sight, legs};
use crate::time::Timestamp;

/// A way that takes longer has room for what the programs do meanwhile, which is worth seeing.
const LONG: Duration = Duration::from_millis(1);

/// The story of one connection as both its ends saw it; `None` where the server's tap saw nothing of it. Where one of them was
/// too long to be kept, the client's is told. `older` has what an older connection of the same sockets said meanwhile.
pub fn tell_both<'a>(
    client: &'a Connection,
    server: Option<&'a Connection>,
    older: Vec<Event<'a>>,
    beside: Beside<'a>,
) -> Vec<Event<'a>> {
    let is_whole = |connection: &Connection| connection.steps().left_out() == 0;
    if !is_whole(client) || !server.is_none_or(is_whole) || client.is_self() {
        return tell(client, beside);
    }
    let error = client.icmp_error().or_else(|| server.and_then(Connection::icmp_error));
    let mut segments = passings(client, server, beside);
    put_among(&mut segments, older);
    put_beside(segments, beside, client.sockets(), error)
}

/// What both taps saw of one connection, and nothing beside.
pub fn passings<'a>(
    client: &'a Connection,
    server: Option<&'a Connection>,
    beside: Beside<'_>,
) -> Vec<Event<'a>> {
    let sights = sights(client, server);
    let is_busy = |from: Timestamp, to: Timestamp| to.since(from) >= LONG && beside.has_between(from, to);
    let mut teller = Teller {
        turned: server.is_some_and(|server| is_turned(client, server)),
        nowhere: is_nowhere(client),
        ..Teller::default()
    };
    legs(&sights, &is_busy).into_iter().filter_map(|leg| teller.tell(&sights, leg)).collect()
}

/// The segments that left one end and never arrived at the other, where both ends were captured.
pub fn lost<'a>(client: &'a Connection, server: Option<&'a Connection>) -> Vec<Passing<'a>> {
    let lost = |event| match event {
        Event::Segment(passing) => Some(passing).filter(|passing: &Passing<'_>| passing.way == Way::Lost),
        _ => None,
    };
    tell_both(client, server, Vec::new(), Beside::default()).into_iter().filter_map(lost).collect()
}

/// Puts what an older connection said among the segments of the newer one, with its states.
fn put_among<'a>(segments: &mut Vec<Event<'a>>, older: Vec<Event<'a>>) {
    for event in older {
        let Event::Segment(passing) = event else { continue };
        let is_later =
            |other: &Event<'_>| matches!(other, Event::Segment(other) if other.time > passing.time);
        let at = segments.iter().position(is_later).unwrap_or(segments.len());
        let before = at.checked_sub(1).and_then(|before| segments.get(before));
        // Before its first segment the newer connection has no states, and nothing of the older is told.
        if let Some(Event::Segment(Passing { states, assumed, .. })) = before.copied() {
            segments.insert(at, Event::Segment(Passing { states, assumed, ..passing }));
        }
    }
}

/// When the first of either was seen.
pub fn start(client: &Connection, server: Option<&Connection>) -> Timestamp {
    server.map_or(client.start(), |server| client.start().min(server.start()))
}

/// Whether the server's tap takes the server for the client, since it saw its segment first.
pub fn is_turned(client: &Connection, server: &Connection) -> bool {
    client.sockets().client != server.sockets().client
}

/// What both taps saw, by time; a departure before an arrival of the same moment.
fn sights<'a>(client: &'a Connection, server: Option<&'a Connection>) -> Vec<Sight<'a>> {
    let ours = client.sockets().client;
    let at = |at: Role| {
        move |step: &'a Step| {
            let from = if step.segment.source == ours { Role::Client } else { Role::Server };
            Sight { step, at, from }
        }
    };
    let mut near = client.steps().iter().map(at(Role::Client)).peekable();
    let far = server.into_iter().flat_map(|server| server.steps().iter());
    let mut far = far.map(at(Role::Server)).peekable();
    let mut sights = Vec::new();
    loop {
        let rank = |sight: &Sight<'_>| (sight.step.segment.time, !sight.departs());
        let is_near = match (near.peek(), far.peek()) {
            (Some(one), Some(other)) => rank(one) <= rank(other),
            (one, _) => one.is_some(),
        };
        match if is_near { near.next() } else { far.next() } {
            Some(sight) => sights.push(sight),
            None => return sights,
        }
    }
}

/// Keeps the state of each end as its own tap shows it.
#[derive(Default)]
struct Teller {
    states: Ends<Option<State>>,
    assumed: Ends<bool>,
    /// The server's tap takes the server for the client, since it saw its segment first.
    turned: bool,
    /// The server cannot be reached, so that what arrives at the other tap arrives on the way.
    nowhere: bool,
}

impl Teller {
    fn tell<'a>(&mut self, sights: &[Sight<'a>], leg: Leg) -> Option<Event<'a>> {
        let sight = |at: Option<usize>| at.and_then(|at| sights.get(at)).copied();
        let (departs, arrives) = (sight(leg.departs), sight(leg.arrives));
        for sight in [departs, arrives].into_iter().flatten() {
            let turns = self.turned && sight.at == Role::Server;
            let role = if turns { sight.at.other() } else { sight.at };
            *self.states.of_mut(sight.at) = Some(*sight.step.states.of(role));
            *self.assumed.of_mut(sight.at) = *sight.step.assumed.of(role);
        }
        if self.nowhere {
            self.states.server = None;
        }
        let shown = departs.or(arrives)?;
        let like = sight(leg.same);
        let seen_by = |wanted: &dyn Fn(&Sight<'a>) -> bool| {
            [Some(shown), arrives, like].into_iter().flatten().find(wanted).unwrap_or(shown)
        };
        // Two taps may call the same segment by other letters: those of the client's stand, and its sender counts.
        let letters = seen_by(&|sight| sight.at == Role::Client).step.label;
        let sent = seen_by(&Sight::departs).step.label;
        Some(Event::Segment(Passing {
            step: shown.step,
            label: letters.sent_as(sent),
            from: shown.from,
            time: shown.step.segment.time,
            way: leg.way,
            states: self.states,
            assumed: self.assumed,
            witness: Ends { client: Witness::Silent, server: Witness::Silent },
            is_older: false,
        }))
    }
}
