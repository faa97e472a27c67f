//! A connection in the words of Zeek's conn.log, with Wireshark's `completeness` beside them.
//!
//! In: each segment and who sent it. Out: `conn_state` and `history`.
//! Invariant: to the letter of Zeek, with the client as the originator: flags move states, numbers only gaps and
//! repeats. What departs from Zeek on purpose stands in docs/comparison.md.
//! Read: Zeek's documentation of conn.log.

use crate::analyzer::compare::completeness::Completeness;
use crate::analyzer::compare::end::{End, EndState};
use crate::analyzer::compare::history::{Counted, History, SEEN_ACK, SEEN_DATA, SEEN_FIN, SEEN_FIN_RST};
use crate::analyzer::compare::history::{SEEN_MANY, SEEN_RST, SEEN_SYN};
use crate::analyzer::pack::packed;
use crate::analyzer::role::{Ends, Role};
use crate::segment::{Checksum, Flags, Segment};
use crate::seq::SeqNumber;

/// The running account.
#[derive(Clone, Debug, Default)]
pub struct Zeek {
    ends: Ends<End>,
    history: History,
    completeness: Completeness,
}

impl Zeek {
    /// The account of a connection that is open or has closed, as its ends and its history tell it.
    pub const fn of_open(ends: Ends<End>, history: History, completeness: Completeness) -> Self {
        Self { ends, history, completeness }
    }

    /// Takes in a segment from `from`.
    pub fn note(&mut self, segment: &Segment, from: Role) {
        self.completeness.note(segment);
        if !self.goes_on(segment, from) {
            self.note_any(segment, from);
        }
    }

    /// Takes in a segment with ACK alone, with text or without, between ends that are open or have closed: as nearly all
    /// are, and with nothing else to be asked. False where it is another one; then nothing has moved.
    fn goes_on(&mut self, segment: &Segment, from: Role) -> bool {
        use EndState as E;
        let is_talking = |end: &End| matches!(end.state, E::Established | E::Closed);
        let is_ordinary = segment.flags.is_text_or_ack()
            && segment.window != Some(0)
            && !segment.cut_short
            && segment.checksum != Checksum::Wrong;
        if !is_ordinary || !is_talking(&self.ends.client) || !is_talking(&self.ends.server) {
            return false;
        }
        if !self.ends.of_mut(from).reaches_on(segment) {
            return false;
        }
        let (letter, seen) = if segment.text_len > 0 { (b'd', SEEN_DATA) } else { (b'a', SEEN_ACK) };
        self.add_once(letter, seen, from);
        if let Some(up_to) = self.acknowledged(segment, from) {
            self.jump_over_gaps(up_to, from.other());
        }
        self.take_text(segment, from);
        true
    }

    fn note_any(&mut self, segment: &Segment, from: Role) {
        if segment.cut_short {
            // Zeek reads no header that is not there as a whole.
            return;
        }
        if from == Role::Server && self.is_new() {
            self.history.turn_over();
        }
        if segment.checksum == Checksum::Wrong {
            self.history.count(Counted::Checksum, from);
            return;
        }
        self.ends.of_mut(from).begin(segment);
        self.note_letter(segment, from);
        self.note_window(segment, from);
        let acknowledged = self.acknowledged(segment, from);
        if self.ends.of_mut(from).extend(segment) {
            self.history.count(Counted::Again, from);
        }
        self.change_state(segment, from);
        if let Some(up_to) = acknowledged {
            self.jump_over_gaps(up_to, from.other());
        }
        self.take_text(segment, from);
    }

    /// Takes the other end for the originator from now on.
    pub fn exchange(&mut self) {
        self.ends.exchange();
        self.history.exchange();
    }

    /// Whether both ends have closed: `conn_state` is `SF` then.
    #[inline]
    pub fn has_closed(&self) -> bool {
        self.ends.client.state == EndState::Closed && self.ends.server.state == EndState::Closed
    }

    /// Zeek's `conn_state`, in the order in which Zeek asks.
    pub fn conn_state(&self) -> &'static str {
        use EndState as E;
        let (orig, resp) = (self.ends.client.state, self.ends.server.state);
        let is_absent = |state| matches!(state, E::Inactive | E::Partial);
        let is_silent = self.ends.client.is_silent() && self.ends.server.is_silent();
        match (orig, resp) {
            (E::SynSent | E::SynAckSent, E::Reset) => "REJ",
            (E::Reset, E::Reset) if is_silent => "REJ",
            (orig, E::Reset) if is_absent(orig) => "RSTRH",
            (_, E::Reset) => "RSTR",
            (E::Reset, resp) if is_absent(resp) && self.is_syn_then_reset() => "RSTOS0",
            (E::Reset, resp) if is_absent(resp) => "OTH",
            (E::Reset, _) => "RSTO",
            (E::Closed, E::Closed) => "SF",
            (E::Closed, resp) if is_absent(resp) => "SH",
            (E::Closed, _) => "S2",
            (orig, E::Closed) if is_absent(orig) => "SHR",
            (_, E::Closed) => "S3",
            (E::SynSent, E::Inactive) => "S0",
            (E::Established, E::Established) => "S1",
            _ => "OTH",
        }
    }

    /// Zeek's `history`.
    pub fn history(&self) -> &str {
        self.history.as_str()
    }

    /// The same as it is kept, where it is short.
    #[inline]
    pub fn short_history(&self) -> Option<(&[u8; 15], usize)> {
        self.history.few()
    }

    /// Wireshark's `tcp.completeness`: SYN 1, SYN+ACK 2, ACK 4, data 8, FIN 16, RST 32.
    pub const fn completeness(&self) -> u8 {
        self.completeness.bits()
    }

    fn is_new(&self) -> bool {
        let is_inactive = |end: &End| end.state == EndState::Inactive;
        is_inactive(&self.ends.client) && is_inactive(&self.ends.server) && self.history.as_str().is_empty()
    }

    /// `^?S[^HAFGIQ]*R`: a SYN, and a RST before anything else of weight from the originator.
    fn is_syn_then_reset(&self) -> bool {
        let history = self.history.as_str();
        let after_syn = history.strip_prefix('^').unwrap_or(history).strip_prefix('S');
        after_syn
            .and_then(|rest| rest.find(['H', 'A', 'F', 'G', 'I', 'Q', 'R']).and_then(|at| rest.get(at..)))
            .is_some_and(|rest| rest.starts_with('R'))
    }

    /// The letter of its flags; a SYN, FIN or RST is noted again where its number is another one.
    fn note_letter(&mut self, segment: &Segment, from: Role) {
        let flags = segment.flags;
        let offset = self.ends.of(from).offset(segment.seq);
        match (flags.has(Flags::SYN), flags.has(Flags::FIN), flags.has(Flags::RST)) {
            (_, true, true) => self.add_once(b'i', SEEN_FIN_RST, from),
            (true, true, _) | (true, _, true) => self.add_once(b'q', SEEN_MANY, from),
            (true, ..) => {
                let letter = if flags.has(Flags::ACK) { b'h' } else { b's' };
                let is_new = self.mark(SEEN_SYN, from);
                if self.history.set_syn(offset, from) || is_new {
                    self.history.add(letter, from);
                }
            }
            (_, true, _) => {
                let is_new = self.mark(SEEN_FIN, from);
                let end = self.ends.of_mut(from);
                let fin = offset + segment.text_len;
                if std::mem::replace(&mut end.fin, fin) != fin || is_new {
                    self.history.add(b'f', from);
                }
            }
            (_, _, true) => {
                let is_new = self.mark(SEEN_RST, from);
                if std::mem::replace(&mut self.ends.of_mut(from).rst, offset) != offset || is_new {
                    self.history.add(b'r', from);
                }
            }
            _ if segment.text_len > 0 => self.add_once(b'd', SEEN_DATA, from),
            _ if flags.has(Flags::ACK) => self.add_once(b'a', SEEN_ACK, from),
            _ => {}
        }
    }

    /// A window of zero says nothing in a RST, after one, or to a peer that has sent its FIN.
    fn note_window(&mut self, segment: &Segment, from: Role) {
        if segment.window == Some(0)
            && !segment.flags.has(Flags::RST)
            && self.ends.of(from.other()).state != EndState::Closed
            && self.ends.of(from).state != EndState::Reset
        {
            self.history.count(Counted::Window, from);
        }
    }

    /// The offset up to which the peer's text is acknowledged; `None` where that says nothing.
    #[inline]
    fn acknowledged(&mut self, segment: &Segment, from: Role) -> Option<SeqNumber> {
        if !segment.flags.has(Flags::ACK) {
            return None;
        }
        let peer = self.ends.of_mut(from.other());
        if peer.state == EndState::Inactive {
            peer.begin_acknowledged(segment.ack);
            return None;
        }
        if peer.is_before_start(segment.ack) {
            return None;
        }
        let offset = peer.offset(segment.ack);
        // After a RST no gap counts, and the number in it is not believed.
        let counts = !segment.flags.has(Flags::RST);
        peer.is_acked |= counts && SeqNumber(0).precedes(offset);
        counts.then_some(offset)
    }

    fn change_state(&mut self, segment: &Segment, from: Role) {
        use EndState as E;
        let flags = segment.flags;
        let (syn, fin, rst) = (flags.has(Flags::SYN), flags.has(Flags::FIN), flags.has(Flags::RST));
        let (state, peer) = (self.ends.of(from).state, self.ends.of(from.other()).state);
        match state {
            E::Inactive => self.leave_inactive(segment, from),
            E::SynSent | E::SynAckSent => self.close(fin, rst, from),
            E::Established | E::Partial => {
                if syn && state == E::Partial && peer == E::Inactive && !flags.has(Flags::ACK) {
                    self.ends.of_mut(from).set(E::SynSent);
                }
                if fin && !rst {
                    self.ends.of_mut(from.other()).forgive();
                }
                self.close(fin && !rst, rst, from);
            }
            E::Closed => self.close(false, rst && peer != E::Closed, from),
            E::Reset => {}
        }
    }

    fn leave_inactive(&mut self, segment: &Segment, from: Role) {
        use EndState as E;
        let flags = segment.flags;
        let peer = self.ends.of(from.other()).state;
        if flags.has(Flags::SYN) {
            let next = match (from, flags.has(Flags::ACK)) {
                (Role::Client, true) => E::SynAckSent,
                (Role::Client, false) => E::SynSent,
                // The responder's SYN establishes both ends, whatever it acknowledges.
                (Role::Server, _) => E::Established,
            };
            if from == Role::Server && peer == E::SynSent {
                self.ends.client.set(E::Established);
            }
            self.ends.of_mut(from).set(next);
        }
        self.close(flags.has(Flags::FIN), flags.has(Flags::RST), from);
        if self.ends.of(from).state != E::Inactive {
            return;
        }
        let answers_syn = from == Role::Server && segment.text_len == 0 && peer == E::SynSent;
        if flags.has(Flags::ACK) && peer == E::Established {
            // The SYN was not captured, but the SYN+ACK was.
            self.ends.of_mut(from).set(E::Established);
        } else if !answers_syn {
            self.ends.of_mut(from).set(E::Partial);
        }
    }

    fn close(&mut self, fin: bool, rst: bool, from: Role) {
        let end = self.ends.of_mut(from);
        if fin {
            end.set(EndState::Closed);
        }
        if rst {
            end.set(EndState::Reset);
        }
    }

    /// The text of `sender` is acknowledged up to an offset: what was not captured before it is a gap.
    #[inline]
    fn jump_over_gaps(&mut self, up_to: SeqNumber, sender: Role) {
        let is_clean = self.ends.client.is_clean() && self.ends.server.is_clean();
        let end = self.ends.of_mut(sender);
        let up_to = if end.seen & SEEN_FIN != 0 && end.fin.precedes(up_to) { end.fin } else { up_to };
        if up_to.precedes_or_equals(end.next) {
            return;
        }
        let gaps = match self.history.rare_if_any() {
            Some(rare) => {
                let (gaps, next) = rare.blocks.of_mut(sender).jump(end.next, up_to);
                end.next = next;
                gaps
            }
            None => {
                end.next = up_to;
                1
            }
        };
        for _ in 0..if is_clean { gaps } else { 0 } {
            self.history.count(Counted::Gap, sender);
        }
    }

    fn take_text(&mut self, segment: &Segment, from: Role) {
        let end = self.ends.of_mut(from);
        if segment.text_len == 0
            || segment.flags.has(Flags::RST)
            || end.is_before_start(segment.seq)
            || segment.text.is_cut()
        {
            return;
        }
        let first = end.offset(segment.seq) + u32::from(segment.flags.has(Flags::SYN));
        let last = first + segment.text_len;
        let is_plain = self.history.rare().is_none_or(|rare| rare.blocks.of(from).is_plain());
        if is_plain && first.precedes_or_equals(end.next) {
            end.next = end.next.later(last);
        } else {
            let blocks = self.history.rare_mut().blocks.of_mut(from);
            end.next = blocks.add(first, last, end.next, end.is_acked);
        }
    }

    fn add_once(&mut self, letter: u8, seen: u8, from: Role) {
        if self.mark(seen, from) {
            self.history.add(letter, from);
        }
    }

    /// Marks a kind as seen; whether it is for the first time.
    fn mark(&mut self, seen: u8, from: Role) -> bool {
        let end = self.ends.of_mut(from);
        let is_new = end.seen & seen == 0;
        end.seen |= seen;
        is_new
    }
}

packed!(Zeek { ends, history, completeness });

#[cfg(test)]
mod tests;
