//! What the tracker holds for a socket pair whose connection goes by the textbook so far.
//!
//! In: the segments of the pair. Out: what each did; the entry that they make, where one of them is anything else; the
//! connection, once it has ended.
//! Invariant: stands in the same queue, and is handed out at the same time and with the same surroundings, as the entry.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::analyzer::config::Config;
use crate::analyzer::hold::at_once;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::course::Taken;
use crate::analyzer::hold::crowd::Crowd;
use crate::analyzer::hold::ending::Rooms;
use crate::analyzer::hold::entry::{Ended, Entry};
use crate::analyzer::hold::stage::Stage;
use crate::analyzer::hold::waiting::Waiting;
use crate::analyzer::sightings::Sightings;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// A socket pair that is held in brief. What each segment needs lies in front.
#[derive(Debug)]
#[repr(C)]
pub struct BriefEntry {
    /// When its last segment came, by the tracker's clock.
    pub seen: Timestamp,
    /// The hash of its pair, by which a sweep knows it.
    pub hash: u64,
    /// The connection.
    pub brief: Brief,
}

/// What is waited for in each stage.
#[derive(Debug)]
pub struct Queues([Waiting; Stage::ALL.len()]);

impl BriefEntry {
    /// Whether it is of the pair of these two sockets, in these tunnels.
    #[inline]
    pub fn is_of(&self, one: SocketAddr, other: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> bool {
        tunnel.is_none() && self.brief.sockets().are(one, other)
    }

    /// Nanoseconds from when it was listed where it waits until `now` of the tracker's clock.
    #[inline(always)]
    pub const fn waited(&self, now: Timestamp) -> u64 {
        // Its clock never runs backwards.
        self.brief.waited().wrapping_add(now.0.wrapping_sub(self.seen.0))
    }

    /// Notes what it took at `now` of the tracker's clock, `time` in the capture. What it waits for now.
    #[inline]
    pub fn note(
        &mut self,
        (taken, time): (Taken, Timestamp),
        now: Timestamp,
        crowd: &mut Crowd,
        queues: &Queues,
    ) -> Waiting {
        self.seen = now;
        match taken {
            Taken::Completes => crowd.serves(self.brief.sockets().both().server, None, time),
            Taken::TurnsTwoWay => crowd.sees_both_ways(),
            Taken::GoesOn | Taken::SaysAgain | Taken::ComesAgain => {}
        }
        self.waiting(queues)
    }

    /// What it waits for.
    #[inline]
    pub fn waiting(&self, queues: &Queues) -> Waiting {
        queues.of(self.brief.course().stage())
    }

    /// The same whole. Its packets are remembered in `sightings`.
    pub fn whole(self, rooms: &mut Rooms, sightings: &mut Sightings) -> Entry {
        let Self { seen, brief, .. } = self;
        let current = at_once::connection(&brief, |connection| rooms.boxed(connection));
        brief.remember(sightings);
        rooms.logs.push(brief.into_log());
        Entry { seen, ..Entry::of(current) }
    }

    /// Hands out the connection, at `now` of the tracker's clock.
    pub fn hand_out(self, now: Timestamp, ended: &mut Ended, crowd: &mut Crowd) {
        let now = self.brief.course().end().after(now.since(self.seen));
        ended.push_brief(self.brief, now, crowd);
    }
}

impl Queues {
    /// As configured.
    pub fn new(config: &Config) -> Self {
        Self(Stage::ALL.map(|stage| Waiting::of(stage.standing(), false, config.report_after.is_some())))
    }

    /// That of a stage: which that is cannot be foreseen, and nothing branches on it.
    #[inline]
    pub fn of(&self, stage: Stage) -> Waiting {
        self.0.get(stage as usize).copied().unwrap_or(Waiting::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_has_its_queue() {
        for (place, stage) in Stage::ALL.into_iter().enumerate() {
            assert_eq!(stage as usize, place);
        }
        let usual = Config::default();
        let early = Config { report_after: Some(std::time::Duration::ZERO), ..usual };
        let queues = |config| Stage::ALL.map(|stage| Queues::new(config).of(stage));
        let [attempt, open, ended] = [Waiting::Attempt, Waiting::Open, Waiting::Ended];
        assert_eq!(queues(&usual), [attempt, attempt, open, open, Waiting::Repeating, ended, ended, ended]);
        let ended = Waiting::ToBeReported;
        assert_eq!(queues(&early), [attempt, attempt, open, open, ended, ended, ended, ended]);
    }
}
