//! The next segment, where nobody asks for its label: in brief, as long as nothing but the textbook is to be said.
//!
//! In: a segment, or one in brief. Out: whether its packet was seen before.
//! Invariant: what is handed out comes to the same as by `Tracker::observe`.

use crate::analyzer::hold::ahead::Prepared;
use crate::analyzer::hold::brief::{Brief, Taken};
use crate::analyzer::hold::brief_entry::BriefEntry;
use crate::analyzer::hold::table::Place;
use crate::analyzer::tracker::Tracker;
use crate::jot::{Jot, Usual};
use crate::options::Options;
use crate::segment::Segment;

impl Tracker {
    /// Takes in the next segment without a label, which is made for a reader alone. Whether its packet was seen before.
    pub fn follow(&mut self, segment: &Segment, prepared: Prepared) -> bool {
        let believed = self.believed(segment);
        let segment = believed.as_ref().unwrap_or(segment);
        let sockets = (segment.source, segment.destination);
        let place = self.locate(prepared, segment.time, sockets, segment.tunnel.as_ref());
        let is_taken = match place {
            Some(place) => self.take_in_brief(place, |brief| {
                brief.take(&Jot::of(segment)?, brief.role_of(segment.source), &segment.options)
            }),
            None => self.begin_in_brief(segment, prepared.hash),
        };
        !is_taken && self.take_whole(segment, prepared, place)
    }

    /// The same for a segment in brief.
    pub fn follow_usual(&mut self, usual: &Usual, prepared: Prepared) -> bool {
        self.has_right_checksum |= usual.jot.is_right();
        let sockets = (usual.source.into(), usual.destination.into());
        let place = self.locate(prepared, usual.jot.time(), sockets, None);
        let is_taken = place.is_some_and(|place| {
            self.take_in_brief(place, |brief| {
                brief.take(&usual.jot, brief.role_of(usual.source.into()), &Options::default())
            })
        });
        !is_taken && self.take_whole(&usual.segment(), prepared, place)
    }

    #[inline(never)]
    fn take_whole(&mut self, segment: &Segment, prepared: Prepared, place: Option<Place>) -> bool {
        self.take_in(segment, (prepared.hash, place), |_, _, (_, outline)| outline.seen_before.is_some())
    }

    /// Whether the entry at `place` is in brief, and took what `take` gives it.
    #[inline]
    fn take_in_brief(&mut self, place: Place, take: impl FnOnce(&mut Brief) -> Option<Taken>) -> bool {
        let Some(entry) = self.pairs.brief_mut(place) else { return false };
        let Some(taken) = take(&mut entry.brief) else { return false };
        let now = self.clock.now();
        entry.seen = now;
        let waiting = entry.waiting(&self.config);
        if taken.completes {
            self.crowd.serves(entry.brief.sockets().both().server, None, taken.time);
        }
        if taken.turns_two_way {
            self.crowd.sees_both_ways();
        }
        self.list_anew(place, waiting);
        true
    }

    /// Whether a connection begins with it that goes by the textbook so far.
    fn begin_in_brief(&mut self, segment: &Segment, hash: u64) -> bool {
        if self.config.keep_steps > 0 || self.crowd.recall(hash).is_some() {
            return false;
        }
        let id = self.connections.saturating_add(1);
        let Some(brief) = Brief::starting_with(id, segment, &mut self.pairs.rooms().logs) else {
            return false;
        };
        self.make_room();
        self.connections = id;
        let now = self.clock.now();
        let entry = BriefEntry { brief, seen: now, is_used: true };
        let waiting = entry.waiting(&self.config);
        self.next_due = self.next_due.min(waiting.due(now, &self.config));
        self.pairs.insert_brief(hash, waiting, now, entry);
        true
    }
}
