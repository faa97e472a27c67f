//! A connection by the textbook in which nothing came again: what its segments after the handshake's first two come to, at once.
//!
//! In: its segments from the third on, each the next of its sender. Out: what each end sent, and what moved the states.
//! Invariant: the same as by taking in one after the other, as `passage` does with any. Which end sent what is a bit for each
//! segment, the first one highest; only those that may move a state are looked at one by one.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12).

use crate::analyzer::hold::half::{AllSent, Half};
use crate::analyzer::hold::log::{Kept, MOST};
use crate::analyzer::hold::moved::{Moves, Turn};
use crate::analyzer::role::Role;
use crate::jot::Jot;
use crate::seq::SeqNumber;
use crate::time::Timestamp;

/// Some segments of which nothing came again.
#[derive(Debug)]
pub struct Straight<'a> {
    segments: &'a [Kept],
    by_client: u32,
    by_server: u32,
    text: u32,
    fins: u32,
}

/// How far the ends have got, the client first.
struct Reach {
    nxt: [SeqNumber; 2],
    una: [SeqNumber; 2],
    has_closed: [bool; 2],
}

impl<'a> Straight<'a> {
    /// Those of `segments`, of which there are no more than go into the brief; `None` where anything is to be said of one by
    /// itself, or where time goes back from `since` on.
    #[inline(always)]
    pub fn of(segments: &'a [Kept], since: Timestamp) -> Option<Self> {
        /// Room for the bits of all segments, three times.
        const ROOM: u32 = 21;
        const { assert!(MOST <= ROOM as usize) };
        const MASK: u64 = (1 << ROOM) - 1;
        let (mut bits, mut is_usual, mut latest) = (0_u64, true, since);
        for Kept(jot) in segments {
            let (text, fin) = (u64::from(jot.gist.has_text()), u64::from(jot.gist.has_fin()));
            bits = bits << 1 | u64::from(jot.by_client) | text << ROOM | fin << (2 * ROOM);
            is_usual &= jot.gist.is_plain_and_quiet() & (jot.time.0 >= latest.0);
            latest = jot.time;
        }
        let by_client = (bits & MASK) as u32;
        let all = below(segments.len() as u32);
        let straight = Self {
            segments,
            by_client,
            by_server: all & !by_client,
            text: (bits >> ROOM & MASK) as u32,
            fins: (bits >> (2 * ROOM)) as u32,
        };
        is_usual.then_some(straight)
    }

    /// When the first text came.
    #[inline(always)]
    pub fn first_text(&self) -> Option<Timestamp> {
        self.first(self.text).map(|jot| jot.time)
    }

    /// When the last segment came.
    #[inline(always)]
    pub fn latest(&self) -> Option<Timestamp> {
        self.segments.last().map(|Kept(jot)| jot.time)
    }

    /// Has both ends send them, of which `before` came after the SYN; `None` where they are not told by a shape.
    #[inline(always)]
    pub fn send(&self, before: u32, ends: &mut [Half<'a>; 2], moves: &mut Moves) -> Option<()> {
        let [client, server] = ends;
        let mut reach = Reach {
            nxt: [client.nxt, server.nxt],
            una: [client.una, server.una],
            has_closed: [client.has_closed(), server.has_closed()],
        };
        // Up to the server's first, by which it has shown to be open, and from the first FIN on any may move a state.
        let until_open = !below_highest(self.by_server);
        let since_fin = up_to_highest(self.fins);
        let all = self.by_client | self.by_server;
        let (first, last) = (all & until_open, all & since_fin & !until_open);
        let steady = all & !(first | last);
        let len = |bits: u32| bits.count_ones() as usize;
        let syns = [client.syn, server.syn].map(|syn| syn.seq);
        reach.take_all(self.segments.get(..len(first))?, syns, moves)?;
        if steady != 0 {
            moves.steady |= below(steady.count_ones()) << before.wrapping_add(first.count_ones());
            self.pass(&mut reach, !since_fin);
        }
        let from = self.segments.len().checked_sub(len(last))?;
        reach.take_all(self.segments.get(from..)?, syns, moves)?;
        moves.is_open |= self.by_server != 0;
        if let Some(fin) = self.first(self.fins) {
            moves.first_fin.get_or_insert(if fin.by_client { Role::Client } else { Role::Server });
        }
        client.sends(&self.sent(self.by_client, self.by_server, [reach.nxt[0], reach.una[0]]));
        server.sends(&self.sent(self.by_server, self.by_client, [reach.nxt[1], reach.una[1]]));
        Some(())
    }

    /// What an end has sent, whose segments are the bits in `own` and its peer's those in `peer`; it has got to `nxt`, and is
    /// acknowledged up to `una`.
    #[inline(always)]
    fn sent(&self, own: u32, peer: u32, [nxt, una]: [SeqNumber; 2]) -> AllSent<'a> {
        let fins = self.fins & own;
        // Each acknowledges all that was sent before it.
        let since_fin = if fins == 0 { 0 } else { peer & below_highest(fins) };
        AllSent {
            last: self.last(own),
            last_in_space: self.last((self.text | self.fins) & own),
            fin: self.first(fins),
            acknowledges_fin: self.first(since_fin),
            segments: own.count_ones(),
            nxt,
            una,
        }
    }

    /// Passes over what moves no state: the last segment of each end among these bits says how far both have got.
    #[inline(always)]
    fn pass(&self, reach: &mut Reach, among: u32) {
        for (by_client, own) in [(true, self.by_client), (false, self.by_server)] {
            if let Some(jot) = self.last(own & among) {
                reach.moves_on(jot, usize::from(!by_client));
            }
        }
    }

    /// The first segment of these bits.
    #[inline(always)]
    fn first(&self, bits: u32) -> Option<&'a Jot> {
        self.at(31_u32.wrapping_sub(bits.leading_zeros()))
    }

    /// The last one.
    #[inline(always)]
    fn last(&self, bits: u32) -> Option<&'a Jot> {
        self.at(bits.trailing_zeros())
    }

    /// The segment of a bit; there is none where there is no bit.
    #[inline(always)]
    fn at(&self, bit: u32) -> Option<&'a Jot> {
        let place = (self.segments.len() as u32).wrapping_sub(1).wrapping_sub(bit);
        self.segments.get(place as usize).map(|Kept(jot)| jot)
    }
}

impl Reach {
    /// Takes in segments that may move a state; `None` where there are too many, where one does not acknowledge all that was
    /// sent, or where text came behind the other end's FIN.
    #[inline(always)]
    fn take_all(&mut self, segments: &[Kept], syns: [SeqNumber; 2], moves: &mut Moves) -> Option<()> {
        for Kept(jot) in segments {
            let own = usize::from(!jot.by_client);
            let peer = own ^ 1;
            let [nxt, una, syn] = [*self.nxt.get(peer)?, *self.una.get(peer)?, *syns.get(peer)?];
            let is_behind_fin = jot.gist.has_text() & *self.has_closed.get(peer)?;
            if (jot.ack.0 != nxt.0) | is_behind_fin {
                return None;
            }
            let (acknowledges, covers_syn_alone) = (jot.ack.0 != una.0, nxt.0 == syn.0.wrapping_add(1));
            moves.take(jot, Turn { acknowledges, covers_syn_alone, is_again: false })?;
            *self.has_closed.get_mut(own)? |= jot.gist.has_fin();
            self.moves_on(jot, own);
        }
        Some(())
    }

    /// Its sender, whose place is `own`, has got behind it, and the other end is acknowledged as far as it says.
    #[inline(always)]
    fn moves_on(&mut self, jot: &Jot, own: usize) {
        let end = jot.seq + u32::from(jot.text_len) + u32::from(jot.gist.has_fin());
        if let (Some(nxt), Some(una)) = (self.nxt.get_mut(own), self.una.get_mut(own ^ 1)) {
            (*nxt, *una) = (end, jot.ack);
        }
    }
}

/// So many bits, from the lowest on.
#[inline(always)]
const fn below(count: u32) -> u32 {
    match 1_u32.checked_shl(count) {
        Some(next) => next.wrapping_sub(1),
        None => u32::MAX,
    }
}

/// All bits below the highest of these; none where there is none.
#[inline(always)]
fn below_highest(bits: u32) -> u32 {
    up_to_highest(bits) >> 1
}

/// All bits up to the highest of these.
#[inline(always)]
fn up_to_highest(bits: u32) -> u32 {
    u32::MAX.checked_shr(bits.leading_zeros()).unwrap_or(0)
}
