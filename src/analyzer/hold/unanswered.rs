//! What unanswered attempts come to: a SYN, sent once or more often, and nothing else.
//!
//! In: attempts in brief that have ended. Out: the connections, finished.
//! Invariant: the same as by taking in all segments, but for what only a next segment would be held against. Attempts that sent
//! their SYN equally often, with the same seen around them, are alike but for numbers and times: of each kind the first is
//! followed. Whether a single SYN had a second to be answered in is of its kind.
//! Read: RFC 9293 §3.10.1; RFC 6298 §2.1 (the initial RTO of 1 s).

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::evidence::{Events, Evidence};
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::words::no_answer;
use crate::analyzer::hold::at_once::is_quiet;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::log::MOST;
use crate::analyzer::hold::stand::Stand;
use crate::analyzer::hold::tally::{OfSyn, Tally};
use crate::analyzer::in_state::InState;
use crate::analyzer::numbers::Numbers;
use crate::analyzer::opening::Progress;
use crate::analyzer::outcome::INITIAL_RTO;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::sent::Sent;
use crate::analyzer::state::State;
use crate::jot::Jot;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// SYNs that an attempt in brief may have.
const SYNS: usize = MOST + 1;

/// The unanswered attempts met so far, by their kind; none of those that must be followed.
#[derive(Debug)]
pub struct Unanswered {
    has_history: bool,
    kinds: HashMap<u64, Option<Box<Silence>>, RandomState>,
}

/// An unanswered attempt.
#[derive(Debug)]
struct Silence {
    /// The last of its kind.
    connection: Connection,
    /// How its ends stand before the last verdicts.
    before: Ends<Stand>,
    /// What shows that which is to be said of it; nothing is of a SYN that is too young.
    evidence: Option<Evidence>,
}

/// What differs from one unanswered attempt to the next.
#[derive(Debug)]
struct Attempt<'a> {
    brief: &'a Brief,
    options: OfSyn,
    last: &'a Jot,
    syns: u32,
    frames: [u64; SYNS],
    times: [Timestamp; SYNS],
}

impl Unanswered {
    /// None. `has_history` says whether somebody reads the history of connections.
    pub fn new(has_history: bool) -> Self {
        Self { has_history, kinds: HashMap::default() }
    }

    /// The connection that `brief` makes, which was not answered, and ended at `now`, with what is seen `around`; `None` where it
    /// must be followed segment by segment.
    pub fn finish(&mut self, brief: &Brief, now: Timestamp, around: Surroundings) -> Option<&Connection> {
        let Self { has_history, kinds } = self;
        let attempt = Attempt::of(brief)?;
        let silence = kinds
            .entry(attempt.key(now, around))
            .or_insert_with(|| Silence::of(&attempt, now, around, *has_history).map(Box::new))
            .as_mut()?;
        silence.finish(&attempt, now, *has_history);
        Some(&silence.connection)
    }
}

impl<'a> Attempt<'a> {
    /// That of `brief`; `None` where anything is to be said of it but that nobody answered.
    fn of(brief: &'a Brief) -> Option<Self> {
        let options = OfSyn::of(&brief.options().client)?;
        let (mut frames, mut times) = ([0; SYNS], [Timestamp::default(); SYNS]);
        let (mut syns, mut last, mut is_usual) = (0_u32, brief.syn(), true);
        let all = std::iter::once(brief.syn()).chain(brief.segments());
        for ((jot, frame), time) in all.zip(&mut frames).zip(&mut times) {
            // They are found by their order.
            let is_next = syns == 0 || (last.frame < jot.frame && last.time <= jot.time);
            is_usual &= is_quiet(jot) && jot.frame > 0 && is_next;
            (*frame, *time, last, syns) = (jot.frame, jot.time, jot, syns.saturating_add(1));
        }
        is_usual.then_some(Self { brief, options, last, syns, frames, times })
    }

    /// Its kind: how often it asked, what is seen around it, and of one that asked once whether it has waited.
    fn key(&self, now: Timestamp, around: Surroundings) -> u64 {
        let has_waited = self.syns == 1 && now.since(self.last.time) > INITIAL_RTO;
        (u64::from(self.syns) << 1 | u64::from(has_waited)) << Surroundings::BITS | around.bits()
    }

    /// SND.NXT of the client.
    fn nxt(&self) -> SeqNumber {
        self.brief.syn().seq + 1
    }

    /// The numbers of the client.
    fn numbers(&self) -> Numbers {
        let syn = self.brief.syn();
        let mut sent = Sent::starting_at(syn.seq);
        for frame in self.frames.iter().take(self.syns as usize) {
            sent.send(syn.seq, self.nxt(), *frame);
        }
        let tally = Tally {
            syn,
            iss: syn.seq,
            // Without a clock where its first had none: the options are the same.
            options: OfSyn { stamp: self.last.stamp().or(self.options.stamp), ..self.options },
            ecn: self.last.flags.ace(),
            syns: self.syns,
            fin: None,
            last_ack: None,
            right_edge: None,
            last_frame: self.last.frame,
            segments: self.syns.into(),
            rsts: 0,
            text_octets: 0,
        };
        tally.numbers(sent)
    }

    /// The account as Zeek keeps it.
    fn zeek(&self) -> Zeek {
        let (mut zeek, brief) = (Zeek::default(), self.brief);
        let Ends { client, server } = brief.sockets().both();
        let mut segment = brief.syn().segment(client, server, brief.options().client);
        zeek.note(&segment, Role::Client);
        for jot in brief.segments() {
            jot.write(&mut segment);
            zeek.note(&segment, Role::Client);
        }
        zeek
    }

    fn events(&self) -> Events<'_> {
        let asked = self.syns as usize;
        let (frames, times) = (self.frames.get(..asked), self.times.get(..asked));
        Events { frames: frames.unwrap_or_default(), times: times.unwrap_or_default(), opening: 0 }
    }

    /// The time spent, since the first SYN, by an end that was in `state` then: it is counted by the next.
    fn spent(&self, state: State) -> InState {
        let asked = self.brief.syn().time;
        let runs = [(State::Unknown, asked), (state, self.last.time)];
        InState::of_runs(asked, runs.into_iter().take(self.syns as usize))
    }
}

impl Silence {
    /// That of `attempt`, if others are told by it.
    #[cold]
    fn of(attempt: &Attempt<'_>, now: Timestamp, around: Surroundings, has_history: bool) -> Option<Self> {
        let mut connection = *attempt.brief.connection(Box::new);
        let Ends { client, server } = &connection.ends;
        let before =
            Ends { client: Stand::of(client, attempt.nxt())?, server: Stand::of(server, attempt.nxt())? };
        connection.finish(now, around);
        let evidence = match connection.notes.read() {
            None => None,
            Some(_) => {
                let (notes, findings) = (&connection.notes, &connection.findings);
                Some(Evidence::of_silence(notes, findings, attempt.events())?)
            }
        };
        if !has_history {
            // It is filled in for none of them, and nobody reads the sentence that has times in it.
            connection.ends.client.in_state = InState::default();
            connection.ends.server.in_state = InState::default();
            silences(&mut connection.findings).for_each(|finding| finding.says.clear());
        }
        Some(Self { connection, before, evidence })
    }

    /// Makes the connection that of `attempt`, which ended at `now`.
    fn finish(&mut self, attempt: &Attempt<'_>, now: Timestamp, has_history: bool) {
        // Each field is named, so that nobody forgets one that is to come: those without a value are alike in a kind.
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
            reset: _,
            zeek: _,
            is_twofold: _,
            complete: _,
            steps: _,
            notes: _,
            only_answers: _,
            findings: _,
        } = &mut self.connection;
        let (asked, asked_last) = (attempt.brief.syn().time, attempt.last.time);
        *id = attempt.brief.id();
        sockets.clone_from(attempt.brief.sockets());
        (*start, *last, *known_until) = (asked, asked_last, asked_last);
        *opening = Progress::of_one(asked);
        self.before.client.fill(&mut ends.client, attempt.nxt());
        self.before.server.fill(&mut ends.server, attempt.nxt());
        ends.client.numbers = attempt.numbers();
        match &self.evidence {
            None => self.connection.settle(now),
            Some(evidence) => self.connection.finish_likewise(now, evidence, attempt.events()),
        }
        if has_history {
            self.tell_history(attempt);
        }
    }

    /// Fills in what is read by those alone who read the history.
    fn tell_history(&mut self, attempt: &Attempt<'_>) {
        let Connection { ends, zeek, findings, now, .. } = &mut self.connection;
        for end in [&mut ends.client, &mut ends.server] {
            end.in_state = attempt.spent(end.in_state.lately());
        }
        *zeek = attempt.zeek();
        let (asked, asked_last) = (attempt.brief.syn().time, attempt.last.time);
        for finding in silences(findings) {
            finding.says = no_answer(attempt.syns, now.since(asked), asked_last.since(asked));
        }
    }
}

/// The findings that say how long nothing answered.
pub(super) fn silences(findings: &mut [Finding]) -> impl Iterator<Item = &mut Finding> {
    findings.iter_mut().filter(|finding| finding.code == Code::NoAnswer)
}

#[cfg(test)]
mod tests;
