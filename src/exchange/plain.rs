//! A plain socket: every call of the interface by itself, each in the log, for programs that are not the textbook's.
//!
//! In: calls, from any thread. Out: what the system returned, errors as values, and the log's entry for each.
//! Invariant: a handle is cheap to copy, and all copies are one descriptor, closed once: by `close`, or when the last
//! copy goes. A call that waits holds no lock.
//! Read: RFC 9293 §3.9.1 (OPEN, SEND, RECEIVE, CLOSE, ABORT).

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::{Domain, Socket};

use crate::call::{CallName, Caller};
use crate::exchange::address::on_wire;
use crate::exchange::error::{ExchangeError, SystemError};
use crate::exchange::log::{CallLog, Pair, Trace, now, outcome};
use crate::exchange::options::SocketOption;
use crate::exchange::socket::{descriptor, octets, uninterrupted, with_source};
use crate::exchange::system;

/// What socket to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// For IPv6 addresses.
    pub ipv6: bool,
    /// No call waits; what would have to wait returns an error (`EINPROGRESS`, `EAGAIN`).
    pub nonblocking: bool,
    /// Multipath TCP (RFC 8684).
    pub multipath: bool,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// There is something to read, or to accept, or an end.
    ToRead,
    /// There is room to write, or the connection is made, or has failed.
    ToWrite,
}

/// The sockets of a program, and of those that its sockets accepted.
#[derive(Clone)]
pub struct Sockets {
    caller: Caller,
    log: CallLog,
    open: Arc<Mutex<Vec<Weak<Shared>>>>,
}

/// A socket and its way into the log.
#[derive(Clone)]
pub struct Plain {
    shared: Arc<Shared>,
}

struct Shared {
    /// `None` once closed.
    socket: Mutex<Option<Arc<Socket>>>,
    trace: Mutex<Trace>,
    /// What errors are told about, until the peer is known.
    subject: SocketAddr,
    family: Sockets,
}

impl Sockets {
    /// None yet. All calls of them go to `log`.
    pub fn new(caller: Caller, log: &CallLog) -> Self {
        Self { caller, log: log.clone(), open: Arc::default() }
    }

    /// `socket()`. `address` is what it will listen on, or connect to.
    ///
    /// # Errors
    /// [`ExchangeError::Call`], as in all the calls below.
    pub fn open(&self, address: SocketAddr, kind: Kind) -> Result<Plain, ExchangeError> {
        let caller = self.caller;
        let peer = (caller == Caller::Client).then(|| on_wire(address));
        let trace = Trace::new(&self.log, caller, Pair { local: None, peer });
        let family = if kind.ipv6 { "AF_INET6" } else { "AF_INET" };
        let waits = if kind.nonblocking { "|SOCK_NONBLOCK" } else { "" };
        let protocol = if kind.multipath { ", IPPROTO_MPTCP" } else { "" };
        let make = || {
            let domain = if kind.ipv6 { Domain::IPV6 } else { Domain::IPV4 };
            system::open(domain, kind.nonblocking, kind.multipath)
        };
        trace
            .call(CallName::Socket, format!("{family}, SOCK_STREAM{waits}{protocol}"), make, descriptor)
            .map(|socket| self.adopt(socket, trace, address))
            .map_err(|error| ExchangeError::call(CallName::Socket, address, &error))
    }

    /// Ends every call that waits on one of them, without a word in the log: the play is over.
    pub fn wake(&self) {
        let open: Vec<_> = locked(&self.open).iter().filter_map(Weak::upgrade).collect();
        for shared in open {
            if let Some(socket) = locked(&shared.socket).as_deref() {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
    }

    fn adopt(&self, socket: Socket, trace: Trace, subject: SocketAddr) -> Plain {
        let socket = Mutex::new(Some(Arc::new(socket)));
        let shared = Arc::new(Shared { socket, trace: Mutex::new(trace), subject, family: self.clone() });
        let mut open = locked(&self.open);
        open.retain(|weak| weak.strong_count() > 0);
        open.push(Arc::downgrade(&shared));
        Plain { shared }
    }
}

impl Plain {
    /// `setsockopt()`.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn set(&self, option: SocketOption) -> Result<(), ExchangeError> {
        self.simple(CallName::SetSockOpt, option.to_string(), |socket| system::set(option, socket))
    }

    /// `bind()`. Port 0 lets the system choose.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn bind(&self, address: SocketAddr) -> Result<(), ExchangeError> {
        self.simple(CallName::Bind, address.to_string(), |socket| socket.bind(&address.into()))?;
        let local = self.ask(Socket::local_addr);
        let pair = Pair { local, ..self.pair() };
        self.trace_mut().learn(pair);
        Ok(())
    }

    /// `listen()`.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn listen(&self, backlog: i32) -> Result<(), ExchangeError> {
        self.simple(CallName::Listen, backlog.to_string(), |socket| socket.listen(backlog))
    }

    /// `accept()`: waits for a connection, unless the socket is non-blocking.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn accept(&self) -> Result<Self, ExchangeError> {
        uninterrupted(|| {
            let trace = self.trace();
            let begun = trace.begin(CallName::Accept, "");
            let result = self.socket().and_then(|socket| socket.accept());
            let at = now();
            let pair = match &result {
                Ok((socket, peer)) => Pair {
                    local: socket.local_addr().ok().and_then(|local| local.as_socket()).map(on_wire),
                    peer: peer.as_socket().map(on_wire),
                },
                Err(_) => trace.pair(),
            };
            trace.finish(&begun, at, outcome(&result, |(socket, _)| descriptor(socket)), pair);
            let family = &self.shared.family;
            result.map(|(socket, _)| family.adopt(socket, trace.sibling(pair), self.shared.subject))
        })
        .map_err(|error| self.failed(CallName::Accept, &error))
    }

    /// `connect()`: waits for the SYN+ACK, unless the socket is non-blocking: then it returns `EINPROGRESS`.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn connect(&self, address: SocketAddr) -> Result<(), ExchangeError> {
        uninterrupted(|| {
            let trace = self.trace();
            let begun = trace.begin(CallName::Connect, address.to_string());
            let result = self.socket().and_then(|socket| socket.connect(&address.into()));
            let at = now();
            let local = self.ask(Socket::local_addr).and_then(|local| with_source(local, address));
            let pair = Pair { local: local.map(on_wire), peer: Some(on_wire(address)) };
            self.trace_mut().learn(pair);
            trace.finish(&begun, at, outcome(&result, |()| 0), pair);
            result
        })
        .map_err(|error| self.failed(CallName::Connect, &error))
    }

    /// `send()`: hands over as much as the kernel takes, and tells how much that was.
    ///
    /// # Errors
    /// [`ExchangeError::Call`], `EPIPE` without any signal.
    pub fn send(&self, text: &[u8]) -> Result<usize, ExchangeError> {
        self.moving(CallName::Send, text.len(), |socket| socket.send_with_flags(text, system::NO_SIGNAL))
    }

    /// `recv()`: waits for text, takes at most `most` octets of it. Nothing is the peer's FIN.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn recv(&self, most: usize) -> Result<Vec<u8>, ExchangeError> {
        let mut text = vec![0; most];
        let count = self.moving(CallName::Recv, most, |mut socket| socket.read(&mut text))?;
        text.truncate(count);
        Ok(text)
    }

    /// `poll()`: waits until the socket is ready, for `limit` at most. Whether it is.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn poll(&self, ready: Ready, limit: Duration) -> Result<bool, ExchangeError> {
        let (flags, name) = match ready {
            Ready::ToRead => (PollFlags::POLLIN, "POLLIN"),
            Ready::ToWrite => (PollFlags::POLLOUT, "POLLOUT"),
        };
        let timeout = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        uninterrupted(|| {
            let socket = self.socket()?;
            let act = || {
                let count = poll(&mut [PollFd::new(socket.as_fd(), flags)], timeout)?;
                Ok(i64::from(count))
            };
            self.trace().call(CallName::Poll, name, act, |count| *count)
        })
        .map(|count| count > 0)
        .map_err(|error| self.failed(CallName::Poll, &error))
    }

    /// `getsockopt(SO_ERROR)`: the error that waits on the socket, which is taken off it; `None` where there is none.
    ///
    /// # Errors
    /// [`ExchangeError::Call`], where asking fails.
    pub fn error(&self) -> Result<Option<SystemError>, ExchangeError> {
        let ask = || self.socket().and_then(|socket| socket.take_error());
        let number =
            |error: &Option<io::Error>| error.as_ref().and_then(io::Error::raw_os_error).unwrap_or(0);
        self.trace()
            .call(CallName::GetSockOpt, "SO_ERROR", ask, |error| number(error).into())
            .map(|error| error.as_ref().map(SystemError::from))
            .map_err(|error| self.failed(CallName::GetSockOpt, &error))
    }

    /// `shutdown()`: closes one direction, or both; sending's end is a FIN.
    ///
    /// # Errors
    /// [`ExchangeError::Call`].
    pub fn shutdown(&self, how: Shutdown) -> Result<(), ExchangeError> {
        let name = match how {
            Shutdown::Read => "SHUT_RD",
            Shutdown::Write => "SHUT_WR",
            Shutdown::Both => "SHUT_RDWR",
        };
        self.simple(CallName::Shutdown, name.to_owned(), |socket| socket.shutdown(how))
    }

    /// `close()`. Does nothing the second time.
    ///
    /// # Errors
    /// [`ExchangeError::Call`]; the descriptor is gone all the same.
    pub fn close(&self) -> Result<(), ExchangeError> {
        self.shared.close().map_err(|error| self.failed(CallName::Close, &error))
    }

    /// Its own socket, as the wire shows it.
    pub fn local(&self) -> Option<SocketAddr> {
        self.pair().local
    }

    /// The peer's.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.pair().peer
    }

    fn simple(
        &self,
        name: CallName,
        arguments: String,
        act: impl FnOnce(&Socket) -> io::Result<()>,
    ) -> Result<(), ExchangeError> {
        self.trace()
            .call(name, arguments, || act(&*self.socket()?), |()| 0)
            .map_err(|error| self.failed(name, &error))
    }

    fn moving(
        &self,
        name: CallName,
        count: usize,
        mut act: impl FnMut(&Socket) -> io::Result<usize>,
    ) -> Result<usize, ExchangeError> {
        uninterrupted(|| self.trace().call(name, count.to_string(), || act(&*self.socket()?), octets))
            .map_err(|error| self.failed(name, &error))
    }

    fn ask(&self, what: impl FnOnce(&Socket) -> io::Result<socket2::SockAddr>) -> Option<SocketAddr> {
        what(&*self.socket().ok()?).ok()?.as_socket().map(on_wire)
    }

    fn socket(&self) -> io::Result<Arc<Socket>> {
        locked(&self.shared.socket).clone().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn trace(&self) -> Trace {
        self.trace_mut().same()
    }

    fn trace_mut(&self) -> MutexGuard<'_, Trace> {
        locked(&self.shared.trace)
    }

    fn pair(&self) -> Pair {
        self.trace_mut().pair()
    }

    fn failed(&self, call: CallName, error: &io::Error) -> ExchangeError {
        ExchangeError::call(call, self.peer().unwrap_or(self.shared.subject), error)
    }
}

impl Shared {
    fn close(&self) -> io::Result<()> {
        // While another call still uses the descriptor, that call closes it when it returns, and nothing is logged.
        let Some(socket) = locked(&self.socket).take().and_then(Arc::into_inner) else { return Ok(()) };
        let trace = locked(&self.trace).same();
        trace.call(CallName::Close, "", || nix::unistd::close(socket).map_err(io::Error::from), |()| 0)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The error, should there be one, is in the log.
        let _ = self.close();
    }
}

/// Every change under these locks is one assignment, so that a panic elsewhere leaves nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
