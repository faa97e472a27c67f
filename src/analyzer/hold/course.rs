//! How far a connection has come that goes by the textbook so far.
//!
//! In: its segments from the SYN on. Out: whether each is the next one, and what it did that others are told of.
//! Invariant: what is said of it is what the connection would say. A segment that may be anything but the next one in its
//! order is not taken, and then nothing has moved. Small, so that it lies where the connection is found.
//! Read: RFC 9293 §3.5 (figure 6), §3.6 (figure 12), §3.10.7.

use std::net::SocketAddrV4;

use crate::analyzer::facts::Kind;
use crate::analyzer::hold::waiting::Standing;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::{Ends, Role};
use crate::jot::Jot;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::{Moment, Timestamp};

/// The course of a connection.
#[derive(Debug)]
pub struct Course {
    sockets: Sockets,
    last: Timestamp,
    ends: Ends<End>,
    fins: Ends<Fin>,
    stage: Stage,
    /// Segments taken after the SYN.
    pub count: u8,
    /// Nanoseconds from when whoever holds it listed it where it waits until it was last seen.
    pub waited: u32,
}

/// How far an end has come.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    nxt: SeqNumber,
    una: SeqNumber,
}

/// How far an end has come with closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fin {
    #[default]
    None,
    Sent,
    Acknowledged,
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// By a SYN.
    Asked,
    /// By a SYN+ACK.
    Answered,
    /// Neither end has closed.
    Open,
    /// One has, or both, and neither FIN of two is acknowledged.
    Closing,
    /// Both have, and one of the FINs is not acknowledged yet.
    Repeating,
    /// Both FINs are acknowledged.
    Closed,
    /// After it was open.
    Reset,
    /// Before it was.
    Refused,
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
    /// It opens or closes and was sent before: of that something is to be said.
    ComesAgain,
}

impl Course {
    /// The course of what begins with the SYN `jot` between these sockets.
    #[inline(always)]
    pub fn starting_with(sockets: Sockets, jot: &Jot) -> Self {
        Self {
            sockets,
            last: jot.time,
            ends: Ends { client: End { nxt: jot.seq + 1, una: jot.seq }, server: End::default() },
            fins: Ends::default(),
            stage: Stage::Asked,
            count: 0,
            waited: 0,
        }
    }

    /// Takes in a segment that goes from `source` to `destination`, where those are its sockets, it is open, neither end has
    /// closed, and the segment is the next one by the textbook and no FIN: as most are. If so, whether the client sent it.
    #[inline(always)]
    pub fn take_steady(
        &mut self,
        jot: &Jot,
        source: SocketAddrV4,
        destination: SocketAddrV4,
    ) -> Option<bool> {
        let (is_clients, is_servers) = self.sockets.senders(source, destination)?;
        // Which end it comes from cannot be foreseen: nothing here branches on it.
        let Ends { client, server } = self.ends;
        let (sender, receiver) = if is_clients { (client, server) } else { (server, client) };
        let is_taken = (is_clients | is_servers)
            & (self.stage == Stage::Open)
            & jot.flags.is_text_or_ack()
            & is_next(jot, sender, receiver, jot.text_len > 0);
        if !is_taken {
            return None;
        }
        let sender = End { nxt: sender.nxt + u32::from(jot.text_len), ..sender };
        let receiver = End { una: jot.ack, ..receiver };
        let (client, server) = if is_clients { (sender, receiver) } else { (receiver, sender) };
        self.ends = Ends { client, server };
        self.goes_on(jot);
        Some(is_clients)
    }

    /// Takes in a segment from `from`, where it is the next one by the textbook. `is_known` says whether its packet may have
    /// been captured before.
    #[inline(always)]
    pub fn take(&mut self, jot: &Jot, from: Role, is_known: impl FnOnce() -> bool) -> Option<Taken> {
        let taken = match Kind::of(jot.flags) {
            Kind::Plain => self.take_plain(jot, from).or_else(|| self.take_repeat(jot, from, is_known))?,
            Kind::SynAck => self.take_answer(jot, from).or_else(|| self.take_repeat(jot, from, is_known))?,
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

    /// RFC 9293 §3.10.7.3: a SYN+ACK that acknowledges the SYN.
    fn take_answer(&mut self, jot: &Jot, from: Role) -> Option<Taken> {
        let client = &mut self.ends.client;
        if self.stage != Stage::Asked || from != Role::Server || jot.text_len != 0 || jot.ack != client.nxt {
            return None;
        }
        client.una = jot.ack;
        self.ends.server = End { nxt: jot.seq + 1, una: jot.seq };
        self.stage = Stage::Answered;
        Some(Taken::TurnsTwoWay)
    }

    /// RFC 9293 §3.10.7.4: text, a FIN, or an acknowledgement of something new, exactly where its sender has got to.
    #[inline(always)]
    fn take_plain(&mut self, jot: &Jot, from: Role) -> Option<Taken> {
        let Self { ends, fins, stage, .. } = self;
        let completes = *stage == Stage::Answered && from == Role::Client;
        let is_open = completes || matches!(*stage, Stage::Open | Stage::Closing | Stage::Repeating);
        let (sender, receiver) = (*ends.of(from), *ends.of(from.other()));
        let has_fin = jot.flags.has(Flags::FIN);
        let speaks = jot.text_len > 0 || has_fin;
        // The third segment acknowledges the SYN+ACK.
        let is_late = (*fins.of(from) != Fin::None && speaks) || (completes && jot.ack == receiver.una);
        if !is_open || is_late || !is_next(jot, sender, receiver, speaks) {
            return None;
        }
        ends.of_mut(from.other()).una = jot.ack;
        ends.of_mut(from).nxt = sender.nxt + u32::from(jot.text_len) + u32::from(has_fin);
        let fin_of_peer = fins.of_mut(from.other());
        if *fin_of_peer == Fin::Sent && jot.ack == receiver.nxt {
            *fin_of_peer = Fin::Acknowledged;
        }
        if has_fin {
            *fins.of_mut(from) = Fin::Sent;
        }
        *stage = match (fins.client, fins.server) {
            (Fin::None, Fin::None) => Stage::Open,
            (Fin::Acknowledged, Fin::Acknowledged) => Stage::Closed,
            (Fin::Acknowledged, Fin::Sent) | (Fin::Sent, Fin::Acknowledged) => Stage::Repeating,
            _ => Stage::Closing,
        };
        Some(if completes { Taken::Completes } else { Taken::GoesOn })
    }

    /// Something once more that is not acknowledged yet, in another packet: text between two open ends, a FIN, a SYN, or the
    /// answer to one. It moves neither end.
    #[cold]
    #[inline(never)]
    fn take_repeat(&self, jot: &Jot, from: Role, is_known: impl FnOnce() -> bool) -> Option<Taken> {
        let (sender, receiver) = (self.ends.of(from), self.ends.of(from.other()));
        let end = jot.seq + u32::from(jot.text_len);
        let says_nothing_new = jot.ack == receiver.una;
        let is_repeat = match (Kind::of(jot.flags), jot.flags.has(Flags::FIN)) {
            (Kind::Plain, false) => {
                self.stage == Stage::Open
                    && jot.seq != sender.nxt
                    && sender.una.precedes_or_equals(jot.seq)
                    && end.precedes_or_equals(sender.nxt)
                    && jot.text_len > 1
                    && says_nothing_new
            }
            (Kind::Plain, true) => {
                let is_closing = matches!(self.stage, Stage::Closing | Stage::Repeating);
                let is_fin = *self.fins.of(from) == Fin::Sent && end + 1 == sender.nxt;
                is_closing && is_fin && sender.una.precedes_or_equals(jot.seq) && says_nothing_new
            }
            (Kind::Syn, _) => {
                let is_opening = matches!(self.stage, Stage::Asked | Stage::Answered);
                is_opening && from == Role::Client && jot.seq + 1 == sender.nxt && jot.text_len == 0
            }
            (Kind::SynAck, _) => {
                let is_syn = jot.seq + 1 == sender.nxt && jot.text_len == 0;
                self.stage == Stage::Answered && from == Role::Server && is_syn && says_nothing_new
            }
            _ => false,
        };
        // What comes at the end of all time was never there to a `Moment`.
        if !is_repeat || Moment::at(jot.time) == Moment::NEVER || is_known() {
            return None;
        }
        let comes_again = jot.flags.has_any(Flags::SYN.with(Flags::FIN));
        Some(if comes_again { Taken::ComesAgain } else { Taken::GoesOn })
    }

    /// RFC 9293 §3.10.7.3, second: it refuses the attempt; §3.10.7.4, second: it stands exactly at RCV.NXT.
    #[cold]
    #[inline(never)]
    fn take_reset(&mut self, jot: &Jot, from: Role) -> Option<Taken> {
        let (sender, receiver) = (self.ends.of(from), self.ends.of(from.other()));
        let has_ack = jot.flags.has(Flags::ACK);
        let refuses =
            self.stage == Stage::Asked && from == Role::Server && has_ack && jot.ack == receiver.nxt;
        let resets = matches!(self.stage, Stage::Open | Stage::Closing)
            && jot.seq == sender.nxt
            && (!has_ack || jot.ack == receiver.nxt);
        if !refuses && !resets {
            return None;
        }
        self.stage = if refuses { Stage::Refused } else { Stage::Reset };
        Some(if refuses { Taken::TurnsTwoWay } else { Taken::GoesOn })
    }

    /// How far it has come.
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Whether its handshake was completed.
    pub const fn is_open(&self) -> bool {
        self.stage.standing().is_open
    }

    /// Whether it has ended.
    pub const fn is_over(&self) -> bool {
        self.stage.standing().is_over
    }

    /// Whether a RST answered its SYN.
    pub const fn is_refused(&self) -> bool {
        matches!(self.stage, Stage::Refused)
    }

    /// Whether a RST ended it, after it was opened.
    pub const fn is_reset(&self) -> bool {
        matches!(self.stage, Stage::Reset)
    }

    /// Whether both ends were seen to speak.
    pub fn is_two_way(&self) -> bool {
        self.stage != Stage::Asked
    }

    /// Its sockets.
    pub const fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    /// The time of its last segment.
    pub const fn end(&self) -> Timestamp {
        self.last
    }
}

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::Asked,
        Self::Answered,
        Self::Open,
        Self::Closing,
        Self::Repeating,
        Self::Closed,
        Self::Reset,
        Self::Refused,
    ];

    /// How what stands so stands for whoever holds it.
    pub const fn standing(self) -> Standing {
        Standing {
            is_open: !matches!(self, Self::Asked | Self::Answered | Self::Refused),
            is_over: matches!(self, Self::Repeating | Self::Closed | Self::Reset | Self::Refused),
            // It is not acknowledged yet.
            may_repeat_its_fin: matches!(self, Self::Repeating),
        }
    }
}

/// Whether a segment stands exactly where its sender has got to, and `speaks` or acknowledges something new.
#[inline(always)]
fn is_next(jot: &Jot, sender: End, receiver: End, speaks: bool) -> bool {
    // UNA =< ACK =< NXT: these three are never half the space apart.
    let acknowledged = jot.ack.0.wrapping_sub(receiver.una.0);
    let is_sound = acknowledged <= receiver.nxt.0.wrapping_sub(receiver.una.0);
    // One octet may be a probe; what says nothing new may be any copy.
    (jot.seq == sender.nxt) & is_sound & (speaks | (acknowledged != 0)) & (jot.text_len != 1)
}
