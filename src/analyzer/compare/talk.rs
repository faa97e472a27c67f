//! The same account of a connection by the textbook, with less to be asked.
//!
//! In: segments after the handshake, each where its sender has got to, or one that came again, none a RST, no window closed. Out:
//! the account.
//! Invariant: the same as by `Zeek::note` of each segment. What is not such a segment is for the caller to keep away.
//! Read: Zeek's documentation of conn.log.

use crate::analyzer::compare::completeness::{ACK, Completeness, DATA, FIN, SYN_ACK};
use crate::analyzer::compare::end::{End, EndState, Heard};
use crate::analyzer::compare::history::{Counted, History, SEEN_ACK, SEEN_DATA, SEEN_FIN, SEEN_SYN};
use crate::analyzer::compare::zeek::Zeek;
use crate::analyzer::role::{Ends, Role};
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;

/// A connection that is open, or has closed.
#[derive(Debug)]
pub struct Talk {
    ends: Ends<Heard>,
    history: History,
    completeness: u8,
}

impl Talk {
    /// After SYN and SYN+ACK, each without text, of the numbers `j` and `k`.
    pub fn opened(j: SeqNumber, k: SeqNumber) -> Self {
        let mut talk = Self::without_history(j, k, Ends::default());
        talk.history.add(b's', Role::Client);
        talk.history.add(b'h', Role::Server);
        talk
    }

    /// The same after some more, of which is told which ends have closed, and nothing else: enough for a state, not for a history.
    #[inline(always)]
    pub fn without_history(j: SeqNumber, k: SeqNumber, have_closed: Ends<bool>) -> Self {
        let heard = |start, has_closed| {
            let seen = SEEN_SYN | if has_closed { SEEN_FIN } else { 0 };
            Heard { start, seen, ..Heard::default() }
        };
        let ends = Ends { client: heard(j, have_closed.client), server: heard(k, have_closed.server) };
        Self { ends, history: History::default(), completeness: SYN_ACK }
    }

    /// Whether a segment is none whose text was captured beyond a gap.
    #[inline]
    pub const fn is_in_order(&self, jot: &Jot, from: Role) -> bool {
        let own = self.ends.of(from);
        jot.text_len == 0 || jot.is_cut() || !own.next.precedes(own.offset(jot.seq))
    }

    /// Takes in the next segment.
    #[inline(always)]
    pub fn take(&mut self, jot: &Jot, from: Role) {
        let (has_text, has_fin) = (jot.text_len > 0, jot.flags.has(Flags::FIN));
        self.completeness |= if has_text { DATA } else { ACK } | if has_fin { FIN } else { 0 };
        let (letter, seen) = match (has_fin, has_text) {
            (true, _) => (b'f', SEEN_FIN),
            (_, true) => (b'd', SEEN_DATA),
            _ => (b'a', SEEN_ACK),
        };
        let own = self.ends.of_mut(from);
        let end_of_text = own.offset(jot.seq) + u32::from(jot.text_len);
        let end = end_of_text + u32::from(has_fin);
        let is_again = has_text && !own.reach.precedes(end);
        own.reach = own.reach.later(end);
        let is_new = own.seen & seen == 0;
        own.seen |= seen;
        if has_fin {
            own.fin = end_of_text;
        }
        if has_text && !jot.is_cut() {
            own.next = own.next.later(end_of_text);
        }
        if is_new {
            self.history.add(letter, from);
        }
        if is_again {
            self.history.count(Counted::Again, from);
        }
        self.acknowledge(jot.ack, from.other());
    }

    /// The account, where the ends have sent all up to `last`.
    pub fn zeek(&self, last: Ends<SeqNumber>) -> Zeek {
        let Ends { client, server } = &self.ends;
        let ends = Ends {
            client: End::open(EndState::SynSent, client, last.client),
            server: End::open(EndState::Inactive, server, last.server),
        };
        Zeek::of_open(ends, self.history.clone(), Completeness::since_a_syn(self.completeness))
    }

    /// The text of `sender` is acknowledged up to `ack`: what was not captured before it is a gap.
    #[inline]
    fn acknowledge(&mut self, ack: SeqNumber, sender: Role) {
        let heard = self.ends.of_mut(sender);
        let up_to = heard.offset(ack);
        heard.is_acked |= SeqNumber(0).precedes(up_to);
        let has_closed = heard.seen & SEEN_FIN != 0;
        let up_to = if has_closed && heard.fin.precedes(up_to) { heard.fin } else { up_to };
        if heard.next.precedes(up_to) {
            heard.next = up_to;
            self.history.count(Counted::Gap, sender);
        }
    }
}
