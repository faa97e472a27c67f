//! A connection by the textbook from its SYN to its end, in one go: its numbers and times, and its shape.
//!
//! In: a connection in brief that has ended. Out: what each end sent and acknowledged, when it did what moved a state, and a
//! key of all that decides how it moved them, and what is to be said of it; nothing, where that cannot be told.
//! Invariant: two connections of one key went through the same states, segment by segment, between the same `events`, and
//! the same came again in them, or reset them for the same causes.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12).

use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::diagnosis::cause::{Abort, Causes};
use crate::analyzer::facts::Kind;
use crate::analyzer::hold::at_once::{is_quiet, is_quiet_rst};
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::half::Half;
use crate::analyzer::hold::tally::OfSyn;
use crate::analyzer::look::Look;
use crate::analyzer::role::Role;
use crate::jot::Jot;
use crate::segment::Flags;
use crate::time::{Moment, Timestamp};

/// Segments that may move a state, beside the first SYN and its answer, by six bits of a key each.
const MOVING: usize = 10;
/// With those two, and the last of all.
const EVENTS: usize = MOVING + 3;

/// Bits of the key for each segment that may move a state.
const BITS: u32 = 6;
/// The six of a SYN that came again, but for the highest: who sent it. No other has the lowest set without text or a FIN, as
/// nothing else comes again.
const SYN_AGAIN: u64 = 0b00_0011;
/// The six of a RST, but for the highest, and for the third from below: whether it has ACK.
const RST: u64 = 0b00_0001;
/// Its causes, and what is seen around, take two times six more.
const BITS_OF_RST: u32 = 3 * BITS;

/// What a connection came to.
#[derive(Debug)]
pub struct Passage<'a> {
    /// The ends, the client first.
    pub ends: [Half<'a>; 2],
    /// What moved their states.
    pub moves: Moves,
    /// When the last segment came.
    pub latest: Timestamp,
    /// When the first text came.
    pub first_text: Moment,
    /// How many segments came after the first SYN until the third segment of the handshake.
    pub opening: usize,
    /// That third segment.
    pub third: &'a Jot,
    /// The RST that ended it, and its causes.
    pub reset: Option<(&'a Jot, Causes)>,
}

/// The segments of a connection that may have moved a state.
#[derive(Debug)]
pub struct Moves {
    /// Which end sent what kind of segment at each, which of them came again, and of one that ended otherwise than by two FINs the
    /// causes and what is seen around it, as a number.
    pub key: u64,
    /// When they came, the SYN first; after them when the last of all segments did.
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

/// What came before the third segment of a handshake.
#[derive(Debug)]
struct Opening<'a> {
    ends: [Half<'a>; 2],
    moves: Moves,
    latest: Timestamp,
    /// How many segments after the SYN.
    count: usize,
}

impl<'a> Passage<'a> {
    /// That of `brief`; `None` where it is not told by its shape. What is seen `around` is of its key where anything is to be
    /// said of it.
    pub fn of(brief: &'a Brief, around: Surroundings) -> Option<Self> {
        let Opening { mut ends, mut moves, mut latest, count: opening } = Opening::of(brief)?;
        let mut first_text = Moment::NEVER;
        for (jot, number) in brief.until_reset(opening).zip(u32::try_from(opening).ok()?..) {
            let [own, peer] = both_by(jot, &mut ends)?;
            let (has_text, has_fin) = (jot.gist.has_text(), jot.gist.has_fin());
            let is_steady = moves.is_open & !has_fin & moves.first_fin.is_none();
            let is_next = jot.gist.is_plain_and_quiet()
                & (jot.seq.0 == own.nxt.0)
                & (jot.time.0 >= latest.0)
                & !(has_text & peer.fin.is_some())
                // Else it would depend on how far it goes what is confirmed by it.
                & (is_steady | (jot.ack.0 == peer.nxt.0));
            if !is_next && (jot.time < latest || !is_again(jot, own, peer, &moves)) {
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
        let mut reset = None;
        if brief.is_remarkable() {
            reset = moves.take_remarks(brief, &mut ends, &mut latest, around)?;
        } else if !ends.iter().all(Half::is_acknowledged) {
            return None;
        }
        // No time goes back: where the last one can be told all can.
        Moment::at(latest).get()?;
        *moves.events.get_mut(moves.count)? = latest;
        let third = brief.segments().nth(opening)?;
        Some(Self { ends, moves, latest, first_text, opening, third, reset })
    }
}

impl<'a> Opening<'a> {
    /// That of `brief`; `None` where anything is to be said of it but that a SYN came again, or where the server sent the third
    /// segment.
    fn of(brief: &'a Brief) -> Option<Self> {
        let syn = brief.syn();
        let answer = if brief.comes_again() { first_answer(brief)? } else { brief.segments().next()? };
        let options = brief.options();
        let (of_client, of_server) = (OfSyn::of(&options.client)?, OfSyn::of(&options.server)?);
        let is_opening = Kind::of(answer.flags) == Kind::SynAck
            && of_client.shift.is_some() == of_server.shift.is_some()
            && is_quiet(syn)
            && is_quiet(answer)
            && syn.time <= answer.time;
        let mut events = [Timestamp::default(); EVENTS];
        [events[0], events[1]] = [syn.time, answer.time];
        let ends = [Half::of(syn, of_client, answer.ack), Half::of(answer, of_server, answer.seq)];
        let moves = Moves { key: 1, events, count: 2, steady: 0, first_fin: None, is_open: false };
        let mut opening = Self { ends, moves, latest: answer.time, count: 1 };
        if brief.comes_again() {
            opening.take_repeats(brief)?;
        }
        let is_third_by_client = brief.segments().nth(opening.count)?.by_client;
        (is_opening && is_third_by_client).then_some(opening)
    }

    /// Takes in the SYNs of both ends in their order; `None` where the client's comes again after the answer, and takes back
    /// what was made of that.
    #[cold]
    fn take_repeats(&mut self, brief: &'a Brief) -> Option<()> {
        let Self { ends, moves, latest, count } = self;
        (*latest, *count, moves.count) = (brief.syn().time, 0, 1);
        let mut is_answered = false;
        for jot in brief.segments().take_while(|jot| jot.is_syn()) {
            let is_answer = !jot.by_client && !is_answered;
            if !is_quiet(jot) || jot.time < *latest || (jot.by_client && is_answered) {
                return None;
            }
            *moves.room()? = jot.time;
            if !is_answer {
                moves.note(u64::from(jot.by_client) << (BITS - 1) | SYN_AGAIN);
                both_by(jot, ends)?[0].asks_again(jot);
            }
            is_answered |= is_answer;
            (*latest, *count) = (jot.time, count.wrapping_add(1));
        }
        Some(())
    }
}

/// The first segment of the server.
#[cold]
fn first_answer(brief: &Brief) -> Option<&Jot> {
    brief.segments().find(|jot| !jot.by_client)
}

/// Whether a segment that is not the next is text once more, between two open ends, or a FIN: either moves no number.
#[cold]
fn is_again(jot: &Jot, own: &Half<'_>, peer: &Half<'_>, moves: &Moves) -> bool {
    if !jot.gist.is_plain_and_quiet() || jot.ack != peer.nxt {
        return false;
    }
    // That it lies within what was sent is known: it went into the brief.
    if jot.flags.has(Flags::FIN) {
        let end = jot.seq + u32::from(jot.text_len) + 1;
        return own.has_closed() && end == own.nxt && (jot.text_len == 0 || !peer.has_closed());
    }
    jot.text_len > 0 && jot.seq != own.nxt && moves.first_fin.is_none()
}

/// Whoever sent `jot`, and the other end: by their places, so that nothing branches on which that is.
#[inline(always)]
fn both_by<'e, 'a>(jot: &Jot, ends: &'e mut [Half<'a>; 2]) -> Option<[&'e mut Half<'a>; 2]> {
    let own = usize::from(!jot.by_client);
    ends.get_disjoint_mut([own, own ^ 1]).ok()
}

/// Whether the packet of `rst` does not look like those that its sender's other segments came in.
fn is_strange(rst: &Jot, brief: &Brief) -> bool {
    let mut look = Look::default();
    let own = std::iter::once(brief.syn()).chain(brief.until_reset(0));
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
        let (has_text, has_fin) = (jot.gist.has_text(), jot.gist.has_fin());
        let covers_syn_alone = peer.nxt.0 == peer.syn.seq.0.wrapping_add(1);
        let bits = [jot.by_client, has_text, has_fin, jot.ack.0 != peer.una.0, covers_syn_alone, is_again];
        self.key = bits.into_iter().fold(self.key, |key, bit| key << 1 | u64::from(bit));
        self.is_open |= !jot.by_client;
        *self.room()? = jot.time;
        if peer.fin.is_some() {
            peer.acknowledges_fin.get_or_insert(jot);
        }
        if has_fin && !is_again {
            own.closes(jot);
            self.first_fin.get_or_insert(if jot.by_client { Role::Client } else { Role::Server });
        }
        Some(())
    }

    /// Takes in what is to be said of a connection: the RST by which it ended and its causes, if one did, and what is seen
    /// around it. `None` where that is not told by a shape.
    #[cold]
    #[inline(never)]
    fn take_remarks<'a>(
        &mut self,
        brief: &'a Brief,
        ends: &mut [Half<'a>; 2],
        latest: &mut Timestamp,
        around: Surroundings,
    ) -> Option<Option<(&'a Jot, Causes)>> {
        let mut reset = None;
        if let Some(rst) = brief.reset() {
            reset = Some((rst, self.take_reset(rst, brief, ends, around).filter(|_| rst.time >= *latest)?));
            *latest = rst.time;
        } else if ends.iter().all(Half::is_acknowledged) && self.has_room_for(BITS) {
            // Behind segments one of which came again this is none.
            self.note(around.bits());
        } else {
            return None;
        }
        // They are found by their order.
        let frames = self.frames(brief);
        let frames = frames.get(..self.count)?;
        (frames.first() != Some(&0) && frames.is_sorted_by(|one, next| one < next)).then_some(reset)
    }

    /// Takes in the RST by which it ends, and tells its causes; `None` where anything else is to be said of it, where it leaves
    /// something unacknowledged, or where too much came before it.
    fn take_reset<'a>(
        &mut self,
        rst: &'a Jot,
        brief: &Brief,
        ends: &mut [Half<'a>; 2],
        around: Surroundings,
    ) -> Option<Causes> {
        let [own, peer] = both_by(rst, ends)?;
        let has_ack = rst.flags.has(Flags::ACK);
        // What it acknowledges is all that its sender was sent: else it had not gone into the brief.
        let is_acknowledged = own.is_acknowledged() && (has_ack || peer.is_acknowledged());
        if !is_quiet_rst(rst) || !is_acknowledged || !self.has_room_for(BITS_OF_RST) {
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
        *self.room()? = rst.time;
        self.note(u64::from(rst.by_client) << (BITS - 1) | u64::from(has_ack) << 2 | RST);
        let says = u64::from(causes.bits()) << Surroundings::BITS | around.bits();
        self.key = self.key << (BITS_OF_RST - BITS) | says;
        if has_ack && peer.has_closed() {
            peer.acknowledges_fin.get_or_insert(rst);
        }
        own.resets(rst);
        Some(causes)
    }

    /// Where the time of the next event goes. That of the last one is for the end.
    #[inline(always)]
    fn room(&mut self) -> Option<&mut Timestamp> {
        let room = self.events.split_last_mut()?.1.get_mut(self.count)?;
        self.count = self.count.wrapping_add(1);
        Some(room)
    }

    const fn note(&mut self, bits: u64) {
        self.key = self.key << BITS | bits;
    }

    const fn has_room_for(&self, bits: u32) -> bool {
        self.key.leading_zeros() >= bits
    }

    /// The frames of the events.
    pub fn frames(&self, brief: &Brief) -> [u64; EVENTS] {
        let mut frames = [0; EVENTS];
        let after = brief.segments().zip(0_u32..).filter(|(_, number)| self.steady >> number & 1 == 0);
        let all = std::iter::once(brief.syn()).chain(after.map(|(jot, _)| jot));
        for (known, jot) in frames.iter_mut().zip(all) {
            *known = jot.frame;
        }
        frames
    }
}
