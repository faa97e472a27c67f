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

/// What is known of a RST and its sender that tells the causes.
#[derive(Clone, Copy, Debug)]
pub struct Abort {
    /// Its packet does not look like its sender's others.
    pub is_strange: bool,
    /// It has ACK.
    pub has_ack: bool,
    /// It stands where its sender has got to.
    pub is_next: bool,
    /// It stands where its receiver has acknowledged to.
    pub is_peers_ack: bool,
    /// Its sender is a server that has sent no text.
    pub is_silent_server: bool,
    /// Its sender has sent a FIN.
    pub has_closed: bool,
    /// Its sender was sent text.
    pub was_sent_text: bool,
    /// Its sender was sent text after its FIN.
    pub was_sent_text_after_fin: bool,
    /// Its sender has sent keep-alives or probes that were not answered.
    pub is_probing: bool,
}

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
    /// The causes that a RST leaves possible.
    pub fn of(abort: Abort) -> Self {
        let text_after_fin = abort.has_closed && abort.was_sent_text_after_fin;
        let is_answer = !abort.has_ack && abort.is_peers_ack;
        let is_close = !abort.has_closed && abort.is_next && !is_answer;
        let mut causes = Self::default();
        for (cause, is_possible) in [
            (Cause::Middlebox, abort.is_strange),
            (Cause::DataAfterClose, text_after_fin && abort.is_peers_ack),
            (Cause::ProbesUnanswered, abort.is_probing),
            (Cause::NoSuchConnection, is_answer && !text_after_fin),
            (Cause::UnreadData, abort.was_sent_text && is_close),
            (Cause::NeverAccepted, abort.is_silent_server && !abort.has_closed && abort.has_ack),
            (Cause::LingerZero, is_close),
        ] {
            causes.add_if(cause, is_possible);
        }
        causes
    }

    /// The causes as bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

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
