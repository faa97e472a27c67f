//! `tcpshake send`: the embedded client alone.
//!
//! In: a host and a message, or a line of standard input in its place. Out: the message, sent as it is.
//! Invariant: the message goes out octet by octet as it was given, UTF-8 or not; a line keeps its newline.

use std::ffi::OsString;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::ffi::OsStrExt;

use anyhow::{anyhow, bail};
use tcpshake::exchange::address::resolve;
use tcpshake::exchange::client::Client;
use tcpshake::exchange::message::QUESTION;

use crate::cli::exchange::call_log;
use crate::cli::told::told;

/// The longest line that is read as a message, in octets.
const LONGEST: u64 = 1 << 26;

/// What `send` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct SendArgs {
    /// The server's name or address
    pub host: String,
    /// The message; without it, a line of standard input
    pub message: Option<OsString>,
    /// The server's port
    #[arg(long, default_value_t = 6666)]
    pub port: u16,
}

/// Connects, asks for the message if it was not given, sends it, and closes.
///
/// # Errors
/// If the host cannot be resolved, no address of it answers, the message cannot be read, or the peer resets.
pub fn run(args: &SendArgs, quiet: bool, verbose: bool) -> anyhow::Result<()> {
    let addresses = resolve(&args.host, args.port).map_err(told)?;
    let mut client = Client::connect_any(&args.host, &addresses, &call_log(verbose)).map_err(told)?;
    match &args.message {
        Some(message) => client.send(message.as_bytes()),
        // Asked for when the connection stands, as the textbook's client does.
        None => client.send(&ask(quiet)?),
    }
    .map_err(told)?;
    client.close().map_err(told)
}

/// One line of standard input with its newline; what there is, where it ends without one.
fn ask(quiet: bool) -> anyhow::Result<Vec<u8>> {
    if !quiet {
        let mut prompt = io::stderr();
        // Where standard error is gone nobody needs to be asked.
        let _ = write!(prompt, "{QUESTION}").and_then(|()| prompt.flush());
    }
    let mut line = Vec::new();
    let read = io::stdin().lock().take(LONGEST + 1).read_until(b'\n', &mut line);
    read.map_err(|error| anyhow!("standard input: {error}"))?;
    if line.len() as u64 > LONGEST {
        bail!("standard input: the line is longer than {LONGEST} octets\n  try: a shorter message");
    }
    Ok(line)
}
