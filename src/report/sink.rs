//! What every output format is: something that takes in what was observed.
//!
//! In: steps as they are labelled, calls and words of the kernel, connections as they end, the summary last. Out: nothing but the formats' own text.
//! Invariant: a call that cannot write hands back the error that it met, unchanged, so that a closed pipe is known as one.

use std::io;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::step::Step;
use crate::call::SocketCall;
use crate::report::summary::Summary;
use crate::witness::KernelEvent;

/// What an output format does with each thing that comes to be known. What a format has nothing to say about, it
/// passes over. It may be driven from any one thread.
pub trait Report: Send {
    /// Whether it has anything to say about segments. If not, none need be labelled for it.
    fn wants_segments(&self) -> bool {
        true
    }

    /// Whether it reads the history of connections: its letters, the time spent in each state, and how long nobody answered, as
    /// `no-answer` says it. If not, none need be kept for it.
    fn wants_history(&self) -> bool {
        true
    }

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

    /// Takes in a finding about the capture as a whole, before the summary.
    ///
    /// # Errors
    ///
    /// Where the text cannot be written.
    fn finding(&mut self, _finding: &Finding) -> io::Result<()> {
        Ok(())
    }

    /// Takes in a socket call, once: when it has returned, or as it stands when nothing more is awaited.
    ///
    /// # Errors
    ///
    /// Where the text cannot be written.
    fn call(&mut self, _call: &SocketCall) -> io::Result<()> {
        Ok(())
    }

    /// Takes in a word of the kernel about a socket.
    ///
    /// # Errors
    ///
    /// Where the text cannot be written.
    fn kernel(&mut self, _said: &KernelEvent) -> io::Result<()> {
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
