//! The textbook's client: socket, connect, send one message, close.
//!
//! In: addresses and a message. Out: the message in the kernel's hands, or why not.
//! Invariant: each address is one attempt with a socket of its own; a socket that could not be connected is closed
//! before the next is made. The client reads nothing: an answer that it leaves unread makes its close a RST.
//! Read: RFC 9293 §3.9.1 (OPEN, SEND, CLOSE).

use std::net::SocketAddr;

use crate::call::CallName;
use crate::exchange::error::ExchangeError;
use crate::exchange::log::CallLog;
use crate::exchange::socket::Stream;

/// A connected client. Dropped, it closes.
pub struct Client {
    stream: Stream,
    server: SocketAddr,
}

impl Client {
    /// Makes a socket and connects it; returns when the SYN+ACK is in.
    ///
    /// # Errors
    /// [`ExchangeError::Call`] with the call that failed. Nothing is left open then.
    pub fn connect(address: SocketAddr, log: &CallLog) -> Result<Self, ExchangeError> {
        Ok(Self { stream: Stream::connect_to(address, log)?, server: address })
    }

    /// Connects to the first of `addresses` that answers, each tried in turn with a socket of its own.
    ///
    /// # Errors
    /// The one failure where there was one address, [`ExchangeError::NoAddress`] otherwise. `host` is what the
    /// addresses were resolved from.
    pub fn connect_any(host: &str, addresses: &[SocketAddr], log: &CallLog) -> Result<Self, ExchangeError> {
        let mut failures = Vec::new();
        for address in addresses {
            match Self::connect(*address, log) {
                Ok(client) => return Ok(client),
                Err(failure) => failures.push(failure),
            }
        }
        match failures.pop() {
            Some(only) if failures.is_empty() => Err(only),
            last => {
                failures.extend(last);
                Err(ExchangeError::NoAddress { host: host.to_owned(), failures })
            }
        }
    }

    /// Its own socket; `None` where the system did not tell it.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.stream.pair().local
    }

    /// The server's socket.
    pub fn peer_addr(&self) -> SocketAddr {
        self.server
    }

    /// Sends the whole message, in as many `send` calls as the kernel needs to take it.
    ///
    /// An empty message is one `send` of 0 octets, as in the textbook's program: it returns 0, and no segment goes out.
    ///
    /// # Errors
    /// [`ExchangeError::Call`], with a reset by the peer for instance. That all was sent does not say that it arrived.
    pub fn send(&mut self, message: &[u8]) -> Result<(), ExchangeError> {
        let mut rest = message;
        loop {
            let sent = self.stream.send(rest);
            let sent = sent.map_err(|error| ExchangeError::call(CallName::Send, self.server, &error))?;
            rest = rest.get(sent..).unwrap_or_default();
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Closes: the kernel sends the rest of the message and the FIN.
    ///
    /// # Errors
    /// [`ExchangeError::Call`] with what `close` returned; the descriptor is gone all the same.
    pub fn close(mut self) -> Result<(), ExchangeError> {
        self.stream.close().map_err(|error| ExchangeError::call(CallName::Close, self.server, &error))
    }
}
