//! The stage: where a scenario is played, its two programs, and the taps that watch them.
//!
//! In: a place, an address, a message. Out: what a scenario needs to be played: programs, and waits for conditions.
//! Invariant: the taps run before the first socket is made. Every wait is for a condition and has a limit; while the
//! director waits, the taps are read. No thread and no socket outlives the stage.

pub mod program;
pub mod tap;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::analyzer::step::Step;
use crate::call::{CallName, Caller, SocketCall};
use crate::exchange::error::ExchangeError;
use crate::exchange::log::CallLog;
use crate::lab::error::LabError;
use crate::lab::place::ground::Ground;
use crate::lab::stage::program::{Pending, Program};
use crate::lab::stage::tap::{Tap, View, is_labelled};
use crate::lab::wire::lay::Wire;
use crate::time::Timestamp;

/// How long a scenario may take in all.
pub const LIMIT: Duration = Duration::from_secs(15);

/// How long a play with the user's own faults may take: they may well keep it from its end, and somebody waits.
pub const OWN_LIMIT: Duration = Duration::from_secs(10);

/// How long nothing must have passed for the play to be over.
const SILENCE: Duration = Duration::from_millis(100);

/// How long a text may be that nobody reads.
const SHORT_TEXT: usize = 1024;

/// The stage.
pub struct Stage {
    pub(super) ground: Grounds,
    pub(super) address: SocketAddr,
    pub(super) message: Vec<u8>,
    pub(super) program: Option<PathBuf>,
    pub(super) log: CallLog,
    /// One for each end; the client's alone where both ends are on one loopback.
    pub(super) taps: Vec<Tap>,
    pub(super) began: Instant,
    pub(super) limit: Duration,
    /// When the play was broken off, and the calls until then; `None` while it goes on, and where it came to its end.
    pub(super) broken_off: Option<(Timestamp, Vec<SocketCall>)>,
    /// What the server received, up to a bound, for those who want to show it.
    pub received: Vec<u8>,
}

/// Where the two programs are.
pub(super) enum Grounds {
    /// Both on one loopback.
    One(Ground),
    /// Each at its end of a wire.
    Two(Wire),
}

impl Grounds {
    pub(super) fn of(&self, role: Role) -> &Ground {
        match (self, role) {
            (Self::One(ground), _) => ground,
            (Self::Two(wire), Role::Client) => wire.client(),
            (Self::Two(wire), Role::Server) => wire.server(),
        }
    }
}

impl Stage {
    /// Starts the server's program. It does nothing until it is told to.
    ///
    /// # Errors
    ///
    /// As [`Program::start`].
    pub fn server(&self) -> Result<Program, LabError> {
        Program::start(Caller::Server, self.ground.of(Role::Server), self.address, &self.log)
    }

    /// Starts a client's program.
    ///
    /// # Errors
    ///
    /// As [`Program::start`].
    pub fn client(&self) -> Result<Program, LabError> {
        Program::start(Caller::Client, self.ground.of(Role::Client), self.address, &self.log)
    }

    /// Where the server listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The client's own address.
    pub fn client_ip(&self) -> IpAddr {
        self.ground.of(Role::Client).address(self.address.is_ipv6())
    }

    /// The place of one end.
    pub fn place(&self, role: Role) -> &Ground {
        self.ground.of(role)
    }

    /// The wire, where there is one.
    ///
    /// # Errors
    ///
    /// Where the scenario is played on a loopback.
    pub fn wire(&self) -> Result<&Wire, LabError> {
        match &self.ground {
            Grounds::One(_) => Err(LabError::NoWire),
            Grounds::Two(wire) => Ok(wire),
        }
    }

    /// What the client is to say.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Text for scenarios in which there must be some, and in which nobody may read it: never empty, and so short that no
    /// `send` waits for room.
    pub fn short_text(&self) -> Vec<u8> {
        let text = self.message.get(..SHORT_TEXT).unwrap_or(&self.message);
        if text.is_empty() { b"hello".to_vec() } else { text.to_vec() }
    }

    /// The program that serves by itself, for scenarios that need another process.
    pub fn program(&self) -> Option<PathBuf> {
        self.program.clone()
    }

    /// The log that all calls are to go to.
    pub const fn log(&self) -> &CallLog {
        &self.log
    }

    /// The steps so far, as one end's tap saw them.
    pub fn steps(&self, at: Role) -> &[Step] {
        let tap = match at {
            Role::Client => self.taps.first(),
            Role::Server => self.taps.last(),
        };
        tap.map_or(&[], |tap| &tap.steps)
    }

    /// How often a segment with this label has passed one end's tap, in any connection; repeats, which say `(again)`,
    /// count, too.
    pub fn count(&self, at: Role, wanted: &str) -> usize {
        let is_it = |step: &&Step| is_labelled(step, wanted);
        self.steps(at).iter().filter(is_it).count()
    }

    /// Waits until something is so.
    ///
    /// # Errors
    ///
    /// [`LabError::NoEnd`] with `waiting_for`, where it is not so in time; where a capture fails.
    pub fn until(
        &mut self,
        waiting_for: &'static str,
        mut is_so: impl FnMut(&Self) -> bool,
    ) -> Result<(), LabError> {
        loop {
            self.look()?;
            if is_so(self) {
                return Ok(());
            }
            self.check_limit(waiting_for)?;
        }
    }

    /// Waits until a segment with this label has passed one end's tap.
    ///
    /// # Errors
    ///
    /// As `until`.
    pub fn until_seen(&mut self, at: Role, wanted: &'static str) -> Result<(), LabError> {
        self.until(wanted, |stage| stage.count(at, wanted) > 0)
    }

    /// How many calls of this name have returned, with a value or an error.
    pub fn returned(&self, caller: Caller, name: CallName) -> usize {
        let is_it =
            |call: &&SocketCall| call.caller == caller && call.name == name && call.returned.is_some();
        self.log.snapshot().iter().filter(is_it).count()
    }

    /// Waits until a call of this name has begun.
    ///
    /// # Errors
    ///
    /// As `until`.
    pub fn until_called(&mut self, caller: Caller, name: CallName) -> Result<(), LabError> {
        self.until_calls(caller, name, 1)
    }

    /// Waits until so many calls of this name have begun.
    ///
    /// # Errors
    ///
    /// As `until`.
    pub fn until_calls(&mut self, caller: Caller, name: CallName, count: usize) -> Result<(), LabError> {
        self.until(name.as_str(), |stage| {
            let calls = stage.log.snapshot();
            calls.iter().filter(|call| call.caller == caller && call.name == name).count() >= count
        })
    }

    /// Waits until the last text that this end has sent is acknowledged.
    ///
    /// # Errors
    ///
    /// As `until`.
    pub fn until_acknowledged(&mut self, from: Role) -> Result<(), LabError> {
        self.until("the acknowledgement of the text", |stage| {
            let mut steps = stage.steps(Role::Client).iter().rev();
            let mut acks = Vec::new();
            let text = steps.find(|step| {
                acks.push((step.from, step.connection, step.segment.ack));
                step.from == from && step.segment.text_len > 0
            });
            text.is_some_and(|step| {
                let next = step.segment.seq + step.segment.text_len;
                acks.iter().any(|(by, of, ack)| *by != from && *of == step.connection && *ack == next)
            })
        })
    }

    /// Waits until both ends are done with the last connection: CLOSED or TIME-WAIT. A tap that has seen nothing at all
    /// will see nothing more, once the programs are done.
    ///
    /// # Errors
    ///
    /// As `until`.
    pub fn until_closed(&mut self) -> Result<(), LabError> {
        self.until("the end of the connection", |stage| {
            [Role::Client, Role::Server].into_iter().all(|at| stage.steps(at).last().is_none_or(is_last))
        })
    }

    /// Waits for the result of something a program does.
    ///
    /// # Errors
    ///
    /// As `until`.
    pub fn result<T>(
        &mut self,
        pending: &Pending<Result<T, ExchangeError>>,
        waiting_for: &'static str,
    ) -> Result<Result<T, ExchangeError>, LabError> {
        loop {
            // The result first: what led to it has passed the tap when it is there.
            let result = pending.ready()?;
            self.look()?;
            if let Some(result) = result {
                return Ok(result);
            }
            self.check_limit(waiting_for)?;
        }
    }

    /// Waits for something a program does, which must go well.
    ///
    /// # Errors
    ///
    /// As `until`, and what the call returned.
    pub fn done<T>(
        &mut self,
        pending: &Pending<Result<T, ExchangeError>>,
        waiting_for: &'static str,
    ) -> Result<T, LabError> {
        let result = self.result(pending, waiting_for)?;
        if result.is_err() {
            self.break_off()?;
        }
        Ok(result?)
    }

    /// Waits for something a program does, which must fail.
    ///
    /// # Errors
    ///
    /// As `until`, and [`LabError::Unexpected`] where it went well.
    pub fn fails<T>(
        &mut self,
        pending: &Pending<Result<T, ExchangeError>>,
        waiting_for: &'static str,
    ) -> Result<ExchangeError, LabError> {
        match self.result(pending, waiting_for)? {
            Ok(_) => {
                self.break_off()?;
                Err(LabError::Unexpected(waiting_for))
            }
            Err(error) => Ok(error),
        }
    }

    /// Reads the taps until nothing is on its way, and nothing has passed for a while.
    ///
    /// # Errors
    ///
    /// Where a capture fails.
    #[allow(clippy::disallowed_methods, reason = "silence is real time")]
    pub(super) fn settle(&mut self) -> Result<(), LabError> {
        let mut since = Instant::now();
        while self.broken_off.is_none() && since.elapsed() < SILENCE {
            if self.look()? || self.is_on_its_way() {
                since = Instant::now();
            }
            self.check_limit("the arrival of all that was on its way")?;
        }
        Ok(())
    }

    /// Breaks the play off, once what is on its way has arrived.
    pub(super) fn break_off(&mut self) -> Result<(), LabError> {
        match self.settle() {
            // Then it has been broken off.
            Err(LabError::NoEnd { .. }) => Ok(()),
            settled => settled.and_then(|()| self.freeze()),
        }
    }

    /// What the programs do from now on, to be stopped, is no part of the play.
    #[allow(clippy::disallowed_methods, reason = "the end of a play is in real time")]
    fn freeze(&mut self) -> Result<(), LabError> {
        if self.broken_off.is_none() {
            self.broken_off = Some((SystemTime::now().into(), self.log.snapshot()));
            self.taps.iter_mut().try_for_each(Tap::close)?;
        }
        Ok(())
    }

    fn is_on_its_way(&self) -> bool {
        self.wire().is_ok_and(Wire::is_busy)
    }

    /// What the taps saw.
    pub(super) fn end(self) -> Result<Vec<View>, LabError> {
        self.taps.into_iter().map(Tap::end).collect()
    }

    fn look(&mut self) -> Result<bool, LabError> {
        let mut any = false;
        for tap in &mut self.taps {
            any |= tap.take()?;
        }
        Ok(any)
    }

    fn check_limit(&mut self, waiting_for: &'static str) -> Result<(), LabError> {
        if self.began.elapsed() > self.limit {
            self.freeze()?;
            let (limit, is_on_wire) = (self.limit, self.wire().is_ok());
            return Err(LabError::NoEnd { limit, waiting_for, is_on_wire });
        }
        Ok(())
    }
}

fn is_last(step: &Step) -> bool {
    let is_done = |state| matches!(state, State::Closed | State::TimeWait);
    is_done(step.states.client) && is_done(step.states.server)
}
