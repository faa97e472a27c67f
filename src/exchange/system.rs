//! What Linux offers of sockets beyond other systems.
//!
//! In: what socket, which option. Out: the system's answer. `elsewhere.rs` stands in for this file on other systems.
//! Invariant: an option that the usual crates lack goes through `uapi`'s safe setter, never through a call of our own.
//! Read: `tcp(7)`, `socket(7)`, `send(2)`.

use std::io;
use std::os::fd::AsRawFd;

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use uapi::c;

use crate::exchange::options::SocketOption;

/// The flag of `send` that spares the process a `SIGPIPE`.
pub(super) const NO_SIGNAL: i32 = c::MSG_NOSIGNAL;

/// `socket()`.
pub(super) fn open(domain: Domain, nonblocking: bool, multipath: bool) -> io::Result<Socket> {
    let sort = if nonblocking { Type::STREAM.nonblocking() } else { Type::STREAM };
    Socket::new(domain, sort, multipath.then_some(Protocol::MPTCP))
}

/// `setsockopt()`.
pub(super) fn set(option: SocketOption, socket: &Socket) -> io::Result<()> {
    let fd = socket.as_raw_fd();
    let tcp = |name: c::c_int, value: c::c_int| {
        uapi::setsockopt(fd, c::IPPROTO_TCP, name, &value).map_err(io::Error::from)
    };
    match option {
        SocketOption::DeferAccept(seconds) => tcp(c::TCP_DEFER_ACCEPT, seconds),
        SocketOption::FastOpen(queue) => tcp(c::TCP_FASTOPEN, queue),
        SocketOption::FastOpenConnect => tcp(c::TCP_FASTOPEN_CONNECT, 1),
        SocketOption::KeepAlive { idle, interval, count } => socket.set_tcp_keepalive(
            &TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(count),
        ),
        SocketOption::Repair => tcp(c::TCP_REPAIR, 1),
        common => common.set(socket),
    }
}
