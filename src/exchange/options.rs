//! The socket options that the laboratory's programs set.
//!
//! In: an option as a value. Out: the system call, and its arguments as a programmer writes them.
//! Invariant: what not every system has is set in `system.rs`; where that does not know it, it is `Unsupported`.
//! Read: `tcp(7)`, `socket(7)`.

use std::fmt;
use std::io;
use std::time::Duration;

use socket2::Socket;

/// An option of a TCP socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// `SO_REUSEADDR`: bind although connections of an earlier socket are in TIME-WAIT.
    ReuseAddress,
    /// `SO_LINGER`: what `close` does with what is not sent yet; zero throws it away and resets.
    Linger(Duration),
    /// `SO_RCVBUF`: how many octets may wait to be read.
    ReceiveBuffer(usize),
    /// `TCP_DEFER_ACCEPT`: complete the handshake, but wake the server only when text has come, for so many seconds.
    DeferAccept(i32),
    /// `TCP_FASTOPEN`: take text in a SYN; so many such connections may wait.
    FastOpen(i32),
    /// `TCP_FASTOPEN_CONNECT`: `connect` returns at once, and the first `send` sends the SYN with its text.
    FastOpenConnect,
    /// `SO_KEEPALIVE` with `TCP_KEEPIDLE`, `TCP_KEEPINTVL` (whole seconds) and `TCP_KEEPCNT`.
    KeepAlive {
        /// Ask after so long without a word.
        idle: Duration,
        /// Ask again after so long.
        interval: Duration,
        /// Give up after so many questions.
        count: u32,
    },
    /// `TCP_REPAIR`: take the socket out of TCP's hands; closed like this it forgets its connection without a segment.
    Repair,
}

impl SocketOption {
    /// Sets what every system has.
    pub(super) fn set(self, socket: &Socket) -> io::Result<()> {
        match self {
            Self::ReuseAddress => socket.set_reuse_address(true),
            Self::Linger(time) => socket.set_linger(Some(time)),
            Self::ReceiveBuffer(octets) => socket.set_recv_buffer_size(octets),
            Self::DeferAccept(_)
            | Self::FastOpen(_)
            | Self::FastOpenConnect
            | Self::KeepAlive { .. }
            | Self::Repair => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl fmt::Display for SocketOption {
    /// `SO_LINGER, {1, 0}`: the arguments of `setsockopt`, without descriptor, level and length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReuseAddress => f.write_str("SO_REUSEADDR, 1"),
            Self::Linger(time) => write!(f, "SO_LINGER, {{1, {}}}", time.as_secs()),
            Self::ReceiveBuffer(octets) => write!(f, "SO_RCVBUF, {octets}"),
            Self::DeferAccept(seconds) => write!(f, "TCP_DEFER_ACCEPT, {seconds}"),
            Self::FastOpen(queue) => write!(f, "TCP_FASTOPEN, {queue}"),
            Self::FastOpenConnect => f.write_str("TCP_FASTOPEN_CONNECT, 1"),
            Self::KeepAlive { idle, interval, count } => write!(
                f,
                "SO_KEEPALIVE, 1; TCP_KEEPIDLE, {}; TCP_KEEPINTVL, {}; TCP_KEEPCNT, {count}",
                idle.as_secs(),
                interval.as_secs()
            ),
            Self::Repair => f.write_str("TCP_REPAIR, 1"),
        }
    }
}
