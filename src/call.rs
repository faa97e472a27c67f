//! One socket call of the embedded server or client.
//!
//! In: what `exchange/` did and when. Out: a value that `story.rs` puts beside the segments.
//! Invariant: a call is recorded when it begins and again when it returns, so that waiting can be seen.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::time::Timestamp;

/// A call to the socket interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketCall {
    /// Which program called.
    pub caller: Caller,
    /// Which call.
    pub name: CallName,
    /// Its arguments as a programmer would write them, without the descriptor: `127.0.0.1:6666`, `10`, `4096`.
    pub arguments: String,
    /// When it began.
    pub began: Timestamp,
    /// When it returned, and with what; `None` while it waits.
    pub returned: Option<(Timestamp, Returned)>,
    /// The caller's own socket, as it is on the wire. What is learnt later (by `bind` or `connect`) is filled into
    /// the earlier calls on the same descriptor; `accept` has the accepted connection's once it has returned.
    pub local: Option<SocketAddr>,
    /// The peer's socket, likewise; a listener's own calls have none.
    pub peer: Option<SocketAddr>,
}

/// Which of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// The one that connects.
    Client,
    /// The one that listens.
    Server,
}

/// The calls of the textbook, and those that the laboratory makes beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallName {
    /// Makes a socket.
    Socket,
    /// Sets an option of it.
    SetSockOpt,
    /// Asks for an option of it: for the error that a connection ended with (`SO_ERROR`).
    GetSockOpt,
    /// Gives it an address and a port.
    Bind,
    /// Makes it a listener.
    Listen,
    /// Takes a finished connection from the listener's queue; waits for one.
    Accept,
    /// Opens a connection; waits for the SYN+ACK.
    Connect,
    /// Hands text to the kernel.
    Send,
    /// Takes text from the kernel; waits for some, or for the peer's FIN.
    Recv,
    /// Waits until a socket is ready to be read, written, or accepted from.
    Poll,
    /// Closes one direction, or both, and keeps the socket.
    Shutdown,
    /// Gives the socket back; the kernel sends FIN.
    Close,
    /// Ends the whole program; the kernel closes what it had open.
    Kill,
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// A value: a descriptor, a number of octets, or 0.
    Value(i64),
    /// An error.
    Error {
        /// Its name: `ECONNREFUSED`.
        name: String,
        /// Its number on this system.
        number: i32,
        /// Its words: `Connection refused`.
        words: String,
    },
}

impl SocketCall {
    /// How long it took; `None` while it waits.
    pub fn lasted(&self) -> Option<Duration> {
        self.returned.as_ref().map(|(at, _)| at.since(self.began))
    }
}

impl fmt::Display for SocketCall {
    /// `accept() = 6` once it has returned, `accept() waits` before.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name.as_str(), self.arguments)?;
        match &self.returned {
            Some((_, value)) => write!(f, " = {value}"),
            None => f.write_str(" waits"),
        }
    }
}

impl CallName {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Socket,
        Self::SetSockOpt,
        Self::GetSockOpt,
        Self::Bind,
        Self::Listen,
        Self::Accept,
        Self::Connect,
        Self::Send,
        Self::Recv,
        Self::Poll,
        Self::Shutdown,
        Self::Close,
        Self::Kill,
    ];

    /// Its name in the socket interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::SetSockOpt => "setsockopt",
            Self::GetSockOpt => "getsockopt",
            Self::Bind => "bind",
            Self::Listen => "listen",
            Self::Accept => "accept",
            Self::Connect => "connect",
            Self::Send => "send",
            Self::Recv => "recv",
            Self::Poll => "poll",
            Self::Shutdown => "shutdown",
            Self::Close => "close",
            Self::Kill => "kill",
        }
    }

    /// Whether the call may wait for the other end: for a connection, for text, for room to put text, or for any of these.
    pub const fn may_wait(self) -> bool {
        matches!(self, Self::Accept | Self::Connect | Self::Recv | Self::Send | Self::Poll)
    }
}

impl Caller {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Client, Self::Server];

    /// `client` or `server`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl fmt::Display for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Error { name, number, words } => write!(f, "-1 {name} ({number}: {words})"),
        }
    }
}
