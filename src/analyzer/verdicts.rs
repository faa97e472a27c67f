//! The last verdicts on a connection.
//!
//! In: a connection that is let go of, and what others show around it. Out: the same connection with its findings.
//! Invariant: what nothing is to be said of is seen at once, and costs nothing more; a test holds that against the whole of
//! the rules.

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::{Account, Surroundings};
use crate::analyzer::diagnosis::ending::{conclude, findings, is_unremarkable};
use crate::analyzer::diagnosis::evidence::{Events, Evidence};
use crate::time::Timestamp;

impl Connection {
    /// Ends the account at `now`: what is still under way and not contradicted counts as arrived. The findings are put
    /// into words, with what is seen `around`.
    pub fn finish(&mut self, now: Timestamp, around: Surroundings) {
        if self.finish_unremarkable(now) {
            self.findings = Box::default();
        } else {
            self.judge_all(around);
        }
    }

    /// The same where nothing is to be said of it, as can be seen at once; whether that is so.
    pub fn finish_unremarkable(&mut self, now: Timestamp) -> bool {
        self.settle(now);
        is_unremarkable(&self.ends, self.is_self, &self.notes)
    }

    /// The same where what was found of another of its course holds of it word for word, as the `evidence` says; `events` have its
    /// own frames and times.
    pub fn finish_likewise(&mut self, now: Timestamp, evidence: &Evidence, events: Events<'_>) {
        self.settle(now);
        evidence.show(&mut self.notes, &mut self.findings, events);
    }

    /// Ends the account at `now`, and says nothing of it.
    pub fn settle(&mut self, now: Timestamp) {
        self.lasts_until(now);
        let passed = self.ends.map(|end| end.numbers.fin_has_passed());
        if self.is_self {
            self.ends.client.settle(passed.client, None);
        } else {
            self.ends.client.settle(passed.server, None);
            self.ends.server.settle(passed.client, None);
        }
    }

    #[inline(never)]
    fn judge_all(&mut self, around: Surroundings) {
        let (opening, closing, outcome) = self.course();
        let account = Account {
            opening,
            closing,
            outcome,
            reset_by: self.reset_by(),
            ends: &self.ends,
            is_self: self.is_self,
            progress: &self.opening,
            only_answers: self.only_answers,
            start: self.start,
            last: self.last,
            now: self.now,
            around,
        };
        conclude(&account, &mut self.notes);
        self.findings = findings(&account, &self.notes).into();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analyzer::moves::{
        ACK, FIN, HANDSHAKE, Move, SYN, TEXT, any_move, any_surroundings, segments,
    };
    use crate::segment::Segment;

    /// Goes through all the rules, whatever was seen at once; whether that would have been enough.
    fn is_enough(segments: &[Segment], around: Surroundings) -> bool {
        let mut connection = Connection::starting_with(1, &segments[0], 0);
        for segment in segments {
            connection.observe(segment, None);
        }
        let mut finished = connection.clone();
        let later = connection.end().after(std::time::Duration::from_secs(90));
        connection.settle(later);
        let is_enough = is_unremarkable(&connection.ends, connection.is_self, &connection.notes);
        connection.judge_all(around);
        finished.finish(later, around);
        assert_eq!(format!("{connection:?}"), format!("{finished:?}"));
        is_enough
    }

    /// Closed in order, left open, cut off after the handshake, closed by one side alone, asked for alone.
    #[test]
    fn of_an_ordinary_connection_nothing_need_be_asked() {
        let talk = [(true, TEXT, 300), (false, ACK, 0), (false, TEXT, 700), (true, ACK, 0)];
        let close = [(true, FIN, 0), (false, FIN, 0), (true, ACK, 0)];
        let all: Vec<Move> = HANDSHAKE
            .into_iter()
            .chain(
                talk.iter().chain(&close).map(|(by_client, flags, len)| Move::next(*by_client, *flags, *len)),
            )
            .collect();
        let enough = |count: usize| is_enough(&segments([7, 9], &all[..count]), Surroundings::default());
        let counts: Vec<usize> = (1..=all.len()).filter(|count| enough(*count)).collect();
        assert_eq!(counts, [3, 4, 5, 6, 7, 9, 10]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_seen_at_once_is_what_all_the_rules_say(
            starts: [u32; 2],
            begins in 0_usize..=HANDSHAKE.len(),
            moves in proptest::collection::vec(any_move(), 0..16),
            orderly in 0_usize..=2,
            around in any_surroundings(),
        ) {
            let ends = [Move::next(true, FIN, 0), Move::next(false, FIN, 0)];
            let first = [Move::next(true, if begins == 0 { ACK } else { SYN }, 0)];
            let moves: Vec<Move> = first
                .iter()
                .chain(HANDSHAKE[..begins].iter().skip(1))
                .chain(&moves)
                .chain(&ends[..orderly])
                .cloned()
                .collect();
            is_enough(&segments(starts, &moves), around);
        }
    }
}
