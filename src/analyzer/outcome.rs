//! What became of a connection.
//!
//! In: both ends, the opening, and the RST that ended it if one did. Out: one of a closed list of outcomes.
//! Invariant: the first that holds, in the order of `outcome`; a verdict that rests on silence needs the time of the
//! capture's end.
//! Read: `docs/tcpshake.schema.json` for the list; RFC 6298 §2 (the initial RTO of 1 s).

use std::time::Duration;

use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::facts::{Facts, Reset};
use crate::analyzer::pack::packed;
use crate::analyzer::role::{Ends, Role};
use crate::segment::Segment;
use crate::time::Timestamp;

/// How long an answer to a SYN may take before it counts as missing (RFC 6298 §2.1).
pub const INITIAL_RTO: Duration = Duration::from_secs(1);

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both FINs were sent and acknowledged; the last ACK may be missing if nothing contradicts it.
    Closed,
    /// A valid RST after the handshake, or in the middle of a connection whose opening was not captured.
    Reset,
    /// One FIN, and no more by the end.
    HalfClosed,
    /// The handshake is complete and nothing closes.
    Open,
    /// A SYN+ACK was sent and the handshake is not complete: the answer is missing, withdrawn, or a RST.
    SynReceived,
    /// A RST answered the SYN.
    Refused,
    /// An ICMP error answered the SYN.
    Unreachable,
    /// The SYN was repeated, or waited for more than a second, and nothing came.
    NoAnswer,
    /// A SYN alone, too young to judge.
    Pending,
    /// None of these can be said.
    Unknown,
}

/// A RST that ended a connection.
#[derive(Clone, Copy, Debug)]
pub struct ResetSeen {
    /// Who sent it.
    pub by: Role,
    /// When.
    pub time: Timestamp,
    /// Whether it refused the attempt.
    pub refuses: bool,
    /// Whether both FINs had been acknowledged before: it ended nothing.
    pub is_late: bool,
}

impl ResetSeen {
    /// What the RST in `segment`, sent by `by`, did; `None` where it is none, or did nothing.
    pub fn of(segment: &Segment, facts: &Facts, by: Role, is_late: bool) -> Option<Self> {
        let refuses = facts.reset == Reset::Refuses;
        let is_valid = refuses || facts.reset == Reset::Resets;
        is_valid.then_some(Self { by, time: segment.time, refuses, is_late })
    }
}

/// Judges a connection. `is_unreachable` says that an ICMP error answered its SYN, `quiet` how long the capture went on
/// after its last segment.
#[inline(always)]
pub fn outcome(
    ends: &Ends<Endpoint>,
    is_self: bool,
    is_complete: bool,
    reset: Option<&ResetSeen>,
    is_unreachable: bool,
    quiet: Duration,
) -> Outcome {
    let reset = reset.filter(|reset| !reset.is_late);
    if let Some(outcome) = reset.and_then(|reset| by_reset(ends, is_complete, reset)) {
        return outcome;
    }
    if let Some(outcome) = by_fins(ends, is_self) {
        return outcome;
    }
    if is_complete {
        return Outcome::Open;
    }
    let (client, server) = (&ends.client.numbers, &ends.server.numbers);
    if client.syn_acks > 0 || server.syn_acks > 0 {
        return Outcome::SynReceived;
    }
    if client.syns > 0 && server.segments == 0 && !is_self {
        if client.segments > u64::from(client.syns) {
            return Outcome::Unknown;
        }
        if is_unreachable {
            return Outcome::Unreachable;
        }
        let waited = quiet > INITIAL_RTO;
        return if client.syns > 1 || waited { Outcome::NoAnswer } else { Outcome::Pending };
    }
    let both_talk = client.is_seen() && server.is_seen();
    if both_talk && ends.client.state().is_synchronized() && ends.server.state().is_synchronized() {
        return Outcome::Open;
    }
    Outcome::Unknown
}

fn by_reset(ends: &Ends<Endpoint>, is_complete: bool, reset: &ResetSeen) -> Option<Outcome> {
    let numbers = ends.map(|end| (end.numbers.syns, end.numbers.syn_acks));
    let opening_seen = numbers.client.0 > 0 || numbers.server.0 > 0;
    let was_answered = numbers.client.1 > 0 || numbers.server.1 > 0;
    if reset.refuses {
        Some(Outcome::Refused)
    } else if is_complete || !(opening_seen || was_answered) {
        Some(Outcome::Reset)
    } else if was_answered {
        Some(Outcome::SynReceived)
    } else {
        None
    }
}

fn by_fins(ends: &Ends<Endpoint>, is_self: bool) -> Option<Outcome> {
    // One that is repeated after its acknowledgement was seen has been acknowledged all the same.
    let judged = |end: &Endpoint| end.numbers.fin().map(|fin| (fin.acknowledged.is_some(), fin.times == 1));
    let (client, server) = (judged(&ends.client), judged(if is_self { &ends.client } else { &ends.server }));
    match (client, server) {
        (None, None) => None,
        // Both acknowledged, or the last acknowledgement missing and its FIN not repeated.
        (Some((true, _)), Some((true, _)))
        | (Some((true, _)), Some((_, true)))
        | (Some((_, true)), Some((true, _))) => Some(Outcome::Closed),
        _ => Some(Outcome::HalfClosed),
    }
}

impl Outcome {
    /// Its name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::HalfClosed => "half-closed",
            Self::Open => "open",
            Self::SynReceived => "syn-received",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::NoAnswer => "no-answer",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

packed!(ResetSeen { by, time, refuses, is_late });
