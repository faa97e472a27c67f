//! One connection: two ends, and what passed between them.
//!
//! In: the segments of one incarnation of a socket pair, in capture order. Out: a `Step` for each; the opening, the
//! closing, the outcome, the measures.
//! Invariant: facts are judged before either end changes; then the sender takes the segment in, then the receiver. For
//! a connection with itself both are the same end.
//! Read: RFC 9293 §3.3.2, §3.5, §3.6, §3.10.

use std::net::SocketAddr;
use std::time::Duration;

use crate::analyzer::closing::{Closing, closing};
use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::diagnosis::code::CodeSet;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::facts::{Acknowledges, Facts, Kind, Reset};
use crate::analyzer::judge::judge;
use crate::analyzer::label::{Label, Letters};
use crate::analyzer::opening::{Opening, Progress};
use crate::analyzer::outcome::{Outcome, ResetSeen, outcome};
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::sightings::{Seen, Sightings};
use crate::analyzer::state::State;
use crate::analyzer::step::{Step, Steps};
use crate::segment::{Flags, Segment};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// How late a SYN may be captured after the SYN+ACK that answers it (field guide, section 4).
const REORDERING: Duration = Duration::from_millis(50);

/// One incarnation of a connection.
#[derive(Clone, Debug)]
pub struct Connection {
    id: u64,
    sockets: Ends<SocketAddr>,
    is_self: bool,
    ends: Ends<Endpoint>,
    start: Timestamp,
    last: Timestamp,
    /// The time up to which the capture is known to have gone on.
    now: Timestamp,
    opening: Progress,
    first_text: Option<Timestamp>,
    first_fin: Option<Role>,
    reset: Option<ResetSeen>,
    zeek: Zeek,
    sightings: Sightings,
    steps: Steps,
    findings: Vec<Finding>,
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
            sockets: Ends { client, server },
            is_self,
            ends,
            start: segment.time,
            last: segment.time,
            now: segment.time,
            opening: Progress::default(),
            first_text: None,
            first_fin: None,
            reset: None,
            zeek: Zeek::default(),
            sightings: Sightings::default(),
            steps: Steps::keeping(keep_steps),
            findings: Vec::new(),
        }
    }

    /// Takes in the next segment.
    pub fn observe(&mut self, segment: &Segment) -> Step {
        let step = match self.sightings.find(segment) {
            Some(seen) => self.see_again(segment, seen),
            None => self.take_in(segment),
        };
        self.steps.push(&step);
        step
    }

    /// Whether the capture saw the packet that carries `segment` before.
    pub fn has_seen(&self, segment: &Segment) -> bool {
        self.sightings.find(segment).is_some()
    }

    fn take_in(&mut self, segment: &Segment) -> Step {
        let from = self.role_of(segment.source);
        let to = if self.is_self { from } else { from.other() };
        let was_closed = self.is_closed_both_ways();
        let facts = judge(segment, self.ends.of(from), self.ends.of(to));

        self.ends.of_mut(from).sends(segment, &facts);
        let as_sent = (self.states(), self.assumed());
        let fin_passed = self.ends.of(from).numbers.fin_has_passed();
        let acknowledges = self.ends.of_mut(to).receives(segment, &facts, fin_passed);

        self.note(segment, &facts, from, was_closed);
        self.sightings.remember(segment, facts.acknowledges == Acknowledges::New);
        // A connection with itself has one state, and is both before and after the arrival: the sending is shown.
        let (states, assumed) = if self.is_self { as_sent } else { (self.states(), self.assumed()) };
        Step {
            connection: self.id,
            from,
            segment: segment.clone(),
            label: self.label(segment, &facts, from),
            states,
            assumed,
            acknowledges,
            seen_before: None,
            findings: CodeSet::default(),
        }
    }

    /// A second sighting: the label of the first, and nothing moves.
    fn see_again(&mut self, segment: &Segment, seen: Seen) -> Step {
        let from = self.role_of(segment.source);
        let to = if self.is_self { from } else { from.other() };
        self.last = self.last.max(segment.time);
        self.now = self.now.max(self.last);
        // Zeek and Wireshark take it for a segment like any other.
        self.zeek.note(segment, from);
        let acknowledges = if seen.acknowledged { Acknowledges::New } else { Acknowledges::Old };
        let judged = judge(segment, self.ends.of(from), self.ends.of(to));
        let facts = Facts { again: 0, acknowledges, ..judged };
        Step {
            connection: self.id,
            from,
            segment: segment.clone(),
            label: self.label(segment, &facts, from).seen_again(),
            states: self.states(),
            assumed: self.assumed(),
            acknowledges: None,
            seen_before: Some(seen.frame),
            findings: CodeSet::default(),
        }
    }

    /// Whether a SYN that comes now would repeat this connection's own, or cross it, or be the one that a SYN+ACK
    /// captured before it answers; if not, it opens a new incarnation.
    pub fn takes_syn(&self, segment: &Segment) -> bool {
        let from = self.role_of(segment.source);
        let (sender, receiver) = (self.ends.of(from), self.ends.of(from.other()));
        if sender.state() == State::SynSent && sender.numbers.iss() == Some(segment.seq) {
            // Also after its own RST, which answered a wrong acknowledgement (RFC 9293 §3.5.1).
            return true;
        }
        if self.is_over() {
            return false;
        }
        match sender.numbers.iss() {
            Some(_) if sender.numbers.syns == 0 && sender.numbers.syn_acks == 0 => {
                sender.numbers.iss() == Some(segment.seq) && segment.time.since(self.start) <= REORDERING
            }
            Some(iss) => iss == segment.seq,
            // The other end's SYN before any answer: a simultaneous open.
            None => receiver.state() == State::SynSent && receiver.numbers.syns > 0,
        }
    }

    /// Whether a SYN+ACK that comes now belongs to this connection: as long as it has not ended, or if it repeats.
    pub fn takes_syn_ack(&self, segment: &Segment) -> bool {
        !self.is_over() || self.ends.of(self.role_of(segment.source)).numbers.iss() == Some(segment.seq)
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

    /// Whether `segment` belongs to this connection rather than to `attempt`, which would replace it: the numbers of
    /// both ends fit here, and here better. A SYN+ACK that answers the attempt belongs to it at once.
    pub fn fits_better_than(&self, attempt: &Self, segment: &Segment) -> bool {
        let to = attempt.role_of(segment.destination);
        if Kind::of(segment.flags) == Kind::SynAck
            && attempt.ends.of(to).numbers.is_syn_covered_by(segment.ack)
        {
            return false;
        }
        self.distance_to(segment)
            .is_some_and(|here| attempt.distance_to(segment).is_none_or(|there| here < there))
    }

    /// How far the numbers of `segment` lie from those last seen; `None` where it cannot be said, or is too far.
    fn distance_to(&self, segment: &Segment) -> Option<u32> {
        const NEAR: u32 = 1 << 24;
        let from = self.role_of(segment.source);
        let distance = |role: Role, number: SeqNumber| {
            let nxt = self.ends.of(role).numbers.sent()?.nxt();
            Some(number.distance_from(nxt).unsigned_abs()).filter(|distance| *distance < NEAR)
        };
        let of_ack = if segment.flags.has(Flags::ACK) { distance(from.other(), segment.ack)? } else { 0 };
        Some(distance(from, segment.seq)?.saturating_add(of_ack))
    }

    /// Notes that the capture has gone on until `now`.
    pub fn lasts_until(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Ends the account at `now`: what is still under way and not contradicted counts as arrived.
    pub fn finish(&mut self, now: Timestamp) {
        self.lasts_until(now);
        let passed = self.ends.map(|end| end.numbers.fin_has_passed());
        if self.is_self {
            self.ends.client.settle(passed.client, None);
        } else {
            self.ends.client.settle(passed.server, None);
            self.ends.server.settle(passed.client, None);
        }
    }

    /// Its number, from 1, in order of first appearance.
    pub const fn id(&self) -> u64 {
        self.id
    }

    /// Both sockets.
    pub const fn sockets(&self) -> Ends<SocketAddr> {
        self.sockets
    }

    /// Which end has the socket `socket`; the client where both have.
    pub fn role_of(&self, socket: SocketAddr) -> Role {
        if socket == self.sockets.client { Role::Client } else { Role::Server }
    }

    /// The time of the first segment.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// The time of the last segment.
    pub const fn end(&self) -> Timestamp {
        self.last
    }

    /// How it opened.
    pub fn opening(&self) -> Opening {
        self.opening.opening(&self.ends, self.is_self)
    }

    /// How it closed.
    pub fn closing(&self) -> Closing {
        closing(&self.ends, self.is_self, self.first_fin, self.standing_reset(), self.outcome())
    }

    /// Who sent the RST that ended it, where one did.
    pub fn reset_by(&self) -> Option<Role> {
        self.standing_reset().map(|reset| reset.by)
    }

    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        let is_complete = self.opening.was_completed(&self.ends, self.is_self);
        outcome(&self.ends, self.is_self, is_complete, self.standing_reset(), self.last, self.now)
    }

    /// The last known state of each end.
    pub fn states(&self) -> Ends<State> {
        self.of_each(Endpoint::state)
    }

    /// Which of them no segment of that end confirms.
    pub fn assumed(&self) -> Ends<bool> {
        self.of_each(Endpoint::is_assumed)
    }

    /// Segments that each end sent. A connection with itself has one end, counted as the client.
    pub fn segments(&self) -> Ends<u64> {
        self.ends.map(|end| end.numbers.segments)
    }

    /// Octets of text that each end sent, repeated ones included.
    pub fn text_octets(&self) -> Ends<u64> {
        self.ends.map(|end| end.numbers.text_octets)
    }

    /// First segment to the first text.
    pub fn time_to_first_data(&self) -> Option<Duration> {
        self.first_text.map(|time| time.since(self.start))
    }

    /// Time that each end spent in each state until the last segment.
    pub fn in_state(&self) -> Ends<Vec<(State, Duration)>> {
        self.of_each(|end| end.in_state.spent(end.state(), self.last).collect())
    }

    /// The account in Zeek's and Wireshark's words.
    pub const fn zeek(&self) -> &Zeek {
        &self.zeek
    }

    /// The steps kept.
    pub const fn steps(&self) -> &Steps {
        &self.steps
    }

    /// What was found.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether source and destination are the same socket.
    pub const fn is_self(&self) -> bool {
        self.is_self
    }

    fn of_each<T>(&self, read: impl Fn(&Endpoint) -> T) -> Ends<T> {
        if self.is_self {
            Ends { client: read(&self.ends.client), server: read(&self.ends.client) }
        } else {
            self.ends.map(read)
        }
    }

    fn note(&mut self, segment: &Segment, facts: &Facts, from: Role, was_closed: bool) {
        self.last = self.last.max(segment.time);
        self.now = self.now.max(self.last);
        self.opening.note(segment, facts, from, &self.ends);
        self.zeek.note(segment, from);
        if facts.counts && segment.text_len > 0 {
            self.first_text.get_or_insert(segment.time);
        }
        if facts.fin.is_some() {
            self.first_fin.get_or_insert(from);
        }
        if matches!(facts.reset, Reset::Resets | Reset::Refuses) {
            self.reset = Some(ResetSeen {
                by: from,
                time: segment.time,
                refuses: facts.reset == Reset::Refuses,
                is_late: was_closed,
            });
        }
    }

    fn label(&self, segment: &Segment, facts: &Facts, from: Role) -> Label {
        let numbers = Ends { client: &self.ends.client.numbers, server: &self.ends.server.numbers };
        Label::of(segment, facts, from, numbers, Letters { first_fin: self.first_fin, is_self: self.is_self })
    }

    fn is_closed_both_ways(&self) -> bool {
        let (client, server) =
            (&self.ends.client, if self.is_self { &self.ends.client } else { &self.ends.server });
        client.is_fin_acknowledged() && server.is_fin_acknowledged()
    }

    fn lacks_only_the_last_ack(&self) -> bool {
        !self.is_self
            && self.ends.client.numbers.fin().is_some()
            && self.ends.server.numbers.fin().is_some()
            && (self.ends.client.is_fin_acknowledged() || self.ends.server.is_fin_acknowledged())
    }

    /// The RST that ended the connection, unless both ends have since shown that they go on.
    fn standing_reset(&self) -> Option<&ResetSeen> {
        self.reset.as_ref().filter(|_| self.ends.client.is_reset() || self.ends.server.is_reset())
    }
}
