//! Sockets as every system has them: what `system.rs` has on Linux, answered with `Unsupported`.
//!
//! In: what socket, which option. Out: the system's answer, or that it has no such thing.
//! Invariant: nothing that only some of these systems have is used.

use std::io;

use socket2::{Domain, Socket, Type};

use crate::exchange::options::SocketOption;

/// No flag of `send` spares the process a `SIGPIPE` on all of these systems. The standard library has the process ignore it;
/// on Apple's the socket is made so that there is none.
pub(super) const NO_SIGNAL: i32 = 0;

/// `socket()`.
pub(super) fn open(domain: Domain, nonblocking: bool, multipath: bool) -> io::Result<Socket> {
    if multipath {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let socket = Socket::new(domain, Type::STREAM, None)?;
    socket.set_nonblocking(nonblocking)?;
    Ok(socket)
}

/// `setsockopt()`.
pub(super) fn set(option: SocketOption, socket: &Socket) -> io::Result<()> {
    option.set(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_linux_has_is_unsupported() {
        let socket = open(Domain::IPV4, true, false).unwrap();
        assert!(set(SocketOption::ReuseAddress, &socket).is_ok());
        let kind = |result: io::Result<()>| result.unwrap_err().kind();
        assert_eq!(kind(set(SocketOption::Repair, &socket)), io::ErrorKind::Unsupported);
        assert_eq!(kind(open(Domain::IPV4, false, true).map(drop)), io::ErrorKind::Unsupported);
    }
}
