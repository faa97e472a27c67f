//! The log of socket calls.
//!
//! In: every call of the embedded programs, when it begins and again when it returns. Out: the calls in the order in
//! which they began, at any moment, from any thread; and each of the two moments to an observer, if there is one.
//! Invariant: a call that waits is in the log while it waits. Memory is bounded: beyond the limit the oldest calls go.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::exchange::error::SystemError;
use crate::time::Timestamp;

/// A handle to one log. Clones write to and read from the same one.
#[derive(Clone)]
pub struct CallLog {
    shared: Arc<Shared>,
}

type Observer = Box<dyn Fn(&SocketCall) + Send + Sync>;

struct Shared {
    kept: Mutex<Kept>,
    limit: usize,
    observer: Option<Observer>,
    sockets: AtomicU64,
}

#[derive(Default)]
struct Kept {
    calls: VecDeque<Entry>,
    left_out: u64,
}

struct Entry {
    socket: u64,
    call: SocketCall,
}

impl CallLog {
    /// How many calls [`CallLog::new`] keeps.
    pub const LIMIT: usize = 65_536;

    /// A log of the newest [`CallLog::LIMIT`] calls.
    pub fn new() -> Self {
        Self::keeping(Self::LIMIT)
    }

    /// A log of the newest `limit` calls (at least one).
    pub fn keeping(limit: usize) -> Self {
        Self::with(limit, None)
    }

    /// A log of the newest `limit` calls (at least one), which also shows each call to `observer`: when it begins
    /// (`returned` is `None`) and when it has returned.
    ///
    /// The observer runs in the thread that makes the call, so it should be quick. It may read the log.
    pub fn observed_by(limit: usize, observer: impl Fn(&SocketCall) + Send + Sync + 'static) -> Self {
        Self::with(limit, Some(Box::new(observer)))
    }

    /// The calls so far, in the order in which they began.
    pub fn snapshot(&self) -> Vec<SocketCall> {
        self.kept().calls.iter().map(|entry| entry.call.clone()).collect()
    }

    /// How many of the oldest calls were dropped to keep the limit.
    pub fn left_out(&self) -> u64 {
        self.kept().left_out
    }

    fn with(limit: usize, observer: Option<Observer>) -> Self {
        let shared =
            Shared { kept: Mutex::default(), limit: limit.max(1), observer, sockets: AtomicU64::new(0) };
        Self { shared: Arc::new(shared) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A thread that panicked while it held the lock left whole entries behind: every change is one assignment.
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observe(&self, call: Option<SocketCall>) {
        if let (Some(observer), Some(call)) = (&self.shared.observer, call) {
            observer(&call);
        }
    }

    /// A copy for the observer; none is made where nobody looks.
    fn copy(&self, call: &SocketCall) -> Option<SocketCall> {
        self.shared.observer.is_some().then(|| call.clone())
    }
}

impl Default for CallLog {
    fn default() -> Self {
        Self::new()
    }
}

/// The socket pair, as far as it is known, in the form that the wire shows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pair {
    pub(super) local: Option<SocketAddr>,
    pub(super) peer: Option<SocketAddr>,
}

/// One socket's way into the log: who calls, and its socket pair.
pub(super) struct Trace {
    log: CallLog,
    caller: Caller,
    socket: u64,
    pair: Pair,
}

/// A call that has begun. The number counts all calls of the log, from 0.
pub(super) struct Begun(u64);

impl Trace {
    /// For a new socket of `caller`.
    pub(super) fn new(log: &CallLog, caller: Caller, pair: Pair) -> Self {
        let socket = log.shared.sockets.fetch_add(1, Ordering::Relaxed);
        Self { log: log.clone(), caller, socket, pair }
    }

    /// For another socket of the same caller in the same log, as `accept` makes one.
    pub(super) fn sibling(&self, pair: Pair) -> Self {
        Self::new(&self.log, self.caller, pair)
    }

    /// For the same socket under another type.
    pub(super) fn same(&self) -> Self {
        Self { log: self.log.clone(), ..*self }
    }

    /// The socket pair, as far as it is known.
    pub(super) fn pair(&self) -> Pair {
        self.pair
    }

    /// Makes one call and records it; `value` tells what the call returned as the system has it.
    pub(super) fn call<T>(
        &self,
        name: CallName,
        arguments: impl Into<String>,
        act: impl FnOnce() -> io::Result<T>,
        value: impl FnOnce(&T) -> i64,
    ) -> io::Result<T> {
        let begun = self.begin(name, arguments);
        let result = act();
        self.finish(&begun, now(), outcome(&result, value), self.pair);
        result
    }

    /// Records that a call begins.
    pub(super) fn begin(&self, name: CallName, arguments: impl Into<String>) -> Begun {
        let arguments = arguments.into();
        let mut kept = self.log.kept();
        let Pair { local, peer } = self.pair;
        // The clock is read under the lock, so that the order of the log is the order of its times.
        let call =
            SocketCall { caller: self.caller, name, arguments, began: now(), returned: None, local, peer };
        let copy = self.log.copy(&call);
        kept.calls.push_back(Entry { socket: self.socket, call });
        while kept.calls.len() > self.log.shared.limit {
            kept.calls.pop_front();
            kept.left_out += 1;
        }
        let number = kept.left_out + kept.calls.len() as u64 - 1;
        drop(kept);
        self.log.observe(copy);
        Begun(number)
    }

    /// Records that a call has returned, and the socket pair that it belongs to.
    pub(super) fn finish(&self, begun: &Begun, at: Timestamp, returned: Returned, pair: Pair) {
        let mut kept = self.log.kept();
        let index = begun.0.checked_sub(kept.left_out).and_then(|index| usize::try_from(index).ok());
        let Some(entry) = index.and_then(|index| kept.calls.get_mut(index)) else {
            return; // It waited so long that the limit has taken it.
        };
        entry.call.returned = Some((at, returned));
        entry.call.local = pair.local;
        entry.call.peer = pair.peer;
        let copy = self.log.copy(&entry.call);
        drop(kept);
        self.log.observe(copy);
    }

    /// Learns the socket pair, and fills it into this socket's calls so far.
    pub(super) fn learn(&mut self, pair: Pair) {
        self.pair = pair;
        let mut kept = self.log.kept();
        for entry in kept.calls.iter_mut().rev().filter(|entry| entry.socket == self.socket) {
            entry.call.local = pair.local;
            entry.call.peer = pair.peer;
            if entry.call.name == CallName::Socket {
                break; // Every socket's first call: nothing of this socket lies before it.
            }
        }
    }
}

/// The clock that captures stamp frames with (`CLOCK_REALTIME`).
#[allow(clippy::disallowed_methods, reason = "calls are timed here, on the clock of the capture")]
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

/// What a call returned, as the log has it.
pub(super) fn outcome<T>(result: &io::Result<T>, value: impl FnOnce(&T) -> i64) -> Returned {
    match result {
        Ok(result) => Returned::Value(value(result)),
        Err(error) => SystemError::from(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(local: &str, peer: &str) -> Pair {
        Pair { local: local.parse().ok(), peer: peer.parse().ok() }
    }

    #[test]
    fn a_call_is_in_the_log_while_it_waits() {
        let log = CallLog::new();
        let trace = Trace::new(&log, Caller::Server, Pair::default());
        let begun = trace.begin(CallName::Accept, "");
        assert_eq!(log.snapshot()[0].to_string(), "accept() waits");
        assert_eq!(log.snapshot()[0].lasted(), None);
        trace.finish(&begun, now(), Returned::Value(6), pair("192.0.2.1:1", "192.0.2.2:2"));
        let calls = log.snapshot();
        assert_eq!(calls[0].to_string(), "accept() = 6");
        assert!(calls[0].lasted().is_some());
        assert_eq!(calls[0].peer, "192.0.2.2:2".parse().ok());
    }

    #[test]
    fn what_is_learnt_later_reaches_the_same_sockets_earlier_calls_alone() {
        let log = CallLog::new();
        let other = Trace::new(&log, Caller::Client, Pair::default());
        let mut trace = other.sibling(Pair::default());
        for trace in [&other, &trace] {
            trace.call(CallName::Socket, "", || Ok(3), |fd| *fd).unwrap();
        }
        let begun = trace.begin(CallName::Connect, "192.0.2.2:2");
        trace.learn(pair("192.0.2.1:1", "192.0.2.2:2"));
        trace.finish(&begun, now(), Returned::Value(0), trace.pair());
        let locals: Vec<bool> = log.snapshot().iter().map(|call| call.local.is_some()).collect();
        assert_eq!(locals, [false, true, true]);
    }

    #[test]
    fn the_oldest_calls_go_first_and_are_counted() {
        let log = CallLog::keeping(2);
        let trace = Trace::new(&log, Caller::Server, Pair::default());
        let waits = trace.begin(CallName::Accept, "");
        for octets in 1..=3 {
            trace.call(CallName::Recv, "4096", || Ok(octets), |octets| *octets).unwrap();
        }
        trace.finish(&waits, now(), Returned::Value(6), Pair::default());
        let calls: Vec<String> = log.snapshot().iter().map(ToString::to_string).collect();
        assert_eq!(calls, ["recv(4096) = 2", "recv(4096) = 3"]);
        assert_eq!(log.left_out(), 2);
    }

    #[test]
    fn the_observer_sees_both_moments_and_may_read_the_log() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let writer = Arc::clone(&seen);
        let log = CallLog::observed_by(9, move |call| writer.lock().unwrap().push(call.to_string()));
        let trace = Trace::new(&log, Caller::Client, Pair::default());
        let refused = || Err::<(), _>(io::Error::from_raw_os_error(nix::errno::Errno::ECONNREFUSED as i32));
        trace.call(CallName::Connect, "192.0.2.2:2", refused, |()| 0).unwrap_err();
        let said = seen.lock().unwrap().join("\n");
        assert!(
            said.starts_with("connect(192.0.2.2:2) waits\nconnect(192.0.2.2:2) = -1 ECONNREFUSED ("),
            "{said}"
        );
    }
}
