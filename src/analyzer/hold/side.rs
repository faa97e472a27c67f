//! One end of a connection by the textbook, while that is made at once of what was kept in brief.
//!
//! In: the segments that this end sends and those that are sent to it, of which nothing is to be said. Out: the end, as
//! `Endpoint` has it.
//! Invariant: the same as those come to. What a segment moves in the state is moved by `Endpoint` itself; here stands what
//! is only counted.
//! Read: RFC 9293 §3.3.1, §3.10.7.4; RFC 7323 §2 (window scale).

use crate::analyzer::endpoint::{Endpoint, Opened};
use crate::analyzer::facts::{Acknowledges, Facts, Kind, Reset};
use crate::analyzer::hold::tally::{OfSyn, Tally, acknowledged, fin};
use crate::analyzer::numbers::Fin;
use crate::analyzer::sent::Sent;
use crate::analyzer::state::State;
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// One end.
#[derive(Debug)]
pub struct Side {
    /// Its state, and what is kept beside it; its numbers are filled in last.
    endpoint: Endpoint,
    iss: SeqNumber,
    /// SND.NXT.
    pub nxt: SeqNumber,
    /// SND.UNA.
    pub una: SeqNumber,
    fin: Option<Fin>,
    /// Of the client there is one with the third segment only: until then where the SYN+ACK ends, which lies before any.
    right_edge: SeqNumber,
    shift: Option<u8>,
    /// The same, 0 where it does not scale.
    scale: u8,
    stamp: Option<u32>,
    syn: Jot,
    last_frame: u64,
    /// The frame of its last segment that has a place in its sequence space.
    last_in_space: u64,
    segments: u64,
    text_octets: u64,
}

impl Side {
    /// The client: its SYN was answered by `answer`, and that has arrived as far as can be told.
    pub fn asking(syn: &Jot, options: OfSyn, answer: &Jot) -> Self {
        let endpoint = Endpoint {
            opened: Opened::Active,
            state: State::Established,
            was: State::Unknown,
            witness: Some(answer.seq + 1),
            syn_acked: true,
            ..Endpoint::default()
        };
        Self { una: answer.ack, right_edge: answer.seq + 1, ..Self::of(syn, options, endpoint) }
            .since(syn.time, (State::SynSent, answer.time))
    }

    /// The server, which gave that `answer` to the SYN that came at `asked`.
    pub fn answering(answer: &Jot, options: OfSyn, asked: Timestamp) -> Self {
        let endpoint = Endpoint {
            opened: Opened::Passive,
            state: State::SynReceived,
            was: State::SynReceived,
            confirmed: true,
            ..Endpoint::default()
        };
        let right_edge = answer.ack + u32::from(answer.window);
        Self { right_edge, ..Self::of(answer, options, endpoint) }
            .since(asked, (State::SynReceived, answer.time))
    }

    fn of(syn: &Jot, options: OfSyn, mut endpoint: Endpoint) -> Self {
        endpoint.look.see(syn.hop_limit, syn.identification);
        Self {
            endpoint,
            iss: syn.seq,
            nxt: syn.seq + 1,
            una: syn.seq,
            fin: None,
            right_edge: SeqNumber(0),
            shift: options.shift,
            scale: options.shift.unwrap_or(0),
            stamp: options.stamp,
            syn: *syn,
            last_frame: syn.frame,
            last_in_space: syn.frame,
            segments: 1,
            text_octets: 0,
        }
    }

    fn since(mut self, asked: Timestamp, (state, answered): (State, Timestamp)) -> Self {
        self.endpoint.in_state.note(State::Unknown, asked);
        self.endpoint.in_state.note(state, answered);
        self
    }

    /// Whether it has sent a FIN.
    pub const fn has_closed(&self) -> bool {
        self.fin.is_some()
    }

    /// Whether it is open, as it has shown itself, so that text and its acknowledgements move nothing.
    pub const fn is_steady(&self) -> bool {
        let Endpoint { state, confirmed, proved, .. } = self.endpoint;
        matches!(state, State::Established) && confirmed && proved
    }

    /// It sends a segment to `peer`, which that has not taken in yet. Both are steady, and it is no FIN.
    #[inline]
    pub fn talks(&mut self, jot: &Jot, peer: &mut Self) {
        self.count(jot);
        let len = u32::from(jot.text_len);
        if len > 0 {
            self.nxt = self.nxt + len;
            self.last_in_space = jot.frame;
        }
        peer.una = jot.ack;
        self.endpoint.was = State::Established;
        self.endpoint.in_state.note(State::Established, jot.time);
        peer.endpoint.in_state.note(State::Established, jot.time);
    }

    /// It sends a segment to `peer`, which that has not taken in yet.
    #[inline]
    pub fn sends(&mut self, jot: &Jot, peer: &mut Self) {
        let has_fin = jot.flags.has(Flags::FIN);
        let len = u32::from(jot.text_len);
        let facts = self.facts(jot, peer);
        self.count(jot);
        let takes_room = len > 0 || has_fin;
        if takes_room {
            self.nxt = self.nxt + len + u32::from(has_fin);
            self.last_in_space = jot.frame;
        }
        if has_fin {
            self.stamp = jot.stamp();
            self.fin = Some(fin(jot));
        }
        let endpoint = &mut self.endpoint;
        endpoint.was = endpoint.state;
        endpoint.sends_plain(jot.ack, len > 0, &facts, has_fin);
        endpoint.in_state.note(endpoint.was, jot.time);
        peer.receives(jot, self.fin.is_some(), takes_room.then_some(self.nxt));
    }

    /// It is sent that segment by its peer, which has taken it in, and may have closed.
    #[inline]
    fn receives(&mut self, jot: &Jot, has_peer_closed: bool, witness: Option<SeqNumber>) {
        self.una = jot.ack;
        let before = self.endpoint.state;
        if let Some(fin) = &mut self.fin
            && fin.number.precedes(jot.ack)
        {
            self.endpoint.fin_acked = true;
            if fin.acknowledged.is_none() {
                fin.acknowledged = Some((jot.time, jot.frame));
                fin.times_until_acknowledged = fin.times;
            }
        }
        self.endpoint.syn_acked = true;
        self.endpoint.settle(has_peer_closed, witness);
        self.endpoint.in_state.note(before, jot.time);
    }

    #[inline]
    fn count(&mut self, jot: &Jot) {
        self.segments = self.segments.wrapping_add(1);
        self.text_octets = self.text_octets.wrapping_add(u64::from(jot.text_len));
        self.last_frame = jot.frame;
        self.right_edge = self.right_edge.later(jot.ack + (u32::from(jot.window) << self.scale));
        self.endpoint.look.see(jot.hop_limit, jot.identification);
    }

    /// The end, of which `peer` is the other; `space` makes its sequence space anew where not all of it is acknowledged.
    pub fn endpoint(self, una_of_peer: SeqNumber, space: impl FnOnce() -> Sent) -> Endpoint {
        let sent = if self.una == self.nxt { self.acknowledged() } else { space() };
        let is_answer = self.syn.flags.has(Flags::ACK);
        let tally = Tally {
            syn: &self.syn,
            iss: self.iss,
            options: OfSyn { shift: self.shift, stamp: self.stamp },
            ecn: self.syn.flags.ace(),
            syns: 1,
            fin: self.fin,
            // What it has acknowledged last is what its peer knows to be acknowledged.
            last_ack: (is_answer || self.segments > 1).then_some(una_of_peer),
            right_edge: Some(self.right_edge),
            last_frame: self.last_frame,
            segments: self.segments,
            rsts: 0,
            text_octets: self.text_octets,
        };
        Endpoint { numbers: tally.numbers(sent), ..self.endpoint }
    }

    fn acknowledged(&self) -> Sent {
        acknowledged(self.iss, self.nxt, self.last_in_space)
    }

    /// As `judge_next` has them, and `judge` where FINs cross.
    fn facts(&self, jot: &Jot, peer: &Self) -> Facts {
        let covers_fin = peer.fin.as_ref().is_some_and(|fin| fin.number.precedes(jot.ack));
        Facts {
            kind: Kind::Plain,
            sound: true,
            counts: true,
            fast_open: false,
            acknowledges: if jot.ack == peer.una { Acknowledges::Old } else { Acknowledges::New },
            covers_syn_alone: peer.iss + 1 == jot.ack,
            fin: jot.flags.has(Flags::FIN).then(|| jot.seq + u32::from(jot.text_len)),
            again: 0,
            reset: Reset::None,
            older: false,
            covers_fin,
            lacks_fin: peer.fin.is_some() && !covers_fin,
        }
    }
}
