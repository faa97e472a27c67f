//! Pairs whose connection has ended and been let go, with the frame in which it did.
//!
//! In: pairs, by their hash, as they are let go. Out: the frame of one that is used again.
//! Invariant: bounded; the pair that was let go first is forgotten first. Two pairs that share a hash of 64 bits are rarer
//! than anything else that goes wrong.

use std::collections::VecDeque;

use crate::fetch::fetch_at;

/// Pairs remembered.
const MOST: usize = 65_536;

/// Bits of a pair's number, which wraps: far more than there are pairs.
const NUMBER: u32 = 20;

/// After so many numbers those that were forgotten are renewed: long before one of them is given again.
const AGE: u32 = 1 << 18;

/// Pairs for each set, at most: a quarter of what it has room for, so that hardly ever one has none.
const FULL: usize = 4;

/// Room of a set.
const WAYS: usize = 16;

/// Sets there are at first; later there are twice as many, and so on.
const FEW: usize = 16;

/// The pairs of the past.
///
/// What is looked for is most often not there. So that this is found out in one cache line, the sets have nothing but numbers,
/// each with a part of its pair's hash in front, and the pairs stand in the order in which they came. Nothing is taken out of a
/// set: the number of a pair that was forgotten is known for one, and leaves room.
#[derive(Debug, Default)]
pub struct Past {
    /// By the hash; none before the first pair.
    sets: Vec<Set>,
    /// Numbers for which there was no room.
    beside: Vec<Number>,
    pairs: VecDeque<Pair>,
    /// The number of the first of them; the next has the next, and so on, wrapping.
    first: u32,
}

/// Numbers of pairs in whose hashes some bits are the same.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Set([Number; WAYS]);

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
        if let Some(pair) = self.place_of(hash).and_then(|place| self.pairs.get_mut(place)) {
            pair.last_frame = last_frame;
            return;
        }
        if self.pairs.len() >= MOST {
            self.forget_the_oldest();
        }
        if self.pairs.len() >= self.sets.len().saturating_mul(FULL) {
            self.make_room();
        }
        self.put(hash, self.pairs.len());
        self.pairs.push_back(Pair { hash, last_frame });
    }

    /// The last frame of an earlier connection of the pair with this hash.
    pub fn recall(&self, hash: u64) -> Option<u64> {
        self.place_of(hash).and_then(|place| self.pairs.get(place)).map(|pair| pair.last_frame)
    }

    /// Asks for where the pair with this hash would be.
    #[inline(always)]
    pub fn fetch(&self, hash: u64) {
        fetch_at(&self.sets, self.set_of(hash));
    }

    /// Notes the number of the pair that stands, or will stand, at a place.
    fn put(&mut self, hash: u64, place: usize) {
        // There are far fewer than numbers.
        let number = Number::new(hash, self.first.wrapping_add(place as u32));
        let (at, first) = (self.set_of(hash), self.first);
        let Some(Set(numbers)) = self.sets.get_mut(at) else { return self.beside.push(number) };
        // Most often the first that is looked at is free: the hash says where to begin.
        let start = Number::start(hash);
        let mut at = (start..start.saturating_add(numbers.len())).map(|at| at % WAYS);
        let free = at.find(|at| numbers.get(*at).is_some_and(|known| known.behind(first) >= place));
        match free.and_then(|free| numbers.get_mut(free)) {
            Some(room) => *room = number,
            None => self.beside.push(number),
        }
    }

    #[cold]
    fn make_room(&mut self) {
        let sets = self.sets.len().saturating_mul(2).max(FEW);
        self.sets = vec![Set([Number::just_forgotten(self.first); WAYS]); sets];
        self.beside.clear();
        let hashes: Vec<u64> = self.pairs.iter().map(|pair| pair.hash).collect();
        for (place, hash) in hashes.into_iter().enumerate() {
            self.put(hash, place);
        }
    }

    /// The numbers of a hash's set.
    #[inline(always)]
    fn numbers(&self, hash: u64) -> &[Number] {
        self.sets.get(self.set_of(hash)).map_or(&[], |Set(numbers)| numbers)
    }

    /// The set of a hash: by its lowest bits. Their number is a power of two.
    #[inline(always)]
    const fn set_of(&self, hash: u64) -> usize {
        hash as usize & self.sets.len().wrapping_sub(1)
    }

    fn forget_the_oldest(&mut self) {
        self.pairs.pop_front();
        self.first = self.first.wrapping_add(1);
        let (first, known) = (self.first, self.pairs.len());
        self.beside.retain(|number| number.behind(first) < known);
        if self.first.is_multiple_of(AGE) {
            self.renew();
        }
    }

    /// Sees to it that a number which was forgotten does not come round again.
    #[cold]
    fn renew(&mut self) {
        let (first, known) = (self.first, self.pairs.len());
        let numbers = self.sets.iter_mut().flat_map(|Set(numbers)| numbers);
        for number in numbers.filter(|number| number.behind(first) >= known) {
            *number = Number::just_forgotten(first);
        }
    }

    /// Where the pair with this hash stands.
    #[inline]
    fn place_of(&self, hash: u64) -> Option<usize> {
        // Nearly always it is seen without the pairs, which lie far away, that none is this one.
        let is_any =
            |numbers: &[Number]| numbers.iter().fold(false, |any, number| any | number.may_be_of(hash));
        if is_any(self.numbers(hash)) || is_any(&self.beside) { self.search(hash) } else { None }
    }

    #[cold]
    #[inline(never)]
    fn search(&self, hash: u64) -> Option<usize> {
        let numbers = self.numbers(hash).iter().chain(&self.beside).filter(|number| number.may_be_of(hash));
        let mut places = numbers.map(|number| number.behind(self.first));
        places.find(|place| self.pairs.get(*place).is_some_and(|pair| pair.hash == hash))
    }
}

impl Number {
    const MASK: u32 = (1 << NUMBER) - 1;

    /// That of a pair with this hash.
    const fn new(hash: u64, number: u32) -> Self {
        Self(Self::front(hash) | number & Self::MASK)
    }

    /// One that is of no pair, where the first has the number `first`.
    const fn just_forgotten(first: u32) -> Self {
        Self(first.wrapping_sub(1))
    }

    /// Whether its pair may have this hash.
    const fn may_be_of(self, hash: u64) -> bool {
        self.0 & !Self::MASK == Self::front(hash)
    }

    /// Where it is put in its set, if there is room: by other bits again.
    const fn start(hash: u64) -> usize {
        (hash >> 32) as usize % WAYS
    }

    /// How far it lies behind the first.
    const fn behind(self, first: u32) -> usize {
        (self.0.wrapping_sub(first) & Self::MASK) as usize
    }

    /// Other bits than those of the set.
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
            assert!(past.pairs.len() <= MOST && past.beside.len() < 64);
        }
        for (number, frame) in
            [(0, None), (134_463, None), (134_464, Some(134_465)), (199_999, Some(200_000))]
        {
            assert_eq!(past.recall(hash(number)), frame, "{number}");
        }
    }

    #[test]
    fn where_a_set_has_no_room_its_pairs_are_remembered_all_the_same() {
        let mut past = Past::default();
        let hash = |number: u64| number << 14;
        for number in 1..=100 {
            past.remember(hash(number), number);
        }
        assert_eq!(past.beside.len(), 84);
        for number in 1..=100 {
            assert_eq!(past.recall(hash(number)), Some(number));
        }
        for number in 0..MOST as u64 {
            past.remember(number << 1 | 1, number);
        }
        assert_eq!((past.recall(hash(1)), past.recall(hash(100))), (None, None));
        assert!(past.beside.is_empty());
    }

    #[test]
    fn where_numbers_come_round_there_is_room_all_the_same() {
        let mut past = Past::default();
        for number in 0..1_250_000_u64 {
            past.remember(number.wrapping_mul(0x9E37_79B9_7F4A_7C15), number);
            assert!(past.beside.is_empty(), "{number}");
        }
    }
}
