//! Which arrival is whose departure.
//!
//! In: what two taps saw of one connection, in order. Out: each segment's way, from end to end or as far as it came.
//! Invariant: every sighting is in exactly one leg, and an arrival is never paired with a later departure.

use std::time::Duration;

use crate::analyzer::role::Role;
use crate::analyzer::step::Step;
use crate::segment::Checksum;
use crate::story::event::Way;
use crate::time::Timestamp;

/// A segment at one tap.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The segment, as that tap's capture has it.
    pub step: &'a Step,
    /// At whose end the tap is.
    pub at: Role,
    /// Which end sent it.
    pub from: Role,
}

/// The way of a segment, or a part of it that has a row of its own. The numbers are places among the sightings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Where it left, if this leg begins there.
    pub departs: Option<usize>,
    /// Where it arrived, if this leg ends there.
    pub arrives: Option<usize>,
    /// The same segment at the other tap, if it is the same there.
    pub same: Option<usize>,
    /// What is to be said of it.
    pub way: Way,
}

/// Whose departure an arrival is, or what arrived of a departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mate {
    at: usize,
    is_altered: bool,
}

impl Sight<'_> {
    /// Whether it is seen where it was sent.
    pub fn departs(&self) -> bool {
        self.at == self.from
    }

    const fn time(&self) -> Timestamp {
        self.step.segment.time
    }

    /// Whether the other may be the same segment. Checksums may be finished on the way, and hops are counted.
    fn is_like(&self, other: &Self) -> bool {
        let (one, two) = (&self.step.segment, &other.step.segment);
        let numbers = |sight: &Self| (sight.from, sight.step.segment.seq, sight.step.segment.flags);
        numbers(self) == numbers(other)
            && (one.ack, one.text_len, one.text) == (two.ack, two.text_len, two.text)
            && (one.window, &one.options) == (two.window, &two.options)
            && one.sighting.identification == two.sighting.identification
    }

    /// Whether the other may be what became of it.
    fn resembles(&self, other: &Self) -> bool {
        let (one, two) = (&self.step.segment, &other.step.segment);
        let is_same_packet =
            one.sighting.identification != 0 && one.sighting.identification == two.sighting.identification;
        let differs_little = one.flags == two.flags && (one.seq == two.seq || one.text_len == two.text_len);
        self.from == other.from && (is_same_packet || differs_little)
    }
}

/// The legs of `sights`. A way is drawn in one where nothing lies between; `is_busy` says whether the programs did
/// something in that time.
pub fn legs(sights: &[Sight<'_>], is_busy: &dyn Fn(Timestamp, Timestamp) -> bool) -> Vec<Leg> {
    let mates = mates(sights);
    let mate = |at: usize| mates.get(at).copied().flatten();
    let straight = straight(sights, &mates, is_busy);
    let is_straight = |from: usize| straight.get(from).copied().unwrap_or(false);
    let leg_of = |(at, sight): (usize, &Sight<'_>)| {
        let mate = mate(at);
        let other = mate.and_then(|mate| sights.get(mate.at));
        let took = other.map_or(Duration::ZERO, |other| match sight.departs() {
            true => other.time().since(sight.time()),
            false => sight.time().since(other.time()),
        });
        let same = mate.filter(|mate| !mate.is_altered).map(|mate| mate.at);
        let leg = |departs, arrives, way| Some(Leg { departs, arrives, same, way });
        match (sight.departs(), mate) {
            (true, None) => leg(Some(at), None, Way::Lost),
            (true, Some(mate)) if is_straight(at) => leg(Some(at), Some(mate.at), Way::Whole(took)),
            (true, Some(_)) => leg(Some(at), None, Way::Departs),
            (false, None) => match original(sights, sight) {
                Some(same) => {
                    Some(Leg { departs: None, arrives: Some(at), same: Some(same), way: Way::Copied })
                }
                None => leg(None, Some(at), Way::Appears),
            },
            (false, Some(Mate { is_altered: true, .. })) => leg(None, Some(at), Way::Altered(took)),
            (false, Some(mate)) if is_straight(mate.at) => None,
            (false, Some(_)) => leg(None, Some(at), Way::Arrives(took)),
        }
    };
    sights.iter().enumerate().filter_map(leg_of).collect()
}

/// Which departures belong to a way that is drawn in one: with nothing between but others that went the same way in
/// the same order, and are drawn in one, too.
fn straight(
    sights: &[Sight<'_>],
    mates: &[Option<Mate>],
    is_busy: &dyn Fn(Timestamp, Timestamp) -> bool,
) -> Vec<bool> {
    let mut straight = vec![false; sights.len()];
    for (from, departs) in sights.iter().enumerate().filter(|(_, sight)| sight.departs()) {
        let Some(Some(Mate { at: to, is_altered: false })) = mates.get(from).copied() else { continue };
        let Some(arrives) = sights.get(to) else { continue };
        let is_beside = |at: usize| {
            let Some(sight) = sights.get(at).filter(|sight| sight.from == departs.from) else { return false };
            match (sight.departs(), mates.get(at).copied().flatten()) {
                (true, None) => true,
                (true, Some(mate)) => mate.at > to,
                (false, None) => false,
                (false, Some(mate)) => mate.at < from && straight.get(mate.at).copied().unwrap_or(false),
            }
        };
        let keeps_order = (from.saturating_add(1)..to).all(is_beside);
        let is_straight = keeps_order && !is_busy(departs.time(), arrives.time());
        straight.get_mut(from).into_iter().for_each(|one| *one = is_straight);
    }
    straight
}

/// For each sighting the one at the other tap.
fn mates(sights: &[Sight<'_>]) -> Vec<Option<Mate>> {
    let mut mates: Vec<Option<Mate>> = vec![None; sights.len()];
    let mut is_done = vec![false; sights.len()];
    for (at, sight) in sights.iter().enumerate() {
        if is_done.get(at).copied().unwrap_or(true) {
            continue;
        }
        let alike: Vec<usize> =
            sights.iter().enumerate().filter(|(_, other)| sight.is_like(other)).map(|(at, _)| at).collect();
        for at in &alike {
            is_done.get_mut(*at).into_iter().for_each(|done| *done = true);
        }
        let departs = |at: &usize| sights.get(*at).is_some_and(Sight::departs);
        let (left, arrived): (Vec<usize>, Vec<usize>) = alike.into_iter().partition(departs);
        for (one, other) in pair(&left, &arrived) {
            marry(&mut mates, (one, other), is_broken(sights.get(one), sights.get(other)));
        }
    }
    let is_free = |mates: &[Option<Mate>], at: usize| mates.get(at).is_some_and(Option::is_none);
    for (at, sight) in sights.iter().enumerate() {
        // What is like one that left, and not its arrival, is a copy of it.
        let is_copy = || original(sights, sight).is_some();
        if sight.departs() || !is_free(&mates, at) || is_copy() {
            continue;
        }
        let earlier = sights.iter().enumerate().take(at).rev();
        let left = earlier
            .filter(|(at, other)| other.departs() && is_free(&mates, *at))
            .find(|(_, other)| other.resembles(sight));
        if let Some((left, _)) = left {
            marry(&mut mates, (left, at), true);
        }
    }
    mates
}

/// The departure of which this arrival is a copy.
fn original(sights: &[Sight<'_>], copy: &Sight<'_>) -> Option<usize> {
    sights.iter().position(|other| other.departs() && other.is_like(copy) && other.time() <= copy.time())
}

/// Whether only the checksum tells that it was altered: it is wrong where it arrived, and was not where it left.
fn is_broken(left: Option<&Sight<'_>>, arrived: Option<&Sight<'_>>) -> bool {
    let is_wrong =
        |sight: Option<&Sight<'_>>| sight.is_some_and(|sight| sight.step.segment.checksum == Checksum::Wrong);
    is_wrong(arrived) && !is_wrong(left)
}

fn marry(mates: &mut [Option<Mate>], (one, other): (usize, usize), is_altered: bool) {
    for (at, with) in [(one, other), (other, one)] {
        mates.get_mut(at).into_iter().for_each(|mate| *mate = Some(Mate { at: with, is_altered }));
    }
}

/// The n-th that left is the n-th that arrived, if as many did; if not, one that arrived is the last that left before.
fn pair(left: &[usize], arrived: &[usize]) -> Vec<(usize, usize)> {
    let in_order = || left.iter().copied().zip(arrived.iter().copied());
    if left.len() == arrived.len() && in_order().all(|(left, arrived)| left < arrived) {
        return in_order().collect();
    }
    let mut free: Vec<usize> = left.to_vec();
    let mut pairs = Vec::new();
    for arrives in arrived {
        if let Some(at) = free.iter().rposition(|departs| departs < arrives) {
            pairs.push((free.remove(at), *arrives));
        }
    }
    pairs
}

#[cfg(test)]
mod tests;
