//! The socket pairs that a tracker holds: those in use whole or in brief, those that have been quiet for a while packed.
//!
//! In: entries, by their pairs. Out: the same entries, whole again whenever they are asked for.
//! Invariant: neither changes anything that can be seen but the time it takes. At most so many are unpacked as `Ready` says, and
//! one; which, is decided as by a clock's hand: whoever was not asked for since it passed last is packed.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::analyzer::connection::Connection;
use crate::analyzer::hold::brief_entry::BriefEntry;
use crate::analyzer::hold::crowd::Crowd;
use crate::analyzer::hold::ending::Rooms;
use crate::analyzer::hold::entry::{Ended, Entry};
use crate::analyzer::hold::held::Held;
use crate::analyzer::hold::ready::Ready;
use crate::analyzer::hold::table::{Place, Table};
use crate::analyzer::hold::waiting::Waiting;
use crate::analyzer::pack::Packer;
use crate::analyzer::sightings::Sightings;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// Another time than any at which something was seen.
const NEVER: Timestamp = Timestamp(u64::MAX);

/// So few are not worth a look around.
const FEW: usize = 1024;

/// So many steps of the clock's hand ahead something is asked for.
const SOON: usize = 8;

/// Entries, whole, in brief, or packed.
#[derive(Debug)]
pub struct Hold {
    table: Table<Held, { Waiting::COUNT }>,
    bound: Ready,
    /// Once some have to be packed: places that became whole, or brief, in that order, each with when it was last seen when it was
    /// last looked at; some may be empty or packed by now, or have another entry.
    ready: VecDeque<(Place, Timestamp)>,
    /// Whether some ever had to be packed.
    packs: bool,
    /// How many are not packed.
    count: usize,
    packer: Packer,
    /// Room of connections that are held no more.
    rooms: Rooms,
}

impl Hold {
    /// Holds nothing yet, and at most so many entries that are not packed.
    pub fn new(bound: Ready) -> Self {
        Self {
            table: Table::default(),
            bound,
            ready: VecDeque::new(),
            packs: false,
            count: 0,
            packer: Packer::default(),
            rooms: Rooms::default(),
        }
    }

    /// Entries held.
    pub fn held(&self) -> usize {
        self.table.held()
    }

    /// Entries in a queue.
    pub fn len_of(&self, queue: Waiting) -> usize {
        self.table.len_of(queue as usize)
    }

    /// The entry of a queue that has waited longest, and since when.
    pub fn first(&self, queue: Waiting) -> Option<(Place, Timestamp)> {
        self.table.first(queue as usize).map(|(place, seen)| (place, Timestamp(seen)))
    }

    /// The place of the entry of these sockets, whose hash is `hash`. Of one that is packed the hash is enough: it has 64
    /// bits and a seed of its own.
    #[inline]
    pub fn find(
        &self,
        hash: u64,
        sockets: impl Fn() -> (SocketAddr, SocketAddr),
        tunnel: Option<&Arc<Tunnel>>,
    ) -> Option<Place> {
        self.table.find(hash, |held| held.is_of(sockets(), tunnel))
    }

    /// Whether the entry at a place is of these sockets, whose hash is `hash`.
    #[inline]
    pub fn is_at(
        &self,
        place: Place,
        hash: u64,
        sockets: impl Fn() -> (SocketAddr, SocketAddr),
        tunnel: Option<&Arc<Tunnel>>,
    ) -> bool {
        self.table.hash(place) == hash
            && self.table.get(place).is_some_and(|held| held.is_of(sockets(), tunnel))
    }

    /// Where the entry with this hash may be; most probably it is there, if it is anywhere.
    pub fn guess(&self, hash: u64) -> Option<Place> {
        self.table.guess(hash)
    }

    /// Asks for the entry at a place.
    #[inline(always)]
    pub fn fetch(&self, place: Place) {
        self.table.fetch(place);
    }

    /// Asks for what the next segment of the entry at a place needs beside that. Its connection, where it is whole: of that more
    /// is needed.
    #[inline(always)]
    pub fn fetch_next(&self, place: Place) -> Option<&Connection> {
        // Nearly all are in brief: that is asked first, and alone.
        if let Some(Held::Brief(entry)) = self.table.get(place) {
            entry.brief.fetch_next();
            return None;
        }
        self.whole_one(place)
    }

    /// Asks for where the entry at a place stands in its queue.
    #[inline(always)]
    pub fn fetch_listed(&self, place: Place) {
        self.table.fetch_link(place);
    }

    /// Asks for the rooms in which the next few connections will begin.
    pub fn fetch_rooms(&self, few: usize) {
        self.rooms.logs.iter().rev().take(few).for_each(|log| log.fetch());
    }

    /// Whether the entry at a place is whole.
    #[inline]
    pub fn is_whole(&self, place: Place) -> bool {
        matches!(self.table.get(place), Some(Held::Whole(_)))
    }

    /// The entry at a place, if it is in brief, packed or not, and its pair has this hash: that is enough, it has 64 bits and a
    /// seed of its own.
    #[inline(always)]
    pub fn brief_of(&mut self, place: Place, hash: u64) -> Option<&mut BriefEntry> {
        // Another's would be unpacked for nothing.
        if let Held::PackedBrief(_) = self.table.get(place)?
            && self.table.hash(place) == hash
        {
            self.unpack(place);
        }
        self.ready_brief_mut(place).filter(|entry| entry.hash == hash)
    }

    /// The entry at a place, if it is in brief, packed or not.
    #[inline(always)]
    pub fn brief_mut(&mut self, place: Place) -> Option<&mut BriefEntry> {
        if let Held::PackedBrief(_) = self.table.get(place)? {
            self.unpack(place);
        }
        self.ready_brief_mut(place)
    }

    /// The same, if it is not packed.
    #[inline(always)]
    pub fn ready_brief_mut(&mut self, place: Place) -> Option<&mut BriefEntry> {
        match self.table.get_mut(place)? {
            Held::Brief(entry) => Some(entry),
            _ => None,
        }
    }

    /// The entry at a place, whole. Where it was in brief until now, its packets are remembered in `sightings`.
    #[inline]
    pub fn get_mut(&mut self, place: Place, sightings: &mut Sightings) -> Option<&mut Entry> {
        if !matches!(self.table.get(place)?, Held::Whole(_)) {
            self.make_whole(place, sightings)?;
        }
        match self.table.get_mut(place)? {
            Held::Whole(entry) => Some(entry),
            _ => None,
        }
    }

    /// When the last segment of an entry came.
    pub fn seen(&self, place: Place) -> Option<Timestamp> {
        self.table.get(place).map(Held::seen)
    }

    /// Puts in an entry that waits in `queue` since `seen`.
    pub fn insert(&mut self, hash: u64, queue: Waiting, seen: Timestamp, entry: Entry) {
        if let Some(place) = self.table.insert(hash, queue as usize, seen.0, Held::Whole(entry)) {
            self.note_ready(place);
        }
    }

    /// The same for one in brief, which `make` makes in its place, with the rooms there are.
    #[inline(always)]
    pub fn insert_brief(
        &mut self,
        hash: u64,
        queue: Waiting,
        seen: Timestamp,
        make: impl FnOnce(&mut Rooms) -> BriefEntry,
    ) {
        let Self { table, rooms, .. } = self;
        let place = table.insert_with(hash, queue as usize, seen.0, || Held::Brief(make(rooms)));
        if let Some(place) = place {
            self.note_ready(place);
        }
    }

    /// Whether an entry stands in a queue, in which at `now` it need not move to the end.
    #[inline]
    pub fn is_listed(&self, place: Place, queue: Waiting, now: Timestamp) -> bool {
        self.table.listed(place).is_some_and(|(listed, since)| {
            listed == queue as u8 && now.0.saturating_sub(since) < queue.slack()
        })
    }

    /// Puts an entry to the end of a queue, where it waits since `seen`.
    #[inline]
    pub fn list(&mut self, place: Place, queue: Waiting, seen: Timestamp) {
        self.table.see(place, queue as usize, seen.0);
        match self.table.get_mut(place) {
            Some(Held::Brief(entry)) => entry.brief.is_listed_anew(),
            Some(Held::PackedBrief(packed)) => packed.is_listed_anew(),
            Some(Held::Whole(_) | Held::Packed(_)) | None => {}
        }
    }

    /// The same, where the entry has it noted already.
    #[inline]
    pub fn list_as_noted(&mut self, place: Place, queue: Waiting, seen: Timestamp) {
        self.table.see(place, queue as usize, seen.0);
    }

    /// The hash of the entry at a place.
    pub fn hash(&self, place: Place) -> u64 {
        self.table.hash(place)
    }

    /// Takes an entry out and hands out what is in it, at `now` of the tracker's clock. The frame of the last segment of
    /// the pair's connection, where that has ended.
    pub fn let_go(
        &mut self,
        place: Place,
        now: Timestamp,
        ended: &mut Ended,
        crowd: &mut Crowd,
    ) -> Option<u64> {
        if self.table.get(place)?.is_ready() {
            self.count = self.count.saturating_sub(1);
        } else {
            self.unpack_in_its_place(place);
        }
        self.table.remove(place)?.hand_out(now, ended, crowd)
    }

    /// The numbers of all connections held, with their places, in no order.
    pub fn numbers(&self) -> impl Iterator<Item = (u64, Place)> {
        self.table.iter().map(|(place, held)| (held.id(), place))
    }

    /// Room for connections.
    pub const fn rooms(&mut self) -> &mut Rooms {
        &mut self.rooms
    }

    /// Makes room for so many more, where some have to be packed for it. To be called when none is in use. Whether there is room.
    pub fn make_room(&mut self, more: usize) -> bool {
        if self.has_room(more) {
            return true;
        }
        let room = self.bound.rest(self.held()).saturating_add(more);
        if !self.bound.is_passed_by(room, self.held().saturating_add(more)) {
            self.pack_some();
        }
        self.has_room(more)
    }

    /// Packs what has been quiet, as long as too many are not. To be called when none is in use.
    #[inline]
    pub fn tidy(&mut self) {
        if self.bound.is_passed_by(self.count, self.held()) {
            self.pack_some();
        }
    }
}

impl Hold {
    /// The connection of the entry at a place, where it is whole.
    #[cold]
    #[inline(never)]
    fn whole_one(&self, place: Place) -> Option<&Connection> {
        match self.table.get(place)? {
            Held::Whole(entry) => Some(&entry.current),
            Held::Brief(_) | Held::Packed(_) | Held::PackedBrief(_) => None,
        }
    }

    fn has_room(&self, more: usize) -> bool {
        !self.bound.is_passed_by(self.count.saturating_add(more), self.held().saturating_add(more))
    }

    #[cold]
    fn make_whole(&mut self, place: Place, sightings: &mut Sightings) -> Option<()> {
        if !self.table.get(place)?.is_ready() {
            self.unpack(place);
        }
        let rooms = &mut self.rooms;
        self.table.change(place, |held| held.whole(rooms, sightings));
        Some(())
    }

    #[cold]
    #[inline(never)]
    fn unpack(&mut self, place: Place) {
        self.bound.note_needed(self.held());
        self.unpack_in_its_place(place);
        self.note_ready(place);
    }

    #[cold]
    #[inline(never)]
    fn unpack_in_its_place(&mut self, place: Place) {
        let (hash, rooms) = (self.table.hash(place), &mut self.rooms);
        self.table.change(place, |held| held.unpack(hash, rooms));
    }

    #[cold]
    fn pack_some(&mut self) {
        if !std::mem::replace(&mut self.packs, true) {
            self.look_around();
        }
        while self.count > self.bound.rest(self.held()) {
            let Some((place, known)) = self.ready.pop_front() else { return };
            self.fetch_ready();
            let (seen, has_older) = match self.table.get(place) {
                Some(Held::Whole(entry)) => (entry.seen, entry.older.is_some()),
                Some(Held::Brief(entry)) => (entry.seen, false),
                Some(Held::Packed(_) | Held::PackedBrief(_)) | None => continue,
            };
            if seen != known || has_older {
                self.ready.push_back((place, seen));
                if has_older {
                    // Rare, and soon over: it may stay beyond the number.
                    return;
                }
                continue;
            }
            let Self { table, packer, rooms, .. } = self;
            table.change(place, |held| held.pack(packer, rooms));
            self.count = self.count.saturating_sub(1);
        }
    }

    /// Asks for what will be looked at soon, and for what may be packed before that.
    fn fetch_ready(&self) {
        let at = |ahead: usize| self.ready.get(ahead).map(|(place, _)| *place);
        if let Some(place) = at(SOON) {
            self.fetch(place);
        }
        if let Some(Held::Brief(entry)) = at(SOON / 2).and_then(|place| self.table.get(place)) {
            entry.brief.fetch_all();
        }
    }

    /// One more is whole, or in brief.
    #[inline]
    fn note_ready(&mut self, place: Place) {
        self.count = self.count.saturating_add(1);
        if !self.packs {
            return;
        }
        // It is in use: what it is seen at after this is not asked for the first time.
        self.ready.push_back((place, NEVER));
        if self.ready.len() > self.count.max(FEW).saturating_mul(4) {
            // Most of them are of entries that are gone.
            self.look_around();
        }
    }

    /// Notes all that are whole, or in brief.
    fn look_around(&mut self) {
        let is_ready = |(place, held): (Place, &Held)| held.is_ready().then_some((place, NEVER));
        self.ready = self.table.iter().filter_map(is_ready).collect();
    }
}

#[cfg(test)]
mod tests;
