//! What is held for one socket pair: whole, in brief, or packed.
//!
//! In: an entry. Out: the same in another form.
//! Invariant: neither form changes anything that can be seen but the time that it takes.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::analyzer::hold::brief_entry::BriefEntry;
use crate::analyzer::hold::crowd::Crowd;
use crate::analyzer::hold::ending::Rooms;
use crate::analyzer::hold::entry::{Ended, Entry};
use crate::analyzer::hold::packed::{Packed, PackedBrief};
use crate::analyzer::pack::Packer;
use crate::analyzer::sightings::Sightings;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// An entry.
#[derive(Debug)]
pub enum Held {
    /// At the ready.
    Whole(Entry),
    /// At the ready, and by the textbook so far.
    Brief(BriefEntry),
    /// What was whole.
    Packed(Packed),
    /// What was in brief.
    PackedBrief(PackedBrief),
}

impl Held {
    /// Whether it is of the pair of these two sockets, in these tunnels, as far as that can be told.
    #[inline]
    pub fn is_of(&self, (one, other): (SocketAddr, SocketAddr), tunnel: Option<&Arc<Tunnel>>) -> bool {
        match self {
            Self::Whole(entry) => entry.is_of(one, other, tunnel),
            Self::Brief(entry) => entry.is_of(one, other, tunnel),
            Self::Packed(_) | Self::PackedBrief(_) => true,
        }
    }

    /// Whether it is at the ready.
    #[inline]
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Whole(_) | Self::Brief(_))
    }

    /// When the last segment came.
    pub const fn seen(&self) -> Timestamp {
        match self {
            Self::Whole(entry) => entry.seen,
            Self::Brief(entry) => entry.seen,
            Self::Packed(packed) => packed.seen,
            Self::PackedBrief(packed) => packed.seen,
        }
    }

    /// The number of its connection.
    pub fn id(&self) -> u64 {
        match self {
            Self::Whole(entry) => entry.current.id(),
            Self::Brief(entry) => entry.brief.id(),
            Self::Packed(packed) => packed.id(),
            Self::PackedBrief(packed) => packed.id(),
        }
    }

    /// The same, packed. An entry with two connections stays as it is.
    pub fn pack(self, packer: &mut Packer, rooms: &mut Rooms) -> Self {
        match self {
            Self::Whole(entry) if entry.older.is_none() => {
                let packed = Packed::of(&entry, packer);
                rooms.give_back(entry.current);
                Self::Packed(packed)
            }
            Self::Brief(entry) => {
                let packed = PackedBrief::of(&entry, packer);
                rooms.give_back_log(entry.brief.into_log());
                Self::PackedBrief(packed)
            }
            other => other,
        }
    }

    /// The same at the ready; `hash` is that of its pair.
    pub fn unpack(self, hash: u64, rooms: &mut Rooms) -> Self {
        match self {
            Self::Packed(packed) => packed.unpack(rooms).map_or(Self::Packed(packed), Self::Whole),
            Self::PackedBrief(packed) => {
                packed.unpack(hash, rooms).map_or(Self::PackedBrief(packed), Self::Brief)
            }
            ready => ready,
        }
    }

    /// The same whole, where it is at the ready. Where it was in brief, its packets are remembered in `sightings`.
    pub fn whole(self, rooms: &mut Rooms, sightings: &mut Sightings) -> Self {
        match self {
            Self::Brief(entry) => Self::Whole(entry.whole(rooms, sightings)),
            other => other,
        }
    }

    /// Hands out what is in it, where it is at the ready, at `now` of the tracker's clock. The frame of the last segment of the
    /// pair's connection, where that has ended.
    pub fn hand_out(self, now: Timestamp, ended: &mut Ended, crowd: &mut Crowd) -> Option<u64> {
        match self {
            Self::Whole(entry) => {
                let last = entry.current.is_over().then(|| entry.current.last_frame());
                entry.hand_out(now, ended, crowd);
                last
            }
            Self::Brief(entry) => {
                let last = entry.brief.last_frame_of_all();
                entry.hand_out(now, ended, crowd);
                last
            }
            Self::Packed(_) | Self::PackedBrief(_) => None,
        }
    }
}
