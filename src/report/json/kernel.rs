//! The record of one word of the kernel about a socket.
//!
//! In: what the kernel said. Out: its record.
//! Invariant: states and reasons are the kernel's own, in its own spelling; `from` and `to` stand with `state` alone.

use serde::Serialize;

use crate::report::json::rare::{Socket, Text, Time};
use crate::witness::{KernelEvent, KernelState, KernelWord};

/// A word of the kernel.
#[derive(Serialize)]
#[serde(tag = "type", rename = "kernel")]
pub struct KernelRecord<'a> {
    time: Time,
    /// In hexadecimal: not every reader of JSON holds 64 bits in a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    socket: Option<Text<String>>,
    local: Socket,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<Socket>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> KernelRecord<'a> {
    /// The record of `said`.
    pub fn of(said: &'a KernelEvent) -> Self {
        let (event, change, reason) = match &said.word {
            KernelWord::State { from, to } => ("state", Some((*from, *to)), None),
            KernelWord::Retransmits => ("retransmit", None, None),
            KernelWord::RetransmitsSynAck => ("retransmit-syn-ack", None, None),
            KernelWord::SendsReset(reason) => ("send-reset", None, reason.as_deref()),
            KernelWord::ReceivesReset => ("receive-reset", None, None),
        };
        Self {
            time: Time(said.time),
            socket: (said.socket != 0).then(|| Text(format!("{:#x}", said.socket))),
            local: said.local.into(),
            peer: (said.peer.port() != 0).then(|| said.peer.into()),
            event,
            from: change.map(|(from, _)| KernelState::as_str(from)),
            to: change.map(|(_, to)| KernelState::as_str(to)),
            reason,
        }
    }
}
