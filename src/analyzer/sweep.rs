//! Several segments at a time, where nobody asks for their labels.
//!
//! In: segments in brief, in their order. Out: how many of them were taken in: all up to one that is not in brief, by which time
//! steps back, or that comes when something may have to be let go.
//! Invariant: comes to the same as one after the other. What goes by the textbook and changes nothing but its own connection is
//! taken in first, on a way that hardly ever branches; what others are told of follows in its order, at its time, and so does
//! every segment of a connection from the first on that did not go so. Meanwhile nothing is let go but what has ended, and
//! nothing is packed.

use crate::analyzer::config::Config;
use crate::analyzer::hold::ahead::Prepared;
use crate::analyzer::hold::clock::Limited;
use crate::analyzer::hold::left::{Done, MOST};
use crate::analyzer::hold::stage::Next;
use crate::analyzer::hold::table::Place;
use crate::analyzer::hold::waiting::Waiting;
use crate::analyzer::tracker::Tracker;
use crate::jot::{Jot, Route, Usual};
use crate::options::Options;
use crate::time::Timestamp;

/// What may stand for a segment in brief.
pub trait InBrief {
    /// The segment, where it does.
    fn jot(&self) -> Option<&Jot>;
}

/// What lies beside each of some segments in brief, by its place among them.
pub trait Beside {
    /// Where it goes.
    fn route(&self, at: usize) -> Option<&Route>;
    /// The options of a SYN.
    fn options(&self, at: usize) -> Option<&Options>;
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Segments taken in, from the first on.
    pub taken: usize,
    /// Of them, those whose packet was seen before.
    pub seen_again: u64,
}

impl Tracker {
    /// Takes in as many of the first `MOST` of `segments` as go together, which were `prepared`; other things of them lie `beside`.
    pub fn sweep<S: InBrief>(
        &mut self,
        segments: &[S],
        prepared: &[Prepared],
        beside: &impl Beside,
    ) -> Swept {
        let segments = segments.get(..MOST).unwrap_or(segments);
        if !self.may_sweep(segments.len()) {
            return Swept::default();
        }
        let mut done = std::mem::take(&mut self.done).unwrap_or_else(|| Box::new(Done::NOTHING));
        done.clear();
        let (taken, clock) = self.take_together(segments, prepared, &mut done);
        let left = done.left();
        // By the time of each it is there; where there is no place, something of no use, so that nothing branches.
        for at in left {
            let place = prepared.get(at).and_then(|prepared| prepared.place);
            self.pairs.fetch_listed(place.unwrap_or_default());
        }
        let mut seen_again = 0_u64;
        for at in left {
            let Some(jot) = segments.get(at).and_then(S::jot) else { break };
            let (Some(prepared), Some((next, latest))) = (prepared.get(at), done.by(at)) else { break };
            self.clock = clock.at(latest);
            if next.is_any() {
                self.tell_of(next, prepared.place, jot, at, beside);
            } else if let Some(route) = beside.route(at) {
                let is_seen_again = self.take_alone(Usual { jot, route }, beside.options(at), *prepared);
                seen_again = seen_again.saturating_add(is_seen_again.into());
            }
        }
        (self.clock, self.done) = (clock.clock(), Some(done));
        Swept { taken, seen_again }
    }

    /// Whether none of what is held has to go because of so many segments, nor to be packed meanwhile.
    fn may_sweep(&mut self, segments: usize) -> bool {
        let Config { keep_steps, report_after, most_connections, .. } = self.config;
        keep_steps == 0
            && report_after.is_none()
            && self.pairs.held().saturating_add(segments) < most_connections
            && self.pairs.make_room(segments)
    }

    /// Takes in what can be, and notes what each has done. How many segments that is about, and the clock after them.
    #[inline(always)]
    fn take_together<'s, S: InBrief>(
        &mut self,
        segments: &'s [S],
        prepared: &[Prepared],
        done: &mut Done,
    ) -> (usize, Limited) {
        // What is listed meanwhile is not due meanwhile.
        let limit = self.next_due.min(Timestamp(self.clock.now().0.saturating_add(self.spans.shortest())));
        let (mut limited, mut taken) = (self.clock.until(limit), segments.len().min(prepared.len()));
        let all = segments.iter().zip(prepared).zip(done.rooms());
        for (at, ((segment, prepared), (next, latest))) in all.enumerate() {
            let advance = |jot: &'s Jot| Some((jot, limited.advance(jot.time())?));
            let Some((jot, time)) = segment.jot().and_then(advance) else {
                taken = at;
                break;
            };
            *latest = time;
            *next = self.take_in_its_place(jot, prepared, limited.now());
        }
        if !self.has_right_checksum {
            let mut taken = segments.iter().take(taken).filter_map(S::jot);
            self.has_right_checksum = taken.any(Jot::is_right);
        }
        (taken, limited)
    }

    /// Takes it in where it is the next one by the textbook. What it did.
    #[inline(never)]
    fn take_in_its_place(&mut self, jot: &Jot, prepared: &Prepared, now: Timestamp) -> Next {
        let Some(place) = prepared.place else { return Next::NONE };
        let Some(entry) = self.pairs.ready_brief_mut(place) else { return Next::NONE };
        let (waited, brief) = (entry.waited(now), &mut entry.brief);
        // The hash is enough to know the pair by: it has 64 bits and a seed of its own.
        let may_take = (entry.hash == prepared.hash) & !brief.waits();
        let Some(next) = brief.take_next(jot, may_take) else {
            brief.set_waits(true);
            // Most often something came again: it is held against all that came before.
            brief.fetch_all();
            return Next::NONE;
        };
        entry.seen = now;
        let next = next.after_long(waited >= Waiting::Open.slack());
        brief.stays_listed(if next.lists() { 0 } else { waited });
        next
    }

    /// Does what is left to be done about one that was taken in.
    #[inline(always)]
    fn tell_of(&mut self, next: Next, place: Option<Place>, jot: &Jot, at: usize, beside: &impl Beside) {
        let Some(place) = place else { return };
        let to = self.queues.of(next.state().stage());
        if next.answers() {
            self.crowd.sees_both_ways();
            if let Some(entry) = self.pairs.ready_brief_mut(place) {
                entry.brief.note_answer(beside.options(at));
            }
        } else if next.moves()
            && to == Waiting::Open
            && let Some(route) = beside.route(at)
        {
            // Its handshake is complete.
            self.crowd.serves_ipv4(route.destination, jot.time());
        }
        if next.lists() {
            self.list_as_noted(place, to, self.clock.now());
        }
    }

    /// One that was not taken in with the others.
    #[inline(always)]
    fn take_alone(&mut self, usual: Usual<'_>, options: Option<&Options>, prepared: Prepared) -> bool {
        let Some(place) = prepared.place else {
            // Most often it is the first of its pair.
            return self.follow_rare(usual, options, prepared);
        };
        if let Some(entry) = self.pairs.ready_brief_mut(place) {
            entry.brief.set_waits(false);
        }
        self.follow_next(usual, options, prepared)
    }
}

#[cfg(test)]
mod tests;
