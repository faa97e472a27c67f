//! Text as Zeek puts it together: what lies beyond a gap waits for it.
//!
//! In: where captured text lies, and how far the peer acknowledges; offsets, from 0 for the first octet after the SYN.
//! Out: how many gaps were jumped over.
//! Invariant: nothing is kept where text is captured in order; what waits is bounded.
//! Read: Zeek's documentation of conn.log, `history` (`g`).

use crate::analyzer::pack::packed;
use crate::seq::SeqNumber;

/// Blocks kept beyond gaps, for each end. Zeek keeps all; beyond these, several gaps count as one.
const MOST: usize = 64;

/// Zeek follows an end's text no further where none of it is ever acknowledged and more than this waits.
const MOST_WAITING: i32 = 16_384;

/// Text captured beyond a gap, in order, none touching another.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    blocks: Vec<(SeqNumber, SeqNumber)>,
    given_up: bool,
}

impl Blocks {
    /// Takes in text from `from` to `to`, of which all before `next` was seen; returns what was seen now.
    pub fn add(&mut self, from: SeqNumber, to: SeqNumber, next: SeqNumber, is_acked: bool) -> SeqNumber {
        if self.given_up || to.precedes_or_equals(next) {
            return next;
        }
        if from.precedes_or_equals(next) {
            return self.join(to);
        }
        self.insert(from, to);
        let waiting = self.blocks.last().map_or(0, |(_, end)| end.distance_from(next));
        if !is_acked && waiting > MOST_WAITING {
            self.given_up = true;
            self.blocks = Vec::new();
        }
        next
    }

    /// Jumps from `next` to `up_to`, which the peer has acknowledged: the number of gaps on the way, and what was seen
    /// now.
    pub fn jump(&mut self, next: SeqNumber, up_to: SeqNumber) -> (u32, SeqNumber) {
        let (mut gaps, mut next) = (0_u32, next);
        while let Some((from, to)) = self.blocks.first().copied().filter(|(from, _)| from.precedes(up_to)) {
            self.blocks.remove(0);
            gaps = gaps.saturating_add(u32::from(next.precedes(from)));
            next = next.later(to);
        }
        if next.precedes(up_to) {
            gaps = gaps.saturating_add(1);
            next = up_to;
        }
        (if self.given_up { 0 } else { gaps }, self.join(next))
    }

    /// Whether nothing waits, and the text is followed.
    pub const fn is_plain(&self) -> bool {
        self.blocks.is_empty() && !self.given_up
    }

    /// Text is complete up to `next`: what begins there or before is joined to it.
    fn join(&mut self, next: SeqNumber) -> SeqNumber {
        let mut next = next;
        while let Some((_, to)) =
            self.blocks.first().copied().filter(|(from, _)| from.precedes_or_equals(next))
        {
            self.blocks.remove(0);
            next = next.later(to);
        }
        next
    }

    fn insert(&mut self, from: SeqNumber, to: SeqNumber) {
        let (mut from, mut to) = (from, to);
        let mut at = self.blocks.partition_point(|(_, end)| end.precedes(from));
        while let Some((begin, end)) =
            self.blocks.get(at).copied().filter(|(begin, _)| begin.precedes_or_equals(to))
        {
            self.blocks.remove(at);
            from = if begin.precedes(from) { begin } else { from };
            to = to.later(end);
        }
        if self.blocks.len() < MOST {
            at = at.min(self.blocks.len());
            self.blocks.insert(at, (from, to));
        }
    }
}

packed!(Blocks { blocks, given_up });

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: SeqNumber = SeqNumber(0);

    fn blocks(spans: &[(u32, u32)]) -> Blocks {
        let mut blocks = Blocks::default();
        for (from, to) in spans {
            assert_eq!(blocks.add(SeqNumber(*from), SeqNumber(*to), ZERO, true), ZERO);
        }
        blocks
    }

    #[test]
    fn each_gap_that_is_jumped_over_counts_once() {
        assert_eq!(Blocks::default().jump(ZERO, SeqNumber(5)), (1, SeqNumber(5)));
        assert_eq!(blocks(&[(5, 9)]).jump(ZERO, SeqNumber(9)), (1, SeqNumber(9)));
        assert_eq!(blocks(&[(20, 30), (5, 9)]).jump(ZERO, SeqNumber(40)), (3, SeqNumber(40)));
        assert_eq!(
            blocks(&[(5, 9), (9, 12)]).jump(ZERO, SeqNumber(6)),
            (1, SeqNumber(12)),
            "the block is whole"
        );
    }

    #[test]
    fn text_that_closes_a_gap_joins_what_waits() {
        let mut waiting = blocks(&[(5, 9), (8, 12), (20, 22)]);
        assert_eq!(waiting.add(ZERO, SeqNumber(5), ZERO, true), SeqNumber(12));
        assert!(!waiting.is_plain());
        assert_eq!(waiting.add(SeqNumber(12), SeqNumber(20), SeqNumber(12), true), SeqNumber(22));
        assert!(waiting.is_plain());
    }

    #[test]
    fn text_that_nobody_acknowledges_is_given_up() {
        let mut waiting = Blocks::default();
        assert_eq!(waiting.add(SeqNumber(1), SeqNumber(17_000), ZERO, false), ZERO);
        assert_eq!(waiting.jump(ZERO, SeqNumber(9)), (0, SeqNumber(9)), "no gap is noted any more");
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut waiting = Blocks::default();
        for at in 0..1000 {
            waiting.add(SeqNumber(at * 10 + 5), SeqNumber(at * 10 + 6), ZERO, true);
        }
        assert_eq!(waiting.blocks.len(), MOST);
    }
}
