//! What some segments did that were taken in together, and of which of them something is left to be done.
//!
//! In: what each did, and the time when it had come. Out: those of which others are told, and those that have to wait for their turn.
//! Invariant: done in their order, each at its own time, it comes to the same as one segment after the other. Which of them something
//! is left of cannot be foreseen, and nothing branches on it: each has a bit.

use crate::analyzer::hold::stage::Next;
use crate::time::Timestamp;

/// Segments that are taken in together, at most.
pub const MOST: usize = u64::BITS as usize;

/// What they did.
#[derive(Debug)]
pub struct Done {
    /// What each did.
    next: [Next; MOST],
    /// The latest time of the capture when each had come.
    latest: [Timestamp; MOST],
}

/// Places among them, in their order.
#[derive(Clone, Copy, Debug)]
pub struct Left(u64);

impl Done {
    /// Nothing, by none.
    pub const NOTHING: Self = Self { next: [Next::NOTHING; MOST], latest: [Timestamp(0); MOST] };

    /// Forgets all.
    pub const fn clear(&mut self) {
        self.next = [Next::NOTHING; MOST];
    }

    /// Of each the room for what it did, and for the time then.
    #[inline(always)]
    pub fn rooms(&mut self) -> impl Iterator<Item = (&mut Next, &mut Timestamp)> {
        self.next.iter_mut().zip(&mut self.latest)
    }

    /// What the segment at a place did, and the latest time when it had come.
    #[inline(always)]
    pub fn by(&self, place: usize) -> Option<(Next, Timestamp)> {
        Some((*self.next.get(place)?, *self.latest.get(place)?))
    }

    /// Those of which something is left.
    #[inline(always)]
    pub fn left(&self) -> Left {
        let (eights, _) = self.next.as_chunks();
        Left(eights.iter().rev().fold(0, |left, eight| left << 8 | u64::from(Next::left_of(eight))))
    }
}

impl Iterator for Left {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let first = (self.0 != 0).then(|| self.0.trailing_zeros());
        self.0 &= self.0.wrapping_sub(1);
        first.map(|place| place as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_which_something_is_left_come_in_their_order() {
        let mut done = Box::new(Done::NOTHING);
        assert_eq!(done.left().count(), 0);
        for chosen in [vec![0], vec![63], vec![5, 7, 8, 31, 32, 62], (0..MOST).collect()] {
            done.clear();
            for (place, (next, latest)) in
                done.rooms().enumerate().filter(|(place, _)| chosen.contains(place))
            {
                (*next, *latest) = (Next::NONE, Timestamp(place as u64));
            }
            assert_eq!(done.left().collect::<Vec<_>>(), chosen);
            let last = chosen.last().copied().unwrap_or_default();
            assert_eq!(done.by(last), Some((Next::NONE, Timestamp(last as u64))));
        }
        assert_eq!(done.by(MOST), None);
    }
}
