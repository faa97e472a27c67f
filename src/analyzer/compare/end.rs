//! One end as Zeek keeps it: a state by flags, and where its text lies.
//!
//! In: segments of that end, and acknowledgements of the other. Out: state, offsets, how much was sent.
//! Invariant: offsets count from the octet after the SYN; what is true of a direction beyond 2 GB is Zeek's own affair.
//! Read: Zeek's documentation of conn.log, `conn_state`.

use crate::analyzer::compare::history::SEEN_FIN;
use crate::analyzer::pack::{packed, packed_enum};
use crate::segment::{Flags, Segment};
use crate::seq::SeqNumber;

/// A SYN or RST further away than this does not tell where the end's text ends.
const FAR: u32 = 1 << 20;

/// An end's state, by flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndState {
    /// Nothing came from it.
    #[default]
    Inactive,
    /// It spoke first without a SYN.
    Partial,
    SynSent,
    SynAckSent,
    Established,
    Closed,
    Reset,
}

/// One end.
#[derive(Clone, Copy, Debug, Default)]
pub struct End {
    /// The number of its SYN, or the one before its first segment.
    start: SeqNumber,
    /// The number after the last that it sent.
    last: SeqNumber,
    /// The offset up to which its text was captured, or jumped over.
    pub next: SeqNumber,
    /// The offset of its last FIN.
    pub fin: SeqNumber,
    /// The offset of its last RST.
    pub rst: SeqNumber,
    pub state: EndState,
    before: EndState,
    /// The letters that it has in the history.
    pub seen: u8,
    /// Whether any of its text was acknowledged.
    pub is_acked: bool,
}

/// An end that is open, or has closed, each segment of which lay where it had got to, or came again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard {
    /// As in `End`.
    pub start: SeqNumber,
    /// As in `End`.
    pub next: SeqNumber,
    /// The offset behind the last that it sent.
    pub reach: SeqNumber,
    /// As in `End`.
    pub fin: SeqNumber,
    /// As in `End`.
    pub seen: u8,
    /// As in `End`.
    pub is_acked: bool,
}

impl Heard {
    /// Where `seq` lies, as by `End::offset`.
    pub const fn offset(&self, seq: SeqNumber) -> SeqNumber {
        SeqNumber(seq.back(1).0.wrapping_sub(self.start.0))
    }
}

impl End {
    /// The end that `heard` is, which has sent all up to `last`. Before it was open its state was `before`.
    pub const fn open(before: EndState, heard: &Heard, last: SeqNumber) -> Self {
        let Heard { start, next, reach: _, fin, seen, is_acked } = *heard;
        let (before, state) = if seen & SEEN_FIN != 0 {
            (EndState::Established, EndState::Closed)
        } else {
            (before, EndState::Established)
        };
        Self { start, last, next, fin, rst: SeqNumber(0), state, before, seen, is_acked }
    }

    /// Moves to `state`.
    pub fn set(&mut self, state: EndState) {
        if self.state != state {
            self.before = self.state;
            self.state = state;
        }
    }

    /// Learns where numbers start, where this segment tells it.
    pub fn begin(&mut self, segment: &Segment) {
        use EndState as E;
        let has_syn = segment.flags.has(Flags::SYN);
        match self.state {
            E::Inactive if !has_syn => self.start_at(segment.seq.back(1), segment.seq),
            E::Inactive => self.start_at(segment.seq, end_of(segment)),
            E::SynSent | E::SynAckSent | E::Established | E::Partial
                if has_syn && segment.seq != self.start =>
            {
                self.start_at(segment.seq, end_of(segment));
            }
            E::Reset if has_syn && self.before == E::Inactive => self.start_at(segment.seq, end_of(segment)),
            _ => {}
        }
    }

    /// Learns where numbers start from the peer's acknowledgement, before anything came from this end.
    pub fn begin_acknowledged(&mut self, ack: SeqNumber) {
        self.start_at(ack.back(1), ack.back(1));
    }

    /// Where `seq` lies: 0 is the octet after the SYN.
    pub fn offset(&self, seq: SeqNumber) -> SeqNumber {
        SeqNumber(seq.back(1).0.wrapping_sub(self.start.0))
    }

    /// Whether `seq` comes before all that is known of this end.
    pub fn is_before_start(&self, seq: SeqNumber) -> bool {
        seq.precedes(self.start)
    }

    /// Takes in how far the segment reaches; whether it repeats text.
    pub fn extend(&mut self, segment: &Segment) -> bool {
        let end = end_of(segment);
        let advance = end.distance_from(self.last);
        let flags = segment.flags;
        if flags.has_any(Flags::SYN.with(Flags::RST)) && advance.unsigned_abs() > FAR {
            return false;
        }
        if flags.has(Flags::FIN) && self.last == self.start + 1 {
            self.last = end;
            return false;
        }
        if self.state == EndState::Reset {
            return false;
        }
        if advance > 0 {
            self.last = end;
            return false;
        }
        segment.text_len > 0
    }

    /// Takes in how far an ordinary segment reaches, without SYN, FIN and RST, of an end that was not reset; false where it
    /// repeats text, and then nothing is taken in.
    pub fn reaches_on(&mut self, segment: &Segment) -> bool {
        let end = segment.seq + segment.text_len;
        let is_beyond = end.distance_from(self.last) > 0;
        if is_beyond {
            self.last = end;
        }
        is_beyond || segment.text_len == 0
    }

    /// A FIN came from the peer after this end's FIN and RST: that was an ordinary close after all.
    pub fn forgive(&mut self) {
        if self.state == EndState::Reset && self.before == EndState::Closed {
            self.set(EndState::Closed);
        }
    }

    /// Whether gaps in its text count.
    pub fn is_clean(&self) -> bool {
        self.state == EndState::Established
            || (self.state == EndState::Closed && self.before == EndState::Established)
    }

    /// Whether it sent no text.
    pub fn is_silent(&self) -> bool {
        let sent = self.offset(self.last).later(self.next).distance_from(SeqNumber(0));
        sent <= i32::from(self.has_fin())
    }

    fn has_fin(&self) -> bool {
        self.seen & SEEN_FIN != 0
    }

    fn start_at(&mut self, start: SeqNumber, last: SeqNumber) {
        (self.start, self.last, self.is_acked) = (start, last, false);
    }
}

/// The number after the segment's last; the text of a RST has none.
fn end_of(segment: &Segment) -> SeqNumber {
    let flags = segment.flags;
    let text = if flags.has(Flags::RST) { 0 } else { segment.text_len };
    segment.seq + text + u32::from(flags.has(Flags::SYN)) + u32::from(flags.has(Flags::FIN))
}

packed_enum!(EndState { Inactive, Partial, SynSent, SynAckSent, Established, Closed, Reset });
packed!(End { start, last, next, fin, rst, state, before, seen, is_acked });
