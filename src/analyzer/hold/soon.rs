//! What will be let go soon, so that it can be looked at before that.
//!
//! In: places of entries as they are listed among those that have ended, with the hashes of their pairs. Out: the next few.
//! Invariant: says nothing for certain: an entry may have gone, or wait elsewhere by now. Nothing but the time that
//! something takes may depend on it.

use std::collections::VecDeque;

use crate::analyzer::hold::table::Place;

/// Places, the one that was listed first in front.
#[derive(Debug, Default)]
pub struct Soon(VecDeque<(Place, u64)>);

impl Soon {
    /// Notes that an entry, whose pair has this hash, was listed as the last.
    #[inline]
    pub fn note(&mut self, place: Place, hash: u64) {
        self.0.push_back((place, hash));
    }

    /// Forgets the first, so that no more are left than are listed.
    #[inline]
    pub fn keep(&mut self, listed: usize) {
        while self.0.len() > listed {
            self.0.pop_front();
        }
    }

    /// The next few, with their hashes.
    pub fn next(&self, few: usize) -> impl Iterator<Item = (Place, u64)> {
        self.0.iter().take(few).copied()
    }
}
