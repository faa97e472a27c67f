//! One end of a connection, as far as the wire shows it: its state, with its evidence.
//!
//! In: the facts of each segment that this end sends or that is sent to it. Out: a state, seen or assumed.
//! Invariant: a state that rests on a segment's arrival is assumed until this end's own segment confirms it, and is
//! withdrawn by one that disproves it. All state changes go through `state.rs`; all numbers through `numbers.rs`.
//! Read: RFC 9293 §3.3.2, §3.10.7; field guide sections 0 and 1 (`docs/labels.md`).

use crate::analyzer::facts::{Acknowledges, Facts, Kind, Reset};
use crate::analyzer::in_state::InState;
use crate::analyzer::look::Look;
use crate::analyzer::numbers::Numbers;
use crate::analyzer::pack::{packed, packed_enum};
use crate::analyzer::state::{
    Received, Sent, State, after_receiving, after_sending, before_ack_of_fin, before_fin,
};
use crate::segment::{Flags, Segment};
use crate::seq::SeqNumber;

/// How an end opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Opened {
    /// Its opening was not captured.
    #[default]
    NotSeen,
    /// It sent a SYN of its own accord.
    Active,
    /// It answered one.
    Passive,
}

/// One end as seen from the wire.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    /// Its numbers.
    pub numbers: Numbers,
    /// Time spent in each state.
    pub in_state: InState,
    /// How it opened.
    pub opened: Opened,
    /// What its packets look like.
    pub look: Look,
    pub(super) state: State,
    /// The state until the segment that is being taken in, as that segment shows it.
    pub(super) was: State,
    /// Whether this end's own segment confirms `state`.
    pub(super) confirmed: bool,
    /// An acknowledgement at or beyond this number, by this end, confirms `state`: it has read what moved it.
    pub(super) witness: Option<SeqNumber>,
    /// The state before a RST that may yet prove to have been ignored.
    pub(super) before_reset: Option<State>,
    /// An acknowledgement of its SYN is taken to have arrived.
    pub(super) syn_acked: bool,
    /// An acknowledgement of its FIN is taken to have arrived.
    pub(super) fin_acked: bool,
    /// It repeated its SYN+ACK although that had been answered: the answers do not arrive.
    pub(super) doubted: bool,
    /// It sent what only an end sends whose SYN was acknowledged; that is never withdrawn.
    pub(super) proved: bool,
}

impl Endpoint {
    /// The state as last known.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Whether that state still waits for this end's own segment to confirm it.
    pub const fn is_assumed(&self) -> bool {
        !self.confirmed && !matches!(self.state, State::Unknown)
    }

    /// Whether its SYN+ACK was repeated although the answer to it had passed the tap.
    pub const fn is_doubted(&self) -> bool {
        self.doubted
    }

    /// Whether its own segments prove that its SYN was acknowledged.
    pub const fn is_proved(&self) -> bool {
        self.proved
    }

    /// Whether a RST ended it, and nothing has disproved that.
    pub const fn is_reset(&self) -> bool {
        self.before_reset.is_some()
    }

    /// Whether an acknowledgement of its SYN is taken to have arrived.
    pub const fn is_syn_acknowledged(&self) -> bool {
        self.syn_acked
    }

    /// Whether an acknowledgement of its FIN is taken to have arrived.
    pub const fn is_fin_acknowledged(&self) -> bool {
        self.fin_acked
    }

    /// Learns the ISS from the acknowledgement in a SYN+ACK whose SYN was not captured.
    pub fn learn_iss(&mut self, iss: SeqNumber) {
        self.numbers.learn_iss(iss);
        self.opened = Opened::Active;
        self.state = State::SynSent;
    }

    /// Takes in a segment that this end sends.
    #[inline(always)]
    pub fn sends(&mut self, segment: &Segment, facts: &Facts) {
        self.was = self.state;
        let is_new_fin = facts.fin.is_some() && facts.again == 0 && !self.numbers.fin_has_passed();
        self.numbers.send(segment, facts);
        if facts.sound && facts.kind != Kind::Rst {
            self.look.note(segment);
        }
        match facts.kind {
            Kind::Syn if facts.counts => self.sends_syn(facts),
            Kind::SynAck if facts.counts => self.sends_syn_ack(facts),
            Kind::Rst if matches!(facts.reset, Reset::Resets | Reset::Refuses | Reset::Late) => {
                self.sends_rst(segment);
            }
            Kind::Plain if facts.older => {
                // RFC 9293 §3.5.1, figure 9: it knows nothing of this attempt, but is in an older connection.
                self.state = State::Established;
                self.confirmed = false;
            }
            Kind::Plain if facts.counts => {
                self.sends_plain(segment.ack, segment.text_len > 0, facts, is_new_fin);
            }
            _ => {}
        }
        self.in_state.note(self.was, segment.time);
    }

    /// Takes in a segment that is sent to this end, after its sender has taken it in. `fin_passed` says whether the
    /// sender's FIN is in sequence by now. Returns the frame that the segment acknowledges.
    #[inline(always)]
    pub fn receives(&mut self, segment: &Segment, facts: &Facts, fin_passed: bool) -> Option<u64> {
        let before = self.state;
        let mut answered = None;
        if matches!(facts.acknowledges, Acknowledges::New | Acknowledges::Old | Acknowledges::Unknown)
            && (facts.counts || facts.reset == Reset::Refuses || facts.reset == Reset::Resets)
        {
            answered = self.numbers.acknowledge(segment);
        }
        match facts.kind {
            Kind::Rst if matches!(facts.reset, Reset::Resets | Reset::Refuses) => self.is_reset_by(segment),
            Kind::Syn if facts.counts => {
                self.before_reset = None;
                self.move_to(after_receiving(self.state, Received::Syn), segment);
            }
            Kind::SynAck if facts.counts && self.numbers.is_syn_covered_by(segment.ack) => {
                self.move_to(after_receiving(self.state, Received::SynAck), segment);
            }
            Kind::Plain if facts.counts && self.state == State::Unknown => {
                // The capture starts in the middle: whoever is sent such a segment has a connection.
                self.move_to(State::Established, segment);
            }
            _ => {}
        }
        if facts.counts {
            self.note_acknowledged(segment, facts);
            self.settle(fin_passed, (segment.seg_len() > 0).then(|| segment.end()));
        }
        self.in_state.note(before, segment.time);
        answered
    }

    /// Takes what was sent to this end for arrived, where nothing contradicts it: after a crossing, and at the end. Who
    /// acknowledges up to `witness` has read what was sent last.
    #[inline(always)]
    pub fn settle(&mut self, fin_passed: bool, witness: Option<SeqNumber>) {
        let mut state = self.state;
        if self.syn_acked {
            state = after_receiving(state, Received::AckOfSyn);
        }
        if self.fin_acked {
            state = after_receiving(state, Received::AckOfFin);
        }
        if fin_passed {
            state = after_receiving(state, Received::Fin);
        }
        if state != self.state {
            self.state = state;
            self.confirmed = false;
            self.witness = witness;
        } else if !self.confirmed && self.witness.is_none() {
            // It says again all that moved this end, in a segment that can be acknowledged.
            self.witness = witness;
        }
    }

    #[inline(never)]
    fn sends_syn(&mut self, facts: &Facts) {
        self.opened = Opened::Active;
        if self.proved {
            return;
        }
        self.before_reset = None;
        if facts.again > 0 && !self.confirmed && self.numbers.syn_acks == 0 {
            // The SYN+ACK, if there was one, had not arrived.
            self.syn_acked = false;
            self.withdraw_to(State::SynSent);
        }
        let after = after_sending(self.state, Sent::Syn);
        if after == State::SynSent {
            self.confirm_as(after);
        }
    }

    #[inline(never)]
    fn sends_syn_ack(&mut self, facts: &Facts) {
        if self.opened == Opened::NotSeen {
            self.opened = Opened::Passive;
        }
        if self.proved {
            // Captured late, or seen twice: what came since cannot be taken back.
            return;
        }
        self.before_reset = None;
        if facts.again > 0 && (!self.confirmed || self.state == State::SynReceived) {
            // Its answer, if there was one, had not arrived.
            self.doubted |= self.syn_acked;
            self.syn_acked = false;
            self.withdraw_to(State::SynReceived);
        } else if facts.again == 0 && !self.confirmed {
            // It was taken for open by what crossed this segment (RFC 9293 figure 7), or for an older connection.
            self.withdraw_to(State::SynReceived);
        }
        self.confirm_as(after_sending(self.state, Sent::SynAck));
    }

    #[inline(never)]
    fn sends_rst(&mut self, segment: &Segment) {
        let is_own_number = self.numbers.sent().is_some_and(|sent| sent.nxt() == segment.seq);
        let is_opening = matches!(self.state, State::SynSent | State::SynReceived);
        if is_opening && !segment.flags.has(Flags::ACK) && !is_own_number {
            // It answers a wrong acknowledgement and goes on waiting (RFC 9293 §3.10.7.3, first; figures 8 and 9;
            // §3.10.7.4, fifth).
            return;
        }
        self.before_reset = Some(self.state);
        if self.state == State::SynReceived && self.numbers.syn_acks == 0 {
            // It was taken for a listener, and is none.
            self.was = State::Closed;
        }
        self.confirm_as(after_sending(self.state, Sent::Rst));
    }

    /// What a segment with ACK alone, or with text or FIN, shows of the end that sends it.
    #[inline(always)]
    pub(super) fn sends_plain(&mut self, ack: SeqNumber, has_text: bool, facts: &Facts, is_new_fin: bool) {
        if let Some(before) = self.before_reset.take() {
            // Traffic that goes on after a RST proves that it was ignored.
            self.withdraw_to(before);
        }
        if facts.lacks_fin && !self.confirmed {
            self.withdraw_to(before_fin(self.state));
        }
        if facts.fin.is_some() && facts.again > 0 && self.fin_acked && !self.confirmed {
            self.fin_acked = false;
            self.withdraw_to(before_ack_of_fin(self.state, facts.covers_fin));
        }
        if facts.covers_fin {
            // Whoever acknowledges the peer's FIN has received it, though a part of what came before it may be
            // missing from the capture.
            let after = after_receiving(self.state, Received::Fin);
            if after != self.state {
                self.confirm_as(after);
            }
        }
        if self.proves_synchronized(has_text, facts) {
            self.confirm_as(after_sending(self.state, Sent::Synchronized));
        }
        if self.reads_beyond_opening(has_text, facts) {
            self.doubted = false;
            self.syn_acked = true;
            self.proved = true;
        }
        if self.witness.is_some_and(|witness| witness.precedes_or_equals(ack)) {
            self.confirm_as(self.state);
        }
        if is_new_fin {
            self.confirm_as(after_sending(self.state, Sent::Fin));
        }
    }

    /// Whether only an end sends this whose own SYN has been acknowledged (field guide, section 0).
    #[inline(always)]
    fn proves_synchronized(&self, has_text: bool, facts: &Facts) -> bool {
        match self.state {
            State::Unknown => true,
            State::SynSent => {
                facts.acknowledges == Acknowledges::Unknown || facts.acknowledges == Acknowledges::New
            }
            State::SynReceived => self.reads_beyond_opening(has_text, facts),
            State::Established => !self.confirmed && self.reads_beyond_opening(has_text, facts),
            _ => false,
        }
    }

    #[inline(always)]
    fn reads_beyond_opening(&self, has_text: bool, facts: &Facts) -> bool {
        match self.opened {
            Opened::NotSeen => true,
            // What answers the SYN+ACK, or in a simultaneous open the peer's last word on this end's SYN.
            Opened::Active if self.state == State::Established && !self.doubted => {
                facts.acknowledges != Acknowledges::Unsent
            }
            // With fast open a server may send text before its SYN+ACK is answered (RFC 7413 §4.2).
            _ => {
                let speaks = has_text || facts.fin.is_some();
                // In SYN-RECEIVED a challenge has the numbers of the SYN+ACK, new where that acknowledged something else
                // (RFC 9293 §3.10.7.4, first; RFC 5961 §3.2).
                let is_challenge = self.opened == Opened::Passive && facts.covers_syn_alone && !speaks;
                (facts.acknowledges == Acknowledges::New && !is_challenge) || (speaks && !facts.fast_open)
            }
        }
    }

    #[inline(always)]
    fn note_acknowledged(&mut self, segment: &Segment, facts: &Facts) {
        if !segment.flags.has(Flags::ACK) || facts.acknowledges == Acknowledges::Unsent {
            return;
        }
        let is_unseen_syn = facts.kind == Kind::Plain && self.numbers.iss().is_none();
        if !self.doubted && (is_unseen_syn || self.numbers.is_syn_covered_by(segment.ack)) {
            self.syn_acked = true;
        }
        if self.numbers.fin().is_some_and(|fin| fin.number.precedes(segment.ack)) {
            self.fin_acked = true;
        }
    }

    #[inline(never)]
    fn is_reset_by(&mut self, segment: &Segment) {
        self.before_reset = Some(self.state);
        let passive = self.opened != Opened::Active;
        self.move_to(after_receiving(self.state, Received::Rst { passive }), segment);
        self.confirmed = false;
    }

    fn move_to(&mut self, state: State, segment: &Segment) {
        if state != self.state {
            self.state = state;
            self.confirmed = false;
            self.witness = (segment.seg_len() > 0).then(|| segment.end());
        }
    }

    /// Takes back what was assumed: it has been in `state` all the time.
    const fn withdraw_to(&mut self, state: State) {
        self.confirm_as(state);
        self.was = state;
    }

    const fn confirm_as(&mut self, state: State) {
        self.state = state;
        self.confirmed = true;
        self.witness = None;
    }
}

packed_enum!(Opened { NotSeen, Active, Passive });
packed!(Endpoint {
    numbers,
    in_state,
    opened,
    look,
    state,
    was,
    confirmed,
    witness,
    before_reset,
    syn_acked,
    fin_acked,
    doubted,
    proved,
});
