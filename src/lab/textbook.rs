//! The textbook's exchange, played by the embedded server, and a client that makes the textbook's calls.
//!
//! In: a stage, and when the server closes. Out: the exchange, played to its end.
//! Invariant: where one program fails, the other does not wait for it.
//! Read: RFC 9293 §3.5, §3.6.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::mpsc::channel;

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::analyzer::step::Step;
use crate::call::{CallName, Caller};
use crate::exchange::error::ExchangeError;
use crate::exchange::plain::Plain;
use crate::exchange::server::{RECV_UP_TO, Server};
use crate::exchange::stopper::Stopper;
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::stage::Stage;
use crate::lab::stage::tap::KEPT;
use crate::time::span;

/// The client's calls.
pub const CLIENT: &str = "socket, connect, send, close";
/// The server's calls.
pub const SERVER: &str = "socket, setsockopt, bind, listen, accept, recv, recv, close";

/// When the server closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerCloses {
    /// As soon as it has read the client's end.
    AtOnce,
    /// Once the acknowledgement of the client's FIN has been captured.
    AfterTheFinIsAcknowledged,
}

/// One message from the client to the server, and the close.
///
/// # Errors
///
/// A failed call of either, or no end in time.
pub fn exchange(stage: &mut Stage, closes: ServerCloses) -> Result<(), LabError> {
    let (program, client) = (stage.server()?, stage.client()?);
    let (address, log) = (stage.address(), stage.log().clone());
    let binding = program.begin(move || Server::bind(address, &log));
    let mut server = stage.done(&binding, "listen()")?;
    let _stopped = Stopped(server.stopper());
    let (may_close, close) = channel::<()>();
    let serving = program.begin(move || {
        let mut received = Vec::new();
        let hear = |text: &[u8]| {
            let room = KEPT.saturating_sub(received.len());
            received.extend_from_slice(text.get(..room).unwrap_or(text));
        };
        let before_close = || {
            if closes == ServerCloses::AfterTheFinIsAcknowledged {
                // A director that has given up has hung up, too.
                let _ = close.recv();
            }
        };
        let served = server.serve_one(hear, before_close);
        let closed = server.close();
        served.and(closed).map(|()| received)
    });
    stage.until_called(Caller::Server, CallName::Accept)?;
    let message = stage.message().to_vec();
    // Of the program's own sockets: whatever it waits for, it can be woken.
    let socket = client.socket()?;
    let sending = client.begin(move || say(&socket, address, &message));
    stage.done(&sending, "the end of the client")?;
    if closes == ServerCloses::AfterTheFinIsAcknowledged {
        stage.until("ACK M+1", |stage| {
            let is_acknowledged = |state| matches!(state, State::FinWait2 | State::TimeWait);
            stage.steps(Role::Client).iter().any(|step| is_acknowledged(step.states.client))
        })?;
        let _ = may_close.send(());
    }
    stage.received = stage.done(&serving, "the end of the server")?;
    stage.until_closed()
}

/// What the textbook's server does with one client, by calls alone: `accept`, `recv` until the client's end, `close`.
///
/// # Errors
///
/// The failed call's own.
pub fn serve(listener: &Plain) -> Result<Vec<u8>, ExchangeError> {
    let connection = listener.accept()?;
    let received = receive(&connection)?;
    connection.close()?;
    Ok(received)
}

/// `recv` until the other end has closed: what came, up to a bound.
///
/// # Errors
///
/// The failed call's own.
pub fn receive(connection: &Plain) -> Result<Vec<u8>, ExchangeError> {
    let mut received = Vec::new();
    loop {
        let text = connection.recv(RECV_UP_TO)?;
        if text.is_empty() {
            return Ok(received);
        }
        let room = KEPT.saturating_sub(received.len());
        received.extend_from_slice(text.get(..room).unwrap_or(&text));
    }
}

/// What the textbook's client does with its socket, by calls alone: `connect`, `send`, `close`.
///
/// # Errors
///
/// The failed call's own.
pub fn say(socket: &Plain, address: SocketAddr, message: &[u8]) -> Result<(), ExchangeError> {
    socket.connect(address)?;
    send(socket, message)?;
    socket.close()
}

/// `send`, until the kernel has taken all of it.
///
/// # Errors
///
/// The failed call's own.
pub fn send(socket: &Plain, message: &[u8]) -> Result<(), ExchangeError> {
    let mut rest = message;
    loop {
        let sent = socket.send(rest)?;
        rest = rest.get(sent..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
    }
}

/// How many probes of this kind, by the client, were answered.
pub fn answered(steps: &[Step], probe: Code) -> usize {
    let mut asked = false;
    let mut count = 0;
    for step in steps {
        match step.from {
            Role::Client => asked |= step.findings.has(probe),
            Role::Server => count += usize::from(std::mem::take(&mut asked)),
        }
    }
    count
}

/// The kernel answers the SYN, not `accept`: by how much later did `accept` return?
pub fn kernel_answers(played: &Played) -> String {
    let mut said = String::new();
    if let Some(late) = played.after_syn_ack(Caller::Server, CallName::Accept) {
        let late = span(late);
        let _ = write!(
            said,
            "The kernel answered the SYN, not accept(): accept() returned {late} after the SYN+ACK. "
        );
    }
    said
}

/// Stops the server, whatever becomes of the play.
struct Stopped(Stopper);

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.stop();
    }
}
