//! What one end has sent, in its own sequence space.
//!
//! In: the ranges that its segments occupy, and the peer's acknowledgements. Out: how far it has sent, how far without
//! a gap, how far it is acknowledged, and which frame an acknowledgement answers.
//! Invariant: numbers wrap, offsets (64 bits, from the first number) do not. Memory is bounded: `ISLANDS` ranges
//! beyond a gap, `AWAITING` frames that wait for their acknowledgement; the oldest of these go first.
//! Read: RFC 9293 §3.3.1 (SND.UNA, SND.NXT), §3.4.

use std::num::NonZero;

use crate::analyzer::few::Few;
use crate::analyzer::pack::packed;
use crate::seq::SeqNumber;

const ISLANDS: usize = 32;
const AWAITING: usize = 64;

/// The sequence space of one end as far as its segments, or the acknowledgements of them, were seen.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The number that offsets count from: the ISS, or the first number seen.
    pub(super) base: SeqNumber,
    /// The highest number seen plus one: SND.NXT.
    pub(super) nxt: SeqNumber,
    /// How far `nxt` lies from `base`, unwrapped.
    pub(super) nxt_offset: i64,
    /// The end of what was sent without a gap: the peer's RCV.NXT, had it received all that passed the tap.
    pub(super) contiguous: SeqNumber,
    /// SND.UNA: the highest acceptable acknowledgement.
    pub(super) una: SeqNumber,
    /// Whether any segment of this end was seen, or only acknowledgements of them.
    pub(super) seen: bool,
    /// The end of a segment that lay too far ahead to be believed at once.
    pub(super) outlier: Option<SeqNumber>,
    /// The frame that SND.UNA answers.
    pub(super) answered: Option<NonZero<u64>>,
    /// Ends of segments not yet acknowledged, with their frames, in the order sent.
    pub(super) awaiting: Few<(SeqNumber, u64)>,
    /// Ranges beyond a gap, unordered.
    pub(super) islands: Few<(SeqNumber, SeqNumber)>,
}

impl Sent {
    /// The space of an end whose first number is `base`.
    pub fn starting_at(base: SeqNumber) -> Self {
        Self {
            base,
            nxt: base,
            nxt_offset: 0,
            contiguous: base,
            una: base,
            seen: false,
            outlier: None,
            answered: None,
            awaiting: Few::default(),
            islands: Few::default(),
        }
    }

    /// SND.NXT as far as seen.
    pub const fn nxt(&self) -> SeqNumber {
        self.nxt
    }

    /// SND.UNA as far as seen.
    pub const fn una(&self) -> SeqNumber {
        self.una
    }

    /// The end of what passed the tap without a gap.
    pub const fn contiguous(&self) -> SeqNumber {
        self.contiguous
    }

    /// The first number.
    pub const fn base(&self) -> SeqNumber {
        self.base
    }

    /// How far `number` lies from the first number, unwrapped to 64 bits by way of SND.NXT.
    pub fn offset_of(&self, number: SeqNumber) -> i64 {
        self.nxt_offset.saturating_add(i64::from(number.distance_from(self.nxt)))
    }

    /// Whether everything seen is acknowledged.
    pub fn is_all_acknowledged(&self) -> bool {
        self.una == self.nxt
    }

    /// Takes in a segment of this end: the range `from..to`, carried by `frame`.
    #[inline]
    pub fn send(&mut self, from: SeqNumber, to: SeqNumber, frame: u64) {
        if !self.seen && self.contiguous.precedes(from) {
            // Known by its acknowledgements alone so far: what came before was not captured.
            self.contiguous = from;
        }
        self.seen = true;
        self.outlier = None;
        self.raise_nxt(to);
        if from == to {
            return;
        }
        self.awaiting.push((to, frame), AWAITING);
        if from.precedes_or_equals(self.contiguous) {
            self.contiguous = self.contiguous.later(to);
            self.join_islands();
        } else if self.islands.count() < ISLANDS {
            self.islands.push((from, to), ISLANDS);
        }
    }

    /// Takes in the peer's acknowledgement; it has been found acceptable. Returns the frame that it answers.
    pub fn acknowledge(&mut self, ack: SeqNumber) -> Option<u64> {
        if self.una.precedes(ack) {
            self.una = ack;
            self.raise_nxt(ack);
            // What the peer has acknowledged has arrived, whether the tap saw it or not.
            self.contiguous = self.contiguous.later(ack);
            self.join_islands();
            if let Some((end, frame)) = self.awaiting.only().copied() {
                self.answered = if end.precedes_or_equals(ack) { NonZero::new(frame) } else { None };
                self.awaiting.retain(|(end, _)| ack.precedes(*end));
                return self.answered.map(NonZero::get);
            }
            let covered = self.awaiting.iter().filter(|(end, _)| end.precedes_or_equals(ack));
            let exact = covered.clone().filter(|(end, _)| *end == ack).max_by_key(|(_, frame)| *frame);
            self.answered = exact.or(covered.last()).and_then(|(_, frame)| NonZero::new(*frame));
            self.awaiting.retain(|(end, _)| ack.precedes(*end));
        }
        self.answered.filter(|_| self.una == ack).map(NonZero::get)
    }

    /// Whether `number` is where a segment not yet acknowledged ends: where the peer's RCV.NXT may stand.
    pub fn is_boundary(&self, number: SeqNumber) -> bool {
        self.awaiting.iter().any(|(end, _)| *end == number)
    }

    /// Takes note of a segment too far ahead to be believed, and says whether it goes on where an earlier one ended.
    pub fn continues_outlier(&mut self, from: SeqNumber, to: SeqNumber) -> bool {
        let continues = self.outlier == Some(from) && from != to;
        self.outlier = Some(to);
        continues
    }

    /// Whether `ack` acknowledges exactly up to the end of such a segment.
    pub fn is_outlier(&self, ack: SeqNumber) -> bool {
        self.outlier == Some(ack)
    }

    /// Believes that everything up to `number` was sent, though it was not captured.
    pub fn skip_to(&mut self, number: SeqNumber) {
        self.raise_nxt(number);
    }

    fn raise_nxt(&mut self, to: SeqNumber) {
        if self.nxt.precedes(to) {
            self.nxt_offset = self.offset_of(to);
            self.nxt = to;
        }
    }

    #[inline]
    fn join_islands(&mut self) {
        if self.islands.is_bare() {
            return;
        }
        let contiguous = &mut self.contiguous;
        while let Some((_, to)) = self.islands.take(|(from, _)| from.precedes_or_equals(*contiguous)) {
            *contiguous = contiguous.later(to);
        }
    }
}

packed!(Sent { base, nxt, contiguous, una, nxt_offset, seen, outlier, answered, awaiting, islands });

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(base: u32) -> Sent {
        Sent::starting_at(SeqNumber(base))
    }

    #[test]
    fn a_gap_is_closed_by_what_fills_it() {
        let mut space = sent(u32::MAX);
        space.send(SeqNumber(u32::MAX), SeqNumber(0), 1);
        space.send(SeqNumber(10), SeqNumber(20), 2);
        space.send(SeqNumber(20), SeqNumber(21), 3);
        assert_eq!(space.contiguous(), SeqNumber(0));
        assert_eq!(space.nxt(), SeqNumber(21));
        space.send(SeqNumber(0), SeqNumber(10), 4);
        assert_eq!(space.contiguous(), SeqNumber(21));
        assert_eq!(space.offset_of(SeqNumber(21)), 22);
    }

    #[test]
    fn an_acknowledgement_finds_its_frame() {
        let mut space = sent(100);
        space.send(SeqNumber(100), SeqNumber(101), 1);
        space.send(SeqNumber(101), SeqNumber(106), 3);
        space.send(SeqNumber(106), SeqNumber(110), 4);
        assert_eq!(space.acknowledge(SeqNumber(101)), Some(1));
        assert_eq!(space.acknowledge(SeqNumber(108)), Some(3), "the last one that is covered");
        assert_eq!(space.acknowledge(SeqNumber(110)), Some(4));
        assert_eq!(space.acknowledge(SeqNumber(110)), Some(4), "and the same again");
        assert_eq!(space.acknowledge(SeqNumber(101)), None);
    }

    #[test]
    fn what_is_acknowledged_has_arrived_though_the_tap_missed_it() {
        let mut space = sent(100);
        space.send(SeqNumber(100), SeqNumber(101), 1);
        space.send(SeqNumber(150), SeqNumber(151), 2);
        assert_eq!(space.acknowledge(SeqNumber(151)), Some(2));
        assert_eq!(space.contiguous(), SeqNumber(151));
    }

    proptest! {
        #[test]
        fn memory_is_bounded_and_offsets_never_wrap(
            base: u32,
            ranges in proptest::collection::vec((0u32..5000, 1u32..100), 0..500),
        ) {
            let mut space = sent(base);
            for (frame, (at, len)) in (1..).zip(ranges) {
                let from = SeqNumber(base) + at;
                space.send(from, from + len, frame);
                prop_assert!(space.islands.count() <= ISLANDS && space.awaiting.count() <= AWAITING);
                prop_assert!(space.offset_of(space.nxt()) >= i64::from(len));
                prop_assert!(space.contiguous().precedes_or_equals(space.nxt()));
            }
        }
    }
}
