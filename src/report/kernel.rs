//! The kernel's word, in words.
//!
//! In: what the kernel said about a socket. Out: the same for people, in ASCII.
//! Invariant: states keep the kernel's spelling, with underscores, so that nobody takes them for inferred ones.

use crate::witness::{KernelEvent, KernelWord};

/// What stands before every word of the kernel, wherever it is shown.
pub const MARK: &str = "kernel";

/// What the kernel said, without its mark.
pub fn words(word: &KernelWord) -> String {
    match word {
        KernelWord::State { from, to } => format!("{from} -> {to}"),
        KernelWord::Retransmits => "retransmits".to_owned(),
        KernelWord::RetransmitsSynAck => "retransmits SYN+ACK".to_owned(),
        KernelWord::SendsReset(None) => "sends RST".to_owned(),
        KernelWord::SendsReset(Some(reason)) => format!("sends RST ({reason})"),
        KernelWord::ReceivesReset => "accepts the RST".to_owned(),
    }
}

/// Which socket it speaks of: its own address, and its peer's where it has one.
pub fn socket(said: &KernelEvent) -> String {
    match said.peer.port() {
        0 => said.local.to_string(),
        _ => format!("{} to {}", said.local, said.peer),
    }
}
