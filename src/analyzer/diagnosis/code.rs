//! The closed list of diagnoses: each code with its name, severity, place in the RFCs, and meaning in a few words.
//!
//! In: nothing. Out: `Code`, and `CodeSet`, a set of codes that fits in a word.
//! Invariant: one row a code. Whoever adds one is asked by tests for its rule, a fixture that raises it, a near miss that
//! does not, a row in `docs/findings.md`, and a text for `explain`.
//! Read: field guide sections 2 to 4 (`docs/findings.md`).

use std::fmt;

use crate::analyzer::diagnosis::severity::Severity;
use crate::analyzer::pack::{Pack, Packer, Unpacker};

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $reference:literal $meaning:literal;)*) => {
        /// The name of a diagnosis.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All of them, in the order of the field guide.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in records and on the command line, in kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How much it matters.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// The section of the RFC, or where there is none of the document, to read about it.
            pub const fn reference(self) -> &'static str {
                match self { $(Self::$variant => $reference),* }
            }

            /// What it means, in a few words.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }
        }
    };
}

codes! {
    // Opening.
    NoAnswer "no-answer" Error "RFC 9293 §3.8.1" "Nothing ever answered the SYN.";
    Refused "refused" Error "RFC 9293 §3.10.7.3" "A RST answered the SYN.";
    IcmpUnreachable "icmp-unreachable" Error "RFC 9293 §3.9.2.2" "An ICMP error answered the SYN.";
    SynRetransmitted "syn-retransmitted" Warning "RFC 9293 §3.8.1" "The SYN was sent again.";
    SynAbandoned "syn-abandoned" Warning "RFC 9293 §3.4.1" "A SYN with another ISS took this attempt's place.";
    SynAckUnacceptable "syn-ack-unacceptable" Error "RFC 9293 §3.10.7.3" "The SYN+ACK acknowledges what was not sent.";
    SynAckRetransmitted "syn-ack-retransmitted" Warning "RFC 9293 §3.8.1" "The SYN+ACK was sent again.";
    ThirdAckNotAccepted "third-ack-not-accepted" Error "RFC 9293 §3.10.7.4" "The third segment did not open the server.";
    ThirdAckMissing "third-ack-missing" Error "RFC 9293 §3.5" "The client never answered the SYN+ACK.";
    AcceptQueueFull "accept-queue-full" Error "RFC 9293 §3.10.7.2" "A listener that serves others ignores this SYN.";
    HalfOpenDiscovered "half-open-discovered" Warning "RFC 9293 §3.5.1" "The server still had an older connection open.";
    TimeWaitReuse "time-wait-reuse" Note "RFC 9293 §3.6.1" "The pair was used again out of TIME-WAIT.";
    PairReused "pair-reused" Note "RFC 9293 §3.4.1" "The pair was used again after its connection ended.";
    SimultaneousOpen "simultaneous-open" Note "RFC 9293 §3.5" "Both ends opened actively.";
    SelfConnect "self-connect" Warning "RFC 9293 §3.5" "A socket connects to itself.";
    FastOpenRequested "fast-open-requested" Note "RFC 7413 §4.2.1" "The client asks for a fast open cookie.";
    FastOpenAccepted "fast-open-accepted" Note "RFC 7413 §4.2.2" "Text in the SYN was accepted.";
    FastOpenIgnored "fast-open-ignored" Warning "RFC 7413 §4.2.2" "Text in the SYN was not accepted, and is sent again.";
    ChallengeAck "challenge-ack" Warning "RFC 9293 §3.10.7.4" "A doubtful segment was answered by a challenge ACK.";
    WindowScaleOneSided "window-scale-one-sided" Note "RFC 7323 §2.2" "Only one SYN offers window scaling.";
    MssMissing "mss-missing" Note "RFC 9293 §3.7.1" "A SYN names no maximum segment size.";
    WindowScaleTooLarge "window-scale-too-large" Warning "RFC 7323 §2.3" "A window scale above 14.";
    IllegalFlags "illegal-flags" Warning "RFC 9293 §3.10.7" "Control bits that no TCP sends together.";
    Unsolicited "unsolicited" Warning "RFC 9293 §3.5.2" "An answer to a SYN that nobody sent.";
    ResetBeforeEstablished "reset-before-established" Warning "RFC 9293 §3.10.7.4" "A RST ended the opening half-way.";
    // Closing.
    SimultaneousClose "simultaneous-close" Note "RFC 9293 §3.6" "Both ends closed at once.";
    HalfClose "half-close" Note "RFC 9293 §3.6" "One end closed, the other went on sending.";
    CloseNotAnswered "close-not-answered" Warning "RFC 9293 §3.6" "One end closed, the other never did.";
    FinRetransmitted "fin-retransmitted" Warning "RFC 9293 §3.8.1" "The FIN was sent again.";
    FinNeverAcknowledged "fin-never-acknowledged" Error "RFC 9293 §3.6" "The FIN was repeated and never acknowledged.";
    AcksNotArriving "acks-not-arriving" Warning "RFC 9293 §3.8.1" "What was acknowledged is sent again and again.";
    LastAckLost "last-ack-lost" Note "RFC 9293 §3.6.1" "The last ACK was lost, and sent again.";
    Aborted "aborted" Error "RFC 9293 §3.10.5" "A RST cut the connection off.";
    RstIgnored "rst-ignored" Warning "RFC 9293 §3.10.7.4" "A RST that did nothing.";
    RstWithText "rst-with-text" Warning "RFC 9293 §3.5.3" "A RST that carries text.";
    LateReset "late-reset" Note "RFC 9293 §3.10.7.1" "A RST after all was closed.";
    FinOutOfOrder "fin-out-of-order" Note "RFC 9293 §3.10.7.4" "A FIN arrived ahead of text that was missing.";
    DataAfterFin "data-after-fin" Warning "RFC 9293 §3.6" "Text beyond the sender's own FIN.";
    DataAfterReset "data-after-reset" Warning "RFC 9293 §3.5.3" "Text after a valid RST.";
    TimeWaitAssassinated "time-wait-assassinated" Warning "RFC 1337" "A RST was sent to the end in TIME-WAIT.";
    ZeroWindowProbe "zero-window-probe" Warning "RFC 9293 §3.8.6.1" "A probe of a closed window.";
    KeepAlive "keep-alive" Note "RFC 9293 §3.8.4" "A probe of an idle connection.";
    // The capture itself.
    MidStream "mid-stream" Note "RFC 9293 §3.4.1" "The capture begins in the middle of the connection.";
    CaptureReordered "capture-reordered" Note "docs/findings.md" "The SYN+ACK was captured before its SYN.";
    CaptureDuplicate "capture-duplicate" Note "docs/findings.md" "The capture saw a packet more than once.";
    OneSidedCapture "one-sided-capture" Warning "docs/findings.md" "Only one direction of this pair was captured.";
    ChecksumOffloaded "checksum-offloaded" Note "RFC 9293 §3.1" "Checksums were left to the hardware.";
    CutShort "cut-short" Note "RFC 9293 §3.1" "The capture ends inside a TCP header.";
    TimeSteppedBack "time-stepped-back" Note "docs/findings.md" "The capture's clock stepped back.";
    Fragmented "fragmented" Note "RFC 791 §3.2" "IP fragments that cannot be read alone.";
    FramesDropped "frames-dropped" Warning "docs/findings.md" "The capture lost frames.";
    UnsupportedLink "unsupported-link" Warning "docs/findings.md" "Frames of a link type that is not read here.";
}

/// A set of codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeSet(u64);

impl CodeSet {
    /// Puts a code in.
    pub const fn add(&mut self, code: Code) {
        self.0 |= 1 << code as u8;
    }

    /// Whether a code is in it.
    pub const fn has(self, code: Code) -> bool {
        self.0 & (1 << code as u8) != 0
    }

    /// The codes in it, in the order of [`Code::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Code> {
        Code::ALL.iter().copied().filter(move |code| self.has(*code))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Pack for Code {
    fn pack(&self, to: &mut Packer) {
        to.octet(*self as u8);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Self::ALL.get(usize::from(from.octet()?)).copied()
    }
}

impl Pack for CodeSet {
    fn pack(&self, to: &mut Packer) {
        self.0.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        u64::unpack(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_told_apart() {
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }

    #[test]
    fn a_set_holds_every_code() {
        let mut set = CodeSet::default();
        for code in Code::ALL {
            assert!(!set.has(*code));
            set.add(*code);
        }
        assert_eq!(set.iter().collect::<Vec<_>>(), Code::ALL);
    }
}
