//! Reports: what was observed, as text.
//!
//! In: `Step`s, `Connection`s and the `Summary`, pushed in the order in which they come to be known. Out: text on any
//! `io::Write`, one file here for each format, and one `match` in `format.rs` that chooses.
//! Invariant: a report knows neither where segments come from nor where its text goes, and reads no clock, file,
//! terminal or environment. What it cannot write it hands back as the error that it met.

use std::io;

use crate::analyzer::connection::Connection;
use crate::analyzer::step::Step;
use crate::report::summary::Summary;

mod columns;
pub mod format;
pub mod json;
pub mod ladder;
pub mod lines;
pub mod list;
#[cfg(test)]
mod samples;
pub mod style;
pub mod summary;
pub mod table;

/// What an output format does with each thing that comes to be known. What a format has nothing to say about, it
/// passes over.
pub trait Report {
    /// Takes in a labelled segment.
    ///
    /// # Errors
    ///
    /// Where the text cannot be written.
    fn segment(&mut self, _step: &Step) -> io::Result<()> {
        Ok(())
    }

    /// Takes in a connection that has ended, or stands as it was at the end of the input.
    ///
    /// # Errors
    ///
    /// Where the text cannot be written.
    fn connection(&mut self, _connection: &Connection) -> io::Result<()> {
        Ok(())
    }

    /// Takes in the account of the whole input, after everything else. Only formats for programs write it: for people
    /// it goes to standard error, by [`Summary`]'s own `Display`.
    ///
    /// # Errors
    ///
    /// Where the text cannot be written.
    fn summary(&mut self, _summary: &Summary) -> io::Result<()> {
        Ok(())
    }

    /// Hands on what is still held back.
    ///
    /// # Errors
    ///
    /// Where the text cannot be written.
    fn flush(&mut self) -> io::Result<()>;
}
