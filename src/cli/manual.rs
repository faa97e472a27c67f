//! `tcpshake completions` and `tcpshake man`: what a shell and `man` want to know of the command line.
//!
//! In: the command line's own description. Out: a script for a shell, or pages in roff, on standard output.
//! Invariant: both are made from `args.rs` when asked for, so that they cannot grow old.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::args::Cli;

/// Writes the completions for `shell`.
///
/// # Errors
///
/// Where standard output does not take them.
pub fn completions(shell: Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "tcpshake", &mut script);
    Ok(io::stdout().lock().write_all(&script)?)
}

/// Writes the manual page: the command, then each subcommand.
///
/// # Errors
///
/// Where standard output does not take it.
pub fn page() -> anyhow::Result<()> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        let man = Man::new(subcommand.clone());
        writeln!(page, ".SH \"TCPSHAKE {}\"", subcommand.get_name().to_uppercase())?;
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    Ok(io::stdout().lock().write_all(&page)?)
}
