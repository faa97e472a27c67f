//! What a finding says: one sentence for people, with the numbers of the case at hand.
//!
//! In: a raised code, and the account that it is about. Out: a sentence.
//! Invariant: says only what the frames show, in the words of RFC 9293; one sentence, one line.

use std::fmt;
use std::time::Duration;

use crate::analyzer::diagnosis::account::Account;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::notes::{Notes, Raised};
use crate::analyzer::numbers::Fin;
use crate::analyzer::role::Role;
use crate::icmp::IcmpError;

/// What `raised` says.
pub fn says(raised: &Raised, account: &Account<'_>, notes: &Notes) -> String {
    match raised.code {
        Code::NoAnswer => {
            let (waited, sending) = (account.quiet_since(account.start), account.last.since(account.start));
            no_answer(account.opening.syns, waited, sending)
        }
        Code::SynRetransmitted => {
            format!("The {} was sent {} in all.", whose_syn(account), Times(account.opening.syns))
        }
        Code::SynAckRetransmitted => {
            format!("The SYN+ACK was sent {} in all.", Times(account.opening.syn_acks))
        }
        Code::ThirdAckNotAccepted => third_ack_not_accepted(account),
        Code::ThirdAckMissing => {
            format!("The client never answered the SYN+ACK, sent {}.", Times(account.opening.syn_acks))
        }
        Code::IcmpUnreachable => notes
            .read()
            .and_then(|page| page.icmp.as_ref())
            .map_or_else(|| Code::IcmpUnreachable.meaning().into(), icmp),
        Code::ResetBeforeEstablished => {
            "A RST ended the opening after the SYN+ACK, before it was complete.".into()
        }
        Code::Aborted => aborted(account, notes),
        Code::HalfClose => half_close(account, notes),
        Code::CloseNotAnswered => close_not_answered(account),
        Code::FinRetransmitted => fin_retransmitted(account),
        Code::FinNeverAcknowledged => {
            let fin = longest(account, |fin| fin.acknowledged.is_none());
            fin.map_or_else(String::new, |(role, fin)| {
                format!("The {role}'s FIN was sent {} and never acknowledged.", Times(fin.times))
            })
        }
        Code::KeepAlive => format!("{} to see whether the other end is still there.", Probes(raised)),
        Code::ZeroWindowProbe => format!("{} of a window that is closed.", Probes(raised)),
        code => fixed(code).to_owned(),
    }
}

/// That nothing answered so many SYNs: how long the silence was, and how long they took; it may go on after the last.
pub fn no_answer(syns: u32, waited: Duration, sending: Duration) -> String {
    let times = Times(syns);
    if syns <= 1 {
        format!("Nothing answered the SYN within {}.", Span(waited))
    } else if Span(waited).to_string() == Span(sending).to_string() {
        format!("Nothing answered the SYN, sent {times} within {}.", Span(sending))
    } else {
        format!(
            "Nothing answered the SYN within {}; it was sent {times} in the first {}.",
            Span(waited),
            Span(sending)
        )
    }
}

/// What is the same in every case.
const fn fixed(code: Code) -> &'static str {
    match code {
        Code::Refused => "A RST answered the SYN: nobody listens there, or a firewall says so.",
        Code::SynAbandoned => "A SYN with another ISS followed before any answer: this attempt was given up.",
        Code::SynAckUnacceptable => "The SYN+ACK acknowledges a number that the client's SYN does not have.",
        Code::AcceptQueueFull => {
            "The listener completed other handshakes within the minute around, and let this SYN go unanswered."
        }
        Code::HalfOpenDiscovered => {
            "The server answered the SYN with the numbers of an older connection, and was reset by the client."
        }
        Code::TimeWaitReuse => {
            "The pair was closed less than a minute ago; the new numbers lie beyond the old."
        }
        Code::PairReused => "The pair was used before, and that connection had ended.",
        Code::SimultaneousOpen => {
            "Each end sent a SYN of its own accord: one connection, two active openers."
        }
        Code::SelfConnect => "Source and destination are the same socket: no direction can be told.",
        Code::FastOpenRequested => "The SYN asks for a fast open cookie.",
        Code::FastOpenAccepted => "The SYN+ACK acknowledges text that the SYN carried.",
        Code::FastOpenIgnored => {
            "The SYN+ACK acknowledges the SYN without its text, which is sent again: no loss."
        }
        Code::ChallengeAck => {
            "A doubtful segment was answered by an ACK that repeats the numbers; no state moved."
        }
        Code::WindowScaleOneSided => {
            "Only one of the two SYNs offers window scaling: neither window is scaled."
        }
        Code::MssMissing => "A SYN names no maximum segment size: 536 octets apply, with IPv6 1220.",
        Code::WindowScaleTooLarge => "A SYN offers a window scale above 14: 14 applies.",
        Code::IllegalFlags => "A segment has control bits that no TCP sends together; it moves nothing.",
        Code::Unsolicited => "All that was captured answers a SYN that was not captured.",
        _ => fixed_of_closing(code),
    }
}

const fn fixed_of_closing(code: Code) -> &'static str {
    match code {
        Code::SimultaneousClose => "The FINs crossed: both ends pass CLOSING, and both hold TIME-WAIT.",
        Code::AcksNotArriving => {
            "What was acknowledged each time was sent again and again: the ACKs do not arrive."
        }
        Code::LastAckLost => {
            "The last ACK was captured and did not arrive: the FIN came again, and was acknowledged."
        }
        Code::RstIgnored => "A RST moved nothing: the connection went on.",
        Code::RstWithText => "A RST carries text, which belongs to no stream.",
        Code::LateReset => "A RST came after both FINs had been acknowledged: no failure.",
        Code::FinOutOfOrder => {
            "A FIN passed ahead of text that was missing; it counts once the gap is filled."
        }
        Code::DataAfterFin => "Text beyond the sender's own FIN: nobody may read it.",
        Code::DataAfterReset => "Text was sent after a valid RST.",
        Code::TimeWaitAssassinated => {
            "A RST was sent to the end that holds TIME-WAIT, and may have ended that early."
        }
        Code::MidStream => {
            "The capture begins in the middle: the ISS are not known, and who opened may be a guess."
        }
        Code::CaptureReordered => {
            "The SYN+ACK was captured before the SYN that it answers: one normal handshake."
        }
        Code::CaptureDuplicate => "The capture saw the same packet more than once; it was sent once.",
        Code::OneSidedCapture => "Only one direction was captured, while other pairs show both.",
        Code::ChecksumOffloaded => "Checksums were left to the hardware; nothing is wrong with them.",
        Code::CutShort => "The capture ends inside a TCP header: what is there is labelled.",
        // Those of the whole capture are worded where they are counted.
        other => other.meaning(),
    }
}

fn third_ack_not_accepted(account: &Account<'_>) -> String {
    let begin = "The client's ACK was captured, and the server repeated its SYN+ACK all the same";
    if account.ends.server.is_proved() {
        format!("{begin}; it opened later.")
    } else {
        format!("{begin}: the client is ESTABLISHED, the server still SYN-RECEIVED.")
    }
}

fn aborted(account: &Account<'_>, notes: &Notes) -> String {
    let by = account.reset_by.map_or("one end", Role::as_str);
    let causes = notes.read().and_then(|page| page.rst).map(|(_, causes)| causes).unwrap_or_default();
    match causes.iter().next() {
        Some(cause) => {
            format!("A RST from the {by} cut the connection off; likeliest cause: {}.", cause.as_str())
        }
        None => format!("A RST from the {by} cut the connection off."),
    }
}

fn half_close(account: &Account<'_>, notes: &Notes) -> String {
    let Some((first, last)) = notes.read().and_then(|page| page.half_close) else {
        return Code::HalfClose.meaning().to_owned();
    };
    let closed = account.closing.first.unwrap_or(Role::Client);
    let fin = account.ends.of(closed).numbers.fin();
    let length = fin.map_or(last.since(first), |fin| last.since(fin.time));
    format!("The {closed} closed, and the {} went on to send text for {}.", closed.other(), Span(length))
}

fn close_not_answered(account: &Account<'_>) -> String {
    let closed = account.closing.first.unwrap_or(Role::Client);
    let states = "FIN-WAIT-2 here, CLOSE-WAIT there";
    let fin = account.ends.of(closed).numbers.fin();
    let waited = fin.map_or(Duration::ZERO, |fin| account.quiet_since(fin.time));
    format!(
        "The {closed}'s FIN was acknowledged, and the {} sent none in {}: {states}.",
        closed.other(),
        Span(waited)
    )
}

fn fin_retransmitted(account: &Account<'_>) -> String {
    longest(account, |_| true).map_or_else(String::new, |(role, fin)| {
        format!("The {role}'s FIN was sent {} in all.", Times(fin.times))
    })
}

/// The FIN that was sent most often of those that are `meant`, and whose it is.
fn longest<'a>(account: &Account<'a>, meant: impl Fn(&Fin) -> bool) -> Option<(Role, &'a Fin)> {
    let fin = |role: Role| Some((role, account.ends.of(role).numbers.fin().filter(|fin| meant(fin))?));
    [fin(Role::Client), fin(Role::Server)].into_iter().flatten().max_by_key(|(_, fin)| fin.times)
}

fn icmp(error: &IcmpError) -> String {
    let IcmpError { reporter, kind, code, .. } = *error;
    let (name, meaning) = (error.protocol(), error.meaning());
    format!("{reporter} answered the SYN with {name} type {kind}, code {code}: {meaning}.")
}

const fn whose_syn(account: &Account<'_>) -> &'static str {
    if account.ends.server.numbers.syns > 1 { "SYN of both ends" } else { "SYN" }
}

/// `once`, `twice`, `3 times`.
pub struct Times(pub u32);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            times => write!(f, "{times} times"),
        }
    }
}

/// A number of probes.
struct Probes<'a>(&'a Raised);

impl fmt::Display for Probes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.frames.len() == 1 { f.write_str("A probe") } else { f.write_str("Probes") }
    }
}

/// A span of time in the unit that suits it.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        match self.0.as_micros() {
            0..1_000 => write!(f, "{:.3} ms", seconds * 1e3),
            1_000..1_000_000 => write!(f, "{:.1} ms", seconds * 1e3),
            _ => write!(f, "{seconds:.2} s"),
        }
    }
}
