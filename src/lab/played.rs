//! What was played: the connections as the taps saw them, the calls as the programs made them, the kernel's word.
//!
//! In: what the stage has gathered. Out: a value that reports show and `verdict.rs` judges.
//! Invariant: only what was observed stands here.

use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::analyzer::step::Step;
use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::exchange::error::ExchangeError;
use crate::lab::error::LabError;
use crate::lab::stage::tap::{View, is_labelled, label};
use crate::lab::wire::counts::Counts;
use crate::segment::Flags;
use crate::time::Timestamp;
use crate::witness::{CounterRise, KernelEvent};

/// A scenario after its end.
#[derive(Debug)]
pub struct Played {
    /// What the client's tap saw; on a loopback, all there is. At least one connection.
    pub client: View,
    /// What the server's tap saw, at the other end of a wire.
    pub server: Option<View>,
    /// Every socket call, in the order in which they began.
    pub calls: Vec<SocketCall>,
    /// What the server received, up to a bound.
    pub received: Vec<u8>,
    /// What the kernel said of the sockets, where it could be asked.
    pub kernel: Option<Vec<KernelEvent>>,
    /// The kernel's counters that rose meanwhile, where all of their namespace is the scenario's own.
    pub counters: Vec<CounterRise>,
    /// What the wire did, where there was one.
    pub wire: Option<Counts>,
    /// Why it did not come to its end, where the user's own faults kept it from it.
    pub unfinished: Option<LabError>,
}

impl Played {
    /// What the tap at one end saw.
    pub fn at(&self, role: Role) -> &View {
        match (role, &self.server) {
            (Role::Server, Some(view)) => view,
            _ => &self.client,
        }
    }

    /// The first connection, as the client's tap saw it.
    pub fn first(&self) -> Option<&Connection> {
        self.client.connections.first()
    }

    /// How long after the SYN+ACK was captured the first such call returned.
    pub fn after_syn_ack(&self, caller: Caller, name: CallName) -> Option<Duration> {
        let answers = Flags::SYN.with(Flags::ACK);
        let mut steps = self.first()?.steps().iter();
        let syn_ack = steps.find(|step| step.from == Role::Server && step.segment.flags.has(answers))?;
        let mut calls = self.calls.iter();
        let call = calls.find(|call| call.caller == caller && call.name == name)?;
        let (returned, _) = call.returned.as_ref()?;
        (*returned > syn_ack.segment.time).then(|| returned.since(syn_ack.segment.time))
    }

    /// The first such call, if it has returned.
    pub fn call(&self, caller: Caller, name: CallName) -> Option<&SocketCall> {
        self.calls.iter().find(|call| call.caller == caller && call.name == name)
    }

    /// The name of the error of the first such call that failed.
    pub fn failure(&self, caller: Caller, name: CallName) -> Option<&str> {
        let calls = self.calls.iter().filter(|call| call.caller == caller && call.name == name);
        calls.filter_map(|call| call.returned.as_ref()).find_map(|(_, returned)| match returned {
            Returned::Error { name, .. } => Some(name.as_str()),
            Returned::Value(_) => None,
        })
    }

    /// When a segment with this label first passed the client's tap, in the connection of this number.
    pub fn passed(&self, connection: usize, wanted: &str) -> Option<Timestamp> {
        let connection = self.client.connections.get(connection.checked_sub(1)?)?;
        let mut steps = connection.steps().iter();
        steps.find(|step| label(step) == wanted).map(|step| step.segment.time)
    }

    /// Each time that a segment with this label passed one end's tap, repeats among them, in the connection of this number.
    pub fn times(&self, at: Role, connection: usize, wanted: &str) -> Vec<Timestamp> {
        let is_it = |step: &&Step| is_labelled(step, wanted);
        let place = connection.checked_sub(1);
        let connection = place.and_then(|place| self.at(at).connections.get(place));
        let steps = connection.into_iter().flat_map(|connection| connection.steps().iter());
        steps.filter(is_it).map(|step| step.segment.time).collect()
    }

    /// How many octets the server's calls of `recv` have read.
    pub fn octets_read(&self) -> i64 {
        let of_recv = |call: &&SocketCall| call.caller == Caller::Server && call.name == CallName::Recv;
        let count = |call: &SocketCall| match call.returned {
            Some((_, Returned::Value(octets))) => octets.max(0),
            _ => 0,
        };
        self.calls.iter().filter(of_recv).map(count).sum()
    }

    /// Why it did not come to its end, in a sentence.
    pub fn why_unfinished(&self) -> Option<String> {
        let why = match self.unfinished.as_ref()? {
            LabError::Exchange(ExchangeError::Call { call, system, .. }) => {
                let is_it = |made: &&SocketCall| {
                    let error = matches!(&made.returned, Some((_, Returned::Error { name, .. })) if *name == system.name);
                    made.name == *call && error
                };
                let who = self.calls.iter().find(is_it).map_or("a program", |made| made.caller.as_str());
                format!("the {who}'s {}() failed: {system}", call.as_str())
            }
            LabError::NoEnd { limit, waiting_for, .. } => {
                let waits = |call: &&SocketCall| call.returned.is_none();
                let waiting = self.calls.iter().filter(waits);
                let mut left: Vec<String> = waiting
                    .map(|call| {
                        format!("the {}'s {}() still waited", call.caller.as_str(), call.name.as_str())
                    })
                    .collect();
                let state =
                    |at: Role| Some(*self.at(at).connections.last()?.steps().iter().last()?.states.of(at));
                for at in [Role::Client, Role::Server] {
                    left.extend(state(at).map(|state| format!("the {at} was in {state}")));
                }
                let seconds = limit.as_secs();
                format!("after {seconds} s {waiting_for} had not come; {}", left.join(", "))
            }
            LabError::Unexpected(call) => format!("{call} went well, which must fail here"),
            error => error.to_string(),
        };
        Some(format!("The scenario did not come to its end: {why}."))
    }

    /// By how much a counter of the kernel rose; `None` where it did not, or where it cannot be told.
    pub fn rise(&self, name: &str) -> Option<u64> {
        self.counters.iter().find(|counter| counter.name == name).map(|counter| counter.by)
    }
}
