//! How an end stands before the last verdicts, so that others of its kind can be made to stand so again.
//!
//! In: an end of a connection that was followed. Out: an end with the same state, as sure of it.
//! Invariant: all that the last verdicts may move is set anew, and what was seen of its packets is forgotten; its numbers and times
//! are for others to fill in.

use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::look::Look;
use crate::analyzer::state::State;
use crate::seq::SeqNumber;

/// What the last verdicts may move.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    state: State,
    confirmed: bool,
    /// Whether an acknowledgement of all that the peer has sent would confirm it.
    has_witness: bool,
}

impl Stand {
    /// That of an end whose peer has sent all up to `nxt`; `None` where something else would confirm it.
    pub fn of(end: &Endpoint, nxt: SeqNumber) -> Option<Self> {
        let is_told = end.witness.is_none_or(|witness| witness == nxt);
        let (state, confirmed, has_witness) = (end.state, end.confirmed, end.witness.is_some());
        is_told.then_some(Self { state, confirmed, has_witness })
    }

    /// Has `end` stand so again, whose peer has sent all up to `nxt`.
    #[inline(always)]
    pub fn fill(self, end: &mut Endpoint, nxt: SeqNumber) {
        // Each field is named, so that nobody forgets one that is to come.
        let Endpoint {
            numbers: _,
            in_state: _,
            opened: _,
            look,
            state,
            was: _,
            confirmed,
            witness,
            before_reset: _,
            syn_acked: _,
            fin_acked: _,
            doubted: _,
            proved: _,
        } = end;
        (*state, *confirmed, *look) = (self.state, self.confirmed, Look::default());
        *witness = self.has_witness.then_some(nxt);
    }
}
