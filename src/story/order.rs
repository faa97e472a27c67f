//! Segments, calls and the kernel's words in one order.
//!
//! In: segments as they passed, and what stands beside them. Out: events as they happened.
//! Invariant: segments keep the order of the capture; a call's beginning and its return stand where their times put
//! them, and become one event where nothing lies between. What the kernel says and a state shows already is a mark at
//! that state (`witness.rs`).

use std::net::SocketAddr;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Ends;
use crate::analyzer::step::{Step, Steps};
use crate::story::beside::{Beside, side};
use crate::story::event::{Event, Passing};
use crate::story::witness::witness;
use crate::time::Timestamp;

/// The story of `connection` as one tap saw it.
pub fn tell<'a>(connection: &'a Connection, beside: Beside<'a>) -> Vec<Event<'a>> {
    put_beside(segments(connection.steps()), beside, connection.sockets())
}

/// Puts calls and the kernel's words among `segments`.
pub fn put_beside<'a>(
    segments: Vec<Event<'a>>,
    beside: Beside<'a>,
    sockets: Ends<SocketAddr>,
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
    moments.sort_by_key(|(time, _)| *time);
    join(witness(merge(segments, moments)))
}

fn segments(steps: &Steps) -> Vec<Event<'_>> {
    let gap = (steps.left_out() > 0).then(|| Event::LeftOut(steps.left_out()));
    let shown = |step| Event::Segment(Passing::seen(step));
    let is_first = |step: &&_| is_first_sighting(step);
    let (first, last) = (steps.first().iter().filter(is_first), steps.last().filter(is_first));
    first.map(shown).chain(gap).chain(last.map(shown)).collect()
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
    use crate::witness::{KernelEvent, KernelState, KernelWord};

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
        put_beside(Vec::new(), Beside { calls, kernel }, sockets)
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
}
