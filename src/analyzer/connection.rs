//! One connection: two ends, and what passed between them.
//!
//! In: the segments of one incarnation of a socket pair, in capture order. Out: a `Step` for each; the opening, the
//! closing, the outcome, the measures.
//! Invariant: facts are judged before either end changes; then the sender takes the segment in, then the receiver. For
//! a connection with itself both are the same end.
//! Read: RFC 9293 §3.3.2, §3.5, §3.6, §3.10.

use std::sync::Arc;

use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::notes::Notes;
use crate::analyzer::diagnosis::scene::Scene;
use crate::analyzer::diagnosis::{closing as closing_rules, opening, resets, sighting};
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::facts::{Acknowledges, Facts, Kind};
use crate::analyzer::judge::judge;
use crate::analyzer::label::{Label, Letters};
use crate::analyzer::opening::Progress;
use crate::analyzer::outcome::ResetSeen;
use crate::analyzer::outline::Outline;
use crate::analyzer::pack::packed;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::sightings::Seen;
use crate::analyzer::state::State;
use crate::analyzer::step::{Step, Steps};
use crate::segment::{Flags, Segment};
use crate::time::{Moment, Timestamp};
use crate::tunnel::Tunnel;

/// One incarnation of a connection.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) id: u64,
    pub(super) sockets: Sockets,
    pub(super) tunnel: Option<Arc<Tunnel>>,
    pub(super) is_self: bool,
    pub(super) ends: Ends<Endpoint>,
    pub(super) start: Timestamp,
    pub(super) last: Timestamp,
    /// The time up to which the capture is known to have gone on.
    pub(super) now: Timestamp,
    pub(super) opening: Progress,
    pub(super) first_text: Moment,
    pub(super) first_fin: Option<Role>,
    pub(super) reset: Option<ResetSeen>,
    pub(super) zeek: Zeek,
    /// A packet of it was certainly seen twice: so this capture does.
    pub(super) is_twofold: bool,
    /// Whether the handshake is complete, or was seen to have been, by the last segment.
    pub(super) complete: bool,
    pub(super) steps: Steps,
    pub(super) notes: Notes,
    /// Nothing but SYN+ACKs and RSTs was seen.
    pub(super) only_answers: bool,
    pub(super) findings: Box<[Finding]>,
}

/// What was known before a segment.
#[derive(Clone, Copy, Debug)]
struct Was {
    states: Ends<State>,
    closed: bool,
    complete: bool,
    two_way: bool,
    reset: bool,
    is_first: bool,
}

impl Connection {
    /// A connection whose first segment is `segment`, to be observed next. `keep_steps` bounds the steps kept.
    pub fn starting_with(id: u64, segment: &Segment, keep_steps: usize) -> Self {
        let is_self = segment.source == segment.destination;
        let client_sends = match Kind::of(segment.flags) {
            Kind::Syn => true,
            Kind::SynAck => false,
            // In the middle of a connection: the lower port is taken for the listener's, which is a guess.
            _ => segment.source.port() >= segment.destination.port(),
        };
        let (client, server) = if client_sends {
            (segment.source, segment.destination)
        } else {
            (segment.destination, segment.source)
        };
        let mut ends: Ends<Endpoint> = Ends::default();
        let begins_with_answer = Kind::of(segment.flags) == Kind::SynAck && !is_self;
        if begins_with_answer {
            // J is the acknowledgement less one, though the SYN was not captured.
            ends.client.learn_iss(segment.ack.back(1));
        }
        Self {
            id,
            sockets: Sockets::new(client, server),
            tunnel: segment.tunnel.clone(),
            is_self,
            ends,
            start: segment.time,
            last: segment.time,
            now: segment.time,
            opening: Progress::default(),
            first_text: Moment::NEVER,
            first_fin: None,
            reset: None,
            zeek: Zeek::default(),
            is_twofold: false,
            complete: false,
            steps: Steps::keeping(keep_steps),
            notes: Notes::default(),
            only_answers: true,
            findings: Box::default(),
        }
    }

    /// Takes in the next segment; `seen` is the first sighting of its packet, where this is another.
    #[inline]
    pub fn observe(&mut self, segment: &Segment, seen: Option<Seen>) -> Outline {
        let outline = match seen {
            Some(seen) => self.see_again(segment, seen),
            None => self.take_in_next(segment).unwrap_or_else(|| self.take_in(segment)),
        };
        if self.steps.is_kept() {
            let step = self.step(segment, &outline);
            self.steps.push(step);
        }
        outline
    }

    /// The step that `segment` is, which was taken in last, with `outline`.
    pub fn step(&self, segment: &Segment, outline: &Outline) -> Step {
        let label = self.label(segment, &outline.facts, outline.from);
        let (states, assumed) = outline.as_sent.unwrap_or_else(|| (self.states(), self.assumed()));
        Step {
            connection: self.id,
            from: outline.from,
            segment: segment.clone(),
            label: if outline.seen_before.is_some() { label.seen_again() } else { label },
            states,
            assumed,
            acknowledges: outline.acknowledges,
            seen_before: outline.seen_before,
            ace: self.ace(segment),
            findings: outline.findings,
        }
    }

    /// Takes in a segment the long way: any segment may go it.
    #[inline(never)]
    pub(super) fn take_in(&mut self, segment: &Segment) -> Outline {
        if self.guessed_wrong(segment) {
            self.exchange();
        }
        let from = self.role_of(segment.source);
        let to = if self.is_self { from } else { from.other() };
        let was = Was {
            states: self.states(),
            closed: self.was_closed_both_ways(),
            complete: self.complete,
            two_way: self.is_two_way(),
            reset: self.standing_reset().is_some(),
            is_first: self.ends.client.numbers.segments == 0 && self.ends.server.numbers.segments == 0,
        };
        let facts = judge(segment, self.ends.of(from), self.ends.of(to));

        self.ends.of_mut(from).sends(segment, &facts);
        // A connection with itself has one state, and is both before and after the arrival: the sending is shown.
        let as_sent = self.is_self.then(|| (self.states(), self.assumed()));
        let fin_passed = self.ends.of(from).numbers.fin_has_passed();
        let acknowledges = self.ends.of_mut(to).receives(segment, &facts, fin_passed);

        self.note(segment, &facts, from);
        if !was.reset
            && let Some(reset) = ResetSeen::of(segment, &facts, from, was.closed)
        {
            // One that follows another answers what was still under way.
            self.reset = Some(reset);
        }
        self.diagnose(segment, &facts, from, was);
        self.complete = self.opening.was_completed(&self.ends, self.is_self);
        Outline {
            from,
            facts,
            as_sent,
            acknowledges,
            seen_before: None,
            findings: self.notes.take_now(),
            completes: self.complete && !was.complete,
            turns_two_way: self.is_two_way() && !was.two_way,
        }
    }

    /// A second sighting: the label of the first, and nothing moves.
    fn see_again(&mut self, segment: &Segment, seen: Seen) -> Outline {
        let from = self.role_of(segment.source);
        let to = if self.is_self { from } else { from.other() };
        self.last = self.last.max(segment.time);
        self.now = self.now.max(self.last);
        self.is_twofold = true;
        sighting::seen_again(segment, seen.frame, &mut self.notes);
        // Zeek and Wireshark take it for a segment like any other.
        self.zeek.note(segment, from);
        let acknowledges = if seen.acknowledged { Acknowledges::New } else { Acknowledges::Old };
        let judged = judge(segment, self.ends.of(from), self.ends.of(to));
        Outline {
            from,
            facts: Facts { again: 0, acknowledges, ..judged },
            as_sent: None,
            acknowledges: None,
            seen_before: Some(seen.frame),
            findings: self.notes.take_now(),
            completes: false,
            turns_two_way: false,
        }
    }

    /// Whether it has ended: both FINs acknowledged, or reset, or refused.
    pub fn is_over(&self) -> bool {
        let is_waiting = self.ends.client.state() == State::SynSent;
        (self.standing_reset().is_some() && !is_waiting)
            || self.is_closed_both_ways()
            || self.lacks_only_the_last_ack()
    }

    /// Whether an end's own segments prove that a handshake was completed.
    pub const fn is_open(&self) -> bool {
        self.ends.client.is_proved() || self.ends.server.is_proved()
    }

    /// Notes that the capture has gone on until `now`.
    pub fn lasts_until(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    pub(super) fn of_each<T>(&self, read: impl Fn(&Endpoint) -> T) -> Ends<T> {
        if self.is_self {
            Ends { client: read(&self.ends.client), server: read(&self.ends.client) }
        } else {
            self.ends.map(read)
        }
    }

    #[inline(always)]
    pub(super) fn note(&mut self, segment: &Segment, facts: &Facts, from: Role) {
        self.last = self.last.max(segment.time);
        self.now = self.now.max(self.last);
        self.opening.note(segment, facts, from, &self.ends);
        self.zeek.note(segment, from);
        if facts.counts && segment.text_len > 0 {
            self.first_text.set_once(segment.time);
        }
        if facts.fin.is_some() {
            self.first_fin.get_or_insert(from);
        }
    }

    fn diagnose(&mut self, segment: &Segment, facts: &Facts, from: Role, was: Was) {
        if facts.sound {
            self.only_answers &= matches!(facts.kind, Kind::SynAck | Kind::Rst);
        }
        let scene = Scene {
            segment,
            facts,
            from,
            before: was.states,
            ends: &self.ends,
            opening: &self.opening,
            is_self: self.is_self,
            was_closed: was.closed,
            was_complete: was.complete,
            was_reset: was.reset,
            is_reset: self.standing_reset().is_some(),
        };
        opening::look(&scene, &mut self.notes);
        resets::look(&scene, &mut self.notes);
        closing_rules::look(&scene, &mut self.notes);
        sighting::look(&scene, was.is_first, self.only_answers, &mut self.notes);
    }

    /// The value of the counter that the ECN bits are after an accurate ECN handshake.
    fn ace(&self, segment: &Segment) -> Option<u8> {
        let Ends { client, server } = &self.ends;
        let is_agreed = client.numbers.offers_accurate_ecn() && server.numbers.accepts_accurate_ecn();
        (is_agreed && !segment.flags.has(Flags::SYN)).then(|| segment.flags.ace())
    }

    fn label(&self, segment: &Segment, facts: &Facts, from: Role) -> Label {
        let numbers = Ends { client: &self.ends.client.numbers, server: &self.ends.server.numbers };
        Label::of(segment, facts, from, numbers, self.letters())
    }

    fn is_closed_both_ways(&self) -> bool {
        let (client, server) =
            (&self.ends.client, if self.is_self { &self.ends.client } else { &self.ends.server });
        client.is_fin_acknowledged() && server.is_fin_acknowledged()
    }

    /// Whether both FINs were acknowledged at some time, though one may have been repeated since.
    fn was_closed_both_ways(&self) -> bool {
        let is_acknowledged =
            |end: &Endpoint| end.numbers.fin().is_some_and(|fin| fin.acknowledged.is_some());
        is_acknowledged(&self.ends.client) && (self.is_self || is_acknowledged(&self.ends.server))
    }

    /// Whether both ends have closed, and the last FIN may yet be repeated: it is not acknowledged, or was repeated already
    /// although it was.
    pub fn may_repeat_its_fin(&self) -> bool {
        let is_repeated =
            |end: &Endpoint| end.numbers.fin().is_some_and(|fin| fin.times > fin.times_until_acknowledged);
        self.standing_reset().is_none()
            && self.lacks_only_the_last_ack()
            && (is_repeated(&self.ends.client) || is_repeated(&self.ends.server))
    }

    /// Whether both ends have closed, and the last FIN is not acknowledged yet.
    pub fn awaits_last_ack(&self) -> bool {
        self.standing_reset().is_none() && !self.is_closed_both_ways() && self.lacks_only_the_last_ack()
    }

    /// Keeps the steps of an attempt that opened nothing, under this connection's names.
    pub fn takes_steps_of(&mut self, attempt: &Self) {
        let letters = self.letters();
        let ends = &self.ends;
        let (connection, client) = (self.id, self.sockets().client);
        let stray = |step: &Step| {
            let from = if step.segment.source == client { Role::Client } else { Role::Server };
            let label = step.label.among(&step.segment, from, &ends.of(from).numbers, letters);
            Step { connection, from, label, ..step.clone() }
        };
        self.steps.join(attempt.steps.iter().map(stray));
    }

    fn letters(&self) -> Letters {
        Letters { first_fin: self.first_fin, is_self: self.is_self }
    }

    fn lacks_only_the_last_ack(&self) -> bool {
        !self.is_self
            && self.ends.client.numbers.fin().is_some()
            && self.ends.server.numbers.fin().is_some()
            && (self.ends.client.is_fin_acknowledged() || self.ends.server.is_fin_acknowledged())
    }

    /// The RST that ended the connection, unless both ends have since shown that they go on.
    pub(super) fn standing_reset(&self) -> Option<&ResetSeen> {
        let was_answered = self.opening.answered_at().is_some();
        self.reset.as_ref().filter(|reset| {
            let is_standing = self.ends.client.is_reset() || self.ends.server.is_reset();
            // A refused attempt may be made again, and stays refused until it is answered.
            if reset.refuses { !was_answered } else { is_standing }
        })
    }
}

packed!(Connection {
    id, sockets, is_self, start, last, now, first_text, ends, opening, first_fin, reset, zeek, is_twofold, complete,
    notes, only_answers,
} default { tunnel, steps, findings });
