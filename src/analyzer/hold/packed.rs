//! An entry that has been quiet for a while, in little memory.
//!
//! In: an entry with one connection, whole or in brief. Out: the same entry.
//! Invariant: nothing is lost on the way but room that was kept for more. Unpacking always gives one: nothing but `of` makes
//! these octets.

use std::sync::Arc;

use crate::analyzer::connection::Connection;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::brief_entry::BriefEntry;
use crate::analyzer::hold::ending::Rooms;
use crate::analyzer::hold::entry::Entry;
use crate::analyzer::pack::{Packer, Unpacker};
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// An entry with one connection.
#[derive(Debug)]
pub struct Packed {
    /// The connection, but for its tunnels, which are shared.
    octets: Box<[u8]>,
    tunnel: Option<Arc<Tunnel>>,
    /// When its last segment came, by the tracker's clock.
    pub seen: Timestamp,
    is_reported: bool,
}

/// An entry that is held in brief.
#[derive(Debug)]
pub struct PackedBrief {
    octets: Box<[u8]>,
    /// When its last segment came, by the tracker's clock.
    pub seen: Timestamp,
    /// As `Brief::waited`.
    waited: u64,
}

impl Packed {
    /// `entry`, packed.
    pub fn of(entry: &Entry, packer: &mut Packer) -> Self {
        Self {
            octets: packer.pack(&*entry.current),
            tunnel: entry.current.tunnel().cloned(),
            seen: entry.seen,
            is_reported: entry.is_reported,
        }
    }

    /// The entry again.
    pub fn unpack(&self, rooms: &mut Rooms) -> Option<Entry> {
        let mut connection: Connection = Unpacker::unpack(&self.octets)?;
        connection.tunnel.clone_from(&self.tunnel);
        Some(Entry { seen: self.seen, is_reported: self.is_reported, ..Entry::of(rooms.boxed(connection)) })
    }

    /// The number of its connection.
    pub fn id(&self) -> u64 {
        first_of(&self.octets)
    }
}

impl PackedBrief {
    /// `entry`, packed.
    pub fn of(entry: &BriefEntry, packer: &mut Packer) -> Self {
        let octets = packer.pack_with(|to| entry.brief.pack(to));
        Self { octets, seen: entry.seen, waited: entry.brief.waited() }
    }

    /// The entry again, whose pair has this hash.
    pub fn unpack(&self, hash: u64, rooms: &mut Rooms) -> Option<BriefEntry> {
        let mut brief = Brief::unpack(&mut Unpacker::of(&self.octets), &mut rooms.logs)?;
        brief.stays_listed(self.waited);
        Some(BriefEntry { seen: self.seen, hash, brief })
    }

    /// It was listed when it was last seen.
    pub const fn is_listed_anew(&mut self) {
        self.waited = 0;
    }

    /// The number of its connection.
    pub fn id(&self) -> u64 {
        first_of(&self.octets)
    }
}

/// The number that was packed first.
fn first_of(octets: &[u8]) -> u64 {
    Unpacker::unpack(octets).unwrap_or_default()
}
