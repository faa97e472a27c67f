//! What a connection is told that is no segment of its own: ICMP errors, and what the older connection of its pair does.
//!
//! In: errors that quote its SYN, segments of the other connection. Out: codes in its notes, and verdicts.
//! Invariant: hearsay moves no state.
//! Read: RFC 9293 §3.5.1 (half-open connections), §3.9.2.2 (ICMP); RFC 5961 §4 (challenge ACK).

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::{opening, resets};
use crate::analyzer::facts::Kind;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::icmp::IcmpError;
use crate::segment::Segment;

impl Connection {
    /// Notes an ICMP error that quotes a segment of this connection. Whether it is the attempt's own SYN that is quoted.
    /// Once that is answered the error says nothing any more (RFC 9293 §3.9.2.2: soft errors).
    pub fn is_refused_by(&mut self, error: &IcmpError) -> bool {
        let sender = self.ends.of(self.role_of(error.source));
        let (own, is_waiting) = (&sender.numbers, sender.state() == State::SynSent);
        let Some(syn) = own.syn_frame().filter(|_| own.iss() == Some(error.seq)) else { return false };
        self.now = self.now.max(error.time);
        if !is_waiting {
            return true;
        }
        if error.says_unreachable() {
            self.notes.raise(Code::IcmpUnreachable, &[syn, error.frame]);
        }
        let known = &mut self.notes.page().icmp;
        if known.as_ref().is_none_or(|known| error.says_unreachable() && !known.says_unreachable()) {
            *known = Some(error.clone());
        }
        true
    }

    /// The ICMP error that answered its SYN and said that the server cannot be reached.
    pub fn icmp_error(&self) -> Option<&IcmpError> {
        self.notes.read()?.icmp.as_ref().filter(|error| error.says_unreachable())
    }

    /// Raises a code that spans two connections of the pair.
    pub fn raise(&mut self, code: Code, frames: &[u64]) {
        self.notes.raise(code, frames);
    }

    /// Notes that `syn`, which may open a connection in place of this one, was sent to an end of it.
    pub fn is_provoked_by(&mut self, syn: &Segment) {
        let to = self.role_of(syn.destination);
        if self.ends.of(to).state().is_synchronized() {
            *self.notes.page().provoked.of_mut(to) = Some((syn.frame, syn.time));
        }
    }

    /// Notes that a segment of the older connection of the pair, kept beside this attempt, answers it or is answered.
    pub fn sees_older(&mut self, segment: &Segment) {
        match Kind::of(segment.flags) {
            Kind::Plain if self.role_of(segment.source) == Role::Server => {
                if segment.text_len == 0 {
                    self.notes.page().challenged = true;
                }
                opening::older(segment.frame, segment.ack, &mut self.notes);
            }
            // The client knows of the older connection still: the SYN was none of its own.
            Kind::Plain => self.notes.page().challenged = true,
            Kind::Rst => {
                let syn = self.ends.client.numbers.syn_frame();
                resets::recovers(segment.frame, segment.seq, syn, &mut self.notes);
            }
            _ => {}
        }
    }

    /// Whether it is an attempt that was answered by a challenge ACK of an older connection and by nothing else, or that
    /// its own end disowned by going on with the older connection, so that it opened nothing.
    pub fn was_only_challenged(&self) -> bool {
        let is_challenged = self.notes.read().is_some_and(|page| page.challenged);
        let client = &self.ends.client.numbers;
        let is_alone = self.ends.server.numbers.segments == 0 && client.segments == u64::from(client.syns);
        is_challenged && is_alone && !self.notes.has(Code::HalfOpenDiscovered)
    }
}
