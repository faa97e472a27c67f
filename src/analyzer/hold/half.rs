//! One end of a connection that is told by its shape: what its segments count to.
//!
//! In: its segments, each known for the next one, or for one that came again. Out: its numbers.
//! Invariant: nothing is judged here; what is not asked of a segment any more is not kept.
//! Read: RFC 9293 §3.3.1.

use crate::analyzer::hold::tally::{OfSyn, Tally, fin};
use crate::analyzer::numbers::Fin;
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;

/// What one end came to.
#[derive(Clone, Copy, Debug)]
pub struct Half<'a> {
    /// Its SYN.
    pub syn: &'a Jot,
    /// What its options say; the clock is that of the last SYN or FIN.
    options: OfSyn,
    /// The ECN bits of its last SYN.
    ecn: u8,
    /// How often it sent its SYN.
    pub syns: u32,
    /// SND.NXT.
    pub nxt: SeqNumber,
    /// SND.UNA.
    pub una: SeqNumber,
    last: &'a Jot,
    /// The last that has a place in its sequence space.
    last_in_space: &'a Jot,
    segments: u32,
    rsts: u32,
    /// Octets of text that came again.
    again: u32,
    /// Its first FIN.
    pub fin: Option<&'a Jot>,
    /// How often it sent its FIN.
    fins: u32,
    /// The first segment of its peer that acknowledges it.
    pub acknowledges_fin: Option<&'a Jot>,
}

/// What an end has sent after its SYN, where nothing came again.
#[derive(Debug)]
pub struct AllSent<'a> {
    /// Its last segment, if there is one.
    pub last: Option<&'a Jot>,
    /// The last that has a place in its sequence space.
    pub last_in_space: Option<&'a Jot>,
    /// Its FIN.
    pub fin: Option<&'a Jot>,
    /// The first segment of its peer behind that.
    pub acknowledges_fin: Option<&'a Jot>,
    /// How many there are.
    pub segments: u32,
    /// SND.NXT after them.
    pub nxt: SeqNumber,
    /// SND.UNA.
    pub una: SeqNumber,
}

impl<'a> Half<'a> {
    /// An end that has sent its SYN, with these options; its peer has acknowledged all up to `una`.
    pub const fn of(syn: &'a Jot, options: OfSyn, una: SeqNumber) -> Self {
        Self {
            syn,
            options,
            ecn: syn.flags.ace(),
            syns: 1,
            nxt: SeqNumber(syn.seq.0.wrapping_add(1)),
            una,
            last: syn,
            last_in_space: syn,
            segments: 1,
            rsts: 0,
            again: 0,
            fin: None,
            fins: 0,
            acknowledges_fin: None,
        }
    }

    /// It sends the next segment.
    #[inline(always)]
    pub fn goes_on(&mut self, jot: &'a Jot, has_text: bool, has_fin: bool) {
        self.nxt = self.nxt + u32::from(jot.text_len) + u32::from(has_fin);
        self.last = jot;
        self.last_in_space = if has_text | has_fin { jot } else { self.last_in_space };
        self.segments = self.segments.wrapping_add(1);
    }

    /// It sends these.
    #[inline(always)]
    pub fn sends(&mut self, sent: &AllSent<'a>) {
        let AllSent { last, last_in_space, fin, acknowledges_fin, segments, nxt, una } = *sent;
        (self.nxt, self.una) = (nxt, una);
        self.last = last.unwrap_or(self.last);
        self.last_in_space = last_in_space.unwrap_or(self.last_in_space);
        self.segments = self.segments.wrapping_add(segments);
        self.acknowledges_fin = acknowledges_fin;
        if let Some(fin) = fin {
            self.closes(fin);
        }
    }

    /// It sends its first FIN.
    pub fn closes(&mut self, jot: &'a Jot) {
        (self.fin, self.fins, self.options.stamp) = (Some(jot), 1, jot.stamp());
    }

    /// It sends text or its FIN once more.
    #[cold]
    pub fn comes_again(&mut self, jot: &'a Jot) {
        let (len, has_fin) = (u32::from(jot.text_len), jot.flags.has(Flags::FIN));
        self.again = self.again.wrapping_add(len);
        self.last = jot;
        // An acknowledgement answers what came last of that which it reaches.
        let is_last = jot.seq + len + u32::from(has_fin) == self.nxt;
        self.last_in_space = if is_last { jot } else { self.last_in_space };
        self.segments = self.segments.wrapping_add(1);
        if has_fin {
            self.fins = self.fins.wrapping_add(1);
            self.options.stamp = jot.stamp();
        }
    }

    /// It sends its SYN once more.
    #[cold]
    pub fn asks_again(&mut self, jot: &'a Jot) {
        (self.last, self.last_in_space, self.ecn) = (jot, jot, jot.flags.ace());
        self.segments = self.segments.wrapping_add(1);
        self.syns = self.syns.wrapping_add(1);
        // Without a clock where its first had none: the options are the same.
        self.options.stamp = jot.stamp().or(self.options.stamp);
    }

    /// It sends a RST, which has no place in its sequence space.
    #[cold]
    pub const fn resets(&mut self, rst: &'a Jot) {
        self.last = rst;
        self.segments = self.segments.wrapping_add(1);
        self.rsts = 1;
    }

    /// Octets of text that it has sent.
    pub fn text_octets(&self) -> u32 {
        let (nxt, iss, has_closed) = (self.nxt.0, self.syn.seq.0, u32::from(self.fin.is_some()));
        nxt.wrapping_sub(iss).wrapping_sub(1).wrapping_sub(has_closed).wrapping_add(self.again)
    }

    /// What it counts to, where what it acknowledged last is `last_ack`. Neither the end of the window that it offers is kept,
    /// nor which text came again: nothing comes any more that would be held against it.
    #[inline(always)]
    pub fn tally(&self, last_ack: SeqNumber) -> Tally<'a> {
        let Self { syn, options, fins, .. } = *self;
        let acknowledges = self.acknowledges_fin.map(|jot| (jot.time, jot.frame));
        let own_fin = self.fin.map(|jot| {
            // It does not come again once it is acknowledged.
            let times_until_acknowledged = if acknowledges.is_some() { fins } else { 0 };
            Fin { times: fins, acknowledged: acknowledges, times_until_acknowledged, ..fin(jot) }
        });
        Tally {
            syn,
            iss: syn.seq,
            options,
            ecn: self.ecn,
            syns: self.syns,
            fin: own_fin,
            last_ack: Some(last_ack),
            right_edge: None,
            last_frame: self.last.frame,
            segments: self.segments.into(),
            rsts: self.rsts,
            text_octets: self.text_octets().into(),
        }
    }

    /// The frame of the last segment that has a place in its sequence space.
    pub const fn last_frame_in_space(&self) -> u64 {
        self.last_in_space.frame
    }

    /// Whether all that it has sent is acknowledged.
    pub fn is_acknowledged(&self) -> bool {
        self.una == self.nxt
    }

    /// Whether it has sent a FIN.
    pub const fn has_closed(&self) -> bool {
        self.fin.is_some()
    }

    /// ISS.
    pub const fn iss(&self) -> SeqNumber {
        self.syn.seq
    }
}
