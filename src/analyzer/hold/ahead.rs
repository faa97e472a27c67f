//! A look at what the next few segments will need, so that it is at hand when they are taken in.
//!
//! In: what is known of segments, next and in their order. Out: where the entries of their pairs may be.
//! Invariant: changes nothing. The reads of several segments go on beside one another, where otherwise each would wait
//! for the one before it to be followed.

use crate::analyzer::hold::past::Past;
use crate::analyzer::hold::store::{Hold, Peek};
use crate::analyzer::hold::table::Place;
use crate::analyzer::sightings::Sightings;

/// Segments that are looked at: of more than these, the first.
const AT_ONCE: usize = 64;

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

/// Looks at what `segments` will need of `pairs`, of `sightings` and of the `past`.
pub fn look(
    pairs: &Hold,
    sightings: &Sightings,
    past: &Past,
    segments: impl Iterator<Item = Coming> + Clone,
    prepared: &mut Vec<Prepared>,
) {
    prepared.clear();
    prepared.extend(
        segments.clone().map(|coming| Prepared { hash: coming.hash, place: pairs.guess(coming.hash) }),
    );
    let (mut words, mut lines) = (0, [&0; AT_ONCE]);
    for (line, (coming, prepared)) in lines.iter_mut().zip(segments.zip(&*prepared)) {
        match prepared.place.map(|place| pairs.peek(place)) {
            Some(Peek::At(word)) => *line = word,
            Some(Peek::Whole(current)) => {
                words ^= current.glance() ^ sightings.glance(coming.packet, current.within());
            }
            Some(Peek::Nothing) => {}
            // It will be asked whether it is used again.
            None => words ^= past.glance(coming.hash),
        }
    }
    // In few instructions, so that as many reads as the core can have under way are.
    words = lines.iter().fold(words, |words, line| words ^ **line);
    std::hint::black_box(words);
}
