//! The story of a connection: segments and socket calls in one order.
//!
//! In: the steps of a connection, and the calls of the two programs, if they are known. Out: events as they happened.
//! Invariant: segments keep the order of the capture; a call's beginning and its return stand where their times put
//! them, and become one event where nothing lies between.

use crate::analyzer::step::{Step, Steps};
use crate::call::SocketCall;
use crate::time::Timestamp;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A segment passed the tap.
    Segment(&'a Step),
    /// So many segments were not kept.
    LeftOut(u64),
    /// A call began and has not returned before the next event.
    Begins(&'a SocketCall),
    /// A call returned that began before the last event.
    Returns(&'a SocketCall),
    /// A call began and returned, and nothing happened meanwhile.
    Call(&'a SocketCall),
}

/// Puts steps and calls in one order.
pub fn tell<'a>(steps: &'a Steps, calls: &'a [SocketCall]) -> Vec<Event<'a>> {
    let mut moments: Vec<(Timestamp, Event<'a>)> = Vec::new();
    for call in calls {
        moments.push((call.began, Event::Begins(call)));
        if let Some((returned, _)) = &call.returned {
            moments.push((*returned, Event::Returns(call)));
        }
    }
    moments.sort_by_key(|(time, _)| *time);
    join(merge(segments(steps), moments))
}

fn segments<'a>(steps: &'a Steps) -> Vec<Event<'a>> {
    let gap = (steps.left_out() > 0).then(|| Event::LeftOut(steps.left_out()));
    steps.first().iter().map(Event::Segment).chain(gap).chain(steps.last().map(Event::Segment)).collect()
}

/// Puts each moment before the first segment that is later; the segments stay as they are.
fn merge<'a>(segments: Vec<Event<'a>>, moments: Vec<(Timestamp, Event<'a>)>) -> Vec<Event<'a>> {
    let mut merged = Vec::new();
    let mut moments = moments.into_iter().peekable();
    for segment in segments {
        if let Event::Segment(step) = segment {
            while let Some((_, moment)) = moments.next_if(|(time, _)| *time <= step.segment.time) {
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
    use crate::call::{CallName, Caller, Returned};

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

    #[test]
    fn a_call_is_one_event_where_nothing_lies_between() {
        let calls =
            [call(CallName::Socket, 1, 2), call(CallName::Connect, 3, 9), call(CallName::Accept, 4, 5)];
        let steps = Steps::default();
        let told: Vec<String> = tell(&steps, &calls)
            .iter()
            .map(|event| match event {
                Event::Call(call) => format!("{}()", call.name.as_str()),
                Event::Begins(call) => format!("{} begins", call.name.as_str()),
                Event::Returns(call) => format!("{} returns", call.name.as_str()),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(told, ["socket()", "connect begins", "accept()", "connect returns"]);
    }
}
