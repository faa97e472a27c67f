//! What the IP headers of one end's packets look like, so that one that another host made can be told.
//!
//! In: the hop limit and the identification of each packet. Out: whether a packet is out of line.
//! Invariant: says nothing where it knows nothing; an identification counts only where the end is seen to count.
//! Read: RFC 791 §3.1, RFC 6864 §4.

use crate::analyzer::pack::packed;
use crate::segment::Segment;

/// How far the next identification of a counting end may be from the last: other connections take some between.
const NEAR: u16 = 2_000;
/// How many steps in a row make an end one that counts.
const COUNTING: u8 = 3;

/// What was last seen of an end's packets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    hop_limit: u8,
    identification: u16,
    /// Identifications in a row that followed the one before closely.
    steps: u8,
}

impl Look {
    /// Takes in a packet that its end has certainly made.
    pub fn note(&mut self, segment: &Segment) {
        self.see(segment.sighting.hop_limit, segment.sighting.identification);
    }

    /// The same of its fields.
    #[inline]
    pub const fn see(&mut self, hop_limit: u8, identification: u16) {
        if hop_limit != 0 {
            self.hop_limit = hop_limit;
        }
        if identification == 0 {
            return;
        }
        let is_near = self.identification != 0 && self.is_near(identification);
        self.steps = if is_near { self.steps.saturating_add(1) } else { 0 };
        self.identification = identification;
    }

    /// Whether a packet with this hop limit and this identification is none of this end's: it came another way than the
    /// others, or is not in line with their identifications, which the end counts.
    pub const fn is_strange(&self, hop_limit: u8, identification: u16) -> bool {
        let is_other_way = self.hop_limit != 0 && hop_limit != 0 && hop_limit != self.hop_limit;
        let is_other_count = self.steps >= COUNTING && identification != 0 && !self.is_near(identification);
        is_other_way || is_other_count
    }

    const fn is_near(&self, identification: u16) -> bool {
        let ahead = identification.wrapping_sub(self.identification);
        ahead != 0 && ahead < NEAR
    }
}

packed!(Look { hop_limit, identification, steps });
