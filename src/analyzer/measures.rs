//! What is measured of a connection, in nanoseconds.
//!
//! In: a connection. Out: its spans as plain numbers, for whoever writes millions of them.
//! Invariant: the same spans as those of `Opening`, `Closing` and `Connection`, which divide them into seconds and the rest.
//! Read: field guide section 5 (measures).

use std::time::Duration;

use crate::analyzer::closing::ClosingSpans;
use crate::analyzer::connection::Connection;
use crate::analyzer::opening::OpeningSpans;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;

/// Spans in nanoseconds, each where it is known.
#[derive(Clone, Copy, Debug)]
pub struct Measures {
    /// First segment to the last.
    pub duration: u64,
    /// First segment to the first text.
    pub time_to_first_data: Option<u64>,
    /// Those of the opening.
    pub opening: OpeningSpans,
    /// Those of the closing.
    pub closing: ClosingSpans,
}

impl Connection {
    /// What is measured of it.
    #[inline(always)]
    pub fn measures(&self) -> Measures {
        let since_start = |time: u64| time.saturating_sub(self.start.0);
        Measures {
            duration: since_start(self.last.0),
            time_to_first_data: self.first_text.get().map(|time| since_start(time.0)),
            opening: self.opening.spans(),
            closing: ClosingSpans::of(&self.ends, self.is_self, self.first_fin),
        }
    }

    /// Time that one end spent in each state until the last segment, in nanoseconds, one state after the other.
    #[inline]
    pub fn in_state_of(&self, role: Role) -> impl Iterator<Item = (State, u128)> {
        let end = if self.is_self { &self.ends.client } else { self.ends.of(role) };
        end.in_state.spent(end.state(), self.last)
    }
}

/// So many nanoseconds as a duration.
pub fn duration(nanoseconds: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanoseconds / SECOND).unwrap_or(u64::MAX);
    Duration::new(seconds, (nanoseconds % SECOND) as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analyzer::moves::{FIN, HANDSHAKE, Move, any_move, segments};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn the_same_as_those_in_seconds(
            starts: [u32; 2],
            moves in proptest::collection::vec(any_move(), 0..24),
            closes: bool,
        ) {
            let close = [Move::next(true, FIN, 0), Move::next(false, FIN, 0), Move::next(true, 0x10, 0)];
            let moves = HANDSHAKE.iter().chain(&moves).chain(close.iter().filter(|_| closes));
            let all = segments(starts, &moves.cloned().collect::<Vec<_>>());
            let mut connection = Connection::starting_with(1, &all[0], 0);
            for segment in &all {
                connection.observe(segment, None);
                let (measures, (opening, closing, _)) = (connection.measures(), connection.course());
                let known = |span: Option<u64>| span.map(Duration::from_nanos);
                let OpeningSpans { connect_time, syn_to_syn_ack, syn_ack_to_ack, handshake_rtt } = measures.opening;
                prop_assert_eq!(
                    [connect_time, syn_to_syn_ack, syn_ack_to_ack, handshake_rtt].map(known),
                    [opening.connect_time, opening.syn_to_syn_ack, opening.syn_ack_to_ack, opening.handshake_rtt]
                );
                let ClosingSpans { close_time, fin_to_ack, fin_to_fin } = measures.closing;
                prop_assert_eq!(
                    [close_time, fin_to_ack, fin_to_fin, measures.time_to_first_data].map(known),
                    [closing.close_time, closing.fin_to_ack, closing.fin_to_fin, connection.time_to_first_data()]
                );
                prop_assert_eq!(u128::from(measures.duration), connection.end().since(connection.start()).as_nanos());
            }
        }

        #[test]
        fn nanoseconds_come_back(nanoseconds: u64, more: u64) {
            let span = Duration::from_nanos(nanoseconds).saturating_add(Duration::from_nanos(more));
            prop_assert_eq!(duration(u128::from(nanoseconds).saturating_add(more.into())), span);
        }
    }
}
