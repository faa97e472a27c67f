//! How many connections are held at the ready.
//!
//! In: the bounds, how many are held, and that one that was packed is needed again. Out: how many of them need not be packed.
//! Invariant: the fewer are held, the more may be at the ready, so that all of them never take more memory than the most there may
//! be would. More than the least are only as each that is needed again shows it; that is taken back where more are held.

use crate::analyzer::config::Config;

/// So many more may be at the ready for each that is needed again: the first few of a crowd show what the others will need.
const FOR_EACH: usize = 4;

/// The bound.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    least: usize,
    most_held: usize,
    lenders: usize,
    /// More than the least, as far as there is room for them.
    more: usize,
}

impl Ready {
    /// As configured.
    pub fn of(config: &Config) -> Self {
        let Config { most_connections, most_whole, lenders, keep_steps, .. } = *config;
        let least = if keep_steps > 0 { usize::MAX } else { most_whole.max(1) };
        Self { least, most_held: most_connections, lenders, more: 0 }
    }

    /// Notes that one that was packed is needed again, where so many are held.
    pub fn note_needed(&mut self, held: usize) {
        // As far as there is room for them: those for whom there is none are to show it again once there is.
        let room = self.lent(held).saturating_sub(self.least);
        self.more = self.more.saturating_add(FOR_EACH).min(room);
    }

    /// Whether so many are too many, where so many are held.
    #[inline]
    pub fn is_passed_by(&self, ready: usize, held: usize) -> bool {
        ready > self.least && ready > self.most(held)
    }

    /// How many are left at the ready where others have to be packed: some fewer than may be, so that others can come for a while.
    pub fn rest(&self, held: usize) -> usize {
        let most = self.most(held);
        most.saturating_sub(most / 16)
    }

    fn most(&self, held: usize) -> usize {
        self.lent(held).min(self.least.saturating_add(self.more)).max(self.least)
    }

    /// So many others lend their room.
    fn lent(&self, held: usize) -> usize {
        self.most_held.saturating_sub(held).checked_div(self.lenders).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewer_are_held_the_more_may_be_at_the_ready() {
        let most = |mut ready: Ready, held| {
            (0..20_000).for_each(|_| ready.note_needed(held));
            ready.most(held)
        };
        let ready = Ready::of(&Config::default());
        let all = [0, 58_000, 500_000, 737_856, 1_000_000, 1_000_001].map(|held| most(ready, held));
        assert_eq!(all, [62_500, 58_875, 31_250, 16_384, 16_384, 16_384]);
        let none_lent = Config { lenders: 0, most_whole: 0, ..Config::default() };
        assert_eq!(most(Ready::of(&none_lent), 5), 1, "one is in use");
        assert_eq!(most(Ready::of(&Config { keep_steps: 1, ..none_lent }), 5), usize::MAX);
    }

    #[test]
    fn no_more_are_at_the_ready_than_were_needed() {
        let mut ready = Ready::of(&Config::default());
        assert!(!ready.is_passed_by(16_384, 50_000) && ready.is_passed_by(16_385, 50_000));
        (0..100).for_each(|_| ready.note_needed(50_000));
        assert!(!ready.is_passed_by(16_784, 50_000) && ready.is_passed_by(16_785, 50_000));
        ready.note_needed(990_000);
        assert_eq!((ready.most(50_000), ready.rest(50_000)), (16_384, 15_360), "others had no room left");
    }
}
