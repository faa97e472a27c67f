//! The numbers of one end: its sequence space, its FIN, and what it acknowledges and offers.
//!
//! In: the segments that this end sends, with their facts from `judge.rs`, and the acknowledgements of them. Out: what
//! `judge.rs` judges the next segment by.
//! Invariant: only segments that count change the sequence space; a SYN is never rebound once it is acknowledged.
//! Read: RFC 9293 §3.3.1, §3.4; RFC 7323 §2 (window scale).

use crate::analyzer::facts::{Facts, Kind};
use crate::analyzer::pack::packed;
use crate::analyzer::sent::Sent;
use crate::options::Options;
use crate::segment::{Flags, Segment};
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// A FIN and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Fin {
    /// The number of its own octet.
    pub number: SeqNumber,
    /// The frame that carried it first.
    pub frame: u64,
    /// When that was.
    pub time: Timestamp,
    /// How often it was sent.
    pub times: u32,
    /// What its first sending acknowledged.
    pub ack: SeqNumber,
    /// When and by which frame it was first acknowledged.
    pub acknowledged: Option<(Timestamp, u64)>,
    /// How often it had been sent by then.
    pub times_until_acknowledged: u32,
}

/// What one end has sent, in numbers.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    pub(super) iss: Option<SeqNumber>,
    pub(super) sent: Option<Sent>,
    pub(super) fin: Option<Fin>,
    pub(super) last_ack: Option<SeqNumber>,
    pub(super) right_edge: Option<SeqNumber>,
    pub(super) shift: Option<u8>,
    pub(super) last_text_repeat: Option<Box<(SeqNumber, u32)>>,
    /// Its clock in the timestamps option, at its SYN or FIN.
    pub(super) stamp: Option<u32>,
    /// The window that it offered last is 0.
    pub(super) window_closed: bool,
    /// The ECN bits of its last SYN or SYN+ACK.
    pub(super) ecn: u8,
    /// The frame that carried its first SYN without ACK.
    pub(super) syn_frame: u64,
    /// The frame that carried its first SYN with ACK.
    pub(super) syn_ack_frame: u64,
    /// SYNs without ACK.
    pub syns: u32,
    /// SYNs with ACK.
    pub syn_acks: u32,
    /// Octets of text that the SYN carried.
    pub syn_text: u32,
    /// RSTs.
    pub rsts: u32,
    pub(super) first_frame: u64,
    pub(super) last_frame: u64,
    /// All segments.
    pub segments: u64,
    /// Octets of text in them, repeated ones included; the text of a RST is none.
    pub text_octets: u64,
}

impl Numbers {
    /// The initial sequence number, where it is known.
    pub const fn iss(&self) -> Option<SeqNumber> {
        self.iss
    }

    /// The sequence space, where any number of it is known.
    pub const fn sent(&self) -> Option<&Sent> {
        self.sent.as_ref()
    }

    /// Whether any segment of this end that has a place in its sequence space was seen.
    pub fn is_seen(&self) -> bool {
        self.sent.as_ref().is_some_and(|sent| sent.seen)
    }

    /// Its FIN.
    pub const fn fin(&self) -> Option<&Fin> {
        self.fin.as_ref()
    }

    /// Whether its FIN and all before it passed the tap, or were acknowledged: it is in sequence at the peer.
    pub fn fin_has_passed(&self) -> bool {
        match (&self.fin, &self.sent) {
            (Some(fin), Some(sent)) => fin.number.precedes(sent.contiguous()),
            _ => false,
        }
    }

    /// The frame of its first segment; 0 where there is none.
    pub const fn first_frame(&self) -> u64 {
        self.first_frame
    }

    /// The frame of its last segment; 0 where there is none.
    pub const fn last_frame(&self) -> u64 {
        self.last_frame
    }

    /// Whether its clock, by the timestamps of its SYN or FIN, stood before that of `later` (RFC 6191 §2).
    pub fn is_stamped_before(&self, later: &Segment) -> bool {
        self.stamp
            .zip(later.options.stamp())
            .is_some_and(|(old, new)| SeqNumber(old).precedes(SeqNumber(new)))
    }

    /// Whether its SYN offers accurate ECN (RFC 9768 §3.1.1).
    pub const fn offers_accurate_ecn(&self) -> bool {
        self.ecn == 0b111 && self.syn_acks == 0
    }

    /// Whether its SYN+ACK accepts it, saying with which ECN field the SYN arrived (RFC 9768 §3.1.1, table 2).
    pub const fn accepts_accurate_ecn(&self) -> bool {
        matches!(self.ecn, 0b010 | 0b011 | 0b100 | 0b110) && self.syn_acks > 0
    }

    /// Whether its SYN offers window scaling.
    pub const fn is_scaling(&self) -> bool {
        self.shift.is_some()
    }

    /// Whether the window that it offered last is 0.
    pub const fn is_window_closed(&self) -> bool {
        self.window_closed
    }

    /// The frame that carried its first SYN without ACK, where one was captured.
    pub fn syn_frame(&self) -> Option<u64> {
        (self.syns > 0).then_some(self.syn_frame)
    }

    /// The frame that carried its first SYN with ACK, where one was captured.
    pub fn syn_ack_frame(&self) -> Option<u64> {
        (self.syn_acks > 0).then_some(self.syn_ack_frame)
    }

    /// The number that it acknowledged last.
    pub const fn last_ack(&self) -> Option<SeqNumber> {
        self.last_ack
    }

    /// The highest number that it has offered room for, exclusive.
    pub const fn right_edge(&self) -> Option<SeqNumber> {
        self.right_edge
    }

    /// Whether `ack` acknowledges its SYN acceptably: `ISS < SEG.ACK =< SND.NXT` (RFC 9293 §3.10.7.3, first).
    pub fn is_syn_covered_by(&self, ack: SeqNumber) -> bool {
        match (self.iss, &self.sent) {
            (Some(iss), Some(sent)) => iss.precedes(ack) && ack.precedes_or_equals(sent.nxt()),
            _ => false,
        }
    }

    /// How often text at `seq` will have been sent, this time included, if it was sent before.
    pub fn times_sent(&self, seq: SeqNumber) -> u32 {
        match self.last_text_repeat.as_deref() {
            Some((number, times)) if *number == seq => times.saturating_add(1),
            _ => 2,
        }
    }

    /// Learns the ISS from the acknowledgement in a SYN+ACK whose SYN was not captured.
    pub fn learn_iss(&mut self, iss: SeqNumber) {
        self.iss = Some(iss);
        let mut sent = Sent::starting_at(iss);
        sent.skip_to(iss + 1);
        self.sent = Some(sent);
    }

    /// Takes in a segment that this end sends.
    #[inline(always)]
    pub fn send(&mut self, segment: &Segment, facts: &Facts) {
        self.count(segment, facts);
        self.note_ack(segment, facts);
        if !facts.counts {
            self.note_outlier(segment, facts);
            return;
        }
        if matches!(facts.kind, Kind::Syn | Kind::SynAck) {
            self.note_syn(segment);
        }
        self.note_window(segment, facts.kind);
        if segment.flags.has_any(Flags::SYN.with(Flags::FIN)) {
            self.stamp = segment.options.stamp();
        }
        let sent = self.sent.get_or_insert_with(|| Sent::starting_at(segment.seq));
        sent.send(segment.seq, segment.end(), segment.frame);
        if facts.again > 0 && segment.text_len > 0 {
            self.last_text_repeat = Some(Box::new((segment.seq, facts.again)));
        }
        if let Some(number) = facts.fin {
            self.note_fin(number, segment);
        }
    }

    /// Takes in an acknowledgement by the peer that was found worth something. Returns the frame that it answers.
    #[inline(always)]
    pub fn acknowledge(&mut self, segment: &Segment) -> Option<u64> {
        let sent = self.sent.get_or_insert_with(|| Sent::starting_at(segment.ack));
        let answered = sent.acknowledge(segment.ack);
        if let Some(fin) = &mut self.fin
            && fin.acknowledged.is_none()
            && fin.number.precedes(segment.ack)
        {
            fin.acknowledged = Some((segment.time, segment.frame));
            fin.times_until_acknowledged = fin.times;
        }
        answered
    }

    #[inline(always)]
    fn count(&mut self, segment: &Segment, facts: &Facts) {
        self.first_frame = if self.segments == 0 { segment.frame } else { self.first_frame };
        self.last_frame = segment.frame;
        self.segments = self.segments.saturating_add(1);
        if facts.kind != Kind::Rst {
            self.text_octets = self.text_octets.saturating_add(u64::from(segment.text_len));
        }
        match facts.kind {
            // Nobody reads it.
            _ if !facts.sound => {}
            Kind::Rst => self.rsts = self.rsts.saturating_add(1),
            Kind::Syn => {
                self.syn_frame = if self.syns == 0 { segment.frame } else { self.syn_frame };
                self.syns = self.syns.saturating_add(1);
            }
            Kind::SynAck => {
                self.syn_ack_frame = if self.syn_acks == 0 { segment.frame } else { self.syn_ack_frame };
                self.syn_acks = self.syn_acks.saturating_add(1);
            }
            _ => {}
        }
    }

    /// What this end says it has received: the latest such number, since an older one may be captured late.
    #[inline(always)]
    fn note_ack(&mut self, segment: &Segment, facts: &Facts) {
        if !segment.flags.has(Flags::ACK) || !facts.sound {
            return;
        }
        self.last_ack = match facts.kind {
            // A SYN+ACK begins anew, whatever an older connection had.
            Kind::SynAck => Some(segment.ack),
            Kind::Plain => Some(self.last_ack.map_or(segment.ack, |known| known.later(segment.ack))),
            _ => self.last_ack,
        };
    }

    #[inline(never)]
    fn note_syn(&mut self, segment: &Segment) {
        if self.iss != Some(segment.seq) {
            // The first SYN, or another SYN+ACK while none was acceptable (RFC 9293 §3.5, figure 8).
            self.iss = Some(segment.seq);
            self.sent = Some(Sent::starting_at(segment.seq));
            self.shift = None;
        }
        self.syn_text = self.syn_text.max(segment.text_len);
        self.ecn = segment.flags.ace();
        self.shift = segment.options.shift().map(|shift| shift.min(Options::MOST_SHIFT));
    }

    #[inline(always)]
    fn note_window(&mut self, segment: &Segment, kind: Kind) {
        let (true, Some(window)) = (segment.flags.has(Flags::ACK), segment.window) else { return };
        self.window_closed = window == 0;
        // The window in a SYN is never scaled (RFC 7323 §2.2). Where the SYN was not captured the scale is not
        // known, and the largest is taken.
        let was_syn_seen = self.syns > 0 || self.syn_acks > 0;
        let shift = match kind {
            Kind::Plain if was_syn_seen => self.shift.unwrap_or(0),
            Kind::Plain => Options::MOST_SHIFT,
            _ => 0,
        };
        let edge = segment.ack + (u32::from(window) << shift);
        self.right_edge = Some(self.right_edge.map_or(edge, |known| known.later(edge)));
    }

    /// A segment far outside the window is believed once another goes on where it ended.
    #[inline(never)]
    fn note_outlier(&mut self, segment: &Segment, facts: &Facts) {
        let Some(sent) =
            self.sent.as_mut().filter(|_| facts.kind == Kind::Plain && facts.sound && !facts.older)
        else {
            return;
        };
        if sent.continues_outlier(segment.seq, segment.end()) {
            sent.skip_to(segment.seq);
            sent.send(segment.seq, segment.end(), segment.frame);
        }
    }

    #[inline(never)]
    fn note_fin(&mut self, number: SeqNumber, segment: &Segment) {
        let is_settled = self.fin_has_passed();
        match &mut self.fin {
            Some(fin) if fin.number == number => fin.times = fin.times.saturating_add(1),
            // A FIN that has passed in sequence is this end's FIN; another number is none of it.
            Some(_) if is_settled => {}
            _ => {
                self.fin = Some(Fin {
                    number,
                    frame: segment.frame,
                    time: segment.time,
                    times: 1,
                    ack: segment.ack,
                    acknowledged: None,
                    times_until_acknowledged: 0,
                });
            }
        }
    }
}

packed!(Fin { number, frame, time, times, ack, acknowledged, times_until_acknowledged });
packed!(Numbers {
    iss,
    sent,
    fin,
    last_ack,
    right_edge,
    shift,
    last_text_repeat,
    stamp,
    window_closed,
    ecn,
    syn_frame,
    syn_ack_frame,
    syns,
    syn_acks,
    syn_text,
    rsts,
    first_frame,
    last_frame,
    segments,
    text_octets,
});
