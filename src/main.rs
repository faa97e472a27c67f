//! The `tcpshake` command: parse, run, exit code.
//!
//! In: the command line. Out: what the subcommand writes; 0 done, 1 an expectation failed, 2 could not do it or only
//! in part.
//! Invariant: a closed pipe ends quietly with 0; every other error is told once, on standard error.

use std::io::{self, Write};
use std::process::ExitCode;

#[cfg(all(feature = "huge-pages", target_os = "linux"))]
use tikv_jemallocator::Jemalloc;

mod cli;

/// Asks the system for huge pages, where `.cargo/config.toml` was read when this was built.
#[cfg(all(feature = "huge-pages", target_os = "linux"))]
#[global_allocator]
static MEMORY: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    match cli::start() {
        Ok(code) => code,
        Err(error) if cli::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "tcpshake: {}", cli::message(error));
            ExitCode::from(2)
        }
    }
}
