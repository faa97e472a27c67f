//! What `tcpshake explain` says about findings: one text for each code.
//!
//! In: the texts under `findings/`, put into the program when it is built. Out: one row for each code.
//! Invariant: a code without a row does not compile. The key is the code's name, and the order that of `Code::ALL`.

use tcpshake::analyzer::diagnosis::code::Code;

use crate::cli::explain::table::{Entry, Family, Group};

/// One row for each code.
pub static FINDINGS: [Entry; Code::ALL.len()] = rows();

macro_rules! findings {
    ($($family:ident: $($variant:ident $name:literal [$($also:literal),*])*;)*) => {
        /// The row of a code.
        const fn row(code: Code) -> Entry {
            match code {
                $($(Code::$variant => Entry {
                    group: Group::Finding(Family::$family),
                    key: $name,
                    also: &[$($also),*],
                    text: include_str!(concat!("findings/", $name, ".txt")),
                    severity: Some(code.severity()),
                },)*)*
            }
        }
    };
}

findings! {
    Opening:
        NoAnswer "no-answer" ["timeout", "ETIMEDOUT"]
        Refused "refused" ["ECONNREFUSED", "connection refused"]
        IcmpUnreachable "icmp-unreachable" ["unreachable", "EHOSTUNREACH"]
        SynRetransmitted "syn-retransmitted" []
        SynAbandoned "syn-abandoned" []
        SynAckUnacceptable "syn-ack-unacceptable" []
        SynAckRetransmitted "syn-ack-retransmitted" []
        ThirdAckNotAccepted "third-ack-not-accepted" ["TCP_DEFER_ACCEPT"]
        ThirdAckMissing "third-ack-missing" ["half-open-scan"]
        AcceptQueueFull "accept-queue-full" ["ListenOverflows"]
        HalfOpenDiscovered "half-open-discovered" []
        TimeWaitReuse "time-wait-reuse" []
        PairReused "pair-reused" []
        SimultaneousOpen "simultaneous-open" []
        SelfConnect "self-connect" []
        FastOpenRequested "fast-open-requested" ["fast-open", "TFO"]
        FastOpenAccepted "fast-open-accepted" []
        FastOpenIgnored "fast-open-ignored" []
        ChallengeAck "challenge-ack" []
        WindowScaleOneSided "window-scale-one-sided" ["window-scale"]
        MssMissing "mss-missing" ["mss"]
        WindowScaleTooLarge "window-scale-too-large" []
        IllegalFlags "illegal-flags" []
        Unsolicited "unsolicited" ["backscatter"]
        ResetBeforeEstablished "reset-before-established" [];
    Closing:
        SimultaneousClose "simultaneous-close" []
        HalfClose "half-close" []
        CloseNotAnswered "close-not-answered" []
        FinRetransmitted "fin-retransmitted" []
        FinNeverAcknowledged "fin-never-acknowledged" []
        AcksNotArriving "acks-not-arriving" []
        LastAckLost "last-ack-lost" []
        Aborted "aborted" ["ECONNRESET", "connection reset"]
        RstIgnored "rst-ignored" []
        RstWithText "rst-with-text" []
        LateReset "late-reset" []
        FinOutOfOrder "fin-out-of-order" []
        DataAfterFin "data-after-fin" []
        DataAfterReset "data-after-reset" []
        TimeWaitAssassinated "time-wait-assassinated" []
        ZeroWindowProbe "zero-window-probe" ["zero-window"]
        KeepAlive "keep-alive" [];
    Capture:
        MidStream "mid-stream" []
        CaptureReordered "capture-reordered" []
        CaptureDuplicate "capture-duplicate" ["duplicate"]
        OneSidedCapture "one-sided-capture" ["one-sided"]
        ChecksumOffloaded "checksum-offloaded" ["checksum"]
        CutShort "cut-short" ["snaplen"]
        TimeSteppedBack "time-stepped-back" []
        Fragmented "fragmented" ["fragment", "fragments"]
        FramesDropped "frames-dropped" ["drops"]
        UnsupportedLink "unsupported-link" [];
}

const fn rows() -> [Entry; Code::ALL.len()] {
    let mut rows = [row(Code::NoAnswer); Code::ALL.len()];
    let mut at = 0;
    while at < rows.len() {
        rows[at] = row(Code::ALL[at]);
        at += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_the_name_of_its_code() {
        let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(FINDINGS.map(|entry| entry.key).as_slice(), names);
    }

    #[test]
    fn the_families_follow_one_another() {
        let families: Vec<Group> = FINDINGS.iter().map(|entry| entry.group).collect();
        let counts: Vec<(Group, usize)> =
            families.chunk_by(|a, b| a == b).map(|of| (of[0], of.len())).collect();
        let wanted = [Family::Opening, Family::Closing, Family::Capture].map(Group::Finding);
        assert_eq!(counts.iter().map(|(group, _)| *group).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_text_about_a_finding_is_neither_a_line_nor_a_chapter() {
        for entry in &FINDINGS {
            let lines = entry.text.lines().count();
            assert!((12..=40).contains(&lines), "{}: {lines} lines", entry.key);
            assert!(entry.title().len() <= 43, "{}: its title is too long for the list", entry.key);
        }
    }
}
