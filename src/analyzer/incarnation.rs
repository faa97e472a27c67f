//! Which incarnation of a socket pair a segment belongs to, and who is who in it.
//!
//! In: a connection, and a segment that may be its own or begin another. Out: verdicts; nothing moves.
//! Invariant: repeated SYNs and FINs never part a connection; a SYN with a new ISS, or after the end, does.
//! Read: RFC 9293 §3.4.1, §3.5.1, §3.10.7.4 (MAY-2); RFC 6191; field guide section 2.

use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::endpoint::Opened;
use crate::analyzer::facts::Kind;
use crate::analyzer::opening::REORDERING;
use crate::analyzer::outcome::{Outcome, ResetSeen};
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::segment::{Checksum, Flags, Segment};
use crate::seq::SeqNumber;

/// How long a pair is kept in TIME-WAIT (as on Linux; RFC 9293 §3.4.2 has 240 s).
const TIME_WAIT: Duration = Duration::from_secs(60);

impl Connection {
    /// Whether a SYN that comes now would repeat this connection's own, or cross it, or be the one that a SYN+ACK
    /// captured before it answers; if not, it opens a new incarnation.
    pub fn takes_syn(&self, segment: &Segment) -> bool {
        let from = self.role_of(segment.source);
        let (sender, receiver) = (self.ends.of(from), self.ends.of(from.other()));
        let is_own = sender.numbers.iss() == Some(segment.seq);
        if is_own && sender.state() == State::SynSent {
            // Also after its own RST, which answered a wrong acknowledgement (RFC 9293 §3.5.1).
            return true;
        }
        // A client that asks again after a refusal goes on with the same attempt; and nobody uses a pair again before the
        // last acknowledgement, so that what comes then is an old copy.
        if is_own && sender.numbers.syns > 0 && (self.is_refused() || self.awaits_last_ack()) {
            return true;
        }
        if self.is_over() {
            return false;
        }
        match sender.numbers.iss() {
            Some(_) if sender.numbers.syns == 0 && sender.numbers.syn_acks == 0 => {
                is_own && segment.time.since(self.start) <= REORDERING
            }
            Some(_) => is_own,
            // The other end's SYN before any answer: a simultaneous open.
            None => receiver.state() == State::SynSent && receiver.numbers.syns > 0,
        }
    }

    /// Whether a SYN+ACK that comes now belongs to this connection: as long as it has not ended, or if it repeats.
    pub fn takes_syn_ack(&self, segment: &Segment) -> bool {
        !self.is_over() || self.ends.of(self.role_of(segment.source)).numbers.iss() == Some(segment.seq)
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

    /// The code for a SYN that uses the pair of this connection again, which has ended.
    pub fn code_of_reuse(&self, syn: &Segment) -> Code {
        let from = self.role_of(syn.source);
        let is_beyond =
            self.ends.of(from).numbers.sent().is_some_and(|sent| sent.nxt().precedes_or_equals(syn.seq));
        let is_in_time_wait = self.outcome() == Outcome::Closed && syn.time.since(self.last) < TIME_WAIT;
        let is_younger = self.ends.of(from).numbers.is_stamped_before(syn);
        if is_in_time_wait && (is_beyond || is_younger) { Code::TimeWaitReuse } else { Code::PairReused }
    }

    /// The frame of this attempt's SYN, where the same end sends another with another ISS before any answer.
    pub fn unanswered_syn(&self, other: &Segment) -> Option<u64> {
        let from = self.role_of(other.source);
        let is_answered = self.ends.of(from.other()).numbers.segments > 0;
        // After a half-open connection was discovered the SYN may come again with any ISS (RFC 9293 §3.5.1).
        let is_recovery = self.notes.has(Code::HalfOpenDiscovered);
        self.ends.of(from).numbers.syn_frame().filter(|_| !is_answered && !is_recovery && !self.is_self)
    }

    /// Whether a SYN+ACK comes from the end that was taken for the client by its port: whoever sends it is the server.
    pub fn guessed_wrong(&self, segment: &Segment) -> bool {
        let Ends { client, server } = &self.ends;
        let is_answer = Kind::of(segment.flags) == Kind::SynAck && segment.checksum != Checksum::Wrong;
        let is_guess = client.opened == Opened::NotSeen && server.opened == Opened::NotSeen;
        is_answer && is_guess && !self.is_self && self.role_of(segment.source) == Role::Client
    }

    /// Takes the client for the server.
    pub fn exchange(&mut self) {
        self.sockets.exchange();
        self.ends.exchange();
        self.zeek.exchange();
        self.steps.exchange();
        self.notes.exchange();
        self.first_fin = self.first_fin.map(Role::other);
        self.reset = self.reset.map(|reset| ResetSeen { by: reset.by.other(), ..reset });
    }
}
