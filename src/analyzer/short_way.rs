//! The short way of a segment through its connection.
//!
//! In: a segment that goes on where its sender has got to, in a connection of which nothing was said so far that it could
//! add to. Out: the same as the long way makes of it.
//! Invariant: whatever is in doubt goes the long way, and nothing has moved by then. What moves is moved by the same code;
//! left out is only what comes to nothing: the judge's doubts, and the rules that raise codes.
//! Read: RFC 9293 §3.10.7.4.

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::CodeSet;
use crate::analyzer::judge::judge_next;
use crate::analyzer::outline::Outline;
use crate::segment::{Checksum, Segment};

impl Connection {
    /// Takes in a segment that may go the short way; `None` where it may not.
    pub(super) fn take_in_next(&mut self, segment: &Segment) -> Option<Outline> {
        let is_restless = || self.notes.read().is_some_and(|page| !page.is_at_rest());
        if !is_plain(segment) || self.is_self || self.reset.is_some() || is_restless() {
            return None;
        }
        let from = self.role_of(segment.source);
        let facts = judge_next(segment, self.ends.of(from), self.ends.of(from.other()))?;
        let sender = self.ends.of_mut(from);
        sender.sends(segment, &facts);
        let fin_passed = sender.numbers.fin_has_passed();
        let acknowledges = self.ends.of_mut(from.other()).receives(segment, &facts, fin_passed);
        self.note(segment, &facts, from);
        if let Some(page) = self.notes.edit() {
            let covers_syn = self.ends.of(from.other()).numbers.is_syn_covered_by(segment.ack);
            page.hears(from.other(), covers_syn, facts.covers_fin);
        }
        self.only_answers = false;
        let was_complete = self.complete;
        self.complete = self.opening.was_completed(&self.ends, false);
        Some(Outline {
            from,
            facts,
            as_sent: None,
            acknowledges,
            seen_before: None,
            findings: CodeSet::default(),
            completes: self.complete && !was_complete,
            // Both have been seen.
            turns_two_way: false,
        })
    }
}

/// Neither SYN nor RST, and nothing to be said of it by itself.
fn is_plain(segment: &Segment) -> bool {
    segment.flags.is_plain()
        && matches!(segment.checksum, Checksum::Correct | Checksum::Unchecked)
        && !segment.cut_short
}

#[cfg(test)]
mod tests;
