//! What refused attempts come to: a SYN, and a RST that answers it.
//!
//! In: attempts in brief that have ended. Out: the connections, finished.
//! Invariant: the same as by taking in both segments, but for what only a next segment would be held against. All refused
//! attempts are alike but for numbers and times, and for what is seen around them: of each kind the first is followed.
//! Read: RFC 9293 §3.10.7.3.

use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::diagnosis::evidence::{Events, Evidence};
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::hold::at_once::{is_quiet, is_quiet_rst};
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::tally::{OfSyn, Tally, acknowledged};
use crate::analyzer::in_state::InState;
use crate::analyzer::look::Look;
use crate::analyzer::numbers::Numbers;
use crate::analyzer::opening::Progress;
use crate::analyzer::outcome::ResetSeen;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::jot::Jot;
use crate::options::Options;
use crate::time::Timestamp;

/// The refused attempts met so far, by what was seen around them; none of those that must be followed.
#[derive(Debug, Default)]
pub struct Refusals([Option<Option<Box<Refusal>>>; 1 << Surroundings::BITS]);

/// A refused attempt.
#[derive(Debug)]
struct Refusal {
    /// The last of its kind.
    connection: Connection,
    evidence: Evidence,
}

/// What differs from one refused attempt to the next.
#[derive(Debug)]
struct Attempt<'a> {
    brief: &'a Brief,
    syn: &'a Jot,
    options: OfSyn,
    rst: &'a Jot,
}

impl Refusals {
    /// The connection that `brief` makes, which was refused, and ended at `now`, with what is seen `around`; `None` where it
    /// must be followed segment by segment.
    pub fn finish(&mut self, brief: &Brief, now: Timestamp, around: Surroundings) -> Option<&Connection> {
        let attempt = Attempt::of(brief)?;
        let place = self.0.get_mut(usize::try_from(around.bits()).ok()?)?;
        let refusal =
            place.get_or_insert_with(|| Refusal::of(&attempt, now, around).map(Box::new)).as_mut()?;
        refusal.finish(&attempt, now);
        Some(&refusal.connection)
    }
}

impl<'a> Attempt<'a> {
    /// That of `brief`; `None` where anything is to be said of it but that it was refused.
    fn of(brief: &'a Brief) -> Option<Self> {
        let (syn, mut after) = (brief.syn(), brief.segments());
        let (rst, None) = (after.next()?, after.next()) else { return None };
        let options = OfSyn::of(&brief.options().client)?;
        let is_usual =
            is_quiet(syn) && is_quiet_rst(rst) && syn.time <= rst.time && (1..rst.frame).contains(&syn.frame);
        is_usual.then_some(Self { brief, syn, options, rst })
    }

    /// The numbers of the client.
    fn tally(&self) -> Tally<'a> {
        Tally {
            syn: self.syn,
            iss: self.syn.seq,
            options: self.options,
            ecn: self.syn.flags.ace(),
            syns: 1,
            fin: None,
            last_ack: None,
            right_edge: None,
            last_frame: self.syn.frame,
            segments: 1,
            rsts: 0,
            text_octets: 0,
        }
    }

    /// The account as Zeek keeps it.
    fn zeek(&self) -> Zeek {
        let Ends { client, server } = self.brief.sockets().both();
        let mut zeek = Zeek::default();
        zeek.note(&self.syn.segment(client, server, self.brief.options().client), Role::Client);
        zeek.note(&self.rst.segment(server, client, Options::default()), Role::Server);
        zeek
    }
}

impl Refusal {
    /// That of `attempt`, if others are told by it.
    #[cold]
    fn of(attempt: &Attempt<'_>, now: Timestamp, around: Surroundings) -> Option<Self> {
        let mut connection = *attempt.brief.connection(Box::new);
        connection.finish(now, around);
        let (frames, times) = events(attempt);
        let events = Events { frames: &frames, times: &times, opening: 0 };
        let evidence = Evidence::of(&connection.notes, &connection.findings, events)?;
        Some(Self { connection, evidence })
    }

    /// Makes the connection that of `attempt`, which ended at `now`.
    fn finish(&mut self, attempt: &Attempt<'_>, now: Timestamp) {
        // Each field is named, so that nobody forgets one that is to come: those without a value are alike in all.
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
            first_text: _,
            first_fin: _,
            reset,
            zeek,
            is_twofold: _,
            complete: _,
            steps: _,
            notes: _,
            only_answers: _,
            findings: _,
        } = &mut self.connection;
        let Attempt { brief, syn, rst, .. } = attempt;
        *id = brief.id();
        sockets.clone_from(brief.sockets());
        (*start, *last, *known_until) = (syn.time, rst.time, rst.time);
        *opening = Progress::of_one(syn.time);
        *reset = reset.map(|reset| ResetSeen { time: rst.time, ..reset });
        *zeek = attempt.zeek();
        fill(&mut ends.client, attempt, State::SynSent, |numbers| {
            *numbers = attempt.tally().numbers(acknowledged(syn.seq, syn.seq + 1, syn.frame));
        });
        // It has sent a RST, and nothing else.
        fill(&mut ends.server, attempt, State::Closed, |numbers| {
            (numbers.first_frame, numbers.last_frame) = (rst.frame, rst.frame);
        });
        let (frames, times) = events(attempt);
        let events = Events { frames: &frames, times: &times, opening: 0 };
        self.connection.finish_likewise(now, &self.evidence, events);
    }
}

/// Fills in the numbers of an end that was in `state` from the SYN to the RST. The last verdicts move neither end: both are
/// closed by then.
fn fill(end: &mut Endpoint, attempt: &Attempt<'_>, state: State, number: impl FnOnce(&mut Numbers)) {
    let Endpoint {
        numbers,
        in_state,
        opened: _,
        look,
        state: _,
        was: _,
        confirmed: _,
        witness: _,
        before_reset: _,
        syn_acked: _,
        fin_acked: _,
        doubted: _,
        proved: _,
    } = end;
    number(numbers);
    *in_state = spent(attempt, state);
    *look = Look::default();
}

/// The time spent until the RST by an end that was in `state` since the SYN.
fn spent(attempt: &Attempt<'_>, state: State) -> InState {
    let (asked, refused) = (attempt.syn.time, attempt.rst.time);
    InState::of_runs(asked, [(State::Unknown, asked), (state, refused)].into_iter())
}

fn events(attempt: &Attempt<'_>) -> ([u64; 2], [Timestamp; 2]) {
    ([attempt.syn.frame, attempt.rst.frame], [attempt.syn.time, attempt.rst.time])
}
