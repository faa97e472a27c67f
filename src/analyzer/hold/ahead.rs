//! A look at what the next few segments will need, so that it is at hand when they are taken in.
//!
//! In: what is known of segments, next and in their order. Out: where the entries of their pairs may be.
//! Invariant: changes nothing. The reads of several segments go on beside one another, where otherwise each would wait
//! for the one before it to be followed.

use crate::analyzer::hold::past::Past;
use crate::analyzer::hold::soon::Soon;
use crate::analyzer::hold::store::{Hold, Peek};
use crate::analyzer::hold::table::Place;
use crate::analyzer::sightings::Sightings;

/// Segments whose lines are looked at: of more than these, the first.
const AT_ONCE: usize = 64;

/// Entries that are let go while 64 segments are followed, if there are 8 to a connection.
const LET_GO: usize = 8;

/// A segment that is to come.
#[derive(Clone, Copy, Debug)]
pub struct Coming {
    /// The hash of its pair.
    pub hash: u64,
    /// The digest of its packet.
    pub packet: u64,
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
pub fn look(
    pairs: &Hold,
    sightings: &Sightings,
    past: &Past,
    soon: &Soon,
    segments: impl Iterator<Item = Coming> + Clone,
    prepared: &mut Vec<Prepared>,
) {
    prepared.clear();
    // Who is let go meanwhile is remembered in the place of the oldest.
    let mut words = soon
        .next(LET_GO)
        .fold(0, |words, (place, hash)| words ^ pairs.peek_at_end(place) ^ past.glance(hash));
    words = past.oldest(LET_GO).fold(words, |words, hash| words ^ past.glance(hash));
    words ^= pairs.peek_at_rooms(LET_GO);
    // One kind of read after the other, each in few instructions: so as many are under way as the core can have.
    prepared.extend(
        segments.clone().map(|coming| Prepared { hash: coming.hash, place: pairs.guess(coming.hash) }),
    );
    let first = |prepared: &Prepared| prepared.place.map_or(0, |place| pairs.peek_at(place));
    words = prepared.iter().fold(words, |words, prepared| words ^ first(prepared));
    let mut lines = [&0; AT_ONCE];
    for (line, (coming, prepared)) in lines.iter_mut().zip(segments.zip(&*prepared)) {
        match prepared.place.map(|place| pairs.peek(place)) {
            Some(Peek::At(word)) => *line = word,
            Some(Peek::Whole(current)) => {
                words ^= current.glance() ^ sightings.glance(coming.packet, current.within());
            }
            // It will be asked whether it is used again.
            None => words ^= past.glance(coming.hash),
        }
    }
    words = lines.iter().fold(words, |words, line| words ^ **line);
    std::hint::black_box(words);
}
