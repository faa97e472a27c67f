//! What was played: the connection as the capture shows it, and the calls as the programs made them.
//!
//! In: what the stage has gathered. Out: a value that reports show and scenarios judge.
//! Invariant: only what was observed stands here.

use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::call::{CallName, Caller, SocketCall};
use crate::capture::source::Statistics;
use crate::segment::Flags;

/// A scenario after its end.
#[derive(Debug)]
pub struct Played {
    /// The connection between client and server.
    pub connection: Connection,
    /// Every socket call, in the order in which they began.
    pub calls: Vec<SocketCall>,
    /// What the server received, up to a bound.
    pub received: Vec<u8>,
    /// Frames captured, and lost.
    pub statistics: Statistics,
}

impl Played {
    /// How long after the SYN+ACK was captured the first such call returned.
    pub fn after_syn_ack(&self, caller: Caller, name: CallName) -> Option<Duration> {
        let answers = Flags::SYN.with(Flags::ACK);
        let mut steps = self.connection.steps().iter();
        let syn_ack = steps.find(|step| step.from == Role::Server && step.segment.flags.has(answers))?;
        let mut calls = self.calls.iter();
        let call = calls.find(|call| call.caller == caller && call.name == name)?;
        let (returned, _) = call.returned.as_ref()?;
        (*returned > syn_ack.segment.time).then(|| returned.since(syn_ack.segment.time))
    }
}
