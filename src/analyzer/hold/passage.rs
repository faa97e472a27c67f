//! A connection by the textbook from its SYN to its end, in one go: its numbers and times, and its shape.
//!
//! In: a connection in brief that has ended. Out: what each end sent and acknowledged, when it did what moved a state, and a
//! key of all that decides how it moved them; nothing, where anything is to be said of a segment but of a RST at the end.
//! Invariant: two connections of one key went through the same states, segment by segment, between the same `events`, and
//! were reset for the same causes, if they were.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12).

use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::diagnosis::cause::{Abort, Causes};
use crate::analyzer::facts::Kind;
use crate::analyzer::hold::at_once::is_quiet;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::tally::{OfSyn, Tally, fin};
use crate::analyzer::look::Look;
use crate::analyzer::numbers::Fin;
use crate::analyzer::role::{Ends, Role};
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::{Moment, Timestamp};

/// Segments after the answer that may move a state, by six bits of a key each.
const MOVING: usize = 10;
/// With the SYN, its answer, and the last of all.
const EVENTS: usize = MOVING + 3;

/// What a connection came to.
#[derive(Debug)]
pub struct Passage<'a> {
    /// The ends.
    pub ends: Ends<Half<'a>>,
    /// What moved their states.
    pub moves: Moves,
    /// When the last segment came.
    pub latest: Timestamp,
    /// When the first text came.
    pub first_text: Moment,
    /// The third segment.
    pub third: &'a Jot,
    /// The RST that ended it, and its causes.
    pub reset: Option<(&'a Jot, Causes)>,
}

/// The segments of a connection that may have moved a state.
#[derive(Debug)]
pub struct Moves {
    /// Which end sent what kind of segment at each, as a number.
    pub key: u64,
    /// When they came, the SYN and its answer first; after them when the last of all segments did.
    pub events: [Timestamp; EVENTS],
    /// How many came; the number of the event that stands for the end.
    pub count: usize,
    /// Which of the segments after the SYN moved nothing, as bits, the first one lowest.
    pub steady: u32,
    /// Who closed first.
    pub first_fin: Option<Role>,
    /// Whether the server has spoken after its answer, by which it has shown to be open.
    pub is_open: bool,
}

/// What one end came to.
#[derive(Clone, Copy, Debug)]
pub struct Half<'a> {
    syn: &'a Jot,
    options: OfSyn,
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
    pub again: u32,
    fin: Option<&'a Jot>,
    acknowledges_fin: Option<&'a Jot>,
}

impl<'a> Passage<'a> {
    /// That of `brief`; `None` where it is not told by its shape. What is seen `around` is of its key where anything is to be
    /// said of it.
    pub fn of(brief: &'a Brief, around: Surroundings) -> Option<Self> {
        let (mut ends, mut moves) = opening(brief)?;
        let (mut latest, mut first_text) = (moves.events[1], Moment::NEVER);
        for (jot, number) in brief.until_reset().zip(0_u32..).skip(1) {
            let (own, peer) = both_by(jot, &mut ends);
            let (has_text, has_fin) = (jot.text_len > 0, jot.flags.has(Flags::FIN));
            let is_steady = moves.is_open & !has_fin & moves.first_fin.is_none();
            let is_next = jot.flags.is_plain()
                & is_quiet(jot)
                & (jot.seq.0 == own.nxt.0)
                & (jot.time.0 >= latest.0)
                & !(has_text & peer.fin.is_some())
                // Else it would depend on how far it goes what is confirmed by it.
                & (is_steady | (jot.ack.0 == peer.nxt.0));
            if !is_next && (jot.time < latest || !is_text_again(jot, own, peer, &moves)) {
                return None;
            }
            if is_steady {
                moves.steady |= 1 << number;
            } else {
                moves.take(jot, own, peer, !is_next)?;
            }
            if is_next {
                own.goes_on(jot, has_text, has_fin);
            } else {
                own.comes_again(jot);
            }
            peer.una = jot.ack;
            latest = jot.time;
            first_text = if has_text { first_text.or(jot.time) } else { first_text };
        }
        let third = brief.until_reset().nth(1)?;
        let is_acknowledged = |end: &Half<'_>| end.una == end.nxt;
        let reset = match brief.reset() {
            Some(rst) if rst.time >= latest => {
                latest = rst.time;
                let (own, peer) = both_by(rst, &mut ends);
                Some((rst, moves.take_reset(rst, brief, own, peer, around)?))
            }
            Some(_) => return None,
            None if is_acknowledged(&ends.client) && is_acknowledged(&ends.server) => None,
            None => return None,
        };
        *moves.events.get_mut(moves.count)? = latest;
        Some(Self { ends, moves, latest, first_text, third, reset })
    }
}

/// The first two segments; `None` where anything is to be said of them, or the server sent the third.
fn opening(brief: &Brief) -> Option<(Ends<Half<'_>>, Moves)> {
    let mut segments = brief.segments();
    let (syn, answer, third) = (brief.syn(), segments.next()?, segments.next()?);
    let options = brief.options();
    let (of_client, of_server) = (OfSyn::of(&options.client)?, OfSyn::of(&options.server)?);
    let is_opening = Kind::of(answer.flags) == Kind::SynAck
        && of_client.shift.is_some() == of_server.shift.is_some()
        && is_quiet(syn)
        && is_quiet(answer)
        && third.by_client
        && syn.time <= answer.time;
    let mut events = [Timestamp::default(); EVENTS];
    [events[0], events[1]] = [syn.time, answer.time];
    let ends = Ends {
        client: Half::of(syn, of_client, answer.ack),
        server: Half::of(answer, of_server, answer.seq),
    };
    let moves = Moves { key: 1, events, count: 2, steady: 0, first_fin: None, is_open: false };
    is_opening.then_some((ends, moves))
}

/// Whether a segment that is not the next is text once more, between two open ends: it moves neither, and nothing is to be
/// said of it but that it came.
#[cold]
fn is_text_again(jot: &Jot, own: &Half<'_>, peer: &Half<'_>, moves: &Moves) -> bool {
    // That it lies within what was sent is known: it went into the brief.
    let is_text = jot.flags.is_text_or_ack() && jot.text_len > 0;
    is_text && is_quiet(jot) && jot.seq != own.nxt && jot.ack == peer.nxt && moves.first_fin.is_none()
}

/// Whoever sent `jot`, and the other end.
#[inline(always)]
const fn both_by<'e, 'a>(jot: &Jot, ends: &'e mut Ends<Half<'a>>) -> (&'e mut Half<'a>, &'e mut Half<'a>) {
    let Ends { client, server } = ends;
    if jot.by_client { (client, server) } else { (server, client) }
}

/// Whether the packet of `rst` does not look like those that its sender's other segments came in.
fn is_strange(rst: &Jot, brief: &Brief) -> bool {
    let mut look = Look::default();
    let own = std::iter::once(brief.syn()).chain(brief.until_reset());
    for jot in own.filter(|jot| jot.by_client == rst.by_client) {
        look.see(jot.hop_limit, jot.identification);
    }
    look.is_strange(rst.hop_limit, rst.identification)
}

impl Moves {
    /// Takes in the next segment that may move a state; `None` where there are too many.
    #[inline(always)]
    fn take<'a>(
        &mut self,
        jot: &'a Jot,
        own: &mut Half<'a>,
        peer: &mut Half<'a>,
        is_again: bool,
    ) -> Option<()> {
        let (has_text, has_fin) = (jot.text_len > 0, jot.flags.has(Flags::FIN));
        let covers_syn_alone = peer.nxt.0 == peer.syn.seq.0.wrapping_add(1);
        let bits = [jot.by_client, has_text, has_fin, jot.ack.0 != peer.una.0, covers_syn_alone, is_again];
        self.key = bits.into_iter().fold(self.key, |key, bit| key << 1 | u64::from(bit));
        self.is_open |= !jot.by_client;
        // The last one is for the end.
        let room = self.events.split_last_mut()?.1.get_mut(self.count)?;
        *room = jot.time;
        self.count = self.count.wrapping_add(1);
        if peer.fin.is_some() {
            peer.acknowledges_fin.get_or_insert(jot);
        }
        if has_fin {
            own.fin = Some(jot);
            self.first_fin.get_or_insert(if jot.by_client { Role::Client } else { Role::Server });
        }
        Some(())
    }

    /// Takes in the RST by which it ends, and tells its causes; `None` where anything else is to be said of it, where it leaves
    /// something unacknowledged, or where too much came before it.
    #[cold]
    #[inline(never)]
    fn take_reset<'a>(
        &mut self,
        rst: &'a Jot,
        brief: &Brief,
        own: &mut Half<'a>,
        peer: &mut Half<'a>,
        around: Surroundings,
    ) -> Option<Causes> {
        let has_ack = rst.flags.has(Flags::ACK);
        // What it acknowledges is all that its sender was sent: else it had not gone into the brief.
        let is_acknowledged = own.una == own.nxt && (has_ack || peer.una == peer.nxt);
        if rst.is_offloaded() || rst.text_len > 0 || Moment::at(rst.time) == Moment::NEVER || !is_acknowledged
        {
            return None;
        }
        let causes = Causes::of(Abort {
            is_strange: is_strange(rst, brief),
            has_ack,
            is_next: rst.seq == own.nxt,
            is_peers_ack: rst.seq == own.una,
            is_silent_server: !rst.by_client && own.text_octets() == 0,
            has_closed: own.has_closed(),
            was_sent_text: peer.text_octets() > 0,
            // Neither is told by a shape.
            was_sent_text_after_fin: false,
            is_probing: false,
        });
        // It takes three times six bits. The first six are no other segment's: neither text nor a FIN, and yet again.
        let room = self.events.get_mut(..MOVING)?.get_mut(self.count)?;
        *room = rst.time;
        self.count = self.count.wrapping_add(1);
        let is_again = u64::from(rst.by_client) << 5 | u64::from(has_ack) << 2 | 1;
        let says = u64::from(causes.bits()) << Surroundings::BITS | around.bits();
        self.key = self.key << 18 | is_again << 12 | says;
        if has_ack && peer.fin.is_some() {
            peer.acknowledges_fin.get_or_insert(rst);
        }
        own.is_reset_by(rst);
        Some(causes)
    }
}

impl<'a> Half<'a> {
    const fn of(syn: &'a Jot, options: OfSyn, una: SeqNumber) -> Self {
        Self {
            syn,
            options,
            nxt: SeqNumber(syn.seq.0.wrapping_add(1)),
            una,
            last: syn,
            last_in_space: syn,
            segments: 1,
            rsts: 0,
            again: 0,
            fin: None,
            acknowledges_fin: None,
        }
    }

    #[inline(always)]
    fn goes_on(&mut self, jot: &'a Jot, has_text: bool, has_fin: bool) {
        self.nxt = self.nxt + u32::from(jot.text_len) + u32::from(has_fin);
        self.last = jot;
        self.last_in_space = if has_text | has_fin { jot } else { self.last_in_space };
        self.segments = self.segments.wrapping_add(1);
    }

    /// It sends text once more.
    #[cold]
    fn comes_again(&mut self, jot: &'a Jot) {
        let len = u32::from(jot.text_len);
        self.again = self.again.wrapping_add(len);
        self.last = jot;
        // An acknowledgement answers what came last of that which it reaches.
        self.last_in_space = if jot.seq + len == self.nxt { jot } else { self.last_in_space };
        self.segments = self.segments.wrapping_add(1);
    }

    /// It sends a RST, which has no place in its sequence space.
    const fn is_reset_by(&mut self, rst: &'a Jot) {
        self.last = rst;
        self.segments = self.segments.wrapping_add(1);
        self.rsts = 1;
    }

    /// Octets of text that it has sent.
    fn text_octets(&self) -> u32 {
        let (nxt, iss, has_closed) = (self.nxt.0, self.syn.seq.0, u32::from(self.fin.is_some()));
        nxt.wrapping_sub(iss).wrapping_sub(1).wrapping_sub(has_closed).wrapping_add(self.again)
    }

    /// What it counts to, where what it acknowledged last is `last_ack`. Neither the end of the window that it offers is kept,
    /// nor which text came again: nothing comes any more that would be held against it.
    #[inline(always)]
    pub fn tally(&self, last_ack: SeqNumber) -> Tally<'a> {
        let Self { syn, options, fin: own_fin, .. } = *self;
        let acknowledges = self.acknowledges_fin.map(|jot| (jot.time, jot.frame));
        let own_fin = own_fin.map(|jot| {
            let times_until_acknowledged = u32::from(acknowledges.is_some());
            Fin { acknowledged: acknowledges, times_until_acknowledged, ..fin(jot) }
        });
        Tally {
            syn,
            iss: syn.seq,
            options: OfSyn { stamp: self.fin.map_or(options.stamp, Jot::stamp), ..options },
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

    /// Whether it has sent a FIN.
    pub const fn has_closed(&self) -> bool {
        self.fin.is_some()
    }

    /// ISS.
    pub const fn iss(&self) -> SeqNumber {
        self.syn.seq
    }
}
