//! What both ends of a wire show of a finding that one end can only guess at.
//!
//! In: a finding, and the segments that left one end and never arrived. Out: which of them it was, in words.
//! Invariant: says something only where a lost segment explains the finding.

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::label::Numbers;
use crate::segment::Flags;
use crate::story::event::Passing;

/// A segment of a handshake that may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    Syn,
    SynAck,
    Third,
    Fin,
    AckOfFin,
}

/// The sentence that is said below `finding`, if it is one of those that a loss explains.
pub fn explained(finding: &Finding, lost: &[Passing<'_>]) -> Option<String> {
    let causes: &[(Lost, &str)] = match finding.code {
        Code::SynRetransmitted | Code::NoAnswer => &[(Lost::Syn, "the SYN"), (Lost::SynAck, "the SYN+ACK")],
        Code::SynAckRetransmitted => &[(Lost::SynAck, "the SYN+ACK"), (Lost::Third, "its answer")],
        Code::ThirdAckNotAccepted => &[(Lost::Third, "the ACK")],
        Code::FinRetransmitted => &[(Lost::Fin, "the FIN"), (Lost::AckOfFin, "its acknowledgement")],
        Code::LastAckLost => &[(Lost::AckOfFin, "the last ACK")],
        _ => return None,
    };
    let is_lost = |wanted: Lost| lost.iter().any(|passing| which(passing) == Some(wanted));
    let (_, name) = causes.iter().find(|(wanted, _)| is_lost(*wanted))?;
    Some(format!("As both ends show: {name} was lost on the way."))
}

fn which(passing: &Passing<'_>) -> Option<Lost> {
    let flags = passing.step.segment.flags;
    match (flags.has(Flags::SYN), flags.has(Flags::ACK), flags.has(Flags::FIN)) {
        (true, false, _) => Some(Lost::Syn),
        (true, true, _) => Some(Lost::SynAck),
        (false, _, true) => Some(Lost::Fin),
        (false, true, false) => {
            let label = passing.label.show(Numbers::Symbolic).to_string();
            match label.get(..7) {
                Some("ACK K+1") if label.len() == 7 => Some(Lost::Third),
                Some("ACK M+1" | "ACK N+1") => Some(Lost::AckOfFin),
                _ => None,
            }
        }
        (false, false, false) => None,
    }
}
