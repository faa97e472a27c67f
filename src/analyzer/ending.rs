//! A connection that has ended, before the last verdicts on it are made.
//!
//! In: a connection as the tracker let go of it, and what others show around it at that moment. Out: the same, finished.
//! Invariant: finishing needs nothing of the tracker, so that it can be done elsewhere, and is done once.

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::Surroundings;
use crate::time::Timestamp;

/// A connection that is let go.
#[derive(Debug)]
pub struct Ending {
    connection: Box<Connection>,
    now: Timestamp,
    around: Surroundings,
}

impl Ending {
    /// `connection` at `now`, in the time of its own segments, with what is seen `around`.
    pub const fn new(connection: Box<Connection>, now: Timestamp, around: Surroundings) -> Self {
        Self { connection, now, around }
    }

    /// The connection with its last verdicts.
    pub fn finish(self) -> Box<Connection> {
        let Self { mut connection, now, around } = self;
        connection.finish(now, around);
        connection
    }
}
