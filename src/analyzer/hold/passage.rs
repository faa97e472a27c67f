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
use crate::analyzer::hold::log::Kept;
use crate::analyzer::hold::moved::{BITS, Moves, Turn};
use crate::analyzer::hold::straight::Straight;
use crate::analyzer::hold::tally::OfSyn;
use crate::analyzer::look::Look;
use crate::analyzer::role::{Role, own_and_peer};
use crate::jot::Jot;
use crate::segment::Flags;
use crate::time::{Moment, Timestamp};

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

impl<'a> Passage<'a> {
    /// Hands that of `brief` to `tell`; `None` where it is not told by its shape. What is seen `around` is of its key where anything
    /// is to be said of it. It stays where it is made: there is much of it to be moved.
    #[inline(always)]
    pub fn tell<T>(brief: &'a Brief, around: Surroundings, tell: impl FnOnce(&Self) -> T) -> Option<T> {
        Self::tell_one(brief, brief.is_straight(), around, tell)
    }

    /// The same, where nothing came again if it `is_straight`.
    #[inline(always)]
    pub(super) fn tell_one<T>(
        brief: &'a Brief,
        is_straight: bool,
        around: Surroundings,
        tell: impl FnOnce(&Self) -> T,
    ) -> Option<T> {
        let mut passage = Self::opened(brief)?;
        if brief.comes_again() {
            passage.take_syns(brief)?;
        }
        let segments = brief.until_reset(passage.opening);
        passage.third = segments.first().map(|Kept(jot)| jot).filter(|jot| jot.by_client)?;
        if is_straight {
            passage.go_straight(segments)?;
        } else {
            passage.go_on(segments)?;
        }
        if brief.is_remarkable() {
            passage.take_remarks(brief, around)?;
        } else if !passage.ends.iter().all(Half::is_acknowledged) {
            return None;
        }
        let Self { moves, latest, .. } = &mut passage;
        // No time goes back: where the last one can be told all can.
        Moment::at(*latest).get()?;
        *moves.events.get_mut(moves.count)? = *latest;
        Some(tell(&passage))
    }

    /// After the first SYN and its answer; `None` where anything is to be said of these but that they came again.
    #[inline(always)]
    fn opened(brief: &'a Brief) -> Option<Self> {
        let syn = brief.syn();
        let answer = if brief.comes_again() { first_answer(brief)? } else { brief.segments().next()? };
        let options = brief.options();
        let (of_client, of_server) = (OfSyn::of(&options.client)?, OfSyn::of(&options.server)?);
        let is_opening = Kind::of(answer.flags) == Kind::SynAck
            && of_client.shift.is_some() == of_server.shift.is_some()
            && is_quiet(syn)
            && is_quiet(answer)
            && syn.time <= answer.time;
        is_opening.then_some(Self {
            ends: [Half::of(syn, of_client, answer.ack), Half::of(answer, of_server, answer.seq)],
            moves: Moves::opened(syn.time, answer.time),
            latest: answer.time,
            first_text: Moment::NEVER,
            opening: 1,
            // Until it is known.
            third: answer,
            reset: None,
        })
    }

    /// Takes in the SYNs of both ends in their order; `None` where the client's comes again after the answer, and takes back
    /// what was made of that.
    #[cold]
    fn take_syns(&mut self, brief: &'a Brief) -> Option<()> {
        let Self { ends, moves, latest, opening, .. } = self;
        (*latest, *opening, moves.count) = (brief.syn().time, 0, 1);
        let mut is_answered = false;
        for jot in brief.segments().take_while(|jot| jot.is_syn()) {
            let is_answer = !jot.by_client && !is_answered;
            if !is_quiet(jot) || jot.time < *latest || (jot.by_client && is_answered) {
                return None;
            }
            *moves.room()? = jot.time;
            if !is_answer {
                moves.note(u64::from(jot.by_client) << (BITS - 1) | SYN_AGAIN);
                own_and_peer(jot.by_client, ends)?[0].asks_again(jot);
            }
            is_answered |= is_answer;
            (*latest, *opening) = (jot.time, opening.wrapping_add(1));
        }
        Some(())
    }

    /// Takes in what came after the SYNs, where nothing of it came again.
    #[inline(always)]
    fn go_straight(&mut self, segments: &'a [Kept]) -> Option<()> {
        let straight = Straight::of(segments, self.latest)?;
        straight.send(self.opening as u32, &mut self.ends, &mut self.moves)?;
        self.first_text = straight.first_text().map_or(Moment::NEVER, Moment::at);
        self.latest = straight.latest()?;
        Some(())
    }

    /// Takes in what came after the SYNs.
    #[cold]
    #[inline(never)]
    fn go_on(&mut self, segments: &'a [Kept]) -> Option<()> {
        let Self { ends, moves, latest, first_text, opening, .. } = self;
        for (Kept(jot), number) in segments.iter().zip(u32::try_from(*opening).ok()?..) {
            let [own, peer] = own_and_peer(jot.by_client, ends)?;
            let (has_text, has_fin) = (jot.gist.has_text(), jot.gist.has_fin());
            let is_steady = moves.is_open & !has_fin & moves.first_fin.is_none();
            let is_next = jot.gist.is_plain_and_quiet()
                & (jot.seq == own.nxt)
                & (jot.time >= *latest)
                & !(has_text & peer.has_closed())
                // Else it would depend on how far it goes what is confirmed by it.
                & (is_steady | (jot.ack == peer.nxt));
            if !is_next && (jot.time < *latest || !is_again(jot, own, peer, moves)) {
                return None;
            }
            if is_steady {
                moves.steady |= 1 << number;
            } else {
                take(moves, jot, [own, peer], !is_next)?;
            }
            if is_next {
                own.goes_on(jot, has_text, has_fin);
            } else {
                own.comes_again(jot);
            }
            peer.una = jot.ack;
            *latest = jot.time;
            *first_text = if has_text { first_text.or(jot.time) } else { *first_text };
        }
        Some(())
    }

    /// Takes in what is to be said of a connection: the RST by which it ended and its causes, if one did, and what is seen
    /// around it. `None` where that is not told by a shape.
    #[cold]
    #[inline(never)]
    fn take_remarks(&mut self, brief: &'a Brief, around: Surroundings) -> Option<()> {
        if let Some(rst) = brief.reset() {
            self.reset =
                Some((rst, self.take_reset(rst, brief, around).filter(|_| rst.time >= self.latest)?));
            self.latest = rst.time;
        } else if self.ends.iter().all(Half::is_acknowledged) && self.moves.has_room_for(BITS) {
            // Behind segments one of which came again this is none.
            self.moves.note(around.bits());
        } else {
            return None;
        }
        // They are found by their order.
        let frames = self.moves.frames(brief);
        let frames = frames.get(..self.moves.count)?;
        (frames.first() != Some(&0) && frames.is_sorted_by(|one, next| one < next)).then_some(())
    }

    /// Takes in the RST by which it ends, and tells its causes; `None` where anything else is to be said of it, where it leaves
    /// something unacknowledged, or where too much came before it.
    fn take_reset(&mut self, rst: &'a Jot, brief: &Brief, around: Surroundings) -> Option<Causes> {
        let Self { ends, moves, .. } = self;
        let [own, peer] = own_and_peer(rst.by_client, ends)?;
        let has_ack = rst.flags.has(Flags::ACK);
        // What it acknowledges is all that its sender was sent: else it had not gone into the brief.
        let is_acknowledged = own.is_acknowledged() && (has_ack || peer.is_acknowledged());
        if !is_quiet_rst(rst) || !is_acknowledged || !moves.has_room_for(BITS_OF_RST) {
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
        *moves.room()? = rst.time;
        moves.note(u64::from(rst.by_client) << (BITS - 1) | u64::from(has_ack) << 2 | RST);
        let says = u64::from(causes.bits()) << Surroundings::BITS | around.bits();
        moves.key = moves.key << (BITS_OF_RST - BITS) | says;
        if has_ack && peer.has_closed() {
            peer.acknowledges_fin.get_or_insert(rst);
        }
        own.resets(rst);
        Some(causes)
    }
}

/// The first segment of the server.
#[cold]
fn first_answer(brief: &Brief) -> Option<&Jot> {
    brief.segments().find(|jot| !jot.by_client)
}

/// Takes in the next segment that may move a state, from one of these ends to the other; `None` where there are too many.
fn take<'a>(moves: &mut Moves, jot: &'a Jot, [own, peer]: [&mut Half<'a>; 2], is_again: bool) -> Option<()> {
    let covers_syn_alone = peer.nxt == peer.iss() + 1;
    moves.take(jot, Turn { acknowledges: jot.ack != peer.una, covers_syn_alone, is_again })?;
    moves.is_open |= !jot.by_client;
    if peer.has_closed() {
        peer.acknowledges_fin.get_or_insert(jot);
    }
    if jot.gist.has_fin() && !is_again {
        own.closes(jot);
        moves.first_fin.get_or_insert(if jot.by_client { Role::Client } else { Role::Server });
    }
    Some(())
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

/// Whether the packet of `rst` does not look like those that its sender's other segments came in.
fn is_strange(rst: &Jot, brief: &Brief) -> bool {
    let mut look = Look::default();
    let own = std::iter::once(brief.syn()).chain(brief.until_reset(0).iter().map(|Kept(jot)| jot));
    for jot in own.filter(|jot| jot.by_client == rst.by_client) {
        look.see(jot.hop_limit, jot.identification);
    }
    look.is_strange(rst.hop_limit, rst.identification)
}
