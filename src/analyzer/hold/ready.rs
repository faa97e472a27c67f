//! How many connections are held at the ready.
//!
//! In: the bounds, and how many are held. Out: how many of them need not be packed.
//! Invariant: the fewer are held, the more are at the ready, so that all of them never take more memory than the most there may
//! be would.

use crate::analyzer::config::Config;

/// The bound.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    least: usize,
    most_held: usize,
    lenders: usize,
}

impl Ready {
    /// As configured.
    pub fn of(config: &Config) -> Self {
        let Config { most_connections, most_whole, lenders, keep_steps, .. } = *config;
        let least = if keep_steps > 0 { usize::MAX } else { most_whole.max(1) };
        Self { least, most_held: most_connections, lenders }
    }

    /// Whether so many are too many, where so many are held.
    #[inline]
    pub fn is_passed_by(&self, ready: usize, held: usize) -> bool {
        ready > self.least && ready > self.most(held)
    }

    fn most(&self, held: usize) -> usize {
        self.most_held.saturating_sub(held).checked_div(self.lenders).unwrap_or(0).max(self.least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewer_are_held_the_more_are_at_the_ready() {
        let ready = Ready::of(&Config::default());
        let all = [0, 58_000, 500_000, 737_856, 1_000_000, 1_000_001].map(|held| ready.most(held));
        assert_eq!(all, [62_500, 58_875, 31_250, 16_384, 16_384, 16_384]);
        let none_lent = Config { lenders: 0, most_whole: 0, ..Config::default() };
        assert_eq!(Ready::of(&none_lent).most(5), 1, "one is in use");
        assert_eq!(Ready::of(&Config { keep_steps: 1, ..none_lent }).most(5), usize::MAX);
    }
}
