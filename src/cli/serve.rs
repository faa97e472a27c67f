//! `tcpshake serve`: the embedded server alone.
//!
//! In: a port and an address to bind to. Out: on standard output the textbook server's lines, on standard error what
//! went wrong with a client, and with `-v` every call.
//! Invariant: Ctrl-C and SIGTERM end it cleanly: the connection and the port are given back, the exit code is 0. The
//! second one kills it. A closed standard output ends it in the same way.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;

use anyhow::anyhow;
use tcpshake::exchange::address::resolve;
use tcpshake::exchange::message::{ReceivedLine, WAITING};
use tcpshake::exchange::server::{Ended, Server};
use tcpshake::exchange::stopper::Stopper;

use crate::cli::exchange::call_log;
use crate::cli::signals::{SIGNALS, stop_flag};
use crate::cli::told::{say, told};

/// What `serve` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct ServeArgs {
    /// The port to listen on; 0 lets the system choose one
    #[arg(long, default_value_t = 6666)]
    pub port: u16,
    /// The address to listen on; 0.0.0.0 or :: for every interface
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub bind: String,
    /// End when standard input does: for a program that starts this one, and should not be outlived by it
    #[arg(long, hide = true)]
    pub while_input: bool,
}

/// Serves one client after the other until it is interrupted.
///
/// # Errors
/// If it cannot listen, cannot accept, or cannot write to standard output (unless that was closed).
pub fn run(args: &ServeArgs, quiet: bool, verbose: bool) -> anyhow::Result<()> {
    let addresses = resolve(&args.bind, args.port).map_err(told)?;
    // A name may have several; a server listens on the one that the system prefers.
    let address = addresses.first().ok_or_else(|| anyhow!("{}: no address", args.bind))?;
    let mut server = Server::bind(*address, &call_log(verbose)).map_err(told)?;
    stop_on_signals(&server.stopper()).map_err(|error| anyhow!("signals: {error}"))?;
    if args.while_input {
        stop_with_input(server.stopper()).map_err(|error| anyhow!("standard input: {error}"))?;
    }
    if !quiet {
        say(format_args!("listening on {}; Ctrl-C ends it", server.local_addr()));
    }

    let mut output = Output { stopper: server.stopper(), broken: None };
    output.line(WAITING);
    let mut served: u64 = 0;
    while let Some(received) =
        server.serve_one(|text| output.line(ReceivedLine(text)), || ()).map_err(told)?
    {
        served += 1;
        if let Ended::Failed(error) = received.ended {
            let client = received.client.map_or_else(|| "a client".to_owned(), |client| client.to_string());
            say(format_args!("{client}: recv: {error}"));
        }
    }
    server.close().map_err(told)?;
    output.line(format_args!("served {served} client{}", if served == 1 { "" } else { "s" }));
    output.verdict()
}

/// Standard output, which may break while the server runs.
struct Output {
    stopper: Stopper,
    broken: Option<io::Error>,
}

impl Output {
    /// Writes a line, or stops the server if that cannot be done.
    fn line(&mut self, line: impl std::fmt::Display) {
        if self.broken.is_some() {
            return;
        }
        let mut out = io::stdout().lock();
        if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
            self.broken = Some(error);
            self.stopper.stop();
        }
    }

    /// A closed pipe is the reader's choice; anything else that broke the output is an error.
    fn verdict(self) -> anyhow::Result<()> {
        match self.broken {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The end of standard input stops the server: whoever holds its other end has gone, in whatever way.
fn stop_with_input(stopper: Stopper) -> io::Result<()> {
    thread::Builder::new().name("input".to_owned()).spawn(move || {
        // An error is an end, too.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        stopper.stop();
    })?;
    Ok(())
}

/// The first SIGINT or SIGTERM stops the server; the second does what it does to any program.
fn stop_on_signals(stopper: &Stopper) -> io::Result<()> {
    let (mut reader, writer) = UnixStream::pair()?;
    stop_flag()?;
    for signal in SIGNALS {
        signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
    }
    let stopper = stopper.clone();
    // A thread of its own, since what the stopper does must not be done in a signal handler.
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if reader.read(&mut [0]).is_ok() {
            stopper.stop();
        }
    })?;
    Ok(())
}
