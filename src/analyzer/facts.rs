//! What is known of a segment before it moves anything.
//!
//! In: control bits. Out: the segment's `Kind`, and `Facts`, which `judge.rs` fills in and both ends then act upon.
//! Invariant: kinds go by masks over SYN, ACK, FIN and RST, never by equality of flags: ECN bits, PSH and URG are
//! normal anywhere.
//! Read: RFC 9293 §3.4, §3.10.7; RFC 5961 §3 (RST).

use crate::segment::Flags;
use crate::seq::SeqNumber;

/// A segment's kind by its control bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// SYN without ACK.
    Syn,
    /// SYN with ACK.
    SynAck,
    /// RST, with ACK or without.
    Rst,
    /// ACK, with text and FIN or without.
    Plain,
    /// A combination that no TCP sends: SYN+FIN, SYN+RST, FIN+RST, FIN without ACK, or none of the four.
    Illegal,
}

/// What an acknowledgement is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledges {
    /// There is none.
    Nothing,
    /// Nothing of the peer's is known that it could refer to.
    Unknown,
    /// `SND.UNA < SEG.ACK =< SND.NXT`.
    New,
    /// What was acknowledged before.
    Old,
    /// What the peer is not known to have sent.
    Unsent,
}

/// What a RST does at the end that receives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// It is none.
    None,
    /// It answers a SYN: the attempt is refused (RFC 9293 §3.10.7.3, second).
    Refuses,
    /// It stands exactly at RCV.NXT and ends the connection (RFC 9293 §3.10.7.4, second).
    Resets,
    /// It is in the window but not at RCV.NXT: a challenge ACK answers it (RFC 5961 §3.2).
    Challenged,
    /// It stands where RCV.NXT was, but the connection is gone already.
    Late,
    /// It is outside the window, or does not acknowledge the SYN.
    Ignored,
}

/// What is known of a segment before it moves anything.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Its kind.
    pub kind: Kind,
    /// Whether its receiver reads it at all: the checksum is not wrong and the flags are legal.
    pub sound: bool,
    /// Whether its sequence numbers count: sound, no RST, and within the window.
    pub counts: bool,
    /// Whether the receiver's SYN carried text (RFC 7413).
    pub fast_open: bool,
    /// What its ACK is worth.
    pub acknowledges: Acknowledges,
    /// Whether its ACK goes just as far as the peer's SYN.
    pub covers_syn_alone: bool,
    /// The number of its FIN's own octet, where it has one that counts.
    pub fin: Option<SeqNumber>,
    /// Which sending of the same this is, from 2; 0 for the first.
    pub again: u32,
    /// What its RST does.
    pub reset: Reset,
    /// Whether it answers a SYN with the numbers of an older connection (RFC 9293 §3.5.1, figures 9 and 10).
    pub older: bool,
    /// Whether it acknowledges the peer's FIN.
    pub covers_fin: bool,
    /// Whether its ACK shows that the peer's FIN, which has passed in sequence, had not arrived.
    pub lacks_fin: bool,
}

impl Kind {
    /// The kind of a set of control bits. The bits of ECN, PSH and URG play no part.
    pub const fn of(flags: Flags) -> Self {
        const SYN: u16 = Flags::SYN.0;
        const FIN: u16 = Flags::FIN.0;
        const RST: u16 = Flags::RST.0;
        const ACK: u16 = Flags::ACK.0;
        const FIN_ACK: u16 = FIN | ACK;
        const SYN_ACK: u16 = SYN | ACK;
        const RST_ACK: u16 = RST | ACK;
        match flags.0 & (SYN | FIN | RST | ACK) {
            SYN => Self::Syn,
            SYN_ACK => Self::SynAck,
            RST | RST_ACK => Self::Rst,
            ACK | FIN_ACK => Self::Plain,
            _ => Self::Illegal,
        }
    }
}
