//! The command line, parsed; or what is wrong with it, in this program's own words.
//!
//! In: the arguments of the process. Out: the parsed command line, or an error: `command line: CAUSE`, and as the next
//! step what clap suggests and the help of the subcommand that was meant.
//! Invariant: help that was asked for goes to standard output and is no error.

use std::env;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::cli::args::Cli;

/// What the arguments ask for.
pub enum Asked {
    /// A subcommand.
    Command(Box<Cli>),
    /// Help or the version, which has been printed.
    Help(ExitCode),
}

/// Reads the command line.
///
/// # Errors
///
/// Bad usage; standard output that does not take the help.
pub fn parse() -> anyhow::Result<Asked> {
    let error = match Cli::try_parse() {
        Ok(cli) => return Ok(Asked::Command(Box::new(cli))),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            error.print()?;
            Ok(Asked::Help(ExitCode::SUCCESS))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Where standard error is gone there is nobody left to tell.
            let _ = error.print();
            Ok(Asked::Help(ExitCode::from(2)))
        }
        _ => Err(anyhow!(
            "{}",
            told(&error.to_string(), &help(env::args_os().map(|word| word.to_string_lossy().into_owned())))
        )),
    }
}

/// Clap's message as `SUBJECT: CAUSE`, with its tips before the help in the next step.
fn told(message: &str, help: &str) -> String {
    let paragraph = message.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
    let cause = lines.join(" ");
    let cause = cause.strip_prefix("error: ").unwrap_or(&cause);
    let mut next_step = String::new();
    for tip in message.lines().filter_map(|line| line.trim().strip_prefix("tip: ")) {
        next_step.push_str(tip);
        next_step.push_str("; ");
    }
    format!("command line: {cause}\n  try: {next_step}{help}")
}

/// The command that shows the help of the subcommand that was meant.
fn help(mut arguments: impl Iterator<Item = String>) -> String {
    let program = Cli::command();
    match arguments.find(|word| program.find_subcommand(word).is_some()) {
        Some(subcommand) => format!("tcpshake {subcommand} --help"),
        None => "tcpshake --help".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let words = line.split_whitespace();
        let error = Cli::try_parse_from(words.clone()).unwrap_err();
        told(&error.to_string(), &help(words.map(str::to_owned)))
    }

    #[test]
    fn bad_usage_has_a_cause_and_a_next_step() {
        let cases = [
            (
                "tcpshake demo --port 0",
                "command line: invalid value '0' for '--port <PORT>': 0 is not in 1..=65535\n  \
                 try: tcpshake demo --help",
            ),
            (
                "tcpshake read --format liens a.pcap",
                "command line: invalid value 'liens' for '--format <FORMAT>' \
                 [possible values: ladder, lines, table, json]\n  \
                 try: a similar value exists: 'lines'; tcpshake read --help",
            ),
            (
                "tcpshake read",
                "command line: the following required arguments were not provided: <FILE>...\n  \
                 try: tcpshake read --help",
            ),
            (
                "tcpshake raed",
                "command line: unrecognized subcommand 'raed'\n  \
                 try: a similar subcommand exists: 'read'; tcpshake --help",
            ),
        ];
        for (line, expected) in cases {
            assert_eq!(said(line), expected, "{line}");
        }
    }
}
