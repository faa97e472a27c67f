//! A program of a scenario: a thread in its own place that makes socket calls when it is told to.
//!
//! In: pieces of work. Out: what each returned, when it has.
//! Invariant: the pieces are done one after another, in the order in which they were given; a program that is dropped
//! ends, whatever it waits for.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{Builder, JoinHandle, park_timeout};
use std::time::Duration;

use crate::call::Caller;
use crate::exchange::error::ExchangeError;
use crate::exchange::log::CallLog;
use crate::exchange::options::SocketOption;
use crate::exchange::plain::{Kind, Plain, Sockets};
use crate::exchange::server::BACKLOG;
use crate::lab::error::LabError;
use crate::lab::place::ground::Ground;

/// How long it is given to wake before it is woken again.
const OFTEN: Duration = Duration::from_millis(1);

type Job = Box<dyn FnOnce() + Send>;

/// A running program.
pub struct Program {
    caller: Caller,
    /// The server's address, which the one listens on and the other connects to.
    address: SocketAddr,
    kind: Kind,
    sockets: Sockets,
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// Something a program does, and its result to come.
pub struct Pending<T> {
    caller: Caller,
    result: Receiver<T>,
}

impl Program {
    /// Starts a program at `ground`.
    ///
    /// # Errors
    ///
    /// Where no thread can be had, or it cannot go there.
    pub fn start(
        caller: Caller,
        ground: &Ground,
        address: SocketAddr,
        log: &CallLog,
    ) -> Result<Self, LabError> {
        let (jobs, to_do) = channel::<Job>();
        let (arrived, arrival) = channel();
        let ground = ground.clone();
        let run = move || {
            let entered = ground.enter();
            let is_there = entered.is_ok();
            let _ = arrived.send(entered);
            if is_there {
                to_do.into_iter().for_each(|job| job());
            }
        };
        let failed = || LabError::Program(caller.as_str());
        let thread = Builder::new().name(caller.as_str().to_owned()).spawn(run).map_err(|_| failed())?;
        arrival.recv().map_err(|_| failed())??;
        let sockets = Sockets::new(caller, log);
        let kind = Kind { ipv6: address.is_ipv6(), ..Kind::default() };
        Ok(Self { caller, address, kind, sockets, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Has it do something, and does not wait for the end of it.
    pub fn begin<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Pending<T> {
        let (done, result) = channel();
        let job = Box::new(move || {
            // Whoever asked may have given up.
            let _ = done.send(work());
        });
        if let Some(jobs) = &self.jobs {
            // Where it has ended, the dropped sender tells.
            let _ = jobs.send(job);
        }
        Pending { caller: self.caller, result }
    }

    /// Has it make a socket for the server's address; waits for that alone.
    ///
    /// # Errors
    ///
    /// The call's own.
    pub fn socket(&self) -> Result<Plain, LabError> {
        self.socket_of(self.kind)
    }

    /// Has it make a socket of another kind.
    ///
    /// # Errors
    ///
    /// The call's own.
    pub fn socket_of(&self, kind: Kind) -> Result<Plain, LabError> {
        let (sockets, address) = (self.sockets.clone(), self.address);
        Ok(self.begin(move || sockets.open(address, kind)).get()??)
    }

    /// The kind of socket that suits the server's address.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// `socket`, `setsockopt(SO_REUSEADDR)`, `bind` and `listen` with the textbook's backlog.
    ///
    /// # Errors
    ///
    /// The failed call's own.
    pub fn listens(&self) -> Result<Plain, LabError> {
        let listener = self.socket()?;
        self.makes_listen(&listener, BACKLOG)?;
        Ok(listener)
    }

    /// `setsockopt(SO_REUSEADDR)`, `bind` and `listen` with so much room in the queue.
    ///
    /// # Errors
    ///
    /// The failed call's own.
    pub fn makes_listen(&self, listener: &Plain, backlog: i32) -> Result<(), LabError> {
        listener.set(SocketOption::ReuseAddress)?;
        listener.bind(self.address)?;
        listener.listen(backlog)?;
        Ok(())
    }

    /// Has it call `accept`.
    pub fn accepts(&self, listener: &Plain) -> Pending<Result<Plain, ExchangeError>> {
        let listener = listener.clone();
        self.begin(move || listener.accept())
    }

    /// Has it call `connect` with the server's address.
    pub fn connects(&self, socket: &Plain) -> Pending<Result<(), ExchangeError>> {
        let (socket, address) = (socket.clone(), self.address);
        self.begin(move || socket.connect(address))
    }

    /// Has it call `recv`, with room for so many octets.
    pub fn receives(&self, socket: &Plain, most: usize) -> Pending<Result<Vec<u8>, ExchangeError>> {
        let socket = socket.clone();
        self.begin(move || socket.recv(most))
    }

    /// Has it call `send`, which may wait for room.
    pub fn sends(&self, socket: &Plain, text: Vec<u8>) -> Pending<Result<usize, ExchangeError>> {
        let socket = socket.clone();
        self.begin(move || socket.send(&text))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.jobs = None;
        // Between two pieces of work another call may begin to wait, so it is woken until it is done.
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            self.sockets.wake();
            park_timeout(OFTEN);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl<T> Pending<T> {
    /// The result, if it is there.
    ///
    /// # Errors
    ///
    /// Where the program has ended without one.
    pub fn ready(&self) -> Result<Option<T>, LabError> {
        match self.result.try_recv() {
            Ok(result) => Ok(Some(result)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(LabError::Program(self.caller.as_str())),
        }
    }

    /// The result of something that does not wait for others.
    fn get(self) -> Result<T, LabError> {
        self.result.recv().map_err(|_| LabError::Program(self.caller.as_str()))
    }
}
