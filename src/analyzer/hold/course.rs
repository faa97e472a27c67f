//! How far a connection has come that goes by the textbook so far.
//!
//! In: its segments from the SYN on. Out: whether each is the next one, and what it did that others are told of.
//! Invariant: what is said of it is what the connection would say. A segment that may be anything but the next one in its
//! order is not taken, and then nothing has moved. Small, so that it lies where the connection is found.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12), §3.10.7.

use crate::analyzer::facts::Kind;
use crate::analyzer::hold::stage::{Fin, Next, Stage, State, Way};
use crate::analyzer::pack::{Pack, Packer, Unpacker};
use crate::analyzer::role::{Role, own_and_peer};
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::{Moment, Timestamp};

/// The course of a connection.
#[derive(Debug)]
pub struct Course {
    last: Timestamp,
    /// Of each end, the client first.
    ends: [End; 2],
    /// Nanoseconds from when whoever holds it listed it where it waits until it was last seen.
    pub waited: u32,
    state: State,
    /// Segments taken after the SYN.
    pub count: u8,
    /// Whether the client's socket stands before the server's.
    pub is_client_first: bool,
    /// Whether a segment has to be taken in before others are.
    pub waits: bool,
}

/// How far an end has come.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    nxt: SeqNumber,
    /// How much before that is not acknowledged.
    unacked: u32,
}

/// What a segment did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing that others are told of.
    GoesOn,
    /// The handshake is complete by it.
    Completes,
    /// Both ends have spoken by it.
    TurnsTwoWay,
    /// Text that was sent before.
    SaysAgain,
    /// It opens or closes and was sent before: of that something is to be said.
    ComesAgain,
}

impl Course {
    /// The course of what begins with the SYN `jot`.
    #[inline(always)]
    pub fn starting_with(jot: &Jot, is_client_first: bool) -> Self {
        Self {
            last: jot.time,
            ends: [End { nxt: jot.seq + 1, unacked: 1 }, End::default()],
            waited: 0,
            state: State::ASKED,
            count: 0,
            is_client_first,
            waits: false,
        }
    }

    /// Takes in a segment, where it is a plain one, or answers the SYN, the next by the textbook, and `may_take` says so. Nothing
    /// branches on what cannot be foreseen of such a one: which end it comes from, and how far that has come.
    #[inline(always)]
    pub fn take_next(&mut self, jot: &Jot, by_server: bool, may_take: bool) -> Option<Next> {
        // The numbers of the server begin with its answer.
        let where_asked = by_server & (self.state == State::ASKED);
        let [own, peer] = own_and_peer(!by_server, &mut self.ends)?;
        let is_there = (jot.seq == own.nxt) | where_asked;
        if !(may_take & jot.gist.is_ordinary(where_asked) & is_there) {
            return None;
        }
        // UNA =< ACK =< NXT: these three are never half the space apart.
        let left = peer.nxt.0.wrapping_sub(jot.ack.0);
        let next = self.state.after(Way {
            by_server,
            gist: jot.gist,
            acknowledges: left != peer.unacked,
            acknowledges_all: left == 0,
        });
        if !((left <= peer.unacked) & next.is_any()) {
            return None;
        }
        let sent = u32::from(jot.text_len).wrapping_add(u32::from(jot.gist.has_fin() | where_asked));
        (own.nxt, own.unacked) = (jot.seq + sent, own.unacked.wrapping_add(sent));
        peer.unacked = left;
        self.state = next.state();
        self.goes_on(jot);
        Some(next)
    }

    /// Takes in a segment from `from`, where it is the next one by the textbook. `is_known` says whether its packet may have
    /// been captured before.
    #[inline(always)]
    pub fn take(&mut self, jot: &Jot, from: Role, is_known: impl FnOnce() -> bool) -> Option<Taken> {
        let taken = match Kind::of(jot.flags) {
            Kind::Plain | Kind::SynAck => {
                let completes = self.state == State::ANSWERED;
                if let Some(next) = self.take_next(jot, from == Role::Server, true) {
                    return Some(if completes {
                        Taken::Completes
                    } else if next.answers() {
                        Taken::TurnsTwoWay
                    } else {
                        Taken::GoesOn
                    });
                }
                self.take_repeat(jot, from, is_known)?
            }
            Kind::Syn => self.take_repeat(jot, from, is_known)?,
            Kind::Rst => self.take_reset(jot, from)?,
            Kind::Illegal => return None,
        };
        self.goes_on(jot);
        Some(taken)
    }

    #[inline(always)]
    fn goes_on(&mut self, jot: &Jot) {
        self.last = self.last.max(jot.time);
        self.count = self.count.saturating_add(1);
    }

    /// Something once more that is not acknowledged yet, in another packet: text between two open ends, a FIN, a SYN, or the
    /// answer to one. It moves neither end.
    #[cold]
    #[inline(never)]
    fn take_repeat(&self, jot: &Jot, from: Role, is_known: impl FnOnce() -> bool) -> Option<Taken> {
        let (sender, receiver) = (self.of(from), self.of(from.other()));
        let end = jot.seq + u32::from(jot.text_len);
        let says_nothing_new = jot.ack == receiver.una();
        let is_repeat = match (Kind::of(jot.flags), jot.flags.has(Flags::FIN)) {
            (Kind::Plain, false) => {
                self.stage() == Stage::Open
                    && jot.seq != sender.nxt
                    && sender.una().precedes_or_equals(jot.seq)
                    && end.precedes_or_equals(sender.nxt)
                    && jot.text_len > 1
                    && says_nothing_new
            }
            (Kind::Plain, true) => {
                let is_closing = matches!(self.stage(), Stage::Closing | Stage::Repeating);
                let is_fin = self.state.fin(from) == Fin::Sent && end + 1 == sender.nxt;
                is_closing && is_fin && sender.una().precedes_or_equals(jot.seq) && says_nothing_new
            }
            (Kind::Syn, _) => {
                let is_opening = matches!(self.stage(), Stage::Asked | Stage::Answered);
                is_opening && from == Role::Client && jot.seq + 1 == sender.nxt && jot.text_len == 0
            }
            (Kind::SynAck, _) => {
                let is_syn = jot.seq + 1 == sender.nxt && jot.text_len == 0;
                self.stage() == Stage::Answered && from == Role::Server && is_syn && says_nothing_new
            }
            _ => false,
        };
        // What comes at the end of all time was never there to a `Moment`.
        if !is_repeat || Moment::at(jot.time) == Moment::NEVER || is_known() {
            return None;
        }
        let comes_again = jot.flags.has_any(Flags::SYN.with(Flags::FIN));
        Some(if comes_again { Taken::ComesAgain } else { Taken::SaysAgain })
    }

    /// RFC 9293 §3.10.7.3, second: it refuses the attempt; §3.10.7.4, second: it stands exactly at RCV.NXT.
    #[cold]
    #[inline(never)]
    fn take_reset(&mut self, jot: &Jot, from: Role) -> Option<Taken> {
        let (sender, receiver) = (self.of(from), self.of(from.other()));
        let has_ack = jot.flags.has(Flags::ACK);
        let refuses =
            self.stage() == Stage::Asked && from == Role::Server && has_ack && jot.ack == receiver.nxt;
        let resets = matches!(self.stage(), Stage::Open | Stage::Closing)
            && jot.seq == sender.nxt
            && (!has_ack || jot.ack == receiver.nxt);
        if !refuses && !resets {
            return None;
        }
        self.state = if refuses { State::REFUSED } else { State::RESET };
        Some(if refuses { Taken::TurnsTwoWay } else { Taken::GoesOn })
    }

    /// How far it has come.
    pub fn stage(&self) -> Stage {
        self.state.stage()
    }

    /// Whether its handshake was completed.
    pub fn is_open(&self) -> bool {
        self.stage().standing().is_open
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.stage().standing().is_over
    }

    /// Whether a RST answered its SYN.
    pub fn is_refused(&self) -> bool {
        matches!(self.stage(), Stage::Refused)
    }

    /// Whether a RST ended it, after it was opened.
    pub fn is_reset(&self) -> bool {
        matches!(self.stage(), Stage::Reset)
    }

    /// Whether both ends were seen to speak.
    pub fn is_two_way(&self) -> bool {
        self.stage() != Stage::Asked
    }

    /// The time of its last segment.
    pub const fn end(&self) -> Timestamp {
        self.last
    }

    /// Writes it, but for what others have written about it; `ends` are the numbers behind what each end sent last, the client first: most often it has got there.
    pub fn pack(&self, ends: [SeqNumber; 2], to: &mut Packer) {
        let Self { last, ends: own, waited: _, state, count, is_client_first: _, waits: _ } = self;
        for (End { nxt, unacked }, end) in own.iter().zip(ends) {
            to.signed(nxt.0.wrapping_sub(end.0).cast_signed().into());
            to.signed(unacked.cast_signed().into());
        }
        (*last, *count).pack(to);
        state.pack(to);
    }

    /// Reads one.
    pub fn unpack(ends: [SeqNumber; 2], is_client_first: bool, from: &mut Unpacker<'_>) -> Option<Self> {
        let mut distance = || Some(i32::try_from(from.signed()?).ok()?.cast_unsigned());
        let mut ends = ends.map(|nxt| End { nxt, unacked: 0 });
        for End { nxt, unacked } in &mut ends {
            *nxt = *nxt + distance()?;
            *unacked = distance()?;
        }
        let (last, count) = Pack::unpack(from)?;
        let state = Pack::unpack(from)?;
        Some(Self { last, ends, waited: 0, state, count, is_client_first, waits: false })
    }

    const fn of(&self, role: Role) -> End {
        let [client, server] = self.ends;
        match role {
            Role::Client => client,
            Role::Server => server,
        }
    }
}

impl End {
    /// SND.UNA.
    const fn una(self) -> SeqNumber {
        SeqNumber(self.nxt.0.wrapping_sub(self.unacked))
    }
}
