//! An entry that has been quiet for a while, in little memory.
//!
//! In: an entry with one connection. Out: the same entry.
//! Invariant: nothing is lost on the way but room that was kept for more.

use std::sync::Arc;

use crate::analyzer::connection::Connection;
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

    /// The entry again. Always gives one: nothing but `of` makes these octets.
    pub fn unpack(&self, rooms: &mut Rooms) -> Option<Entry> {
        let mut connection: Connection = Unpacker::unpack(&self.octets)?;
        connection.tunnel.clone_from(&self.tunnel);
        Some(Entry { seen: self.seen, is_reported: self.is_reported, ..Entry::of(rooms.boxed(connection)) })
    }

    /// The number of its connection.
    pub fn id(&self) -> u64 {
        // It is what was packed first.
        Unpacker::unpack(&self.octets).unwrap_or_default()
    }
}
