//! What is measured of a connection, in nanoseconds, and how it went.
//!
//! In: a connection. Out: its spans as plain numbers, its opening and closing, for whoever writes millions of them.
//! Invariant: the same as by `Opening`, `Closing` and `Connection`, which divide spans into seconds and the rest. How one
//! went that went by the book is told the short way: the same again, most of it known when this is compiled.
//! Read: field guide section 5 (measures).

use std::time::Duration;

use crate::analyzer::closing::{ClosingKind, ClosingSpans, shape};
use crate::analyzer::connection::Connection;
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::opening::{Opening, OpeningKind, OpeningSpans};
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// Spans in nanoseconds, each where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// How a connection went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Went {
    /// Its opening.
    pub opening: OpeningInNumbers,
    /// Its closing.
    pub closing: ClosingInNumbers,
    /// What became of it.
    pub outcome: Outcome,
    /// What was measured.
    pub spans: Measures,
}

/// Of an opening its kind, the SYNs, the SYN+ACKs, and both ISS.
pub type OpeningInNumbers = (OpeningKind, u32, u32, Ends<Option<SeqNumber>>);
/// Of a closing its kind, who began it, and the numbers of the first FIN and the second.
pub type ClosingInNumbers = (ClosingKind, Option<Role>, [Option<SeqNumber>; 2]);

impl Connection {
    /// How it went.
    #[inline(always)]
    pub fn went(&self) -> Went {
        let (opening, closing, outcome) = self.course();
        let Opening { kind, syns, syn_acks, j, k, .. } = opening;
        Went {
            opening: (kind, syns, syn_acks, Ends { client: j, server: k }),
            closing: (closing.kind, closing.first, [closing.m, closing.n]),
            outcome,
            spans: self.measures(),
        }
    }

    /// How it went, if it opened in three segments, each sent once, and both ends closed it.
    #[inline(always)]
    pub fn went_by_the_book(&self) -> Option<Went> {
        let [asked, answered, third] = self.opening.in_order()?;
        let (client, server) = (&self.ends.client.numbers, &self.ends.server.numbers);
        let (syns, syn_acks) = ((client.syns, server.syns), (client.syn_acks, server.syn_acks));
        let is_opened = (syns, syn_acks) == ((1, 0), (0, 1)) && !self.ends.server.is_doubted();
        if self.is_self || self.reset.is_some() || !is_opened {
            return None;
        }
        let role = self.first_fin?;
        let (m, n) = (self.ends.of(role).numbers.fin()?, self.ends.of(role.other()).numbers.fin()?);
        let ((m_acknowledged, _), (n_acknowledged, _)) = (m.acknowledged?, n.acknowledged?);
        // A capture may hold the two in reverse order.
        if m.times_until_acknowledged != 1 || n.number.precedes(m.ack) {
            return None;
        }
        let span = |from: Timestamp, to: Timestamp| Some(to.0.saturating_sub(from.0));
        let in_order = |from: Timestamp, to: Timestamp| Some(to.0.wrapping_sub(from.0));
        Some(Went {
            opening: (
                OpeningKind::ThreeWay,
                1,
                1,
                Ends { client: Some(client.iss()?), server: Some(server.iss()?) },
            ),
            closing: (shape(m, n), Some(role), [Some(m.number), Some(n.number)]),
            outcome: Outcome::Closed,
            spans: Measures {
                opening: OpeningSpans {
                    connect_time: in_order(asked, answered),
                    syn_to_syn_ack: in_order(asked, answered),
                    syn_ack_to_ack: in_order(answered, third),
                    handshake_rtt: in_order(asked, third),
                },
                closing: ClosingSpans {
                    close_time: span(m.time, m_acknowledged.max(n_acknowledged)),
                    fin_to_ack: span(m.time, m_acknowledged),
                    fin_to_fin: span(m.time, n.time),
                },
                ..self.measures()
            },
        })
    }

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
        let end = self.end_of(role);
        end.in_state.spent(end.state(), self.last)
    }

    /// Writes the same to `all`, in the order of `State::ALL`, 0 where a state was never entered; false where one of them is
    /// beyond 64 bits.
    #[inline(always)]
    pub fn totals_of(&self, role: Role, all: &mut [u64; State::ALL.len()]) -> bool {
        let end = self.end_of(role);
        end.in_state.totals(end.state(), self.last, all)
    }

    #[inline(always)]
    const fn end_of(&self, role: Role) -> &Endpoint {
        if self.is_self { &self.ends.client } else { self.ends.of(role) }
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
                let went = connection.went_by_the_book();
                prop_assert!(went.is_none_or(|went| went == connection.went()), "{:?}", went);
            }
        }

        #[test]
        fn nanoseconds_come_back(nanoseconds: u64, more: u64) {
            let span = Duration::from_nanos(nanoseconds).saturating_add(Duration::from_nanos(more));
            prop_assert_eq!(duration(u128::from(nanoseconds).saturating_add(more.into())), span);
        }
    }
}
