//! Why a connection was aborted, as far as the segments before the RST tell.
//!
//! In: what `resets.rs` finds possible. Out: the causes, the likeliest first.
//! Invariant: candidates and not certainties: only the socket calls, or the kernel, could settle it.
//! Read: RFC 9293 §3.5.2, §3.5.3, §3.6.1, §3.10.5; RFC 1122 §4.2.2.13, §4.2.3.6; field guide section 3 (`aborted`).

use crate::analyzer::pack::{Pack, Packer, Unpacker};

/// A possible cause, in the order in which the likeliest comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cause {
    /// The RST's packet does not look like its sender's others: something between made it.
    Middlebox,
    /// Its sender had closed both ways, and was sent text.
    DataAfterClose,
    /// Its sender's keep-alives or probes were not answered.
    ProbesUnanswered,
    /// Its sender knows of no such connection.
    NoSuchConnection,
    /// Its sender closed with text unread.
    UnreadData,
    /// No program had accepted the connection when the listener was closed.
    NeverAccepted,
    /// Its sender closed with linger zero.
    LingerZero,
}

/// A set of causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Causes(u8);

impl Cause {
    const ALL: [Self; 7] = [
        Self::Middlebox,
        Self::DataAfterClose,
        Self::ProbesUnanswered,
        Self::NoSuchConnection,
        Self::UnreadData,
        Self::NeverAccepted,
        Self::LingerZero,
    ];

    /// What the cause would mean, as half a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Middlebox => "something between the ends made it",
            Self::DataAfterClose => "text came after a full close",
            Self::ProbesUnanswered => "keep-alives or probes were not answered",
            Self::NoSuchConnection => "no such connection was known there",
            Self::UnreadData => "close() with text unread",
            Self::NeverAccepted => "never accepted, and the listener was closed",
            Self::LingerZero => "close() with linger zero",
        }
    }
}

impl Causes {
    /// The causes, the likeliest first.
    pub fn iter(self) -> impl Iterator<Item = Cause> {
        Cause::ALL.into_iter().filter(move |cause| self.0 & (1 << *cause as u8) != 0)
    }

    /// Adds a cause where `condition` holds.
    pub const fn add_if(&mut self, cause: Cause, condition: bool) {
        if condition {
            self.0 |= 1 << cause as u8;
        }
    }
}

impl Pack for Causes {
    fn pack(&self, to: &mut Packer) {
        to.octet(self.0);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.octet().map(Self)
    }
}
