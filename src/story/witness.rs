//! The kernel as witness: which of its words say what a state shows already.
//!
//! In: events in order. Out: the same without those words, and a mark at the states that they bear out.
//! Invariant: what the kernel says and no state shows stays an event of its own; so does every RST and every
//! retransmission. What it passes through between two segments is told only where it ends elsewhere.
//! Read: RFC 9293 §3.3.2, docs/laboratory.md (the two vocabularies).

use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::story::beside::is_listener;
use crate::story::event::{Event, Passing, Way, Witness};
use crate::time::Timestamp;
use crate::witness::{KernelEvent, KernelState, KernelWord};

/// How the kernel's state goes with an inferred one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// They contradict each other.
    Not,
    /// The kernel's says nothing against it, nor for it.
    Allows,
    /// They are the same.
    Same,
}

/// Takes the words out that only say what is shown.
pub fn witness(mut events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let has_calls = events.iter().any(|event| matches!(event, Event::Call(_) | Event::Begins(_)));
    let mut is_told = vec![false; events.len()];
    for role in [Role::Client, Role::Server] {
        let segments: Vec<usize> = segments(&events).collect();
        for after in 0..=segments.len() {
            let (earlier, later) = segments.split_at(after);
            explain(&mut events, role, (earlier, later.first().copied()), &mut is_told);
        }
        carry(&mut events, role, &is_told);
    }
    for (event, told) in events.iter().zip(&mut is_told) {
        // A listener's beginning and end are its calls' doing, which say so themselves.
        *told = *told || matches!(event, Event::Kernel(_, said) if has_calls && is_listener(said));
    }
    events.into_iter().zip(is_told).filter(|(_, told)| !told).map(|(event, _)| event).collect()
}

fn segments<'e>(events: &'e [Event<'_>]) -> impl Iterator<Item = usize> + 'e {
    let is_segment = |(_, event): &(usize, &Event<'_>)| matches!(event, Event::Segment(_));
    events.iter().enumerate().filter(is_segment).map(|(at, _)| at)
}

/// The words about one end between two segments: some bear out what it is in after the first, and later ones
/// what it is in at the second, since an end changes its state before it sends.
fn explain(
    events: &mut [Event<'_>],
    role: Role,
    (earlier, after): (&[usize], Option<usize>),
    is_told: &mut [bool],
) {
    let before = earlier.last().copied();
    let (from, to) = (before.map_or(0, |at| at.saturating_add(1)), after.unwrap_or(events.len()));
    let changes: Vec<Change> = (from..to).filter_map(|at| change(at, events.get(at)?, role)).collect();
    let mut rest = changes.as_slice();
    for shown in [before, after].into_iter().flatten() {
        let Some(state) = state_at(events, shown, role) else { continue };
        let fits = |change: &Change| fit(change.was, change.is, state);
        let Some(last) = rest.iter().rposition(|change| fits(change) != Fit::Not) else { continue };
        let (borne_out, others) = rest.split_at(last.saturating_add(1));
        if let Some(change) = borne_out.iter().find(|change| fits(change) == Fit::Same) {
            let shown =
                if before == Some(shown) { arrived(events, role, earlier, change.time) } else { Some(shown) };
            if let Some(Event::Segment(passing)) = shown.and_then(|at| events.get_mut(at)) {
                *passing.witness.of_mut(role) = Witness::Says;
            }
        }
        for change in borne_out {
            is_told.get_mut(change.at).into_iter().for_each(|told| *told = true);
        }
        rest = others;
    }
}

fn state_at(events: &[Event<'_>], at: usize, role: Role) -> Option<State> {
    match events.get(at) {
        Some(Event::Segment(passing)) => *passing.states.of(role),
        _ => None,
    }
}

/// The last of `segments` that had arrived when the kernel spoke: the picture has a segment where it left. Only those
/// that show the same state come into question.
fn arrived(events: &[Event<'_>], role: Role, segments: &[usize], said: Timestamp) -> Option<usize> {
    let last = segments.last().copied()?;
    let state = state_at(events, last, role);
    let is_on_its_way = |at: &usize| match events.get(*at) {
        Some(Event::Segment(Passing { from, time, way: Way::Whole(took), .. })) => {
            *from != role && time.after(*took) > said
        }
        _ => false,
    };
    let same = segments.iter().rev().copied().take_while(|at| state_at(events, *at, role) == state);
    same.clone().find(|at| !is_on_its_way(at)).or_else(|| same.last())
}

/// A change of state that the kernel tells of.
struct Change {
    at: usize,
    time: Timestamp,
    was: KernelState,
    is: KernelState,
}

fn change(at: usize, event: &Event<'_>, role: Role) -> Option<Change> {
    match event {
        Event::Kernel(side, said @ KernelEvent { word: KernelWord::State { from, to }, .. })
            if *side == role && !is_listener(said) =>
        {
            Some(Change { at, time: said.time, was: *from, is: *to })
        }
        _ => None,
    }
}

/// What the kernel has said holds until it says another thing, or the segments do. Where it is ahead of what the segments
/// show, its state is shown until they have caught up with it.
fn carry(events: &mut [Event<'_>], role: Role, is_told: &[bool]) {
    let mut said: Option<State> = None;
    let mut ahead: Option<State> = None;
    let mut inferred: Option<State> = None;
    for (event, is_told) in events.iter_mut().zip(is_told) {
        if let Some(change) = change(0, event, role).filter(|_| !is_told) {
            said = None;
            ahead = named(&change).or(ahead);
            continue;
        }
        match event {
            Event::Segment(Passing { states, witness, .. }) => {
                let (state, witness) = (states.of_mut(role), witness.of_mut(role));
                let moves = state.is_some() && *state != inferred;
                inferred = *state;
                ahead = ahead.filter(|named| {
                    let is_beyond = state.is_some_and(|state| progress(state) >= progress(*named));
                    *witness != Witness::Says && !(moves && is_beyond)
                });
                if ahead.is_some() {
                    (*state, said) = (ahead, ahead);
                }
                if *witness == Witness::Says {
                    said = *state;
                } else if said.is_some() && said == *state {
                    *witness = Witness::HasSaid;
                } else {
                    said = None;
                }
            }
            Event::LeftOut(_) => (said, ahead) = (None, None),
            _ => {}
        }
    }
}

/// The state that the kernel names by this change; `None` where it says by CLOSE that something smaller takes over.
fn named(change: &Change) -> Option<State> {
    if change.is == KernelState::Close && fit(change.was, change.is, State::TimeWait) == Fit::Allows {
        return None;
    }
    State::ALL.into_iter().find(|state| fit(change.was, change.is, *state) == Fit::Same)
}

/// How far a connection has come in a state: from one to the next it never gets smaller, but by a RST in SYN-RECEIVED.
const fn progress(state: State) -> u8 {
    match state {
        State::Unknown | State::Listen => 0,
        State::SynSent => 1,
        State::SynReceived => 2,
        State::Established => 3,
        State::FinWait1 | State::CloseWait => 4,
        State::FinWait2 | State::Closing | State::LastAck => 5,
        State::TimeWait => 6,
        State::Closed => 7,
    }
}

/// The kernel's socket goes to CLOSE when something smaller takes over what is left of the connection: TIME-WAIT, and
/// FIN-WAIT-2 after `close`. It tells no more of either. It passes through SYN_RECV and FIN_WAIT2 where one segment brings
/// all that was missing.
const fn fit(was: KernelState, is: KernelState, state: State) -> Fit {
    use KernelState as Kernel;
    let is_same = match is {
        Kernel::Established => matches!(state, State::Established),
        Kernel::SynSent => matches!(state, State::SynSent),
        Kernel::SynRecv | Kernel::NewSynRecv => matches!(state, State::SynReceived),
        Kernel::FinWait1 => matches!(state, State::FinWait1),
        Kernel::FinWait2 => matches!(state, State::FinWait2),
        Kernel::TimeWait => matches!(state, State::TimeWait),
        Kernel::Close => matches!(state, State::Closed),
        Kernel::CloseWait => matches!(state, State::CloseWait),
        Kernel::LastAck => matches!(state, State::LastAck),
        Kernel::Listen => matches!(state, State::Listen),
        Kernel::Closing => matches!(state, State::Closing),
    };
    let closes_early = matches!(is, Kernel::Close) && matches!(state, State::TimeWait | State::FinWait2);
    let from_closing =
        matches!(was, Kernel::FinWait1 | Kernel::FinWait2 | Kernel::Closing | Kernel::TimeWait);
    let passes = matches!((was, is), (Kernel::Listen, Kernel::SynRecv))
        && matches!(state, State::Established)
        || matches!((was, is), (Kernel::FinWait1, Kernel::FinWait2)) && matches!(state, State::TimeWait);
    if is_same {
        Fit::Same
    } else if closes_early && from_closing || passes {
        Fit::Allows
    } else {
        Fit::Not
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_the_kernel_fits_one_of_ours() {
        for kernel in KernelState::ALL {
            let same = State::ALL.into_iter().filter(|state| fit(kernel, kernel, *state) == Fit::Same);
            assert_eq!(same.count(), 1, "{kernel}");
        }
    }

    #[test]
    fn close_allows_what_something_smaller_holds() {
        use KernelState::{Close, Established, FinWait2, LastAck, SynSent};
        assert_eq!(fit(FinWait2, Close, State::TimeWait), Fit::Allows);
        assert_eq!(fit(FinWait2, Close, State::FinWait2), Fit::Allows);
        assert_eq!(fit(LastAck, Close, State::TimeWait), Fit::Not);
        assert_eq!(fit(LastAck, Close, State::Closed), Fit::Same);
        assert_eq!(fit(SynSent, Close, State::SynSent), Fit::Not);
        assert_eq!(fit(Established, Close, State::Established), Fit::Not);
    }
}
