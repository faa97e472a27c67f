//! How a connection closed.
//!
//! In: both ends with their FINs, and the RST that ended the connection if one did. Out: the kind of closing, who
//! closed first, its numbers, and its times.
//! Invariant: the shape follows from what the second FIN acknowledged when it was sent first, never from counting.
//! Read: RFC 9293 §3.6, figures 12 and 13; field guide section 3.

use std::time::Duration;

use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::numbers::Fin;
use crate::analyzer::outcome::{Outcome, ResetSeen};
use crate::analyzer::role::{Ends, Role};
use crate::seq::SeqNumber;

/// The kind of a closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosingKind {
    /// FIN, its ACK, FIN, its ACK.
    FourSegment,
    /// FIN, FIN+ACK, ACK.
    ThreeSegment,
    /// The second FIN does not acknowledge the first: they crossed.
    Simultaneous,
    /// A RST ended it.
    Reset,
    /// One end closed; the other did not, or not acceptably.
    HalfClosed,
    /// Nothing closes.
    None,
}

/// What was seen of a closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Its kind.
    pub kind: ClosingKind,
    /// Who sent the first FIN, or the RST where there is no FIN.
    pub first: Option<Role>,
    /// Who sent the FIN captured first, whose number is M: the same end, unless the capture has the FINs in reverse.
    pub m_from: Option<Role>,
    /// The number of the FIN captured first.
    pub m: Option<SeqNumber>,
    /// The other FIN's.
    pub n: Option<SeqNumber>,
    /// How far M lies from its sender's ISS, unwrapped, where that is known.
    pub m_offset: Option<i64>,
    /// How far N does.
    pub n_offset: Option<i64>,
    /// First FIN to the acknowledgement of the last.
    pub close_time: Option<Duration>,
    /// First FIN to its acknowledgement, where it was sent once.
    pub fin_to_ack: Option<Duration>,
    /// First FIN to the other.
    pub fin_to_fin: Option<Duration>,
}

/// The same spans in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingSpans {
    /// As [`Closing::close_time`].
    pub close_time: Option<u64>,
    /// As [`Closing::fin_to_ack`].
    pub fin_to_ack: Option<u64>,
    /// As [`Closing::fin_to_fin`].
    pub fin_to_fin: Option<u64>,
}

impl ClosingSpans {
    /// What is known of them by now.
    #[inline(always)]
    pub fn of(ends: &Ends<Endpoint>, is_self: bool, first_fin: Option<Role>) -> Self {
        let first = first_fin.and_then(|role| ends.of(role).numbers.fin());
        let second_end = first_fin.map(|role| if is_self { role } else { role.other() });
        let second = second_end.and_then(|role| ends.of(role).numbers.fin());
        let acknowledged = |fin: &Fin| fin.acknowledged.map(|(time, _)| time.0);
        let all_acknowledged =
            first.zip(second).and_then(|(m, n)| Some(acknowledged(m)?.max(acknowledged(n)?)));
        Self {
            close_time: first.zip(all_acknowledged).map(|(fin, time)| time.saturating_sub(fin.time.0)),
            fin_to_ack: first
                .filter(|fin| fin.times_until_acknowledged == 1)
                .and_then(|fin| Some(acknowledged(fin)?.saturating_sub(fin.time.0))),
            fin_to_fin: first
                .zip(second)
                .filter(|_| !is_self)
                .map(|(m, n)| n.time.0.saturating_sub(m.time.0)),
        }
    }
}

/// What is known of the closing by now.
#[inline(always)]
pub fn closing(
    ends: &Ends<Endpoint>,
    is_self: bool,
    first_fin: Option<Role>,
    reset: Option<&ResetSeen>,
    outcome: Outcome,
) -> Closing {
    let first = first_fin.and_then(|role| ends.of(role).numbers.fin());
    let second_end = first_fin.map(|role| if is_self { role } else { role.other() });
    let second = second_end.and_then(|role| ends.of(role).numbers.fin());
    let kind = match outcome {
        Outcome::Closed if is_self => ClosingKind::Simultaneous,
        Outcome::Closed => first.zip(second).map_or(ClosingKind::None, |(m, n)| shape(m, n)),
        Outcome::Reset => ClosingKind::Reset,
        Outcome::HalfClosed => ClosingKind::HalfClosed,
        _ => ClosingKind::None,
    };
    // A capture may hold the two in reverse order: the first then acknowledges the other.
    let is_reversed =
        kind == ClosingKind::ThreeSegment && first.zip(second).is_some_and(|(m, n)| n.number.precedes(m.ack));
    let closed_first = if is_reversed { first_fin.map(Role::other) } else { first_fin };
    let by_reset = reset.filter(|_| kind == ClosingKind::Reset).map(|reset| reset.by);
    let spans = ClosingSpans::of(ends, is_self, first_fin);
    Closing {
        kind,
        first: closed_first.or(by_reset),
        m_from: first_fin,
        m: first.map(|fin| fin.number),
        n: second.map(|fin| fin.number),
        m_offset: first_fin.and_then(|role| fin_offset(ends.of(role))),
        n_offset: second_end.and_then(|role| fin_offset(ends.of(role))),
        close_time: spans.close_time.map(Duration::from_nanos),
        fin_to_ack: spans.fin_to_ack.map(Duration::from_nanos),
        fin_to_fin: spans.fin_to_fin.map(Duration::from_nanos),
    }
}

fn fin_offset(end: &Endpoint) -> Option<i64> {
    end.numbers.iss()?;
    Some(end.numbers.sent()?.offset_of(end.numbers.fin()?.number))
}

/// Whether neither FIN acknowledges the other: they crossed.
pub fn do_fins_cross(one: &Fin, other: &Fin) -> bool {
    !one.number.precedes(other.ack) && !other.number.precedes(one.ack)
}

/// The shape of a closing whose FINs were both acknowledged.
#[inline(always)]
pub fn shape(first: &Fin, second: &Fin) -> ClosingKind {
    if second.number.precedes(first.ack) {
        ClosingKind::ThreeSegment
    } else if do_fins_cross(first, second) {
        ClosingKind::Simultaneous
    } else if first.acknowledged.is_some_and(|(_, frame)| frame == second.frame) {
        ClosingKind::ThreeSegment
    } else {
        ClosingKind::FourSegment
    }
}

impl ClosingKind {
    /// Its name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FourSegment => "four-segment",
            Self::ThreeSegment => "three-segment",
            Self::Simultaneous => "simultaneous",
            Self::Reset => "reset",
            Self::HalfClosed => "half-closed",
            Self::None => "none",
        }
    }
}
