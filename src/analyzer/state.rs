//! The eleven states of a connection, and how an end moves between them.
//!
//! In: a state, and what a validated segment did. Out: the state after it.
//! Invariant: both functions are pure, total, and idempotent for facts that a state already contains. Flags alone
//! never come here: `judge.rs` validates the numbers first. An observer cannot refuse input, so a fact that moves
//! nothing leaves the state as it is.
//! Read: RFC 9293 §3.3.2 (states), §3.5 (opening), §3.6 (closing), §3.10 (event processing).

use std::fmt;

use crate::analyzer::pack::packed_enum;

/// A connection's state at one end (RFC 9293 §3.3.2), or that it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum State {
    /// Waits for a connection request.
    Listen,
    /// Has sent a SYN and waits for one in return.
    SynSent,
    /// Has sent and received a SYN and waits for its own to be acknowledged.
    SynReceived,
    /// Open: text flows both ways.
    Established,
    /// Has sent its FIN; neither that nor the peer's FIN is accounted for.
    FinWait1,
    /// Its FIN is acknowledged; waits for the peer's.
    FinWait2,
    /// Has received the peer's FIN; its own program has not closed yet.
    CloseWait,
    /// Both FINs have crossed; waits for its own to be acknowledged.
    Closing,
    /// Has sent its FIN after the peer's; waits for the last acknowledgement.
    LastAck,
    /// All is done; waits until no segment of this connection can still be under way.
    TimeWait,
    /// No connection.
    Closed,
    /// Not to be told from what was captured.
    #[default]
    Unknown,
}

/// What an end's own segment does, once its numbers have been validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// A SYN without ACK.
    Syn,
    /// A SYN that acknowledges the peer's.
    SynAck,
    /// A segment that only an end whose SYN was acknowledged sends: text, or an acknowledgement of text.
    Synchronized,
    /// A FIN.
    Fin,
    /// A RST that ends its own connection.
    Rst,
}

/// What a segment does at the end that receives it, once its numbers have been validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// A SYN without an acknowledgement of this end's own.
    Syn,
    /// An acceptable SYN+ACK.
    SynAck,
    /// An acknowledgement of this end's SYN.
    AckOfSyn,
    /// An acknowledgement of this end's FIN.
    AckOfFin,
    /// A FIN in sequence.
    Fin,
    /// A RST that counts.
    Rst {
        /// Whether this end opened passively, and so goes back to LISTEN from SYN-RECEIVED.
        passive: bool,
    },
}

/// The state of an end after it has sent `what`.
#[inline(always)]
pub const fn after_sending(state: State, what: Sent) -> State {
    use State as S;
    match (state, what) {
        // §3.10.1 OPEN, active; §3.10.2 SEND in LISTEN. A SYN that is seen overrules what was only assumed.
        (S::Closed | S::Listen | S::Unknown | S::SynSent | S::SynReceived, Sent::Syn) => S::SynSent,
        // §3.10.7.2 (from LISTEN) and §3.10.7.3 (from SYN-SENT, simultaneous open): SYN,ACK means SYN-RECEIVED.
        (S::Closed | S::Listen | S::Unknown | S::SynSent | S::SynReceived, Sent::SynAck) => S::SynReceived,
        // §3.10.7.3 and §3.10.7.4: nobody sends or acknowledges text before its own SYN was acknowledged.
        (S::Closed | S::Listen | S::Unknown | S::SynSent | S::SynReceived, Sent::Synchronized) => {
            S::Established
        }
        // §3.10.4 CLOSE in SYN-RECEIVED and ESTABLISHED.
        (S::SynReceived | S::Established, Sent::Fin) => S::FinWait1,
        // Seen without what came before it: a FIN, and no FIN of the peer's known.
        (S::SynSent | S::Unknown, Sent::Fin) => S::FinWait1,
        // §3.10.4 CLOSE in CLOSE-WAIT.
        (S::CloseWait, Sent::Fin) => S::LastAck,
        // §3.10.5 ABORT.
        (_, Sent::Rst) => S::Closed,
        (unmoved, _) => unmoved,
    }
}

/// The state of an end after it has received `what`.
#[inline(always)]
pub const fn after_receiving(state: State, what: Received) -> State {
    use State as S;
    match (state, what) {
        // §3.10.7.2, third: check for a SYN in LISTEN. An end of which nothing was seen is taken for a listener.
        (S::Listen | S::Closed | S::Unknown, Received::Syn) => S::SynReceived,
        // §3.10.7.3, fourth: a SYN without ACK in SYN-SENT, simultaneous open.
        (S::SynSent, Received::Syn) => S::SynReceived,
        // §3.10.7.3, fourth: our SYN has been acknowledged.
        (S::SynSent, Received::SynAck) => S::Established,
        // §3.10.7.4, fifth: SND.UNA < SEG.ACK =< SND.NXT in SYN-RECEIVED. A SYN+ACK does it too (figure 7).
        (S::SynReceived, Received::AckOfSyn | Received::SynAck) => S::Established,
        // §3.10.7.4, fifth: our FIN is acknowledged.
        (S::FinWait1, Received::AckOfFin) => S::FinWait2,
        (S::Closing, Received::AckOfFin) => S::TimeWait,
        (S::LastAck, Received::AckOfFin) => S::Closed,
        // §3.10.7.4, eighth: check the FIN bit.
        (S::SynReceived | S::Established | S::Unknown, Received::Fin) => S::CloseWait,
        (S::FinWait1, Received::Fin) => S::Closing,
        (S::FinWait2, Received::Fin) => S::TimeWait,
        // §3.10.7.4, second: a RST in SYN-RECEIVED returns a passive opener to LISTEN.
        (S::SynReceived, Received::Rst { passive: true }) => S::Listen,
        // §3.10.7.3, second, and §3.10.7.4, second: every other connection is over.
        (S::Listen, Received::Rst { .. }) => S::Listen,
        (_, Received::Rst { .. }) => S::Closed,
        (unmoved, _) => unmoved,
    }
}

/// The state before the peer's FIN: what an end must have been in when its own segment shows that it had not got it.
pub const fn before_fin(state: State) -> State {
    match state {
        State::CloseWait => State::Established,
        State::Closing | State::LastAck => State::FinWait1,
        State::TimeWait => State::FinWait2,
        other => other,
    }
}

/// The state before the acknowledgement of its own FIN: what an end must be in when it sends that FIN again.
pub const fn before_ack_of_fin(state: State, has_peers_fin: bool) -> State {
    match (state, has_peers_fin) {
        (State::FinWait2, _) => State::FinWait1,
        (State::TimeWait, _) => State::Closing,
        (State::Closed, true) => State::LastAck,
        (State::Closed, false) => State::FinWait1,
        (other, _) => other,
    }
}

impl State {
    /// All of them, in the RFC's order.
    pub const ALL: [Self; 12] = [
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
        Self::Closed,
        Self::Unknown,
    ];

    /// Its name as the RFC spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "CLOSED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Whether both SYNs are accounted for (RFC 9293 §3.3.2: ESTABLISHED and all later states but CLOSED).
    pub const fn is_synchronized(self) -> bool {
        !matches!(self, Self::Listen | Self::SynSent | Self::SynReceived | Self::Closed | Self::Unknown)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

packed_enum!(State {
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
    Closed,
    Unknown,
});

#[cfg(test)]
mod tests {
    use super::*;
    use State as S;

    /// RFC 9293 §3.3.2, figure 5, the edges that end in sending; and what an observer adds for ends seen late.
    const SENDING: [(State, Sent, State); 12] = [
        (S::Closed, Sent::Syn, S::SynSent),
        (S::Listen, Sent::Syn, S::SynSent),
        (S::Listen, Sent::SynAck, S::SynReceived),
        (S::SynSent, Sent::SynAck, S::SynReceived),
        (S::SynSent, Sent::Synchronized, S::Established),
        (S::SynReceived, Sent::Synchronized, S::Established),
        (S::SynReceived, Sent::Fin, S::FinWait1),
        (S::Established, Sent::Fin, S::FinWait1),
        (S::CloseWait, Sent::Fin, S::LastAck),
        (S::Unknown, Sent::Synchronized, S::Established),
        (S::Unknown, Sent::Fin, S::FinWait1),
        (S::SynReceived, Sent::Syn, S::SynSent),
    ];

    /// The edges that begin with receiving.
    const RECEIVING: [(State, Received, State); 14] = [
        (S::Listen, Received::Syn, S::SynReceived),
        (S::SynSent, Received::Syn, S::SynReceived),
        (S::SynSent, Received::SynAck, S::Established),
        (S::SynReceived, Received::AckOfSyn, S::Established),
        (S::FinWait1, Received::AckOfFin, S::FinWait2),
        (S::FinWait1, Received::Fin, S::Closing),
        (S::FinWait2, Received::Fin, S::TimeWait),
        (S::Closing, Received::AckOfFin, S::TimeWait),
        (S::SynReceived, Received::Fin, S::CloseWait),
        (S::Established, Received::Fin, S::CloseWait),
        (S::LastAck, Received::AckOfFin, S::Closed),
        (S::SynReceived, Received::Rst { passive: true }, S::Listen),
        (S::SynReceived, Received::Rst { passive: false }, S::Closed),
        (S::TimeWait, Received::Rst { passive: false }, S::Closed),
    ];

    #[test]
    fn every_edge_of_figure_5_is_there() {
        for (from, what, to) in SENDING {
            assert_eq!(after_sending(from, what), to, "{from} sends {what:?}");
        }
        for (from, what, to) in RECEIVING {
            assert_eq!(after_receiving(from, what), to, "{from} receives {what:?}");
        }
    }

    #[test]
    fn a_synchronized_state_is_never_left_by_a_syn() {
        for state in State::ALL.into_iter().filter(|state| state.is_synchronized()) {
            for what in [Sent::Syn, Sent::SynAck, Sent::Synchronized] {
                assert_eq!(after_sending(state, what), state);
            }
            for what in [Received::Syn, Received::SynAck, Received::AckOfSyn] {
                assert_eq!(after_receiving(state, what), state);
            }
        }
    }

    #[test]
    fn a_valid_rst_leaves_no_connection() {
        for state in State::ALL {
            assert_eq!(after_sending(state, Sent::Rst), S::Closed);
            let after = after_receiving(state, Received::Rst { passive: false });
            assert_eq!(after, if state == S::Listen { S::Listen } else { S::Closed });
        }
    }

    #[test]
    fn facts_that_a_state_already_contains_move_nothing() {
        for state in State::ALL {
            for what in [Received::AckOfSyn, Received::AckOfFin, Received::Fin, Received::SynAck] {
                let once = after_receiving(state, what);
                assert_eq!(after_receiving(once, what), once, "{state} receives {what:?} twice");
            }
        }
    }

    #[test]
    fn what_is_taken_back_is_what_was_assumed() {
        for state in [S::Established, S::FinWait1, S::FinWait2] {
            assert_eq!(before_fin(after_receiving(state, Received::Fin)), state);
        }
        for (state, has_peers_fin) in [(S::FinWait1, false), (S::Closing, true), (S::LastAck, true)] {
            let after = after_receiving(state, Received::AckOfFin);
            assert_eq!(before_ack_of_fin(after, has_peers_fin), state);
        }
    }
}
