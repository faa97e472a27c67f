//! What stands below a ladder: the numbers behind the letters, and what was seen, in a sentence or two.
//!
//! In: a connection. Out: plain text without line breaks.
//! Invariant: says only what the records say, and says where something was not seen or is assumed.

use crate::analyzer::closing::{Closing, ClosingKind};
use crate::analyzer::connection::Connection;
use crate::analyzer::opening::{Opening, OpeningKind};
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::segment::Flags;
use crate::seq::SeqNumber;
use crate::time::span;

/// The letters that occur, each with its number.
pub fn legend(connection: &Connection) -> Vec<String> {
    let (opening, closing) = (connection.opening(), connection.closing());
    let mut entries = Vec::new();
    if let Some(j) = opening.j {
        entries.push(format!("J = {j}"));
    }
    if let Some(k) = opening.k.filter(|_| !connection.is_self()) {
        let before = other_syn_numbers(connection, k);
        entries.push(format!("K = {k}{before}"));
    }
    let first = closing.m_from.unwrap_or(Role::Client);
    entries.extend(closing.m.map(|m| fin_entry('M', m, closing.m_offset, first)));
    entries.extend(
        closing
            .n
            .filter(|_| !connection.is_self())
            .map(|n| fin_entry('N', n, closing.n_offset, first.other())),
    );
    entries
}

/// What both taps of a wire show, and one of them cannot.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// The third segment never arrived.
    pub third_lost: bool,
    /// What brought this end to TIME-WAIT arrived there.
    pub time_wait: Ends<bool>,
}

/// What was seen, as sentences.
pub fn closing_line(connection: &Connection, shown: Shown) -> String {
    let (opening, closing) = (connection.opening(), connection.closing());
    let outcome = connection.outcome();
    let mut sentences = vec![opened(&opening, outcome, shown)];
    sentences.extend(closed(connection, &closing, outcome, shown.time_wait));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}

fn fin_entry(letter: char, number: SeqNumber, offset: Option<i64>, role: Role) -> String {
    let name = match role {
        Role::Client => 'J',
        Role::Server => 'K',
    };
    match offset.filter(|offset| *offset > 0) {
        Some(offset) => format!("{letter} = {name}+{offset} = {number}"),
        None => format!("{letter} = {number}"),
    }
}

/// Other numbers that K stood for before (RFC 9293 figure 8: a SYN+ACK that was not acceptable).
fn other_syn_numbers(connection: &Connection, k: SeqNumber) -> String {
    let mut others: Vec<SeqNumber> = Vec::new();
    for step in connection.steps().iter().filter(|step| step.from == Role::Server) {
        let seq = step.segment.seq;
        if step.segment.flags.has(Flags::SYN) && seq != k && !others.contains(&seq) {
            others.push(seq);
        }
    }
    others.iter().map(|seq| format!(" (before: {seq})")).collect()
}

fn opened(opening: &Opening, outcome: Outcome, shown: Shown) -> String {
    let took = |text: &str| match opening.connect_time {
        Some(time) => format!("{text} (SYN to SYN+ACK {}).", span(time)),
        None => format!("{text}."),
    };
    match opening.kind {
        OpeningKind::ThreeWay => match opening.handshake_rtt {
            Some(rtt) if shown.third_lost => {
                format!("Opened in three segments ({}), of which the third was lost.", span(rtt))
            }
            Some(rtt) => format!("Opened in three segments ({}).", span(rtt)),
            None if opening.syns > 1 || opening.syn_acks > 1 => {
                took("Opened in three segments, some of them more than once")
            }
            None => took("Opened in three segments, captured out of order"),
        },
        OpeningKind::Simultaneous => {
            "Opened from both ends at once: each sent a SYN of its own accord.".to_owned()
        }
        OpeningKind::FastOpen => took("Opened with text in the SYN, which the server accepted"),
        OpeningKind::SelfConnect => {
            "Opened to itself: source and destination are the same socket, and both states are one."
                .to_owned()
        }
        OpeningKind::NotSeen if opening.syn_acks > 0 => "The SYN was not captured.".to_owned(),
        OpeningKind::NotSeen => {
            "The opening was not captured; the lower port is taken for the server's.".to_owned()
        }
        OpeningKind::Incomplete => not_opened(opening, outcome),
    }
}

fn not_opened(opening: &Opening, outcome: Outcome) -> String {
    let asked = match opening.syns {
        1 => "The SYN".to_owned(),
        count => format!("The SYN, sent {count} times,"),
    };
    match outcome {
        Outcome::Refused => {
            format!("{asked} was refused with a RST: nobody listens there, or a firewall says so.")
        }
        Outcome::NoAnswer => format!("{asked} was not answered."),
        Outcome::Pending => format!("{asked} was not answered yet when the capture ended."),
        Outcome::Unreachable => format!("{asked} was answered by an ICMP error."),
        Outcome::SynReceived => format!("{asked} was answered, but the handshake was not completed."),
        _ => "The handshake was not seen complete.".to_owned(),
    }
}

fn closed(connection: &Connection, closing: &Closing, outcome: Outcome, arrived: Ends<bool>) -> Vec<String> {
    let first = closing.first.map_or("", Role::as_str);
    let second = closing.first.map_or("", |role| role.other().as_str());
    let mut said = Vec::new();
    match closing.kind {
        ClosingKind::ThreeSegment => {
            said.push(format!("Closed in three: the {second}'s FIN carried its acknowledgement."));
        }
        ClosingKind::FourSegment => {
            said.push(format!("Closed in four: the {second} acknowledged the FIN first and closed later."));
        }
        ClosingKind::Simultaneous if connection.is_self() => said.push("Closed.".to_owned()),
        ClosingKind::Simultaneous => said.push("Closed from both ends at once: the FINs crossed.".to_owned()),
        ClosingKind::Reset => {
            let by = connection.reset_by().map_or("one end", Role::as_str);
            said.push(format!("Reset by the {by}."));
        }
        ClosingKind::HalfClosed if closing.n.is_some() => {
            said.push(
                "Both sent a FIN, and not both were acknowledged, as far as the capture shows.".to_owned(),
            );
        }
        ClosingKind::HalfClosed => {
            said.push(format!("The {first} closed; the {second} did not, as far as the capture shows."));
        }
        ClosingKind::None if outcome == Outcome::Open => {
            said.push("Still open when the capture ended.".to_owned());
        }
        ClosingKind::None => {}
    }
    said.extend(time_wait(connection, closing, arrived));
    said
}

fn time_wait(connection: &Connection, closing: &Closing, arrived: Ends<bool>) -> Option<String> {
    let (states, assumed) = (connection.states(), connection.assumed());
    let holds = |role: Role| *arrived.of(role) || *states.of(role) == State::TimeWait;
    let unless_lost = |role: Role| {
        if *assumed.of(role) && !arrived.of(role) { ", if what was sent to it arrived" } else { "" }
    };
    match (holds(Role::Client), holds(Role::Server)) {
        (true, true) if connection.is_self() => Some("It holds TIME-WAIT.".to_owned()),
        (true, true) if arrived.client && arrived.server => Some("Both hold TIME-WAIT.".to_owned()),
        // What brings both there is the last that either of them sends: nothing can confirm it.
        (true, true) => Some("Both hold TIME-WAIT, if the last segments arrived.".to_owned()),
        (false, false) => None,
        (client, _) => {
            let holder = if client { Role::Client } else { Role::Server };
            let closed_first = closing.first == Some(holder);
            if closing.kind == ClosingKind::ThreeSegment && !closed_first {
                // The FINs were captured in reverse: who holds it cannot be told from the states on the way.
                return None;
            }
            let and = if closed_first { "closed first and " } else { "" };
            Some(format!("The {holder} {and}holds TIME-WAIT{}.", unless_lost(holder)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyzer::config::Config;
    use crate::analyzer::tracker::Tracker;
    use crate::report::samples;
    use crate::segment::Segment;

    fn said(segments: &[Segment]) -> String {
        let mut tracker = Tracker::new(Config::default());
        for segment in segments {
            tracker.observe(segment);
        }
        tracker.finish();
        closing_line(&tracker.ended().next().unwrap(), Shown::default())
    }

    #[test]
    fn says_no_more_than_was_seen() {
        let closed = samples::closed();
        assert!(said(&closed).ends_with(" The client closed first and holds TIME-WAIT."));
        let without_the_last_ack = said(&closed[..7]);
        assert!(
            without_the_last_ack.ends_with(" holds TIME-WAIT, if what was sent to it arrived."),
            "{without_the_last_ack}"
        );
        let one = said(&closed[..6]);
        assert!(
            one.ends_with(" The client closed; the server did not, as far as the capture shows."),
            "{one}"
        );
        let both = said(&samples::crossed());
        assert!(both.contains(" Both sent a FIN, and not both were acknowledged"), "{both}");
    }
}
