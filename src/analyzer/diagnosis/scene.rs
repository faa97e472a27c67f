//! What a rule sees of one segment: the segment, what was known before it, and what it has moved.
//!
//! In: what `connection.rs` found out. Out: the same, by the words that the rules use.
//! Invariant: read-only; whatever a rule has to remember it puts into its `Notes`.

use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::facts::{Acknowledges, Facts, Kind};
use crate::analyzer::opening::Progress;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::segment::{Flags, Segment};

/// One segment, seen by the rules.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The segment.
    pub segment: &'a Segment,
    /// What was known of it before it moved anything.
    pub facts: &'a Facts,
    /// Who sent it.
    pub from: Role,
    /// Both ends' states before it.
    pub before: Ends<State>,
    /// Both ends after it.
    pub ends: &'a Ends<Endpoint>,
    /// How far the opening has come.
    pub opening: &'a Progress,
    /// Whether source and destination are the same socket.
    pub is_self: bool,
    /// Whether both FINs had been acknowledged before it.
    pub was_closed: bool,
    /// Whether the handshake had been completed before it.
    pub was_complete: bool,
    /// Whether a RST had ended the connection before it, as far as was known.
    pub was_reset: bool,
    /// Whether one has now.
    pub is_reset: bool,
}

impl<'a> Scene<'a> {
    /// Who it was sent to.
    pub const fn to(&self) -> Role {
        if self.is_self { self.from } else { self.from.other() }
    }

    /// Its sender.
    pub const fn sender(&self) -> &'a Endpoint {
        self.ends.of(self.from)
    }

    /// Its receiver.
    pub const fn receiver(&self) -> &'a Endpoint {
        self.ends.of(self.to())
    }

    /// The number of the frame that carried it.
    pub const fn frame(&self) -> u64 {
        self.segment.frame
    }

    /// Whether it is an ACK alone, which acknowledges nothing new.
    pub fn is_bare_and_old(&self) -> bool {
        self.is_text_like()
            && self.segment.text_len == 0
            && !self.segment.flags.has(Flags::FIN)
            && self.facts.acknowledges != Acknowledges::New
    }

    /// Whether it is neither SYN nor RST, and is read by its receiver.
    pub fn is_text_like(&self) -> bool {
        self.facts.kind == Kind::Plain && self.facts.sound
    }

    /// Whether a SYN of either end was captured.
    pub const fn is_opening_seen(&self) -> bool {
        self.ends.client.numbers.syns > 0 || self.ends.server.numbers.syns > 0
    }

    /// Whether a SYN+ACK of either end was captured.
    pub const fn is_answer_seen(&self) -> bool {
        self.ends.client.numbers.syn_acks > 0 || self.ends.server.numbers.syn_acks > 0
    }
}
