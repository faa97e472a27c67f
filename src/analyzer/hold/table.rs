//! What a tracker holds: entries that are found by their socket pair, and by how long nothing has come for them.
//!
//! In: entries with a hash, each in one of a few queues. Out: their places, and of each queue the one that has waited longest.
//! Invariant: a place stays valid until its entry is taken out. Within a queue entries stand in the order in which they
//! were last seen, so that the first of it is always due first.

use hashbrown::HashTable;

use crate::fetch::{fetch, fetch_at};

/// How far a late entry is moved back to where it belongs; beyond that it waits a little longer, which does no harm.
const MOST_BACK: usize = 64;

/// Where an entry lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place(u32);

/// Entries of type `T` in `QUEUES` queues.
#[derive(Debug)]
pub struct Table<T, const QUEUES: usize> {
    index: HashTable<u32>,
    slots: Vec<Slot<T>>,
    /// Of each queue where its first and its last are, and behind them of each slot what is needed more seldom. A queue is a ring that
    /// begins and ends with its own link: so each has two neighbours, and none is a case of its own.
    links: Vec<Link>,
    free: Vec<u32>,
    /// Entries in each queue.
    lens: [usize; QUEUES],
}

/// A place: its entry, if it has one. It begins where a cache line does.
#[derive(Debug)]
#[repr(align(64))]
struct Slot<T>(Option<T>);

/// An entry's neighbours in its queue, by the places of their links, and what it is found by.
#[derive(Clone, Copy, Debug)]
struct Link {
    before: u32,
    after: u32,
    queue: u8,
    hash: u64,
    seen: u64,
}

impl Link {
    /// That of a queue without entries.
    const fn ring(queue: u8) -> Self {
        Self { before: queue as u32, after: queue as u32, queue, hash: 0, seen: 0 }
    }
}

impl<T, const QUEUES: usize> Default for Table<T, QUEUES> {
    fn default() -> Self {
        Self {
            index: HashTable::default(),
            slots: Vec::new(),
            links: (0..=u8::MAX).take(QUEUES).map(Link::ring).collect(),
            free: Vec::new(),
            lens: [0; QUEUES],
        }
    }
}

impl<T, const QUEUES: usize> Table<T, QUEUES> {
    /// Entries held.
    pub fn held(&self) -> usize {
        self.index.len()
    }

    /// Entries in `queue`.
    pub fn len_of(&self, queue: usize) -> usize {
        self.lens.get(queue).copied().unwrap_or(0)
    }

    /// The place of the entry with `hash` that `is_it` confirms.
    pub fn find(&self, hash: u64, is_it: impl Fn(&T) -> bool) -> Option<Place> {
        let is_at = |at: &u32| {
            self.link(*at).is_some_and(|link| link.hash == hash) && self.get(Place(*at)).is_some_and(&is_it)
        };
        self.index.find(hash, is_at).map(|at| Place(*at))
    }

    /// Asks for what lies at a place.
    #[inline(always)]
    pub fn fetch(&self, Place(at): Place) {
        if let Some(slot) = self.slots.get(at as usize) {
            fetch(slot);
        }
    }

    /// Asks for what lies apart of a place.
    #[inline(always)]
    pub fn fetch_link(&self, Place(at): Place) {
        fetch_at(&self.links, Self::link_of(at) as usize);
    }

    /// A place that the entry with `hash` may have, by a part of the hash.
    pub fn guess(&self, hash: u64) -> Option<Place> {
        self.index.find(hash, |_| true).map(|at| Place(*at))
    }

    /// Puts in an entry, last seen at `seen`. Fails where 4 billion are held.
    pub fn insert(&mut self, hash: u64, queue: usize, seen: u64, entry: T) -> Option<Place> {
        self.insert_with(hash, queue, seen, || entry)
    }

    /// The same, where the entry is made in its place: there is much of it to be moved.
    #[inline(always)]
    pub fn insert_with(
        &mut self,
        hash: u64,
        queue: usize,
        seen: u64,
        make: impl FnOnce() -> T,
    ) -> Option<Place> {
        let at = match self.free.pop() {
            Some(at) => at,
            None => self.add_slot()?,
        };
        *self.slots.get_mut(at as usize)? = Slot(Some(make()));
        self.list_new(at, hash, queue, seen);
        Some(Place(at))
    }

    #[cold]
    #[inline(never)]
    fn add_slot(&mut self) -> Option<u32> {
        let at = u32::try_from(self.slots.len()).ok().filter(|at| at.checked_add(QUEUES as u32).is_some())?;
        self.slots.push(Slot(None));
        self.links.push(Link::ring(0));
        Some(at)
    }

    #[inline(never)]
    fn list_new(&mut self, at: u32, hash: u64, queue: usize, seen: u64) {
        if let Some(link) = self.link_mut(at) {
            link.hash = hash;
        }
        let links = &self.links;
        let hash_of = |at: &u32| links.get(Self::link_of(*at) as usize).map_or(0, |link| link.hash);
        self.index.insert_unique(hash, at, hash_of);
        self.push_back(at, queue, seen);
    }

    /// The entry at a place.
    pub fn get(&self, Place(at): Place) -> Option<&T> {
        self.slots.get(at as usize)?.0.as_ref()
    }

    /// The entry at a place, to change.
    pub fn get_mut(&mut self, Place(at): Place) -> Option<&mut T> {
        self.slots.get_mut(at as usize)?.0.as_mut()
    }

    /// Puts what `make` makes of the entry at a place in its place.
    pub fn change(&mut self, Place(at): Place, make: impl FnOnce(T) -> T) {
        if let Some(Slot(entry)) = self.slots.get_mut(at as usize) {
            *entry = entry.take().map(make);
        }
    }

    /// Puts an entry, seen at `seen`, to the end of `queue`.
    #[inline]
    pub fn see(&mut self, Place(at): Place, queue: usize, seen: u64) {
        let Some(link) = self.link_mut(at) else { return };
        if link.after as usize == queue {
            // It is the last already.
            link.seen = seen;
            return;
        }
        self.unlink(at);
        self.push_back(at, queue, seen);
    }

    /// The queue in which an entry stands, and since when.
    #[inline]
    pub fn listed(&self, Place(at): Place) -> Option<(u8, u64)> {
        self.link(at).map(|link| (link.queue, link.seen))
    }

    /// The entry of `queue` that has waited longest, and when it was last seen.
    pub fn first(&self, queue: usize) -> Option<(Place, u64)> {
        let first = self.links.get(..QUEUES)?.get(queue)?.after;
        let place = Place(first.checked_sub(QUEUES as u32)?);
        self.links.get(first as usize).map(|link| (place, link.seen))
    }

    /// What an entry is found by.
    pub fn hash(&self, Place(at): Place) -> u64 {
        self.link(at).map_or(0, |link| link.hash)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, place: Place) -> Option<T> {
        let Place(at) = place;
        let entry = self.slots.get_mut(at as usize)?.0.take()?;
        let hash = self.link(at)?.hash;
        if let Ok(found) = self.index.find_entry(hash, |other| *other == at) {
            found.remove();
        }
        self.unlink(at);
        self.free.push(at);
        Some(entry)
    }

    /// All entries, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Place, &T)> {
        let places = (0..).map(Place);
        places.zip(&self.slots).filter_map(|(place, Slot(entry))| Some((place, entry.as_ref()?)))
    }

    /// The place of an entry's link.
    #[inline(always)]
    const fn link_of(at: u32) -> u32 {
        at.wrapping_add(QUEUES as u32)
    }

    fn link(&self, at: u32) -> Option<&Link> {
        self.links.get(Self::link_of(at) as usize)
    }

    fn link_mut(&mut self, at: u32) -> Option<&mut Link> {
        self.links.get_mut(Self::link_of(at) as usize)
    }

    fn unlink(&mut self, at: u32) {
        let Some(Link { before, after, queue, .. }) = self.link(at).copied() else { return };
        if let Some(len) = self.lens.get_mut(usize::from(queue)) {
            *len = len.saturating_sub(1);
        }
        self.join(before, after);
    }

    fn push_back(&mut self, at: u32, queue: usize, seen: u64) {
        let (Some(len), Some(ring)) = (self.lens.get_mut(queue), self.links.get(queue)) else { return };
        *len = len.saturating_add(1);
        let (mut before, mut after) = (ring.before, u32::from(ring.queue));
        for _ in 0..MOST_BACK {
            match self.links.get(before as usize) {
                // Nothing was seen before that of the queue itself.
                Some(link) if link.seen > seen => (before, after) = (link.before, before),
                _ => break,
            }
        }
        let own = Self::link_of(at);
        self.join(before, own);
        self.join(own, after);
        if let Some(link) = self.links.get_mut(own as usize) {
            (link.queue, link.seen) = (u8::try_from(queue).unwrap_or_default(), seen);
        }
    }

    /// Makes two links neighbours.
    #[inline(always)]
    fn join(&mut self, before: u32, after: u32) {
        if let Some(link) = self.links.get_mut(before as usize) {
            link.after = after;
        }
        if let Some(link) = self.links.get_mut(after as usize) {
            link.before = before;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(table: &mut Table<u64, 2>, queue: usize) -> Vec<u64> {
        let take = || table.first(queue).and_then(|(place, _)| table.remove(place));
        std::iter::from_fn(take).collect()
    }

    #[test]
    fn entries_are_found_and_leave_their_queue_in_the_order_seen() {
        let mut table: Table<u64, 2> = Table::default();
        let places: Vec<Place> = (0..5).map(|n| table.insert(n << 57, 0, n, n).unwrap()).collect();
        assert_eq!(table.find(3 << 57, |n| *n == 3), Some(places[3]));
        assert_eq!(table.find(3 << 57, |n| *n == 4), None);
        table.see(places[1], 0, 7);
        table.see(places[0], 1, 8);
        assert_eq!((table.len_of(0), table.len_of(1)), (4, 1));
        assert_eq!(order(&mut table, 0), [2, 3, 4, 1]);
        assert_eq!(order(&mut table, 1), [0]);
        assert_eq!(table.held(), 0);
        assert_eq!(table.insert(9, 0, 9, 9).map(|place| table.get(place).copied()), Some(Some(9)));
        assert_eq!(table.slots.len(), 5, "places are used again");
    }

    #[test]
    fn what_was_seen_before_the_last_stands_before_it() {
        let mut table: Table<u64, 2> = Table::default();
        let early = table.insert(1, 1, 5, 1).unwrap();
        table.insert(2, 0, 9, 2).unwrap();
        table.insert(3, 0, 4, 3).unwrap();
        table.see(early, 0, 5);
        assert_eq!(order(&mut table, 0), [3, 1, 2]);
    }
}
