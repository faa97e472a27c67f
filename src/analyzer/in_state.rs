//! Time that one end spent in each state.
//!
//! In: each change with its time. Out: the sum for each state (field guide, section 5).
//! Invariant: capture time alone; where it steps back a span counts as zero.

use std::time::Duration;

use crate::analyzer::pack::packed;
use crate::analyzer::state::State;
use crate::time::{Moment, Timestamp};

/// Time spent in each state so far, and since when the present one lasts.
#[derive(Clone, Debug, Default)]
pub struct InState {
    since: Moment,
    /// Nanoseconds, in the order of `State::ALL`: half the size of as many durations.
    spent: [u64; State::ALL.len()],
}

impl InState {
    /// A few words from all over, for `Connection::glance`.
    pub fn glance(&self) -> u64 {
        let words = [self.spent.first(), self.spent.last()].into_iter().flatten();
        words.fold(u64::from(self.since.is_some()), |all, word| all ^ word)
    }

    /// Notes that until `now` the state was `before`, as it turns out: what was assumed meanwhile may be disproved.
    pub fn note(&mut self, before: State, now: Timestamp) {
        let since = self.since.get().unwrap_or(now);
        if let Some(spent) = self.spent.get_mut(index(before)) {
            *spent = spent.saturating_add(now.0.saturating_sub(since.0));
        }
        self.since = Moment::at(now);
    }

    /// What was spent in each known state until `now`, `current` being the present one; states never entered are left
    /// out.
    pub fn spent(&self, current: State, now: Timestamp) -> impl Iterator<Item = (State, Duration)> {
        let running = self.since.get().map_or(Duration::ZERO, |since| now.since(since));
        State::ALL.into_iter().zip(self.spent).filter_map(move |(state, spent)| {
            let spent = Duration::from_nanos(spent);
            let spent = if state == current { spent.saturating_add(running) } else { spent };
            (spent > Duration::ZERO && state != State::Unknown).then_some((state, spent))
        })
    }
}

/// `State::ALL` has the order in which the states are declared.
const fn index(state: State) -> usize {
    state as usize
}

packed!(InState { since, spent });

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
        assert_eq!(
            spent,
            [(State::SynSent, Duration::from_secs(3)), (State::Established, Duration::from_secs(5))]
        );
    }
}
