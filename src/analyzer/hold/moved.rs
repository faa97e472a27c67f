//! What moved the states of a connection by the textbook: how often, when, and in which way.
//!
//! In: segments that may move a state, in their order. Out: their times, and a key of all that decides how they moved it.
//! Invariant: two connections of one key went through the same states, segment by segment, between the same `events`.
//! Read: RFC 9293 §3.3.2 (figure 5).

use crate::analyzer::hold::brief::Brief;
use crate::analyzer::role::Role;
use crate::jot::Jot;
use crate::time::Timestamp;

/// Segments that may move a state, beside the first SYN and its answer, by six bits of a key each.
const MOVING: usize = 10;
/// With those two, and the last of all.
pub const EVENTS: usize = MOVING + 3;

/// Bits of the key for each segment that may move a state.
pub const BITS: u32 = 6;

/// The segments of a connection that may have moved a state.
#[derive(Debug)]
pub struct Moves {
    /// Which end sent what kind of segment at each, which of them came again, and of one that ended otherwise than by two FINs the
    /// causes and what is seen around it, as a number.
    pub key: u64,
    /// When they came, the SYN first; after them when the last of all segments did.
    pub events: [Timestamp; EVENTS],
    /// How many came; the number of the event that stands for the end.
    pub count: usize,
    /// Which of the segments after the SYN moved nothing, as bits, the first one lowest.
    pub steady: u32,
    /// Who closed first.
    pub first_fin: Option<Role>,
    /// Whether the server has spoken after its answer, by which it has shown to be open.
    pub is_open: bool,
}

/// What decides how a segment moves a state, beside what it is itself.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    /// Whether it acknowledges something that was not acknowledged before.
    pub acknowledges: bool,
    /// Whether its peer has sent nothing but its SYN.
    pub covers_syn_alone: bool,
    /// Whether it came again.
    pub is_again: bool,
}

impl Moves {
    /// Those of a SYN and of its answer, which came then.
    #[inline(always)]
    pub fn opened(asked: Timestamp, answered: Timestamp) -> Self {
        let mut events = [Timestamp::default(); EVENTS];
        [events[0], events[1]] = [asked, answered];
        Self { key: 1, events, count: 2, steady: 0, first_fin: None, is_open: false }
    }

    /// Takes in the next segment that may move a state; `None` where there are too many.
    #[inline(always)]
    pub fn take(&mut self, jot: &Jot, turn: Turn) -> Option<()> {
        let Turn { acknowledges, covers_syn_alone, is_again } = turn;
        let bits = u64::from(jot.by_client) << 5
            | u64::from(jot.gist.has_text()) << 4
            | u64::from(jot.gist.has_fin()) << 3
            | u64::from(acknowledges) << 2
            | u64::from(covers_syn_alone) << 1
            | u64::from(is_again);
        self.key = self.key << BITS | bits;
        *self.room()? = jot.time;
        Some(())
    }

    /// Where the time of the next event goes. That of the last one is for the end.
    #[inline(always)]
    pub fn room(&mut self) -> Option<&mut Timestamp> {
        let room = self.events.split_last_mut()?.1.get_mut(self.count)?;
        self.count = self.count.wrapping_add(1);
        Some(room)
    }

    /// Adds the bits of a segment to the key.
    pub const fn note(&mut self, bits: u64) {
        self.key = self.key << BITS | bits;
    }

    /// Whether the key has room for so many bits.
    pub const fn has_room_for(&self, bits: u32) -> bool {
        self.key.leading_zeros() >= bits
    }

    /// The frames of the events.
    pub fn frames(&self, brief: &Brief) -> [u64; EVENTS] {
        let mut frames = [0; EVENTS];
        let after = brief.segments().zip(0_u32..).filter(|(_, number)| self.steady >> number & 1 == 0);
        let all = std::iter::once(brief.syn()).chain(after.map(|(jot, _)| jot));
        for (known, jot) in frames.iter_mut().zip(all) {
            *known = jot.frame;
        }
        frames
    }
}
