//! Several segments at a time, where nobody asks for their labels.
//!
//! In: segments in brief, in their order. Out: how many of them were taken in: all up to one that is not in brief, or that comes
//! when something may have to be let go.
//! Invariant: comes to the same as one after the other. What goes by the textbook and changes nothing but its own connection is
//! taken in first, on a way that hardly ever branches; what others are told of follows in its order, at its time, and so does
//! every segment of a connection from the first on that did not go so. Meanwhile nothing is let go but what has ended, and
//! nothing is packed.

use crate::analyzer::config::Config;
use crate::analyzer::hold::ahead::Prepared;
use crate::analyzer::hold::clock::Clock;
use crate::analyzer::hold::left::{Left, What};
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

/// What lies beside a segment in brief.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'s> {
    /// Where it goes.
    pub route: &'s Route,
    /// The options of a SYN.
    pub options: Option<&'s Options>,
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
    /// Takes in as many `segments` as go together, which were `prepared`; `beside` gives what lies beside each.
    pub fn sweep<'s, S: InBrief>(
        &mut self,
        segments: &'s [S],
        prepared: &[Prepared],
        beside: impl Fn(usize) -> Option<Beside<'s>>,
    ) -> Swept {
        if !self.may_sweep(segments.len()) {
            return Swept::default();
        }
        let mut left = std::mem::take(&mut self.left);
        left.clear();
        let (taken, clock) = self.take_together(segments, prepared, &mut left);
        let mut seen_again = 0_u64;
        for left in &left {
            let (Some(prepared), Some(Beside { route, options })) = (prepared.get(left.at), beside(left.at))
            else {
                break;
            };
            let Some(jot) = segments.get(left.at).and_then(S::jot) else { break };
            self.clock = left.clock;
            match left.what {
                What::Moved { place, to, stands_otherwise } => {
                    if stands_otherwise && to == Waiting::Open {
                        // Its handshake is complete.
                        self.crowd.serves(route.destination.into(), None, jot.time());
                    }
                    self.list_as_noted(place, to, left.clock.now());
                }
                What::All => {
                    let is_seen_again = self.take_alone(Usual { jot, route }, options, *prepared);
                    seen_again = seen_again.saturating_add(is_seen_again.into());
                }
            }
        }
        (self.clock, self.left) = (clock, left);
        Swept { taken, seen_again }
    }

    /// Whether none of what is held has to go, or to be packed, because of so many segments.
    fn may_sweep(&self, segments: usize) -> bool {
        let Config { keep_steps, report_after, most_connections, .. } = self.config;
        keep_steps == 0
            && report_after.is_none()
            && self.pairs.held().saturating_add(segments) < most_connections
            && self.pairs.has_room(segments)
    }

    /// Takes in what can be, and notes what is left to be done. How many segments that is about, and the time after them.
    #[inline(always)]
    fn take_together<'s, S: InBrief>(
        &mut self,
        segments: &'s [S],
        prepared: &[Prepared],
        left: &mut Vec<Left>,
    ) -> (usize, Clock) {
        // What is listed meanwhile is not due meanwhile.
        let limit = self.next_due.min(Timestamp(self.clock.now().0.saturating_add(self.spans.shortest())));
        let (mut limited, mut taken) = (self.clock.until(limit), segments.len().min(prepared.len()));
        for (at, (segment, prepared)) in segments.iter().zip(prepared).enumerate() {
            let advance = |jot: &'s Jot| Some((jot, limited.advance(jot.time())?));
            let Some((jot, clock)) = segment.jot().and_then(advance) else {
                taken = at;
                break;
            };
            if let Some(what) = self.take_in_its_place(jot, prepared, clock.now()) {
                if let What::Moved { place, .. } = what {
                    self.pairs.fetch_listed(place);
                }
                left.push(Left { at, clock, what });
            }
        }
        if !self.has_right_checksum {
            let mut taken = segments.iter().take(taken).filter_map(S::jot);
            self.has_right_checksum = taken.any(Jot::is_right);
        }
        (taken, limited.clock())
    }

    #[inline(always)]
    fn take_in_its_place(&mut self, jot: &Jot, prepared: &Prepared, now: Timestamp) -> Option<What> {
        let Some(place) = prepared.place else { return Some(What::All) };
        let Some(entry) = self.pairs.ready_brief_mut(place) else { return Some(What::All) };
        let (waited, brief) = (entry.waited(now), &mut entry.brief);
        // The hash is enough to know the pair by: it has 64 bits and a seed of its own.
        let may_take = (entry.hash == prepared.hash) & !brief.waits();
        let Some(next) = brief.take_plain(jot, may_take) else {
            brief.set_waits(true);
            return Some(What::All);
        };
        entry.seen = now;
        let moves = next.moves() | (waited >= Waiting::Open.slack());
        brief.stays_listed(if moves { 0 } else { waited });
        let to = || entry.waiting(&self.queues);
        moves.then(|| What::Moved { place, to: to(), stands_otherwise: next.moves() })
    }

    /// One that was not taken in with the others.
    #[inline(always)]
    fn take_alone(&mut self, usual: Usual<'_>, options: Option<&Options>, prepared: Prepared) -> bool {
        if let Some(place) = prepared.place
            && let Some(entry) = self.pairs.ready_brief_mut(place)
        {
            entry.brief.set_waits(false);
        }
        self.follow_next(usual, options, prepared)
    }
}
