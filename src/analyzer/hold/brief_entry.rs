//! What the tracker holds for a socket pair whose connection goes by the textbook so far.
//!
//! In: the segments of the pair. Out: what each did; the entry that they make, where one of them is anything else; the
//! connection, once it has ended.
//! Invariant: stands in the same queue, and is handed out at the same time and with the same surroundings, as the entry.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::analyzer::config::Config;
use crate::analyzer::hold::at_once;
use crate::analyzer::hold::brief::{Brief, Taken};
use crate::analyzer::hold::crowd::Crowd;
use crate::analyzer::hold::ending::Rooms;
use crate::analyzer::hold::entry::{Ended, Entry};
use crate::analyzer::hold::waiting::{Standing, Waiting};
use crate::analyzer::sightings::Sightings;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// A socket pair that is held in brief.
#[derive(Debug)]
pub struct BriefEntry {
    /// The connection.
    pub brief: Brief,
    /// When its last segment came, by the tracker's clock.
    pub seen: Timestamp,
    /// Whether it was needed since the last look around for what is not.
    pub is_used: bool,
}

impl BriefEntry {
    /// Whether it is of the pair of these two sockets, in these tunnels.
    #[inline]
    pub fn is_of(&self, one: SocketAddr, other: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> bool {
        tunnel.is_none() && self.brief.sockets().are(one, other)
    }

    /// Notes what it took at `now` of the tracker's clock. What it waits for now.
    #[inline]
    pub fn note(&mut self, taken: Taken, now: Timestamp, crowd: &mut Crowd, config: &Config) -> Waiting {
        self.seen = now;
        if taken.completes {
            crowd.serves(self.brief.sockets().both().server, None, taken.time);
        }
        if taken.turns_two_way {
            crowd.sees_both_ways();
        }
        self.waiting(config)
    }

    /// What it waits for.
    #[inline]
    pub fn waiting(&self, config: &Config) -> Waiting {
        let standing = Standing {
            is_open: self.brief.is_open(),
            is_over: self.brief.is_over(),
            may_repeat_its_fin: self.brief.may_repeat_its_fin(),
        };
        Waiting::of(standing, false, false, config)
    }

    /// The same whole. Its packets are remembered in `sightings`.
    pub fn whole(self, rooms: &mut Rooms, sightings: &mut Sightings) -> Entry {
        let Self { brief, seen, is_used } = self;
        let current = at_once::connection(&brief, |connection| rooms.boxed(connection));
        brief.remember(sightings);
        rooms.logs.push(brief.into_log());
        Entry { seen, is_used, ..Entry::of(current) }
    }

    /// Hands out the connection, at `now` of the tracker's clock.
    pub fn hand_out(self, now: Timestamp, rooms: &mut Rooms, ended: &mut Ended, crowd: &mut Crowd) {
        let now = self.brief.end().after(now.since(self.seen));
        if self.brief.is_two_way() {
            ended.push_brief(self.brief, now, crowd);
        } else {
            ended.push(at_once::connection(&self.brief, |connection| rooms.boxed(connection)), now, crowd);
            rooms.logs.push(self.brief.into_log());
        }
    }
}
