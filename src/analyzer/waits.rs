//! Who of those that a tracker holds waits in which queue, and who is let go.
//!
//! In: entries to which something has come, or whose time has. Out: the same where they wait now; of those that are let go, what
//! has ended.
//! Invariant: whatever is listed moves the time before which nothing is due. Where there is no room the queues are emptied in
//! their order, each from the front.

use crate::analyzer::hold::table::Place;
use crate::analyzer::hold::waiting::Waiting;
use crate::analyzer::tracker::Tracker;
use crate::time::Timestamp;

impl Tracker {
    /// What is due first of all that is held.
    pub(super) fn first_due(&self) -> Option<(Timestamp, Waiting, Place)> {
        let first = |waiting: Waiting| {
            let (place, seen) = self.pairs.first(waiting)?;
            Some((self.spans.due(waiting, seen), waiting, place))
        };
        Waiting::ALL.into_iter().filter_map(first).min_by_key(|(due, ..)| *due)
    }

    /// Puts an entry whose segment has come to the end of its queue, unless it stands near it.
    #[inline]
    pub(super) fn list_anew(&mut self, place: Place, waiting: Waiting) {
        let now = self.clock.now();
        if !self.pairs.is_listed(place, waiting, now) {
            self.list_last(place, waiting, now);
        }
    }

    /// Puts an entry whose segment has come to the end of its queue.
    #[inline(never)]
    pub(super) fn list_last(&mut self, place: Place, waiting: Waiting, now: Timestamp) {
        self.list(place, waiting, now);
        self.is_listed_last(place, waiting);
    }

    /// The same of one that has it noted that it is listed.
    #[inline(never)]
    pub(super) fn list_as_noted(&mut self, place: Place, waiting: Waiting, seen: Timestamp) {
        self.pairs.list_as_noted(place, waiting, seen);
        self.next_due = self.next_due.min(self.spans.due(waiting, seen));
        self.is_listed_last(place, waiting);
    }

    /// The time of an entry has come, unless segments have come since it was listed.
    pub(super) fn end_wait(&mut self, place: Place, waiting: Waiting, now: Timestamp) {
        let Some(seen) = self.pairs.seen(place) else { return };
        if self.spans.due(waiting, seen) >= now {
            self.list(place, waiting, seen);
        } else if waiting == Waiting::ToBeReported {
            let Some(entry) = self.pairs.get_mut(place, &mut self.sightings) else { return };
            entry.report(now, &mut self.ended, &mut self.crowd);
            let next = entry.waiting(&self.config);
            self.list(place, next, seen);
            self.keep_few_ended();
        } else {
            self.let_go(place);
        }
    }

    /// Lets go of one where the table is full: what has ended, then attempts, then what is open, the oldest first.
    pub(super) fn make_room(&mut self) {
        while self.pairs.held() >= self.config.most_connections.max(1) {
            let first = |waiting: &Waiting| Some((*waiting, self.pairs.first(*waiting)?.0));
            let Some((waiting, place)) = Waiting::ALL.iter().find_map(first) else { break };
            self.evicted = self.evicted.saturating_add(u64::from(!waiting.is_complete()));
            self.let_go(place);
        }
    }

    /// Does what is to be done once an entry has been put to the end of a queue.
    #[inline(always)]
    fn is_listed_last(&mut self, place: Place, waiting: Waiting) {
        if waiting == Waiting::Ended {
            self.soon.note(place, self.pairs.hash(place), self.pairs.len_of(waiting));
        }
        if waiting.is_complete() {
            self.keep_few_ended();
        }
    }

    /// Puts an entry, last seen at `seen`, to the end of a queue.
    fn list(&mut self, place: Place, waiting: Waiting, seen: Timestamp) {
        self.pairs.list(place, waiting, seen);
        self.next_due = self.next_due.min(self.spans.due(waiting, seen));
    }

    /// What has ended is held for late segments, but not more of it than configured: the oldest is complete already.
    fn keep_few_ended(&mut self) {
        for waiting in [Waiting::ToBeReported, Waiting::Ended] {
            if self.pairs.len_of(waiting) > self.config.most_ended
                && let Some((place, _)) = self.pairs.first(waiting)
            {
                self.let_go(place);
            }
        }
    }

    fn let_go(&mut self, place: Place) {
        let (hash, now) = (self.pairs.hash(place), self.clock.now());
        self.soon.keep(self.pairs.len_of(Waiting::Ended));
        if let Some(last) = self.pairs.let_go(place, now, &mut self.ended, &mut self.crowd) {
            self.crowd.remember(hash, last);
        }
    }
}
