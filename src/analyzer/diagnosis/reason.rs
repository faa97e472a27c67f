//! The kernel's reasons for a RST, in plain words.
//!
//! In: a reason as Linux spells it, or a cause. Out: what it means; the counter that rises with it.
//! Invariant: a name that is not known here is shown as it is, without a meaning.
//! Read: the kernel's include/net/rstreason.h; `docs/kernel.md`.

use crate::analyzer::diagnosis::cause::Cause;

/// What a reason means, in half a sentence. To the kernel closing with linger zero and throwing away what a listener had not
/// handed out are the same: a disconnect, named by the state that the socket was in.
pub fn meaning(reason: &str, listener_closed: bool) -> Option<&'static str> {
    Some(match reason {
        "TCP_ABORT_ON_CLOSE" => Cause::UnreadData.as_str(),
        "TCP_STATE" | "TCP_DISCONNECT_WITH_DATA" if listener_closed => Cause::NeverAccepted.as_str(),
        "TCP_STATE" => Cause::LingerZero.as_str(),
        "TCP_DISCONNECT_WITH_DATA" => "close() with linger zero and text still to be sent",
        "TCP_ABORT_ON_DATA" => Cause::DataAfterClose.as_str(),
        "TCP_ABORT_ON_LINGER" => "close() with a linger time for FIN-WAIT-2 below zero",
        "TCP_ABORT_ON_MEMORY" => "too many sockets without a program, or no memory for them",
        "TCP_KEEPALIVE_TIMEOUT" => Cause::ProbesUnanswered.as_str(),
        "NO_SOCKET" => "there is no socket for this segment",
        "TCP_TIMEWAIT_SOCKET" => "its program had closed, and what remained was FIN-WAIT-2 or TIME-WAIT",
        "TCP_INVALID_ACK_SEQUENCE" | "TCP_ACK_UNSENT_DATA" => "what it acknowledges was never sent",
        "TCP_TOO_OLD_ACK" | "TCP_OLD_ACK" => "what it acknowledges is long past",
        "TCP_RFC7323_PAWS" => "its timestamp is too old",
        "TCP_FLAGS" => "control bits that do not belong here",
        "INVALID_SYN" => "a SYN where none belongs",
        _ => return None,
    })
}

/// The counter that rises with a cause.
pub const fn of_cause(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::UnreadData => "TCPAbortOnClose",
        Cause::LingerZero => "TCPAbortOnData",
        Cause::ProbesUnanswered => "TCPAbortOnTimeout",
        _ => return None,
    })
}
