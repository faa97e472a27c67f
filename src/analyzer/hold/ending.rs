//! A connection that has ended, before the last verdicts on it are made.
//!
//! In: a connection as the tracker let go of it, whole or in brief, and what others show around it at that moment. Out: the
//! connection, finished.
//! Invariant: finishing needs nothing of the tracker, so that it can be done elsewhere, and is done once.

#![allow(clippy::vec_box, reason = "a box moves from owner to owner without its contents being copied")]

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::hold::at_once;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::log::Log;
use crate::analyzer::hold::shapes::Shapes;
use crate::jot::Jot;
use crate::time::Timestamp;

/// A connection that is let go.
#[derive(Debug)]
pub struct Ending {
    what: What,
    now: Timestamp,
    around: Surroundings,
}

/// What is let go of.
#[derive(Debug)]
pub enum What {
    /// A connection.
    Whole(Box<Connection>),
    /// The segments that make one.
    Brief(Brief),
}

/// Room of connections that were handed out, to be used again.
#[derive(Debug, Default)]
pub struct Rooms {
    /// Whole ones.
    pub connections: Vec<Box<Connection>>,
    /// Of those in brief, what they keep.
    pub logs: Vec<Box<Log>>,
}

impl Ending {
    /// `what` has ended, at `now` in the time of its own segments, with what is seen `around`.
    pub const fn new(what: What, now: Timestamp, around: Surroundings) -> Self {
        Self { what, now, around }
    }

    /// Asks for what it will be made of.
    #[inline(always)]
    pub fn fetch(&self) {
        match &self.what {
            What::Brief(brief) => brief.fetch_all(),
            What::Whole(connection) => connection.fetch(),
        }
    }

    /// Hands the connection with its last verdicts to `tell`. Its room may be one of `rooms`, or that of another of its shape.
    pub fn tell<T>(self, rooms: &mut Rooms, shapes: &mut Shapes, tell: impl FnOnce(&Connection) -> T) -> T {
        if let What::Brief(brief) = &self.what
            && brief.has_shape()
            && let Some(connection) = shapes.finish(brief, self.now, self.around)
        {
            let told = tell(connection);
            self.give_back(rooms);
            return told;
        }
        let connection = self.finish(rooms);
        let told = tell(&connection);
        rooms.give_back(connection);
        told
    }

    fn give_back(self, rooms: &mut Rooms) {
        match self.what {
            What::Brief(brief) => rooms.logs.push(brief.into_log()),
            What::Whole(connection) => rooms.give_back(connection),
        }
    }

    /// The connection with its last verdicts. Its room may be one of `rooms`, and what is not needed any more goes there.
    #[inline(never)]
    pub fn finish(self, rooms: &mut Rooms) -> Box<Connection> {
        let Self { what, now, around } = self;
        let mut connection = match what {
            What::Whole(connection) => connection,
            What::Brief(brief) => {
                let connection = at_once::connection(&brief, |connection| rooms.boxed(connection));
                rooms.logs.push(brief.into_log());
                connection
            }
        };
        connection.finish(now, around);
        connection
    }
}

impl Rooms {
    /// How many of a kind are kept.
    const MOST: usize = 1024;

    /// `connection`, in a box that may have been used before.
    pub fn boxed(&mut self, connection: Connection) -> Box<Connection> {
        match self.connections.pop() {
            Some(mut room) => {
                *room = connection;
                room
            }
            None => Box::new(connection),
        }
    }

    /// Makes room for so many that begin in brief.
    pub fn make(&mut self, count: usize) {
        Log::make(count, &mut self.logs, &Jot::NONE);
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.logs.is_empty()
    }

    /// Takes the room of `connection`.
    pub fn give_back(&mut self, connection: Box<Connection>) {
        if self.connections.len() < Self::MOST {
            self.connections.push(connection);
        }
    }

    /// Takes the room of a connection in brief.
    pub fn give_back_log(&mut self, log: Box<Log>) {
        if self.logs.len() < Self::MOST {
            self.logs.push(log);
        }
    }

    /// Takes over what `others` has, as far as it is of use.
    pub fn take(&mut self, others: &mut Self) {
        let free = |len: usize| Self::MOST.saturating_sub(len);
        let connections = others.connections.drain(..).take(free(self.connections.len()));
        self.connections.extend(connections);
        self.logs.extend(others.logs.drain(..).take(free(self.logs.len())));
    }

    /// The same, but what they have for those in brief is kept, however much it is: once the account has ended there is never more than
    /// was held, and what is for those that begin is soon used.
    pub fn take_last(&mut self, others: &mut Self) {
        self.logs.append(&mut others.logs);
        self.take(others);
    }
}
