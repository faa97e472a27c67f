//! Segments, calls and the kernel's words in one order.
//!
//! In: segments as they passed, and what stands beside them. Out: events as they happened.
//! Invariant: segments keep the order of the capture; a call's beginning and its return stand where their times put
//! them, and become one event where nothing lies between. What the kernel says and a state shows already is a mark at
//! that state (`witness.rs`).

use std::net::SocketAddr;
use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::step::Step;
use crate::icmp::IcmpError;
use crate::segment::Flags;
use crate::story::beside::{Beside, side};
use crate::story::event::{Event, Passing, Way};
use crate::story::listener::listen;
use crate::story::witness::witness;
use crate::time::Timestamp;
use crate::witness::KernelWord;

/// So soon after it has sent a segment the kernel says so, and why.
const AT_ONCE: Duration = Duration::from_millis(1);

/// The story of `connection` as one tap saw it.
pub fn tell<'a>(connection: &'a Connection, beside: Beside<'a>) -> Vec<Event<'a>> {
    put_beside(segments(connection), beside, connection.sockets(), connection.icmp_error())
}

/// Puts calls, the kernel's words and the ICMP `error` that answered the SYN among `segments`.
pub fn put_beside<'a>(
    segments: Vec<Event<'a>>,
    beside: Beside<'a>,
    sockets: Ends<SocketAddr>,
    error: Option<&'a IcmpError>,
) -> Vec<Event<'a>> {
    let mut moments: Vec<(Timestamp, Event<'a>)> = Vec::new();
    for call in beside.calls {
        moments.push((call.began, Event::Begins(call)));
        if let Some((returned, _)) = &call.returned {
            moments.push((*returned, Event::Returns(call)));
        }
    }
    for said in beside.kernel {
        moments.extend(side(said, sockets).map(|side| (said.time, Event::Kernel(side, said))));
    }
    if let Some(error) = error {
        let to = if error.source == sockets.client { Role::Client } else { Role::Server };
        moments.push((error.time, Event::Icmp(to, error)));
    }
    moments.sort_by_key(|(time, _)| *time);
    let mut events = announced_first(merge(segments, moments));
    listen(&mut events, sockets.server);
    let mut events = witness(events);
    if sockets.client == sockets.server {
        // One socket is both ends.
        events.iter_mut().for_each(|event| {
            if let Event::Segment(Passing { witness, .. }) = event {
                witness.server = witness.client;
            }
        });
    }
    join(events)
}

fn segments(connection: &Connection) -> Vec<Event<'_>> {
    let steps = connection.steps();
    let gap = (steps.left_out() > 0).then(|| Event::LeftOut(steps.left_out()));
    let shown = |step| {
        let mut passing = Passing::seen(step);
        if is_nowhere(connection) {
            passing.states.server = None;
        }
        Event::Segment(passing)
    };
    let is_first = |step: &&_| is_first_sighting(step);
    let (first, last) = (steps.first().iter().filter(is_first), steps.last().filter(is_first));
    first.map(shown).chain(gap).chain(last.map(shown)).collect()
}

/// Whether an ICMP error says that the server cannot be reached: then it has no state that could be told.
pub fn is_nowhere(connection: &Connection) -> bool {
    connection.outcome() == Outcome::Unreachable
}

const fn is_first_sighting(step: &Step) -> bool {
    step.seen_before.is_none()
}

/// Puts each moment before the first segment that is later; the segments stay as they are.
fn merge<'a>(segments: Vec<Event<'a>>, moments: Vec<(Timestamp, Event<'a>)>) -> Vec<Event<'a>> {
    let mut merged = Vec::new();
    let mut moments = moments.into_iter().peekable();
    for segment in segments {
        if let Event::Segment(passing) = segment {
            while let Some((_, moment)) = moments.next_if(|(time, _)| *time <= passing.time) {
                merged.push(moment);
            }
        }
        merged.push(segment);
    }
    merged.extend(moments.map(|(_, moment)| moment));
    merged
}

/// Puts what the kernel says of a segment that it sends before that segment: some of it the kernel says only when it has
/// been sent.
fn announced_first(mut events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    for at in 0..events.len() {
        let Some(Event::Kernel(side, said)) = events.get(at).copied() else { continue };
        if !announces(&said.word) {
            continue;
        }
        let is_announced = |event: &Event<'_>| match event {
            Event::Segment(passing) => {
                let is_near = said.time.since(passing.time) <= AT_ONCE;
                passing.from == side && departs(passing.way) && is_near && is_sent_so(&said.word, passing)
            }
            _ => false,
        };
        let names_another = |event: &Event<'_>| matches!(event, Event::Kernel(of, before) if *of == side && announces(&before.word));
        let earlier = events.get(..at).unwrap_or(&[]);
        let Some(sent) = earlier.iter().rposition(is_announced) else { continue };
        let is_named = sent.checked_sub(1).and_then(|before| earlier.get(before)).is_some_and(names_another);
        if let Some(between) = events.get_mut(sent..=at).filter(|_| !is_named) {
            between.rotate_right(1);
        }
    }
    events
}

const fn departs(way: Way) -> bool {
    matches!(way, Way::Seen | Way::Whole(_) | Way::Departs | Way::Lost)
}

const fn announces(word: &KernelWord) -> bool {
    matches!(word, KernelWord::SendsReset(_) | KernelWord::Retransmits | KernelWord::RetransmitsSynAck)
}

/// Whether it is such a segment of which the kernel speaks.
fn is_sent_so(word: &KernelWord, passing: &Passing<'_>) -> bool {
    let flags = passing.step.segment.flags;
    match word {
        KernelWord::SendsReset(_) => flags.has(Flags::RST),
        KernelWord::Retransmits => passing.label.again().is_some(),
        KernelWord::RetransmitsSynAck => {
            passing.label.again().is_some() && flags.has(Flags::SYN.with(Flags::ACK))
        }
        KernelWord::State { .. } | KernelWord::ReceivesReset => false,
    }
}

fn join(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut joined: Vec<Event<'_>> = Vec::new();
    for event in events {
        match (joined.last_mut(), event) {
            (Some(last @ Event::Begins(_)), Event::Returns(returned)) => {
                if matches!(last, Event::Begins(begun) if std::ptr::eq(*begun, returned)) {
                    *last = Event::Call(returned);
                } else {
                    joined.push(event);
                }
            }
            _ => joined.push(event),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{CallName, Caller, Returned, SocketCall};
    use crate::witness::{KernelEvent, KernelState};
    use proptest::prelude::*;

    fn call(name: CallName, began: u64, returned: u64) -> SocketCall {
        SocketCall {
            caller: Caller::Client,
            name,
            arguments: String::new(),
            began: Timestamp(began),
            returned: Some((Timestamp(returned), Returned::Value(0))),
            local: None,
            peer: None,
        }
    }

    fn told(calls: &[SocketCall], kernel: &[KernelEvent]) -> Vec<String> {
        let sockets = Ends { client: "10.0.0.1:9".parse().unwrap(), server: "10.0.0.2:7".parse().unwrap() };
        put_beside(Vec::new(), Beside { calls, kernel }, sockets, None)
            .iter()
            .map(|event| match event {
                Event::Call(call) => format!("{}()", call.name.as_str()),
                Event::Begins(call) => format!("{} begins", call.name.as_str()),
                Event::Returns(call) => format!("{} returns", call.name.as_str()),
                Event::Kernel(side, _) => format!("kernel of the {side}"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_call_is_one_event_where_nothing_lies_between() {
        let calls =
            [call(CallName::Socket, 1, 2), call(CallName::Connect, 3, 9), call(CallName::Accept, 4, 5)];
        assert_eq!(told(&calls, &[]), ["socket()", "connect begins", "accept()", "connect returns"]);
    }

    #[test]
    fn a_word_of_the_kernel_stands_where_its_time_puts_it() {
        let word = |time, local: &str, peer: &str| KernelEvent {
            time: Timestamp(time),
            socket: 1,
            local: local.parse().unwrap(),
            peer: peer.parse().unwrap(),
            word: KernelWord::State { from: KernelState::SynSent, to: KernelState::Close },
        };
        let kernel = [
            word(8, "10.0.0.2:7", "10.0.0.1:9"),
            word(5, "10.0.0.1:9", "10.0.0.2:7"),
            word(6, "10.0.0.1:8", "10.0.0.2:7"),
        ];
        let calls = [call(CallName::Connect, 3, 7)];
        let expected = ["connect begins", "kernel of the client", "connect returns", "kernel of the server"];
        assert_eq!(told(&calls, &kernel), expected);
    }

    proptest! {
        #[test]
        fn every_call_and_every_reset_is_told_once(
            calls in proptest::collection::vec((0_u64..50, 0_u64..9), 0..9),
            words in proptest::collection::vec((0_u64..50, 0_usize..5, any::<bool>()), 0..20),
        ) {
            let calls: Vec<SocketCall> =
                calls.into_iter().map(|(began, took)| call(CallName::Send, began, began + took)).collect();
            let ends = ["10.0.0.1:9", "10.0.0.2:7"];
            let word = |(time, kind, is_server): (u64, usize, bool)| KernelEvent {
                time: Timestamp(time),
                socket: 1,
                local: ends[usize::from(is_server)].parse().unwrap(),
                peer: ends[usize::from(!is_server)].parse().unwrap(),
                word: [
                    KernelWord::SendsReset(None),
                    KernelWord::ReceivesReset,
                    KernelWord::Retransmits,
                    KernelWord::RetransmitsSynAck,
                    KernelWord::State { from: KernelState::Close, to: KernelState::SynSent },
                ][kind].clone(),
            };
            let kernel: Vec<KernelEvent> = words.into_iter().map(word).collect();
            let told = told(&calls, &kernel);
            // No segment shows anything, so that every word is told.
            prop_assert_eq!(told.iter().filter(|told| told.starts_with("kernel")).count(), kernel.len());
            let of = |words: &str| told.iter().filter(|told| *told == words).count();
            prop_assert_eq!(of("send()") + of("send begins"), calls.len());
            prop_assert_eq!(of("send()") + of("send returns"), calls.len());
        }
    }
}
