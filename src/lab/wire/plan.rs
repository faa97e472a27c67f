//! The plan: what becomes of each frame.
//!
//! In: a frame that one end has sent, and the faults. Out: what is to leave at the other end, and when.
//! Invariant: labels are those of the segments as they were sent, so that each fault is for what its end meant to say.
//! Frames without TCP pass, unless the wire is cut.

use std::time::{Duration, Instant};

use crate::analyzer::config::Config;
use crate::analyzer::label::Numbers;
use crate::analyzer::tracker::Tracker;
use crate::decode::{DEPTH, Decoded, Decoder};
use crate::frame::{Frame, LinkType};
use crate::lab::wire::counts::{Account, Counts, Done};
use crate::lab::wire::fault::{Change, Deed, Fault, Faults, Forged, Side};
use crate::lab::wire::flow::{Flows, Pair};
use crate::lab::wire::forge::forge;
use crate::lab::wire::octets::{alter, finish};
use crate::segment::Segment;
use crate::time::Timestamp;

/// Decides.
pub struct Plan {
    faults: Faults,
    /// How many segments each fault's pattern has named.
    named: Vec<u32>,
    decoder: Decoder,
    tracker: Tracker,
    flows: Flows,
    held: Vec<Held>,
    cut: Cut,
    frames: u64,
    account: Account,
}

/// A frame about to leave the cable.
#[derive(Debug)]
pub struct Departure {
    /// At which end.
    pub to: Side,
    /// When.
    pub at: Instant,
    /// What.
    pub octets: Vec<u8>,
}

/// Where nothing passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// The wire is whole.
    #[default]
    Nowhere,
    /// Nothing reaches this end.
    Towards(Side),
    /// Nothing reaches anybody.
    Everywhere,
}

/// When a frame came.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// By the clock that waits are measured with.
    pub instant: Instant,
    /// By the clock that captures have.
    pub time: Timestamp,
}

/// A segment that waits for another to overtake it.
struct Held {
    to: Side,
    until: Instant,
    octets: Vec<u8>,
}

/// What the faults make of one segment.
#[derive(Default)]
struct Fate {
    changes: Vec<Change>,
    is_lost: bool,
    delay: Duration,
    copies: Vec<Duration>,
    held_for: Option<Duration>,
    injected: Vec<Forged>,
}

impl Plan {
    /// One that follows these faults, and writes in this account.
    pub fn new(faults: Faults, account: Account) -> Self {
        let named = vec![0; faults.list.len()];
        account.write(|counts| counts.by_fault.clone_from(&named));
        let tracker = Tracker::new(Config { keep_steps: 0, ..Config::default() });
        Self {
            faults,
            named,
            decoder: Decoder::new(DEPTH),
            tracker,
            flows: Flows::default(),
            held: Vec::new(),
            cut: Cut::default(),
            frames: 0,
            account,
        }
    }

    /// Cuts the wire, or mends it.
    pub const fn set_cut(&mut self, cut: Cut) {
        self.cut = cut;
    }

    /// Takes in a frame that `from` has sent.
    pub fn take(&mut self, from: Side, mut octets: Vec<u8>, now: Moment) -> Vec<Departure> {
        finish(&mut octets);
        let to = from.other();
        let segment = self.segment(&octets, now.time);
        let mut fate = Fate::default();
        let (mut pair, mut is_cut) = (None, None);
        if let Some(segment) = &segment {
            let label = self.tracker.observe(segment).label.show(Numbers::Symbolic).to_string();
            self.tracker.ended().for_each(drop);
            pair = Some(self.flows.sent(from, segment));
            fate = self.fate(from, &label, now.time);
            is_cut = Some(Done { time: now.time, from, label, what: "cut" });
        }
        if self.is_cut(to) {
            self.account.write(|counts| {
                counts.cut += 1;
                is_cut.into_iter().for_each(|done| counts.note(done));
            });
            fate.is_lost = true;
        }
        let at = now.instant + self.faults.latency + fate.delay;
        let mut departures = Vec::new();
        if !fate.is_lost {
            if fate.changes.is_empty() {
                segment.iter().for_each(|segment| self.flows.passed(from, segment));
            } else {
                alter(&mut octets, &fate.changes);
            }
            if let Some(wait) = fate.held_for {
                self.held.push(Held { to, until: at + wait, octets });
            } else {
                let copies = fate.copies.iter().map(|gap| (at + *gap, octets.clone())).collect::<Vec<_>>();
                departures.push(Departure { to, at, octets });
                departures.extend(copies.into_iter().map(|(at, octets)| Departure { to, at, octets }));
                if segment.is_some() {
                    self.let_go(|held| held.to == to, Some(at), &mut departures);
                }
            }
        }
        for forged in &fate.injected {
            departures.extend(self.inject(forged, pair, Some(to), at, now.time));
        }
        departures
    }

    /// What waits to be overtaken, and has waited for long enough.
    pub fn overdue(&mut self, now: Instant) -> Vec<Departure> {
        let mut departures = Vec::new();
        self.let_go(|held| held.until <= now, None, &mut departures);
        departures
    }

    /// When `overdue` has something next.
    pub fn next_overdue(&self) -> Option<Instant> {
        self.held.iter().map(|held| held.until).min()
    }

    /// How many frames wait to be overtaken.
    pub const fn held(&self) -> usize {
        self.held.len()
    }

    /// Forges a segment into `pair`, or into the connection last seen, towards the end that it names, or `follows`.
    /// `None` where no connection was seen.
    pub fn inject(
        &self,
        forged: &Forged,
        pair: Option<Pair>,
        follows: Option<Side>,
        at: Instant,
        time: Timestamp,
    ) -> Option<Departure> {
        let to = forged.to.or(follows).unwrap_or(Side::Server);
        let octets = forge(forged, &self.flows.target(pair, to)?, to)?;
        let label = forged.flags.names().collect::<Vec<_>>().join(", ").to_ascii_uppercase();
        self.account.write(|counts| {
            counts.injected += 1;
            counts.note(Done { time, from: to.other(), label, what: "injected" });
        });
        Some(Departure { to, at, octets })
    }

    /// The segment in a frame, if that is what it is.
    fn segment(&mut self, octets: &[u8], time: Timestamp) -> Option<Segment> {
        self.frames += 1;
        let wire_len = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        let link = LinkType::ETHERNET;
        let frame = Frame { number: self.frames, time, link, interface: 0, octets, wire_len };
        match self.decoder.decode(&frame) {
            Ok(Decoded::Segment(segment)) => Some(segment),
            _ => None,
        }
    }

    /// What all faults together make of a segment with this label.
    fn fate(&mut self, from: Side, label: &str, time: Timestamp) -> Fate {
        let mut fate = Fate::default();
        for (nth, (fault, named)) in self.faults.list.iter().zip(&mut self.named).enumerate() {
            if !fault.of.names(label) {
                continue;
            }
            *named = named.saturating_add(1);
            if !fault.of.is_turn(*named) {
                continue;
            }
            let what = fate.add(fault);
            self.account.write(|counts| {
                count(counts, fault);
                if let Some(done) = counts.by_fault.get_mut(nth) {
                    *done = done.saturating_add(1);
                }
                if let Some(what) = what {
                    counts.note(Done { time, from, label: label.to_owned(), what });
                }
            });
        }
        fate
    }

    fn is_cut(&self, to: Side) -> bool {
        match self.cut {
            Cut::Nowhere => false,
            Cut::Towards(side) => side == to,
            Cut::Everywhere => true,
        }
    }

    fn let_go(
        &mut self,
        which: impl Fn(&Held) -> bool,
        at: Option<Instant>,
        departures: &mut Vec<Departure>,
    ) {
        let (gone, kept): (Vec<Held>, Vec<Held>) =
            std::mem::take(&mut self.held).into_iter().partition(which);
        self.held = kept;
        departures.extend(gone.into_iter().map(|held| Departure {
            to: held.to,
            at: at.unwrap_or(held.until),
            octets: held.octets,
        }));
    }
}

impl Fate {
    /// Adds what one fault does, and says it in a word; an injection speaks for itself.
    fn add(&mut self, fault: &Fault) -> Option<&'static str> {
        match &fault.deed {
            Deed::Lose => self.is_lost = true,
            Deed::Delay(delay) => self.delay += *delay,
            Deed::Repeat { times, gap } => self.copies.extend((1..=*times).map(|nth| *gap * nth)),
            Deed::Reorder(wait) => self.held_for = Some(*wait),
            Deed::Alter(changes) => self.changes.extend(changes),
            Deed::Inject(forged) => self.injected.push(forged.clone()),
        }
        match fault.deed {
            Deed::Lose => Some("lost"),
            Deed::Delay(_) => Some("delayed"),
            Deed::Repeat { .. } => Some("repeated"),
            Deed::Reorder(_) => Some("reordered"),
            Deed::Alter(_) => Some("altered"),
            Deed::Inject(_) => None,
        }
    }
}

fn count(counts: &mut Counts, fault: &Fault) {
    match fault.deed {
        Deed::Lose => counts.lost += 1,
        Deed::Delay(_) => counts.delayed += 1,
        Deed::Repeat { times, .. } => counts.repeated += u64::from(times),
        Deed::Reorder(_) => counts.reordered += 1,
        Deed::Alter(_) => counts.altered += 1,
        // Counted where it is forged.
        Deed::Inject(_) => {}
    }
}

#[cfg(test)]
mod tests;
