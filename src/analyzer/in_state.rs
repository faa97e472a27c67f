//! Time that one end spent in each state.
//!
//! In: each change with its time. Out: the sum for each state (field guide, section 5).
//! Invariant: capture time alone; where it steps back a span counts as zero.

use crate::analyzer::pack::packed;
use crate::analyzer::state::State;
use crate::time::{Moment, Timestamp};

/// Time spent in each state so far, and since when the present one lasts.
#[derive(Clone, Debug, Default)]
pub struct InState {
    since: Moment,
    /// What was spent in `running` since the state last changed, not yet in `spent`: so that as long as it stays, the rest
    /// is not touched.
    lately: u64,
    running: State,
    /// Nanoseconds, in the order of `State::ALL`: half the size of as many durations.
    spent: [u64; State::ALL.len()],
}

impl InState {
    /// Notes that until `now` the state was `before`, as it turns out: what was assumed meanwhile may be disproved.
    #[inline]
    pub fn note(&mut self, before: State, now: Timestamp) {
        let since = self.since.get().unwrap_or(now);
        if before != self.running {
            self.change(before);
        }
        self.lately = self.lately.saturating_add(now.0.saturating_sub(since.0));
        self.since = Moment::at(now);
    }

    /// The time spent in states that followed one another from `start` on, each with when it ended.
    #[inline(always)]
    pub fn of_runs(start: Timestamp, runs: impl Iterator<Item = (State, Timestamp)>) -> Self {
        let mut spent = Self { since: Moment::at(start), ..Self::default() };
        let mut since = start;
        for (state, until) in runs {
            spent.change(state);
            spent.lately = until.0.saturating_sub(since.0);
            since = until;
        }
        Self { since: Moment::at(since), ..spent }
    }

    /// The state until the last note.
    pub const fn lately(&self) -> State {
        self.running
    }

    #[inline]
    fn change(&mut self, running: State) {
        let lately = std::mem::take(&mut self.lately);
        let before = std::mem::replace(&mut self.running, running);
        if let Some(spent) = self.spent.get_mut(index(before)) {
            *spent = spent.saturating_add(lately);
        }
    }

    /// The nanoseconds spent in each known state until `now`, `current` being the present one; states never entered are left
    /// out.
    #[inline(always)]
    pub fn spent(&self, current: State, now: Timestamp) -> impl Iterator<Item = (State, u128)> {
        let since = self.since.get().map_or(0, |since| now.0.saturating_sub(since.0));
        let mut spent = self.spent;
        if let Some(spent) = spent.get_mut(index(self.running)) {
            *spent = spent.saturating_add(self.lately);
        }
        // Most states are never entered: a bit for each that was.
        let mut entered = spent.iter().rev().fold(0_u32, |bits, spent| bits << 1 | u32::from(*spent > 0));
        entered |= u32::from(since > 0) << index(current);
        entered &= !(1 << index(State::Unknown));
        std::iter::from_fn(move || {
            let at = entered.trailing_zeros() as usize;
            let (state, spent) = (*State::ALL.get(at)?, u128::from(*spent.get(at)?));
            entered &= entered.wrapping_sub(1);
            Some((state, if state == current { spent.saturating_add(since.into()) } else { spent }))
        })
    }

    /// Writes the same to `all`, in the order of `State::ALL`, 0 where a state was never entered; false where one of them is
    /// beyond 64 bits.
    #[inline(always)]
    pub fn totals(&self, current: State, now: Timestamp, all: &mut [u64; State::ALL.len()]) -> bool {
        let since = self.since.get().map_or(0, |since| now.0.saturating_sub(since.0));
        *all = self.spent;
        if let Some(spent) = all.get_mut(index(self.running)) {
            *spent = spent.saturating_add(self.lately);
        }
        let Some(spent) = all.get_mut(index(current)) else { return false };
        let (total, is_beyond) = spent.overflowing_add(since);
        *spent = total;
        !is_beyond
    }
}

/// `State::ALL` has the order in which the states are declared.
const fn index(state: State) -> usize {
    state as usize
}

packed!(InState { since, lately, running, spent });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_all_states_is_that_of_the_enum() {
        assert!(State::ALL.iter().enumerate().all(|(at, state)| index(*state) == at));
    }

    #[test]
    fn each_state_has_its_time() {
        let at = |seconds| Timestamp::new(seconds, 0);
        let mut times = InState::default();
        times.note(State::Unknown, at(1));
        times.note(State::SynSent, at(2));
        times.note(State::SynSent, at(4));
        let spent: Vec<_> = times.spent(State::Established, at(9)).collect();
        assert_eq!(spent, [(State::SynSent, 3_000_000_000), (State::Established, 5_000_000_000)]);
    }
}
