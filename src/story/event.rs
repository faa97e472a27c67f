//! What a story is made of.
//!
//! In: values of the rooms below. Out: one type for everything that happens in a connection.
//! Invariant: an event borrows what it tells of, and draws nothing.

use std::time::Duration;

use crate::analyzer::label::Label;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::analyzer::step::Step;
use crate::call::SocketCall;
use crate::icmp::IcmpError;
use crate::time::Timestamp;
use crate::witness::KernelEvent;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A segment passed a tap.
    Segment(Passing<'a>),
    /// So many segments were not kept.
    LeftOut(u64),
    /// A call began and has not returned before the next event.
    Begins(&'a SocketCall),
    /// A call returned that began before the last event.
    Returns(&'a SocketCall),
    /// A call began and returned, and nothing happened meanwhile.
    Call(&'a SocketCall),
    /// The kernel said something about the socket of this end.
    Kernel(Role, &'a KernelEvent),
    /// An ICMP error came to this end, which had sent the segment that it quotes.
    Icmp(Role, &'a IcmpError),
}

/// A segment at a tap, or on its way between two.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a> {
    /// The segment.
    pub step: &'a Step,
    /// Its label.
    pub label: Label,
    /// Which end sent it.
    pub from: Role,
    /// When it passed the tap.
    pub time: Timestamp,
    /// Where between the ends it was seen.
    pub way: Way,
    /// The states after it; `None` where no tap has shown anything of that end yet.
    pub states: Ends<Option<State>>,
    /// Which of them no segment of that end confirms.
    pub assumed: Ends<bool>,
    /// What the kernel says to them.
    pub witness: Ends<Witness>,
    /// It belongs to an older connection of the same sockets.
    pub is_older: bool,
}

/// Where between the two ends a segment was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// At the only tap there is.
    Seen,
    /// It left one end and arrived at the other so much later; no segment passed meanwhile.
    Whole(Duration),
    /// It left, and something happened before it arrived.
    Departs,
    /// It arrived, so long after it had left.
    Arrives(Duration),
    /// It left and never arrived.
    Lost,
    /// It arrived and had not left the other end: somebody on the way made it.
    Appears,
    /// It arrived once more than it had left: somebody on the way made a copy of it.
    Copied,
    /// It arrived so long after something like it had left: it was altered on the way.
    Altered(Duration),
}

/// What the kernel says to a state that was inferred from segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Witness {
    /// Nothing.
    #[default]
    Silent,
    /// It says so, here for the first time.
    Says,
    /// It has said so before, and nothing else since.
    HasSaid,
}

impl<'a> Passing<'a> {
    /// The segment of `step` at the only tap there is.
    pub fn seen(step: &'a Step) -> Self {
        Self {
            step,
            label: step.label,
            from: step.from,
            time: step.segment.time,
            way: Way::Seen,
            states: step.states.map(|state| Some(*state)),
            assumed: step.assumed,
            witness: Ends::default(),
            is_older: false,
        }
    }
}
