//! What is left to be done about a segment that was taken in with others.
//!
//! In: a sweep's segments. Out: those of which others are told, and those that have to wait for their turn.
//! Invariant: done in their order, each at its own time, it comes to the same as one segment after the other. Each is written
//! down, and the next one over it where nothing is left: which of them that is of cannot be foreseen, and nothing branches on it.

use crate::analyzer::hold::clock::Clock;
use crate::analyzer::hold::stage::Next;
use crate::analyzer::hold::table::Place;

/// What is left to be done about a segment.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// The tracker's clock when it has come.
    pub clock: Clock,
    /// Which of the sweep's segments it is.
    pub at: u32,
    /// Where its entry may be, and is if it was taken in.
    pub place: Option<Place>,
    /// What it did; nothing where it was not taken in, and all is left to be done.
    pub next: Next,
    /// Whether its connection waits for something else now, because of it or for so long already.
    pub moves: bool,
}

/// What is left to be done, in order.
#[derive(Debug, Default)]
pub struct AllLeft {
    room: Vec<Left>,
    count: usize,
}

impl Left {
    fn none() -> Self {
        Self { clock: Clock::default(), at: 0, place: None, next: Next::NONE, moves: false }
    }
}

impl AllLeft {
    /// Forgets all, and makes room for so many.
    pub fn clear(&mut self, most: usize) {
        self.count = 0;
        if self.room.len() < most {
            self.room.resize(most, Left::none());
        }
    }

    /// Notes one if something `is_left`.
    #[inline(always)]
    pub fn note(&mut self, left: Left, is_left: bool) {
        if let Some(room) = self.room.get_mut(self.count) {
            *room = left;
            self.count = self.count.wrapping_add(is_left.into());
        }
    }

    /// All that were noted.
    #[inline(always)]
    pub fn all(&self) -> &[Left] {
        self.room.get(..self.count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_nothing_left_is_written_over() {
        let (mut left, one) = (AllLeft::default(), |at| Left { at, ..Left::none() });
        for round in 0..2 {
            left.clear(4);
            for at in 0..4 {
                left.note(one(at + round), at % 2 == 1);
            }
            assert_eq!(left.all().iter().map(|left| left.at).collect::<Vec<_>>(), [1 + round, 3 + round]);
        }
    }
}
