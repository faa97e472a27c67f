//! The socket pairs that a tracker holds: those in use whole, those that have been quiet for a while as few octets.
//!
//! In: entries, by their pairs. Out: the same entries, whole again whenever they are asked for.
//! Invariant: packing changes nothing that can be seen but the time it takes. At most so many are whole as configured, and
//! one; which, is decided as by a clock's hand: whoever was not asked for since it passed last is packed.

#![allow(clippy::vec_box, reason = "a box moves from owner to owner without its contents being copied")]

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::analyzer::connection::Connection;
use crate::analyzer::entry::Entry;
use crate::analyzer::pack::{Packer, Unpacker};
use crate::analyzer::table::{Place, Table};
use crate::analyzer::waiting::Waiting;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// So few are not worth a look around.
const FEW: usize = 1024;

/// Entries, whole or packed.
#[derive(Debug)]
pub struct Hold {
    table: Table<Held, { Waiting::COUNT }>,
    most_whole: usize,
    /// Places that became whole, in that order; some may be empty or packed by now, or have another entry.
    whole: VecDeque<Place>,
    /// How many are whole.
    count: usize,
    packer: Packer,
    /// Room of connections that are whole no more.
    spare: Vec<Box<Connection>>,
}

#[derive(Debug)]
enum Held {
    Whole(Entry),
    Packed(Packed),
}

/// An entry with one connection.
#[derive(Debug)]
struct Packed {
    /// The connection, but for its tunnels, which are shared.
    octets: Box<[u8]>,
    tunnel: Option<Arc<Tunnel>>,
    seen: Timestamp,
    listed: Option<(Waiting, Timestamp)>,
    is_reported: bool,
}

impl Hold {
    /// Holds nothing yet, and at most `most_whole` entries whole.
    pub fn new(most_whole: usize) -> Self {
        Self {
            table: Table::default(),
            most_whole,
            whole: VecDeque::new(),
            count: 0,
            packer: Packer::default(),
            spare: Vec::new(),
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
        one: SocketAddr,
        other: SocketAddr,
        tunnel: Option<&Arc<Tunnel>>,
    ) -> Option<Place> {
        self.table.find(hash, |held| match held {
            Held::Whole(entry) => entry.is_of(one, other, tunnel),
            Held::Packed(_) => true,
        })
    }

    /// Where the entry with this hash may be; most probably it is there, if it is anywhere.
    pub fn guess(&self, hash: u64) -> Option<Place> {
        self.table.guess(hash)
    }

    /// The entry at a place, if it is whole.
    pub fn if_whole(&self, place: Place) -> Option<&Entry> {
        match self.table.get(place)? {
            Held::Whole(entry) => Some(entry),
            Held::Packed(_) => None,
        }
    }

    /// The entry at a place, whole.
    #[inline]
    pub fn get_mut(&mut self, place: Place) -> Option<&mut Entry> {
        if let Held::Packed(_) = self.table.get(place)? {
            self.unpack(place)?;
        }
        match self.table.get_mut(place)? {
            Held::Whole(entry) => {
                entry.is_used = true;
                Some(entry)
            }
            Held::Packed(_) => None,
        }
    }

    /// Puts in an entry that waits in `queue` since `seen`.
    pub fn insert(&mut self, hash: u64, queue: Waiting, seen: Timestamp, entry: Entry) {
        if let Some(place) = self.table.insert(hash, queue as usize, seen.0, Held::Whole(entry)) {
            self.note_whole(place);
        }
    }

    /// Puts an entry to the end of a queue, where it waits since `seen`.
    #[inline]
    pub fn see(&mut self, place: Place, queue: Waiting, seen: Timestamp) {
        self.table.see(place, queue as usize, seen.0);
    }

    /// The hash of the entry at a place.
    pub fn hash(&self, place: Place) -> u64 {
        self.table.hash(place)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, place: Place) -> Option<Entry> {
        match self.table.remove(place)? {
            Held::Whole(entry) => {
                self.count = self.count.saturating_sub(1);
                Some(entry)
            }
            Held::Packed(packed) => packed.unpack(&mut self.spare),
        }
    }

    /// The numbers of all connections held, with their places, in no order.
    pub fn numbers(&self) -> impl Iterator<Item = (u64, Place)> {
        self.table.iter().map(|(place, held)| match held {
            Held::Whole(entry) => (entry.current.id(), place),
            // It is what was packed first.
            Held::Packed(packed) => (Unpacker::unpack(&packed.octets).unwrap_or_default(), place),
        })
    }

    /// Room for a connection: `connection`, in a box that may have been used before.
    pub fn boxed(&mut self, connection: Connection) -> Box<Connection> {
        boxed(connection, &mut self.spare)
    }

    /// Takes back the room of a connection that was handed out, for the next.
    pub fn give_back(&mut self, connection: Box<Connection>) {
        const SPARE: usize = 1024;
        if self.spare.len() < SPARE {
            self.spare.push(connection);
        }
    }

    /// Packs what has been quiet, as long as too many are whole. To be called when none is in use.
    #[inline]
    pub fn tidy(&mut self) {
        if self.count > self.most_whole.max(1) {
            self.pack_some();
        }
    }
}

impl Hold {
    #[cold]
    fn unpack(&mut self, place: Place) -> Option<()> {
        if let Held::Packed(packed) = self.table.get(place)? {
            let entry = packed.unpack(&mut self.spare)?;
            *self.table.get_mut(place)? = Held::Whole(entry);
            self.note_whole(place);
        }
        Some(())
    }

    #[cold]
    fn pack_some(&mut self) {
        while self.count > self.most_whole.max(1) {
            let Some(place) = self.whole.pop_front() else { return };
            let Some(held) = self.table.get_mut(place) else { continue };
            let Held::Whole(entry) = held else { continue };
            if std::mem::take(&mut entry.is_used) || entry.older.is_some() {
                self.whole.push_back(place);
                if entry.older.is_some() {
                    // Rare, and soon over: it may stay beyond the number.
                    return;
                }
                continue;
            }
            let packed = Packed::of(entry, &mut self.packer);
            self.count = self.count.saturating_sub(1);
            if let Held::Whole(entry) = std::mem::replace(held, Held::Packed(packed)) {
                self.give_back(entry.current);
            }
        }
    }

    fn note_whole(&mut self, place: Place) {
        self.count = self.count.saturating_add(1);
        self.whole.push_back(place);
        if self.whole.len() > self.count.max(FEW).saturating_mul(4) {
            // Most of them are of entries that are gone.
            let is_whole = |(place, held): (Place, &Held)| matches!(held, Held::Whole(_)).then_some(place);
            self.whole = self.table.iter().filter_map(is_whole).collect();
        }
    }
}

impl Packed {
    fn of(entry: &Entry, packer: &mut Packer) -> Self {
        Self {
            octets: packer.pack(&*entry.current),
            tunnel: entry.current.tunnel().cloned(),
            seen: entry.seen,
            listed: entry.listed,
            is_reported: entry.is_reported,
        }
    }

    /// Always gives an entry: nothing but `of` makes these octets.
    fn unpack(&self, spare: &mut Vec<Box<Connection>>) -> Option<Entry> {
        let mut connection: Connection = Unpacker::unpack(&self.octets)?;
        connection.tunnel.clone_from(&self.tunnel);
        Some(Entry {
            seen: self.seen,
            listed: self.listed,
            is_reported: self.is_reported,
            ..Entry::of(boxed(connection, spare))
        })
    }
}

fn boxed(connection: Connection, spare: &mut Vec<Box<Connection>>) -> Box<Connection> {
    match spare.pop() {
        Some(mut room) => {
            *room = connection;
            room
        }
        None => Box::new(connection),
    }
}
