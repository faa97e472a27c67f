//! How sure a finding is, and what else would look the same.
//!
//! In: a code, and the account that it is about. Out: its confidence, and its rivals.
//! Invariant: what rests on silence is never certain, and less sure where the capture is poor: it lost frames, shows one
//! direction only, or begins in the middle.
//! Read: field guide sections 0 to 4 (`docs/findings.md`).

use std::time::Duration;

use crate::analyzer::diagnosis::account::Account;
use crate::analyzer::diagnosis::cause::Cause;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::notes::{Notes, Raised};
use crate::analyzer::diagnosis::severity::Confidence;
use crate::analyzer::opening::OpeningKind;

/// Linux forgets an orphan in FIN-WAIT-2 after this time; a capture that goes on for longer has seen all there is.
const FIN_WAIT_2: Duration = Duration::from_secs(60);

const LOST: &str = "the capture lost it";
const ONE_SIDED: &str = "the other direction was not captured";

/// How sure `raised` is.
pub fn confidence(raised: &Raised, account: &Account<'_>, notes: &Notes) -> Confidence {
    use Confidence::{Certain, Likely, Possible};
    match raised.code {
        Code::NoAnswer if account.opening.syns > 1 => lowered_by(is_poor(account), Likely),
        Code::ThirdAckMissing | Code::FinNeverAcknowledged => lowered_by(is_poor(account), Likely),
        Code::CloseNotAnswered => {
            let is_watched = account.quiet_since(account.last) >= FIN_WAIT_2;
            lowered_by(is_poor(account) || !is_watched, Likely)
        }
        Code::ThirdAckNotAccepted => lowered_by(account.ends.server.is_proved(), Likely),
        Code::Aborted => {
            let is_one_cause =
                notes.read().and_then(|page| page.rst).is_some_and(|(_, causes)| causes.iter().count() == 1);
            lowered_by(!is_one_cause || is_poor(account), Likely)
        }
        Code::RstIgnored => lowered_by(raised.frames.len() < 2, Certain),
        Code::AcceptQueueFull | Code::NoAnswer => Possible,
        Code::AcksNotArriving
        | Code::ChallengeAck
        | Code::HalfOpenDiscovered
        | Code::KeepAlive
        | Code::LastAckLost
        | Code::OneSidedCapture
        | Code::TimeWaitAssassinated
        | Code::TimeWaitReuse
        | Code::Unsolicited
        | Code::ZeroWindowProbe => Likely,
        _ => Certain,
    }
}

/// Other explanations that the segments do not exclude.
pub fn rivals(code: Code, account: &Account<'_>, notes: &Notes) -> Vec<&'static str> {
    let mut rivals: Vec<&'static str> = match code {
        Code::Aborted => {
            let causes = notes.read().and_then(|page| page.rst).map(|(_, causes)| causes).unwrap_or_default();
            causes.iter().skip(1).map(Cause::as_str).collect()
        }
        Code::NoAnswer if account.around.serves_others => vec![
            "the listener's accept queue is full",
            "the SYN or its answer is lost on the way",
            "a firewall drops it",
        ],
        _ => listed(code).to_vec(),
    };
    if rests_on_silence(code) {
        if account.around.lost_frames {
            rivals.push(LOST);
        }
        if account.around.one_way && !rivals.contains(&ONE_SIDED) {
            rivals.push(ONE_SIDED);
        }
    }
    rivals
}

const fn listed(code: Code) -> &'static [&'static str] {
    match code {
        Code::NoAnswer => &[
            "a firewall drops it",
            "the host is down",
            "the SYN or its answer is lost on the way",
            ONE_SIDED,
        ],
        Code::AcceptQueueFull => &["the SYNs were lost on the way", "a firewall limits connections"],
        Code::Refused => &["a firewall answers with a RST", "a listener that had just been closed"],
        Code::SynRetransmitted => &["the SYN was lost", "the SYN+ACK was lost", "the listener ignored it"],
        Code::SynAckUnacceptable => {
            &["it answers an older SYN", "a middlebox answers with numbers of its own", "it was forged"]
        }
        Code::SynAckRetransmitted => &["the SYN+ACK was lost", "its answer was lost or not accepted"],
        Code::ThirdAckNotAccepted => &[
            "the accept queue is full",
            "TCP_DEFER_ACCEPT waits for text",
            "the ACK was dropped after the tap",
        ],
        Code::ThirdAckMissing => {
            &["a scan or a flood", "the SYN+ACK does not arrive", "the client's way back was not captured"]
        }
        Code::HalfOpenDiscovered => &["a stale SYN of an older connection"],
        Code::ChallengeAck => &["an acknowledgement repeated for another reason"],
        Code::Unsolicited => &["the SYN was not captured", "backscatter of a forged SYN"],
        Code::ResetBeforeEstablished => {
            &["a scan", "a client that gave up", "a full backlog", "a firewall between"]
        }
        _ => listed_of_closing(code),
    }
}

const fn listed_of_closing(code: Code) -> &'static [&'static str] {
    match code {
        Code::CloseNotAnswered => {
            &["the program forgot close()", "it is still at work", "the capture ends early"]
        }
        Code::FinRetransmitted => &["the FIN was lost", "its acknowledgement was lost"],
        Code::FinNeverAcknowledged => &["the other host is gone", "a firewall has forgotten the connection"],
        Code::AcksNotArriving => &["a firewall drops what comes back", "a way that leads elsewhere", LOST],
        Code::RstIgnored => &["it was forged", "it belongs to an older connection"],
        Code::DataAfterReset => &["text that was under way already", "the RST did not arrive"],
        Code::TimeWaitAssassinated => &["a firewall that clears its tables"],
        Code::FinOutOfOrder => &["reordered on the way", "text before it was lost", LOST],
        Code::OneSidedCapture => &["the other direction takes another way", "the filter left it out"],
        Code::TimeWaitReuse => &["another host with the same address"],
        _ => &[],
    }
}

const fn rests_on_silence(code: Code) -> bool {
    matches!(
        code,
        Code::NoAnswer
            | Code::AcceptQueueFull
            | Code::ThirdAckMissing
            | Code::CloseNotAnswered
            | Code::FinNeverAcknowledged
            | Code::Unsolicited
    )
}

/// Whether what is missing may be the capture's fault.
fn is_poor(account: &Account<'_>) -> bool {
    let Account { around, opening, .. } = account;
    around.lost_frames || account.is_one_sided() || opening.kind == OpeningKind::NotSeen
}

const fn lowered_by(condition: bool, confidence: Confidence) -> Confidence {
    match (condition, confidence) {
        (false, confidence) => confidence,
        (true, Confidence::Certain) => Confidence::Likely,
        (true, _) => Confidence::Possible,
    }
}
