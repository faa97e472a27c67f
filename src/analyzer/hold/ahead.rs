//! A look at what the next few segments will need, so that it is at hand when they are taken in.
//!
//! In: what is known of segments, next and in their order. Out: where the entries of their pairs may be.
//! Invariant: changes nothing. What is asked for here comes while others are looked at, where otherwise each segment would
//! wait for its own.

use crate::analyzer::hold::past::Past;
use crate::analyzer::hold::soon::Soon;
use crate::analyzer::hold::store::Hold;
use crate::analyzer::hold::table::Place;
use crate::analyzer::sightings::Sightings;
use crate::jot::Jot;

/// Entries that are let go while 64 segments are followed, if there are 8 to a connection.
const LET_GO: usize = 8;

/// A segment that is to come.
#[derive(Clone, Copy, Debug)]
pub struct Coming<'s> {
    /// The hash of its pair.
    pub hash: u64,
    /// The segment, if it is one in brief. It is not asked for: those that lie in a row come by themselves.
    pub jot: &'s Jot,
}

/// A segment that a tracker has looked at: the hash of its pair, and where its connection may be.
#[derive(Clone, Copy, Debug)]
pub struct Prepared {
    /// The hash.
    pub hash: u64,
    /// By the time of the segment there may be another.
    pub place: Option<Place>,
}

impl Prepared {
    /// A segment that was not looked at, whose pair has this hash.
    pub const fn unseen(hash: u64) -> Self {
        Self { hash, place: None }
    }
}

/// Looks at what `segments` will need of `pairs`, of `sightings` and of the `past`; and at who will be let go `soon`.
pub fn look<'s>(
    pairs: &Hold,
    sightings: &Sightings,
    past: &Past,
    soon: &Soon,
    segments: impl Iterator<Item = Coming<'s>> + Clone,
    prepared: &mut Vec<Prepared>,
) {
    for (place, hash) in soon.next(LET_GO) {
        pairs.fetch(place);
        pairs.fetch_listed(place);
        past.fetch(hash);
    }
    pairs.fetch_rooms(LET_GO);
    prepared.clear();
    prepared.extend(segments.clone().map(|Coming { hash, .. }| {
        let place = pairs.guess(hash);
        match place {
            Some(place) => pairs.fetch(place),
            // It will be asked whether it is used again.
            None => past.fetch(hash),
        }
        Prepared { hash, place }
    }));
    // By now the first of them are there.
    for (coming, prepared) in segments.zip(&*prepared) {
        if let Some(current) = prepared.place.and_then(|place| pairs.fetch_next(place)) {
            current.fetch();
            sightings.fetch(coming.jot.packet(), current.within());
        }
    }
}
