//! Pairs whose connection has ended and been let go, with the frame in which it did.
//!
//! In: pairs, by their hash, as they are let go. Out: the frame of one that is used again.
//! Invariant: bounded; the pair that was let go first is forgotten first. Two pairs that share a hash of 64 bits are rarer
//! than anything else that goes wrong.

use std::collections::VecDeque;

use hashbrown::HashTable;

/// Pairs remembered.
const MOST: usize = 65_536;

/// Bits of a pair's number, which wraps: far more than there are pairs.
const NUMBER: u32 = 20;

/// The pairs of the past.
///
/// What is looked for is most often not there. So that this is found out in little memory, the table has nothing but numbers, each
/// with a part of its pair's hash in front, and the pairs stand in the order in which they came.
#[derive(Debug, Default)]
pub struct Past {
    index: HashTable<Number>,
    pairs: VecDeque<Pair>,
    /// The number of the first of them; the next has the next, and so on, wrapping.
    first: u32,
}

/// The number of a pair, behind some bits of its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number(u32);

#[derive(Clone, Copy, Debug)]
struct Pair {
    hash: u64,
    last_frame: u64,
}

impl Past {
    /// Remembers that the connection of the pair with this hash ended with the frame `last_frame`.
    pub fn remember(&mut self, hash: u64, last_frame: u64) {
        if let Some(pair) = self.number_of(hash).and_then(|number| self.pairs.get_mut(number)) {
            pair.last_frame = last_frame;
            return;
        }
        // There are far fewer than numbers.
        let behind = u32::try_from(self.pairs.len()).unwrap_or_default();
        let number = Number::new(hash, self.first.wrapping_add(behind));
        self.pairs.push_back(Pair { hash, last_frame });
        let (pairs, first) = (&self.pairs, self.first);
        let hash_of = |number: &Number| pairs.get(number.behind(first)).map_or(0, |pair| pair.hash);
        self.index.insert_unique(hash, number, hash_of);
        if self.pairs.len() > MOST {
            self.forget_the_oldest();
        }
    }

    /// The last frame of an earlier connection of the pair with this hash.
    pub fn recall(&self, hash: u64) -> Option<u64> {
        self.number_of(hash).and_then(|number| self.pairs.get(number)).map(|pair| pair.last_frame)
    }

    /// Looks at where the pair with this hash would be.
    #[inline]
    pub fn glance(&self, hash: u64) -> u64 {
        self.index.find(hash, |_| true).map_or(0, |number| u64::from(number.0))
    }

    /// The hashes of the next few pairs that will be forgotten.
    pub fn oldest(&self, few: usize) -> impl Iterator<Item = u64> {
        self.pairs.iter().take(few).map(|pair| pair.hash)
    }

    /// Where the pair with this hash stands.
    fn number_of(&self, hash: u64) -> Option<usize> {
        // Nearly always it is seen without the pair, which lies far away, that another is not this one.
        let is_it = |number: &Number| {
            number.may_be_of(hash)
                && self.pairs.get(number.behind(self.first)).is_some_and(|pair| pair.hash == hash)
        };
        self.index.find(hash, is_it).map(|number| number.behind(self.first))
    }

    fn forget_the_oldest(&mut self) {
        let Some(oldest) = self.pairs.pop_front() else { return };
        let number = Number::new(oldest.hash, self.first);
        if let Ok(found) = self.index.find_entry(oldest.hash, |other| *other == number) {
            found.remove();
        }
        self.first = self.first.wrapping_add(1);
    }
}

impl Number {
    /// That of a pair with this hash.
    const fn new(hash: u64, number: u32) -> Self {
        Self(Self::front(hash) | number & Self::MASK)
    }

    /// Whether its pair may have this hash.
    const fn may_be_of(self, hash: u64) -> bool {
        self.0 & !Self::MASK == Self::front(hash)
    }

    /// How far it lies behind the first.
    const fn behind(self, first: u32) -> usize {
        (self.0.wrapping_sub(first) & Self::MASK) as usize
    }

    const MASK: u32 = (1 << NUMBER) - 1;

    /// Bits by which the table does not look: it takes the lowest and the highest.
    const fn front(hash: u64) -> u32 {
        ((hash >> 40) as u32) << NUMBER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_forgotten_first() {
        let mut past = Past { first: u32::MAX - 70_000, ..Past::default() };
        let hash = |number: u64| number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for number in 0..200_000 {
            past.remember(hash(number), number);
            past.remember(hash(number), number + 1);
            assert!(past.pairs.len() <= MOST && past.index.len() == past.pairs.len());
        }
        for (number, frame) in
            [(0, None), (134_463, None), (134_464, Some(134_465)), (199_999, Some(200_000))]
        {
            assert_eq!(past.recall(hash(number)), frame, "{number}");
        }
    }
}
