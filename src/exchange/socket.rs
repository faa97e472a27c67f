//! Sockets whose calls are logged.
//!
//! In: the calls of the server and the client. Out: what the system returned, and the log's entry for it.
//! Invariant: a descriptor is closed once, by a logged `close`, whatever way its owner goes. A call that a signal
//! interrupts (`EINTR`) is in the log as such, and the call made in its place is another entry.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::sync::Arc;

use socket2::{Domain, Socket, Type};

use crate::call::{CallName, Caller};
use crate::exchange::address::on_wire;
use crate::exchange::error::ExchangeError;
use crate::exchange::log::{CallLog, Pair, Trace, now, outcome};

/// A socket in a listening state, or on its way there.
pub(super) type Listener = Logged<Socket>;

/// A connection.
///
/// The standard library's type, because its writes raise no `SIGPIPE` (`MSG_NOSIGNAL`) whatever the program that uses
/// this library does with signals.
pub(super) type Stream = Logged<TcpStream>;

/// A descriptor and its way into the log.
pub(super) struct Logged<S: IntoRawFd> {
    /// `None` once closed. Shared with the stopper alone, which gives its share back before the close.
    inner: Option<Arc<S>>,
    trace: Trace,
}

impl<S: IntoRawFd> Logged<S> {
    /// The socket pair, as the wire shows it.
    pub(super) fn pair(&self) -> Pair {
        self.trace.pair()
    }

    /// A share for the stopper.
    pub(super) fn share(&self) -> Option<Arc<S>> {
        self.inner.clone()
    }

    /// `close()`. The kernel sends the FIN, or a RST where octets are unread. Does nothing the second time.
    pub(super) fn close(&mut self) -> io::Result<()> {
        // Whoever still holds a share closes with its own end.
        let Some(inner) = self.inner.take().and_then(Arc::into_inner) else { return Ok(()) };
        // Not repeated after EINTR: the descriptor is gone by then, and its number may be someone else's.
        self.trace.call(CallName::Close, "", || nix::unistd::close(inner).map_err(io::Error::from), |()| 0)
    }

    fn new(inner: S, trace: Trace) -> Self {
        Self { inner: Some(Arc::new(inner)), trace }
    }

    fn inner(&self) -> io::Result<&S> {
        self.inner.as_deref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl<S: IntoRawFd> Drop for Logged<S> {
    fn drop(&mut self) {
        // The error, should there be one, is in the log.
        let _ = self.close();
    }
}

impl Logged<Socket> {
    /// `socket()`, for either program. `peer` is the address to be connected to, where that is known.
    fn socket(
        caller: Caller,
        address: SocketAddr,
        peer: Option<SocketAddr>,
        log: &CallLog,
    ) -> io::Result<Self> {
        let trace = Trace::new(log, caller, Pair { local: None, peer });
        let family = if address.is_ipv6() { "AF_INET6" } else { "AF_INET" };
        let make = || Socket::new(Domain::for_address(address), Type::STREAM, None);
        let socket = trace.call(CallName::Socket, format!("{family}, SOCK_STREAM"), make, descriptor)?;
        Ok(Self::new(socket, trace))
    }

    /// `socket()`, `setsockopt(SO_REUSEADDR)`, `bind()` and `listen()`.
    pub(super) fn listen(address: SocketAddr, backlog: i32, log: &CallLog) -> Result<Self, ExchangeError> {
        let failed = |call| move |error: io::Error| ExchangeError::call(call, address, &error);
        let mut listener =
            Self::socket(Caller::Server, address, None, log).map_err(failed(CallName::Socket))?;
        listener
            .call(CallName::SetSockOpt, "SO_REUSEADDR, 1", |socket| socket.set_reuse_address(true))
            .map_err(failed(CallName::SetSockOpt))?;
        listener
            .call(CallName::Bind, address.to_string(), |socket| socket.bind(&address.into()))
            .map_err(failed(CallName::Bind))?;
        let local = listener.inner().and_then(Socket::local_addr).ok().and_then(|local| local.as_socket());
        listener.trace.learn(Pair { local: local.map(on_wire), peer: None });
        listener
            .call(CallName::Listen, backlog.to_string(), |socket| socket.listen(backlog))
            .map_err(failed(CallName::Listen))?;
        Ok(listener)
    }

    /// `accept()`: waits for a client. The log's entry has the pair of the connection that it returns.
    pub(super) fn accept(&self) -> io::Result<Stream> {
        uninterrupted(|| {
            let begun = self.trace.begin(CallName::Accept, "");
            let result = self.inner().and_then(Socket::accept);
            let at = now();
            let returned = outcome(&result, |(socket, _)| descriptor(socket));
            let pair = match &result {
                Ok((socket, peer)) => Pair {
                    local: socket.local_addr().ok().and_then(|local| local.as_socket()).map(on_wire),
                    peer: peer.as_socket().map(on_wire),
                },
                Err(_) => self.trace.pair(),
            };
            self.trace.finish(&begun, at, returned, pair);
            result.map(|(socket, _)| Stream::new(TcpStream::from(socket), self.trace.sibling(pair)))
        })
    }

    /// `connect()`, for a socket of this client's.
    fn connect(&mut self, address: SocketAddr) -> io::Result<()> {
        let begun = self.trace.begin(CallName::Connect, address.to_string());
        let result = self.inner().and_then(|socket| socket.connect(&address.into()));
        let at = now();
        let local = self.inner().and_then(Socket::local_addr).ok().and_then(|local| local.as_socket());
        let local = local.and_then(|local| with_source(local, address)).map(on_wire);
        self.trace.learn(Pair { local, ..self.trace.pair() });
        self.trace.finish(&begun, at, outcome(&result, |()| 0), self.trace.pair());
        result
    }

    fn call(
        &self,
        name: CallName,
        arguments: impl Into<String>,
        act: impl FnOnce(&Socket) -> io::Result<()>,
    ) -> io::Result<()> {
        self.trace.call(name, arguments, || self.inner().and_then(act), |()| 0)
    }
}

impl Logged<TcpStream> {
    /// `socket()` and `connect()`: waits for the SYN+ACK.
    pub(super) fn connect_to(address: SocketAddr, log: &CallLog) -> Result<Self, ExchangeError> {
        let peer = Some(on_wire(address));
        let mut socket = Listener::socket(Caller::Client, address, peer, log)
            .map_err(|error| ExchangeError::call(CallName::Socket, address, &error))?;
        // Linux waits on, when the call is made again after EINTR.
        uninterrupted(|| socket.connect(address))
            .map_err(|error| ExchangeError::call(CallName::Connect, address, &error))?;
        let trace = socket.trace.same();
        let inner = socket.inner.take().and_then(Arc::into_inner).ok_or(io::ErrorKind::NotConnected.into());
        let inner =
            inner.map_err(|error: io::Error| ExchangeError::call(CallName::Connect, address, &error))?;
        Ok(Self::new(TcpStream::from(inner), trace))
    }

    /// `recv()`: waits for text, as much of it as is there and `buffer` takes. 0 is the peer's FIN.
    pub(super) fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.len();
        uninterrupted(|| {
            let act = || self.inner().and_then(|mut stream| stream.read(buffer));
            self.trace.call(CallName::Recv, room.to_string(), act, octets)
        })
    }

    /// `send()`: hands over as much of `text` as the kernel takes, and tells how much that was.
    pub(super) fn send(&self, text: &[u8]) -> io::Result<usize> {
        uninterrupted(|| {
            let act = || self.inner().and_then(|mut stream| stream.write(text));
            self.trace.call(CallName::Send, text.len().to_string(), act, octets)
        })
    }
}

/// Makes the call again for as long as a signal interrupts it.
pub(super) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

pub(super) fn descriptor(socket: &Socket) -> i64 {
    socket.as_raw_fd().into()
}

pub(super) fn octets(count: &usize) -> i64 {
    i64::try_from(*count).unwrap_or(i64::MAX)
}

/// The client's own socket, also after a `connect` that failed: Linux then still tells the port, but the address no
/// more. It is the one that the system's routes give for this peer, which a UDP socket can be asked for without any
/// packet being sent.
pub(super) fn with_source(local: SocketAddr, peer: SocketAddr) -> Option<SocketAddr> {
    if !local.ip().is_unspecified() {
        return Some(local);
    }
    let route = UdpSocket::bind(SocketAddr::new(local.ip(), 0)).ok()?;
    route.connect(peer).ok()?;
    let source = route.local_addr().ok()?.ip();
    (local.port() != 0).then(|| SocketAddr::new(source, local.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_call_is_made_again_and_both_are_logged() {
        let log = CallLog::new();
        let trace = Trace::new(&log, Caller::Server, Pair::default());
        let mut answers = vec![Ok(7), Err(io::Error::from(nix::errno::Errno::EINTR))];
        let result =
            uninterrupted(|| trace.call(CallName::Recv, "4096", || answers.pop().unwrap(), |count| *count));
        assert_eq!(result.unwrap(), 7);
        let calls: Vec<String> = log.snapshot().iter().map(ToString::to_string).collect();
        assert_eq!(calls, ["recv(4096) = -1 EINTR (4: Interrupted system call)", "recv(4096) = 7"]);
    }

    #[test]
    fn a_socket_that_is_dropped_is_closed_and_logged() {
        let log = CallLog::new();
        drop(Listener::listen("127.0.0.1:0".parse().unwrap(), 10, &log).unwrap());
        assert_eq!(log.snapshot().last().unwrap().to_string(), "close() = 0");
    }

    #[test]
    fn a_close_leaves_a_shared_descriptor_to_its_other_holder() {
        let log = CallLog::new();
        let mut listener = Listener::listen("127.0.0.1:0".parse().unwrap(), 10, &log).unwrap();
        let share = listener.share();
        listener.close().unwrap();
        assert_eq!(log.snapshot().last().unwrap().name, CallName::Listen);
        drop(share);
        assert!(listener.close().is_ok());
        assert_eq!(listener.accept().err().unwrap().kind(), io::ErrorKind::NotConnected);
    }
}
