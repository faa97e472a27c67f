//! What connections by the textbook come to, by their shape.
//!
//! In: connections in brief that have ended. Out: the connections, finished.
//! Invariant: the same as by `at_once` and `Connection::finish`, but for what only a next segment would be held against. The
//! first of a shape is followed segment by segment, and what moved its states is kept; of the others only numbers and times
//! are filled in. Where nothing was to be said of the first, that is asked of each; where it was reset, or a SYN or FIN came
//! again, the same is to be said of the others, in other frames. Bounded: so many shapes are known.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::analyzer::compare::talk::Talk;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::diagnosis::evidence::{Events, Evidence};
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::half::Half;
use crate::analyzer::hold::log::Kept;
use crate::analyzer::hold::passage::Passage;
use crate::analyzer::hold::refusal::Refusals;
use crate::analyzer::hold::stand::Stand;
use crate::analyzer::hold::tally::acknowledged;
use crate::analyzer::hold::unanswered::Unanswered;
use crate::analyzer::in_state::InState;
use crate::analyzer::opening::Progress;
use crate::analyzer::outcome::ResetSeen;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::options::Options;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// Shapes kept; then all are forgotten. There are few that are often met.
const MOST: usize = 1024;

/// The shapes met so far.
#[derive(Debug)]
pub struct Shapes {
    has_history: bool,
    /// By their keys; `None` of those whose connections must be followed.
    places: HashMap<u64, Option<usize>, RandomState>,
    shapes: Vec<Shape>,
    refusals: Refusals,
    unanswered: Unanswered,
}

/// A shape.
#[derive(Debug)]
struct Shape {
    /// The last connection of it.
    connection: Connection,
    /// How its ends stand before the last verdicts.
    before: Ends<Stand>,
    /// The states of its ends, each with the event until which it lasted.
    runs: Ends<Vec<(State, usize)>>,
    /// What shows that which is to be said of it, if anything is.
    evidence: Option<Evidence>,
}

impl Shapes {
    /// None. `has_history` says whether somebody reads the history of connections.
    pub fn new(has_history: bool) -> Self {
        Self {
            has_history,
            places: HashMap::default(),
            shapes: Vec::new(),
            refusals: Refusals::default(),
            unanswered: Unanswered::new(has_history),
        }
    }

    /// The connection that `brief` makes, which ended at `now`, with what is seen `around`; `None` where it must be followed
    /// segment by segment.
    pub fn finish(&mut self, brief: &Brief, now: Timestamp, around: Surroundings) -> Option<&Connection> {
        if brief.course().is_refused() {
            return self.refusals.finish(brief, now, around);
        }
        if !brief.course().is_two_way() {
            return self.unanswered.finish(brief, now, around);
        }
        let place = Passage::tell(brief, around, |passage| self.fill(brief, passage, now, around))??;
        self.shapes.get(place).map(|shape| &shape.connection)
    }

    /// Fills in the shape of `brief`, whose `passage` this is; where it is.
    #[inline(always)]
    fn fill(
        &mut self,
        brief: &Brief,
        passage: &Passage<'_>,
        now: Timestamp,
        around: Surroundings,
    ) -> Option<usize> {
        let talk = self.talk(brief, passage)?;
        let place = match self.places.get(&passage.moves.key) {
            Some(place) => (*place)?,
            None => self.learn(brief, passage, now, around)?,
        };
        let shape = self.shapes.get_mut(place)?;
        if self.has_history {
            shape.spend(passage);
        }
        if !shape.finish(brief, passage, &talk, now) {
            self.places.insert(passage.moves.key, None);
            return None;
        }
        Some(place)
    }

    /// The account of `brief` as Zeek keeps it, without its history where nobody reads that; `None` where that has more
    /// in it: text that was captured beyond a gap.
    fn talk(&self, brief: &Brief, passage: &Passage<'_>) -> Option<Talk> {
        let [client, server] = &passage.ends;
        if !self.has_history {
            let have_closed = Ends { client: client.has_closed(), server: server.has_closed() };
            return Some(Talk::without_history(client.iss(), server.iss(), have_closed));
        }
        let mut talk = Talk::opened(client.iss(), server.iss());
        // SYNs that come again add nothing.
        for Kept(jot) in brief.until_reset(passage.opening) {
            let from = if jot.by_client { Role::Client } else { Role::Server };
            if !talk.is_in_order(jot, from) {
                return None;
            }
            talk.take(jot, from);
        }
        Some(talk)
    }

    /// Learns the shape of `brief`; where it is now.
    #[cold]
    fn learn(
        &mut self,
        brief: &Brief,
        passage: &Passage<'_>,
        now: Timestamp,
        around: Surroundings,
    ) -> Option<usize> {
        if self.places.len() >= MOST {
            // What is often met is soon learned again.
            self.places.clear();
            self.shapes.clear();
        }
        let place = Shape::of(brief, passage, now, around).map(|mut shape| {
            if !self.has_history {
                // It is filled in for none of them.
                shape.connection.ends.client.in_state = InState::default();
                shape.connection.ends.server.in_state = InState::default();
            }
            self.shapes.push(shape);
            self.shapes.len().saturating_sub(1)
        });
        self.places.insert(passage.moves.key, place);
        place
    }
}

impl Shape {
    /// That of `brief`, if it can be told by its shape.
    fn of(brief: &Brief, passage: &Passage<'_>, now: Timestamp, around: Surroundings) -> Option<Self> {
        let (mut event, mut number, mut is_told) = (0_usize, 0_u32, true);
        let mut runs: Ends<Vec<(State, usize)>> = Ends::default();
        let mut connection = brief.replay(|connection| {
            // The SYN has no number.
            let moves_nothing =
                number.checked_sub(1).is_some_and(|number| passage.moves.steady >> number & 1 == 1);
            let until = if moves_nothing { passage.moves.count } else { event };
            for (runs, end) in
                [(&mut runs.client, &connection.ends.client), (&mut runs.server, &connection.ends.server)]
            {
                is_told &= !moves_nothing || is_steady(end);
                is_told &= lasts(runs, end.in_state.lately(), until, passage.moves.count);
            }
            number = number.saturating_add(1);
            event = event.saturating_add(usize::from(!moves_nothing));
        });
        let [client, server] = &passage.ends;
        let before = Ends {
            client: stand_of(&connection.ends.client, passage, server.nxt)?,
            server: stand_of(&connection.ends.server, passage, client.nxt)?,
        };
        let mut evidence = None;
        if brief.is_remarkable() {
            connection.finish(now, around);
            let known = connection.notes.read().and_then(|page| page.rst);
            is_told &= known == passage.reset.map(|(rst, causes)| (rst.frame, causes));
            let frames = passage.moves.frames(brief);
            evidence = Some(Evidence::of(&connection.notes, &connection.findings, events(passage, &frames))?);
        }
        is_told.then_some(Self { connection, before, runs, evidence })
    }

    /// Fills in the time spent in each state.
    #[inline(always)]
    fn spend(&mut self, passage: &Passage<'_>) {
        let Ends { client, server } = &mut self.connection.ends;
        client.in_state = spent(&self.runs.client, passage);
        server.in_state = spent(&self.runs.server, passage);
    }

    /// Makes the connection that of `brief`, which ended at `now`; whether it is told by its shape.
    fn finish(&mut self, brief: &Brief, passage: &Passage<'_>, talk: &Talk, now: Timestamp) -> bool {
        // Each field is named, so that nobody forgets one that is to come: those without a value are alike in a shape.
        let Connection {
            id,
            sockets,
            tunnel: _,
            is_self: _,
            ends,
            start,
            last,
            now: known_until,
            opening,
            first_text,
            first_fin,
            reset,
            zeek,
            is_twofold: _,
            complete: _,
            steps: _,
            notes: _,
            only_answers: _,
            findings: _,
        } = &mut self.connection;
        let Passage { ends: [client, server], moves, latest, third, .. } = passage;
        let (asked, answered, syns) = (brief.syn().time, server.syn.time, [client.syns, server.syns]);
        *id = brief.id();
        sockets.clone_from(brief.sockets());
        (*start, *last, *known_until) = (asked, *latest, *latest);
        *opening = Progress::of_three([asked, answered, third.time], syns, third.frame);
        (*first_text, *first_fin) = (passage.first_text, moves.first_fin);
        *zeek = talk.zeek(Ends { client: client.nxt, server: server.nxt });
        fill(self.before.client, &mut ends.client, client, server);
        fill(self.before.server, &mut ends.server, server, client);
        let Some(evidence) = &self.evidence else { return self.connection.finish_unremarkable(now) };
        if let Some((rst, _)) = passage.reset {
            let Ends { client, server } = brief.sockets().both();
            let (from, source, destination) =
                if rst.by_client { (Role::Client, client, server) } else { (Role::Server, server, client) };
            zeek.note(&rst.segment(source, destination, Options::default()), from);
            *reset = reset.map(|reset| ResetSeen { time: rst.time, ..reset });
        }
        let frames = passage.moves.frames(brief);
        self.connection.finish_likewise(now, evidence, events(passage, &frames));
        true
    }
}

/// The events of `passage`, in these frames.
fn events<'a>(passage: &'a Passage<'_>, frames: &'a [u64]) -> Events<'a> {
    Events { frames, times: &passage.moves.events, opening: passage.opening }
}

/// How an end stands whose peer has sent all up to `nxt`; `None` where it is not told by its shape.
fn stand_of(end: &Endpoint, passage: &Passage<'_>, nxt: SeqNumber) -> Option<Stand> {
    // A server that was reset may not have spoken.
    let is_proved = end.proved || (passage.reset.is_some() && !passage.moves.is_open);
    let is_told = end.before_reset.is_some() == passage.reset.is_some() && !end.doubted && is_proved;
    Stand::of(end, nxt).filter(|_| is_told)
}

/// Has `end` stand so again, with the numbers of `half`. Its times are for another to fill in.
#[inline(always)]
fn fill(stand: Stand, end: &mut Endpoint, half: &Half<'_>, peer: &Half<'_>) {
    stand.fill(end, peer.nxt);
    let sent = acknowledged(half.iss(), half.nxt, half.last_frame_in_space());
    end.numbers = half.tally(peer.una).numbers(sent);
}

/// Notes that a state lasted until an event. False where it did not begin with one: what comes before it moved nothing, and
/// lasts to the `end` as long as no event follows.
fn lasts(runs: &mut Vec<(State, usize)>, state: State, until: usize, end: usize) -> bool {
    match runs.last_mut() {
        Some((last, last_until)) if *last == state => *last_until = until,
        Some((_, last_until)) if *last_until == end => return false,
        _ => runs.push((state, until)),
    }
    true
}

/// Whether it is open, as it has shown itself.
const fn is_steady(end: &Endpoint) -> bool {
    matches!(end.state, State::Established) && end.confirmed && end.proved
}

/// The time spent in each state, between the events of `passage`.
fn spent(runs: &[(State, usize)], passage: &Passage<'_>) -> InState {
    let at = |event: usize| passage.moves.events.get(event).copied().unwrap_or_default();
    InState::of_runs(at(0), runs.iter().map(|(state, until)| (*state, at(*until))))
}

#[cfg(test)]
mod tests;
