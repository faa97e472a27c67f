//! The command line: one file for each subcommand.
//!
//! In: parsed arguments. Out: an exit code, or an error whose text is `SUBJECT: CAUSE`, with `  try: NEXT STEP` on a
//! second line where there is one.
//! Invariant: results go to standard output, everything else to standard error. Nothing is computed here: this is
//! where sources, the analyzer and reports meet.

mod alone;
mod args;
mod board;
mod check;
mod demo;
mod ending;
mod exchange;
mod explain;
mod follower;
mod growing;
mod hearing;
mod intake;
mod interfaces;
mod items;
mod look;
mod manual;
mod observer;
mod output;
mod pipeline;
mod progress;
mod read;
mod send;
mod serve;
mod signals;
mod stages;
mod teller;
mod told;
mod usage;
mod watch;

use std::io;
use std::process::ExitCode;

use tcpshake::capture::error::{CaptureError, STANDARD_OUTPUT};
use tcpshake::lab::error::LabError;

use crate::cli::args::{Cli, Command};
use crate::cli::usage::Asked;

/// Does what the command line asks for.
///
/// # Errors
///
/// Bad usage, or where it could not be done at all (exit code 2).
pub fn start() -> anyhow::Result<ExitCode> {
    match usage::parse()? {
        Asked::Command(cli) => run(&cli),
        Asked::Help(code) => Ok(code),
    }
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    match &cli.command {
        Command::Demo(args) => demo::run(args, cli.quiet),
        Command::Watch(args) => watch::run(args, cli.quiet, cli.verbose),
        Command::Read(args) => read::run(args, cli.quiet),
        Command::Check(args) => check::run(args, cli.quiet),
        Command::Serve(args) => serve::run(args, cli.quiet, cli.verbose).map(|()| ExitCode::SUCCESS),
        Command::Send(args) => send::run(args, cli.quiet, cli.verbose).map(|()| ExitCode::SUCCESS),
        Command::Explain { topic } => {
            let asked = (!topic.is_empty()).then(|| topic.join(" "));
            explain::run(asked.as_deref(), &mut io::stdout().lock()).map(|()| ExitCode::SUCCESS)
        }
        Command::Interfaces { format } => interfaces::run(*format).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => manual::completions(*shell).map(|()| ExitCode::SUCCESS),
        Command::Man => manual::page().map(|()| ExitCode::SUCCESS),
    }
}

/// What the user reads of an error, behind the program's name.
pub fn message(error: anyhow::Error) -> String {
    match error.downcast::<io::Error>() {
        // A bare one comes from standard output: every other is given its subject where it happens.
        Ok(cause) => CaptureError::Write { output: STANDARD_OUTPUT.to_owned(), cause }.to_string(),
        Err(error) => error.to_string(),
    }
}

/// Whether the reader of our output has gone, which is its right.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let is_io =
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        is_io
            || cause.downcast_ref::<CaptureError>().is_some_and(CaptureError::is_broken_pipe)
            || cause.downcast_ref::<LabError>().is_some_and(LabError::is_broken_pipe)
    })
}
