//! The next segment, where nobody asks for its label: in brief, as long as nothing but the textbook is to be said.
//!
//! In: a segment, or one in brief. Out: whether its packet was seen before.
//! Invariant: what is handed out comes to the same as by `Tracker::observe`.

use crate::analyzer::hold::ahead::Prepared;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::brief_entry::BriefEntry;
use crate::analyzer::hold::table::Place;
use crate::analyzer::hold::waiting::Waiting;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::Role;
use crate::analyzer::tracker::Tracker;
use crate::jot::{Jot, Route, Usual};
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
            Some(place) => self.take_in_brief(place, segment),
            None => Jot::of(segment).is_some_and(|jot| {
                self.begin_in_brief(Sockets::new(sockets.0, sockets.1), &jot, &segment.options, prepared.hash)
            }),
        };
        !is_taken && self.take_whole(segment, prepared, place)
    }

    /// The same for a segment in brief; `options` gives those of a SYN.
    #[inline(always)]
    pub fn follow_usual<'o>(
        &mut self,
        usual: Usual<'_>,
        options: impl FnOnce() -> Option<&'o Options>,
        prepared: Prepared,
    ) -> bool {
        let jot = usual.jot;
        self.has_right_checksum |= jot.is_right();
        self.pass_on(jot.time());
        self.follow_next(usual, options(), prepared)
    }

    /// The same once time has passed: most often it is the next one of what is in brief where it was looked for.
    #[inline(never)]
    pub(super) fn follow_next(
        &mut self,
        usual: Usual<'_>,
        options: Option<&Options>,
        prepared: Prepared,
    ) -> bool {
        if let Some(place) = prepared.place
            && let Some(entry) = self.pairs.brief_of(place, prepared.hash)
        {
            let from = entry.brief.sender_of(usual.jot);
            if self.is_taken_in_brief(place, usual.jot, from, options) {
                return false;
            }
        }
        self.follow_rare(usual, options, prepared)
    }

    /// Whether the entry at `place` is in brief, and took the segment, which comes from `from`.
    #[inline(always)]
    fn is_taken_in_brief(&mut self, place: Place, jot: &Jot, from: Role, options: Option<&Options>) -> bool {
        let Some(entry) = self.pairs.brief_mut(place) else { return false };
        let now = self.clock.now();
        let (waited, before) = (entry.waited(now), entry.waiting(&self.queues));
        let Some(taken) = entry.brief.take(jot, from, options) else { return false };
        let waiting = entry.note((taken, jot.time()), now, &mut self.crowd, &self.queues);
        if waiting == before && waited < waiting.slack() {
            entry.brief.stays_listed(waited);
        } else {
            self.list_last(place, waiting, now);
        }
        true
    }

    /// One that is not the next by the textbook where it was looked for, or is the first.
    #[inline(never)]
    pub(super) fn follow_rare(
        &mut self,
        usual: Usual<'_>,
        options: Option<&Options>,
        prepared: Prepared,
    ) -> bool {
        let Usual { jot, route: Route { source, destination } } = usual;
        let place = self.place_of(prepared, || ((*source).into(), (*destination).into()), None);
        if place.is_none()
            && let Some(options) = options
            && self.begin_in_brief(Sockets::V4(*source, *destination), jot, options, prepared.hash)
        {
            return false;
        }
        let segment = usual.segment(options.copied().unwrap_or_default());
        match place {
            Some(place) if self.pairs.is_whole(place) => self.take_whole(&segment, prepared, Some(place)),
            _ => self.follow(&segment, Prepared { place, ..prepared }),
        }
    }

    #[inline(never)]
    fn take_whole(&mut self, segment: &Segment, prepared: Prepared, place: Option<Place>) -> bool {
        self.take_in(segment, (prepared.hash, place), |_, _, (_, outline)| outline.seen_before.is_some())
    }

    /// The same for any segment.
    fn take_in_brief(&mut self, place: Place, segment: &Segment) -> bool {
        let Some(entry) = self.pairs.brief_mut(place) else { return false };
        let Some(jot) = Jot::of(segment) else { return false };
        let from = entry.brief.role_of(segment.source);
        self.is_taken_in_brief(place, &jot, from, Some(&segment.options))
    }

    /// Whether a connection begins with a segment between these sockets that goes by the textbook so far.
    fn begin_in_brief(&mut self, sockets: Sockets, jot: &Jot, options: &Options, hash: u64) -> bool {
        if self.config.keep_steps > 0
            || !Brief::may_start_with(&sockets, jot)
            || self.crowd.recall(hash).is_some()
        {
            return false;
        }
        self.make_room();
        let (id, now) = (self.connections.saturating_add(1), self.clock.now());
        self.connections = id;
        // As whatever begins with a SYN.
        let waiting = Waiting::Attempt;
        self.next_due = self.next_due.min(self.spans.due(waiting, now));
        self.pairs.insert_brief(hash, waiting, now, |rooms| BriefEntry {
            seen: now,
            hash,
            brief: Brief::starting_with(id, sockets, jot, options, &mut rooms.logs),
        });
        true
    }
}
