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
    /// Notes that an entry, whose pair has this hash, was listed as the last of `listed`. Who is listed anew for each segment
    /// takes the place of others, which are only not looked at.
    #[inline]
    pub fn note(&mut self, place: Place, hash: u64, listed: usize) {
        self.0.push_back((place, hash));
        self.keep(listed);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyzer::hold::table::Table;

    #[test]
    fn who_is_listed_again_and_again_takes_no_more_room() {
        let (mut table, mut soon): (Table<(), 1>, _) = (Table::default(), Soon::default());
        let place = table.insert(7, 0, 0, ()).unwrap();
        for _ in 0..1000 {
            soon.note(place, 7, 2);
            assert!(soon.0.len() <= 2);
        }
        assert_eq!(soon.next(8).collect::<Vec<_>>(), [(place, 7), (place, 7)]);
        soon.keep(0);
        assert_eq!(soon.next(8).count(), 0);
    }
}
