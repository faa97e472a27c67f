//! An open connection between the two programs: where most scenarios begin.
//!
//! In: a stage. Out: both programs, and their sockets.
//! Invariant: the server waits in `accept` before the client connects, so that the calls come in the textbook's order.
//! Read: RFC 9293 §3.5.

use crate::call::{CallName, Caller};
use crate::exchange::plain::Plain;
use crate::lab::error::LabError;
use crate::lab::stage::Stage;
use crate::lab::stage::program::Program;
use crate::lab::textbook::receive;

/// Two programs with a connection between them.
pub struct Opened {
    /// The server's program.
    pub server: Program,
    /// The client's program.
    pub client: Program,
    /// The server's listener.
    pub listener: Plain,
    /// The server's end of the connection.
    pub connection: Plain,
    /// The client's end.
    pub socket: Plain,
}

/// The server listens and accepts, the client connects.
///
/// # Errors
///
/// A failed call of either, or no end in time.
pub fn open(stage: &mut Stage) -> Result<Opened, LabError> {
    let (server, client) = (stage.server()?, stage.client()?);
    let listener = server.listens()?;
    let accepting = server.accepts(&listener);
    stage.until_called(Caller::Server, CallName::Accept)?;
    let socket = client.socket()?;
    let connecting = client.connects(&socket);
    stage.done(&connecting, "connect()")?;
    let connection = stage.done(&accepting, "accept()")?;
    Ok(Opened { server, client, listener, connection, socket })
}

impl Opened {
    /// The client says its message.
    ///
    /// # Errors
    ///
    /// A failed call, or no end in time.
    pub fn says(&self, stage: &mut Stage) -> Result<(), LabError> {
        let sending = self.client.sends(&self.socket, stage.short_text());
        stage.done(&sending, "send()").map(drop)
    }

    /// The client closes; the server reads to the end, and closes the connection and its listener.
    ///
    /// # Errors
    ///
    /// A failed call, or no end in time.
    pub fn closes(&self, stage: &mut Stage) -> Result<(), LabError> {
        self.socket.close()?;
        let (connection, listener) = (self.connection.clone(), self.listener.clone());
        let serving = self.server.begin(move || {
            let received = receive(&connection)?;
            connection.close()?;
            listener.close()?;
            Ok(received)
        });
        stage.received = stage.done(&serving, "the end of the server")?;
        stage.until_closed()
    }
}
