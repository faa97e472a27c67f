//! The textbook's server: socket, bind, listen, accept, recv until the client has closed, close, and on to the next.
//!
//! In: clients. Out: their octets, piece by piece, and how each connection ended.
//! Invariant: one client's failure never ends the server; a connection is closed before the next is accepted, and
//! only after the client's end was read, since closing with octets unread sends a RST in place of the FIN.
//! Read: RFC 9293 §3.6.1 (half-closed connections, and the RST for octets that nobody will read).

use std::io;
use std::net::SocketAddr;

use nix::errno::Errno;

use crate::call::CallName;
use crate::exchange::error::{ExchangeError, SystemError};
use crate::exchange::log::CallLog;
use crate::exchange::socket::{Listener, Stream};
use crate::exchange::stopper::Stopper;

/// How many finished connections may wait for `accept` (the kernel admits one more).
pub const BACKLOG: i32 = 10;

/// How many octets one `recv` takes at most.
pub const RECV_UP_TO: usize = 4096;

/// How often in a row `accept` may fail for a client's reasons before that counts as an error.
const FAILED_CLIENTS: usize = 100;

/// A bound, listening server. Dropped or closed, it gives its port back.
pub struct Server {
    listener: Listener,
    local: SocketAddr,
    stopper: Stopper,
}

/// What came from one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The client's socket; `None` where the system did not tell it.
    pub client: Option<SocketAddr>,
    /// How many octets.
    pub octets: u64,
    /// In how many `recv` calls they came.
    pub pieces: u64,
    /// How it ended.
    pub ended: Ended,
}

/// How receiving from a client ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed: its FIN was read.
    ByClient,
    /// `recv` failed, with a reset for instance.
    Failed(SystemError),
    /// The stopper ended it.
    Stopped,
}

impl Server {
    /// Makes a socket for `address`, sets `SO_REUSEADDR` (so that the TIME-WAIT of earlier connections is no
    /// hindrance), binds it and listens. Port 0 lets the system choose one: see [`Server::local_addr`].
    ///
    /// # Errors
    /// [`ExchangeError::Call`] with the call that failed. Nothing is left open then.
    pub fn bind(address: SocketAddr, log: &CallLog) -> Result<Self, ExchangeError> {
        let listener = Listener::listen(address, BACKLOG, log)?;
        let local = listener.pair().local.unwrap_or(address);
        let stopper = Stopper::default();
        stopper.watch_listener(listener.share());
        Ok(Self { listener, local, stopper })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// A handle that ends this server from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits for one client, hands each piece that arrives to `hear`, and closes once the client has closed.
    ///
    /// `before_close` runs between the reading of the client's FIN and the close, which goes on when it returns: with
    /// a hook that returns at once the FIN mostly carries the acknowledgement of the client's (three segments); one
    /// that waits for the kernel's own acknowledgement, delayed by some 40 ms, makes it four. It does not run if the
    /// connection ended otherwise.
    ///
    /// `None` when the stopper ended the wait for a client.
    ///
    /// # Errors
    /// [`ExchangeError::Call`] if `accept` fails for the server's own reasons, such as no descriptor being left. What a
    /// client does wrong is no error: see [`Ended`].
    pub fn serve_one(
        &mut self,
        hear: impl FnMut(&[u8]),
        before_close: impl FnOnce(),
    ) -> Result<Option<Received>, ExchangeError> {
        let Some(mut stream) = self.accept()? else { return Ok(None) };
        self.stopper.watch(stream.share());
        let received = self.receive(&stream, hear);
        // Given back first, since a shared descriptor would keep the connection open.
        self.stopper.watch(None);
        if received.ended == Ended::ByClient {
            before_close();
        }
        // An error of close() is in the log; the descriptor is gone in any case.
        let _ = stream.close();
        Ok(Some(received))
    }

    /// Closes the listener. Connections that wait in its queue are reset by the kernel.
    ///
    /// # Errors
    /// [`ExchangeError::Call`] with what `close` returned; the port is given back all the same.
    pub fn close(mut self) -> Result<(), ExchangeError> {
        self.stopper.watch_listener(None);
        self.listener.close().map_err(|error| ExchangeError::call(CallName::Close, self.local, &error))
    }

    fn accept(&self) -> Result<Option<Stream>, ExchangeError> {
        for failures in 0.. {
            if self.stopper.is_stopping() {
                break;
            }
            match self.listener.accept() {
                // Where a connection had to wake it: that one is nobody's.
                Ok(_) if self.stopper.is_stopping() => break,
                Ok(stream) => return Ok(Some(stream)),
                Err(_) if self.stopper.is_stopping() => break,
                Err(error) if is_clients_own(&error) && failures < FAILED_CLIENTS => {}
                Err(error) => return Err(ExchangeError::call(CallName::Accept, self.local, &error)),
            }
        }
        Ok(None)
    }

    fn receive(&self, stream: &Stream, mut hear: impl FnMut(&[u8])) -> Received {
        let mut received =
            Received { client: stream.pair().peer, octets: 0, pieces: 0, ended: Ended::ByClient };
        let mut buffer = vec![0; RECV_UP_TO];
        loop {
            let result = stream.recv(&mut buffer);
            if let Some(piece) = result.as_ref().ok().and_then(|count| buffer.get(..*count))
                && !piece.is_empty()
            {
                received.octets += piece.len() as u64;
                received.pieces += 1;
                hear(piece);
            }
            received.ended = match result {
                _ if self.stopper.is_stopping() => Ended::Stopped,
                Ok(0) => Ended::ByClient,
                Ok(_) => continue,
                Err(error) => Ended::Failed(SystemError::from(&error)),
            };
            return received;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The stopper may live on; its share must not keep the port.
        self.stopper.watch_listener(None);
        self.stopper.watch(None);
    }
}

/// Whether `accept` failed because of that one connection, which is then off the queue (`accept(2)`: errors that were
/// pending on the new socket, to be treated by trying again).
fn is_clients_own(error: &io::Error) -> bool {
    use Errno::{
        ECONNABORTED, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOPROTOOPT, EPROTO, ETIMEDOUT,
    };
    let own = [ECONNABORTED, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOPROTOOPT, EPROTO, ETIMEDOUT];
    error.raw_os_error().is_some_and(|number| own.contains(&Errno::from_raw(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_failure_is_told_from_the_servers_own() {
        let own = |errno: Errno| is_clients_own(&io::Error::from(errno));
        assert!(own(Errno::ECONNABORTED) && own(Errno::EPROTO));
        assert!(!own(Errno::EMFILE) && !own(Errno::ENOBUFS) && !own(Errno::EINVAL));
        assert!(!is_clients_own(&io::ErrorKind::NotConnected.into()));
    }
}
