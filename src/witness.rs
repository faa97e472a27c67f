//! One word of the kernel about a TCP socket: a change of its state, a retransmission, a reset.
//!
//! In: what `kernel/` read from the kernel's tracepoints. Out: a value that `story/` puts beside segments and calls.
//! Invariant: these are the kernel's own states, in its own vocabulary; nothing here is inferred. Where the two
//! vocabularies differ (TIME-WAIT, SYN-RECEIVED), whoever compares them says how (`docs/kernel.md`).

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;

use crate::time::Timestamp;

/// Something the kernel said about one socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelEvent {
    /// When, on the clock of the capture (`CLOCK_REALTIME`).
    pub time: Timestamp,
    /// Tells sockets apart, for as long as they live: the kernel's own (hashed or plain) address of the socket; 0 for none.
    pub socket: u64,
    /// The socket's own address and port. A listener's address may be unspecified.
    pub local: SocketAddr,
    /// The peer's; unspecified, with port 0, for a listener.
    pub peer: SocketAddr,
    /// What it said.
    pub word: KernelWord,
}

/// What the kernel said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KernelWord {
    /// The socket went from one state to another (`sock/inet_sock_set_state`).
    State {
        /// The state before.
        from: KernelState,
        /// The state after.
        to: KernelState,
    },
    /// It sent a segment again (`tcp/tcp_retransmit_skb`).
    Retransmits,
    /// It sent its SYN+ACK again (`tcp/tcp_retransmit_synack`).
    RetransmitsSynAck,
    /// It sent a RST (`tcp/tcp_send_reset`), for the kernel's reason where that is told (`TCP_ABORT_ON_CLOSE`).
    SendsReset(Option<String>),
    /// It took a RST for valid (`tcp/tcp_receive_reset`).
    ReceivesReset,
}

/// The kernel's states, as its tracepoints spell them without `TCP_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KernelState {
    /// `ESTABLISHED`
    Established,
    /// `SYN_SENT`
    SynSent,
    /// `SYN_RECV`
    SynRecv,
    /// `FIN_WAIT1`
    FinWait1,
    /// `FIN_WAIT2`
    FinWait2,
    /// `TIME_WAIT`
    TimeWait,
    /// `CLOSE`
    Close,
    /// `CLOSE_WAIT`
    CloseWait,
    /// `LAST_ACK`
    LastAck,
    /// `LISTEN`
    Listen,
    /// `CLOSING`
    Closing,
    /// `NEW_SYN_RECV`
    NewSynRecv,
}

impl KernelState {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Established,
        Self::SynSent,
        Self::SynRecv,
        Self::FinWait1,
        Self::FinWait2,
        Self::TimeWait,
        Self::Close,
        Self::CloseWait,
        Self::LastAck,
        Self::Listen,
        Self::Closing,
        Self::NewSynRecv,
    ];

    /// As the kernel spells it, without `TCP_`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Established => "ESTABLISHED",
            Self::SynSent => "SYN_SENT",
            Self::SynRecv => "SYN_RECV",
            Self::FinWait1 => "FIN_WAIT1",
            Self::FinWait2 => "FIN_WAIT2",
            Self::TimeWait => "TIME_WAIT",
            Self::Close => "CLOSE",
            Self::CloseWait => "CLOSE_WAIT",
            Self::LastAck => "LAST_ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
            Self::NewSynRecv => "NEW_SYN_RECV",
        }
    }

    /// The state of this name, with or without `TCP_`.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.strip_prefix("TCP_").unwrap_or(name);
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for KernelState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How much one of the kernel's counters rose while something was played or watched (`ListenOverflows`, `TCPSYNChallenge`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterRise {
    /// The counter's name, as the kernel has it.
    pub name: String,
    /// By how much.
    pub by: u64,
}

/// Gives events that were told before the kernel knew the whole pair the sockets that the same socket names next: at its
/// SYN a client has no port yet (`CLOSE > SYN_SENT`), at the third segment the server's new socket no peer
/// (`LISTEN > SYN_RECV`). In: events in order.
pub fn complete(events: &mut [KernelEvent]) {
    let mut next: HashMap<u64, (SocketAddr, SocketAddr)> = HashMap::new();
    for event in events.iter_mut().rev() {
        if event.begins() {
            // What the same socket said before was of another connection.
            let pair = next.remove(&event.socket);
            if let Some(pair) = pair.filter(|_| event.is_incomplete()) {
                (event.local, event.peer) = pair;
            }
        } else if event.socket != 0 {
            next.insert(event.socket, (event.local, event.peer));
        }
    }
}

impl KernelEvent {
    /// Whether it is the first word about a connection at this end.
    const fn begins(&self) -> bool {
        matches!(self.word, KernelWord::State { to: KernelState::SynSent | KernelState::SynRecv, .. })
    }

    /// Whether the kernel did not know the whole pair of an opening connection yet.
    pub const fn is_incomplete(&self) -> bool {
        match self.word {
            KernelWord::State { to: KernelState::SynSent, .. } => self.local.port() == 0,
            KernelWord::State { to: KernelState::SynRecv, .. } => self.peer.port() == 0,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(socket: u64, from: KernelState, to: KernelState, local: &str, peer: &str) -> KernelEvent {
        let word = KernelWord::State { from, to };
        KernelEvent {
            time: Timestamp(0),
            socket,
            local: local.parse().unwrap(),
            peer: peer.parse().unwrap(),
            word,
        }
    }

    #[test]
    fn what_was_told_too_early_is_completed_by_the_same_socket() {
        use KernelState::{Close, Established, Listen, SynRecv, SynSent};
        let (near, far, none) = ("127.0.0.1:50000", "127.0.0.1:6666", "0.0.0.0:0");
        let mut events = [
            said(1, Close, SynSent, "127.0.0.1:0", far),
            said(2, Close, SynSent, "127.0.0.1:0", far),
            said(3, Listen, SynRecv, far, none),
            said(1, SynSent, Established, near, far),
            said(1, Close, SynSent, "127.0.0.1:0", far),
            said(3, SynRecv, Established, far, near),
            said(4, Listen, Close, far, none),
        ];
        complete(&mut events);
        let pairs = events.map(|event| (event.local.to_string(), event.peer.to_string()));
        let told = |local: &str, peer: &str| (local.to_owned(), peer.to_owned());
        assert_eq!(
            pairs,
            [
                told(near, far),
                told("127.0.0.1:0", far),
                told(far, near),
                told(near, far),
                told("127.0.0.1:0", far),
                told(far, near),
                told(far, none)
            ]
        );
    }

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in KernelState::ALL {
            assert_eq!(KernelState::named(&format!("TCP_{state}")), Some(state));
            assert_eq!(KernelState::named(state.as_str()), Some(state));
        }
        assert_eq!(KernelState::named("TCP_BOUND"), None);
    }
}
