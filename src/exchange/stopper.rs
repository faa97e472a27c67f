//! Ends a server from another thread.
//!
//! In: a call of [`Stopper::stop`] at any time. Out: the server's waiting `accept` or `recv` returns, and it takes no
//! further client.
//! Invariant: the stopper shares a descriptor only while the server uses it, and never keeps a connection or a port
//! open; nothing is missed if it comes before the server waits.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::Socket;

/// A handle that ends the server it came from ([`crate::exchange::server::Server::stopper`]).
#[derive(Clone, Default)]
pub struct Stopper {
    shared: Arc<Mutex<Watched>>,
}

#[derive(Default)]
struct Watched {
    stopping: bool,
    listener: Option<Arc<Socket>>,
    connection: Option<Arc<TcpStream>>,
}

impl Stopper {
    /// Ends the server: wakes what waits and returns at once. The server then closes its client's connection (which
    /// resets it, where octets are left unread). Does nothing the second time.
    pub fn stop(&self) {
        let mut watched = self.watched();
        if std::mem::replace(&mut watched.stopping, true) {
            return;
        }
        // The receiving side alone: the FIN is for the server's own close() to send.
        if let Some(connection) = &watched.connection {
            let _ = connection.shutdown(Shutdown::Read);
        }
        let Some(listener) = &watched.listener else { return };
        // Linux: accept() returns EINVAL. Other systems refuse (ENOTCONN); there a connection wakes it.
        if listener.shutdown(Shutdown::Both).is_err()
            && let Some(address) = listener.local_addr().ok().and_then(|address| address.as_socket())
        {
            knock(address);
        }
    }

    /// Whether [`Stopper::stop`] has been called.
    pub fn is_stopping(&self) -> bool {
        self.watched().stopping
    }

    pub(super) fn watch_listener(&self, listener: Option<Arc<Socket>>) {
        self.watched().listener = listener;
    }

    /// Watches a connection, or none any more.
    pub(super) fn watch(&self, connection: Option<Arc<TcpStream>>) {
        let mut watched = self.watched();
        if let (true, Some(connection)) = (watched.stopping, &connection) {
            let _ = connection.shutdown(Shutdown::Read);
        }
        watched.connection = connection;
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        // Every change is one assignment, so that a panic elsewhere leaves nothing half done.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects and goes away again.
fn knock(address: SocketAddr) {
    let _ = TcpStream::connect_timeout(&address, Duration::from_secs(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knock_wakes_a_listener() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let waiting = std::thread::spawn(move || listener.accept().is_ok());
        knock(address);
        assert!(waiting.join().unwrap());
    }

    #[test]
    fn a_connection_that_comes_after_the_stop_is_woken_too() {
        use std::io::Read;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let stopper = Stopper::default();
        stopper.stop();
        assert!(stopper.is_stopping());
        stopper.watch(client.try_clone().ok().map(Arc::new));
        assert_eq!(client.read(&mut [0; 9]).unwrap(), 0);
    }
}
