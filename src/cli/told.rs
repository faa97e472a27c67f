//! Errors as the user reads them.
//!
//! In: an error of any room below. Out: `SUBJECT: CAUSE`, with `  try: NEXT STEP` on a second line where there is one.
//! Invariant: the error itself stays reachable as the source, so that a closed pipe is still known for one.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use tcpshake::capture::error::CaptureError;
use tcpshake::exchange::error::ExchangeError;
use tcpshake::kernel::error::KernelError;
use tcpshake::lab::error::LabError;
use tcpshake::lab::place::error::PlaceError;

use crate::cli::progress::beside;

/// An error that may know what to do about it.
pub trait Advises: Error + Send + Sync + 'static {
    /// The next step.
    fn advice(&self) -> Option<String>;
}

impl Advises for CaptureError {
    fn advice(&self) -> Option<String> {
        self.next_step()
    }
}

impl Advises for ExchangeError {
    fn advice(&self) -> Option<String> {
        self.next_step()
    }
}

impl Advises for KernelError {
    fn advice(&self) -> Option<String> {
        self.next_step()
    }
}

impl Advises for LabError {
    fn advice(&self) -> Option<String> {
        self.next_step()
    }
}

impl Advises for PlaceError {
    fn advice(&self) -> Option<String> {
        self.next_step()
    }
}

/// The error that ends the work.
pub fn told(error: impl Advises) -> anyhow::Error {
    anyhow::Error::new(Told(error))
}

/// Tells of an error that does not end the work.
pub fn complain(error: &impl Advises) {
    say(format_args!("{}", Shown(error)));
}

/// Tells something on standard error, in this program's name.
pub fn say(line: impl fmt::Display) {
    // Where standard error is gone there is nobody left to tell.
    beside(|| drop(writeln!(io::stderr(), "tcpshake: {line}")));
}

#[derive(Debug)]
struct Told<E>(E);

impl<E: Advises> fmt::Display for Told<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}

impl<E: Advises> Error for Told<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

struct Shown<'a, E>(&'a E);

impl<E: Advises> fmt::Display for Shown<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        match self.0.advice() {
            Some(step) => write!(f, "\n  try: {step}"),
            None => Ok(()),
        }
    }
}
