//! What the tracker holds for one socket pair: the connection that is, and the one that it may not have replaced.
//!
//! In: the segments of one pair. Out: a `Step` for each; connections that have ended, finished.
//! Invariant: a SYN that comes while the pair is open begins an attempt beside the open connection. Answered as a SYN it
//! takes its place; answered by a challenge ACK alone it opened nothing, and is counted to the open one.
//! Read: RFC 9293 §3.5.1 (half-open connections), §3.10.7.4 (a SYN in a synchronized state); RFC 5961 §4.

use std::collections::VecDeque;

use crate::analyzer::connection::Connection;
use crate::analyzer::crowd::Crowd;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::facts::Kind;
use crate::analyzer::step::Step;
use crate::icmp::IcmpError;
use crate::segment::{Checksum, Segment};
use crate::time::Timestamp;

/// A socket pair that is held.
#[derive(Debug)]
pub struct Entry {
    /// The connection that is, or is attempted.
    pub current: Box<Connection>,
    /// The connection that `current` would replace, while `current` is an attempt that nobody has answered as one.
    pub older: Option<Box<Connection>>,
    /// Whether `current` was handed out early.
    pub is_reported: bool,
    /// When its last segment came, by the tracker's clock.
    pub seen: Timestamp,
    /// When it is to be looked at next.
    pub due: Option<Timestamp>,
}

/// Where connections go that have ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// Finished, in the order in which they ended.
    pub connections: VecDeque<Connection>,
    /// Attempts that turned out to be none.
    pub folded: u64,
}

impl Entry {
    /// An entry that begins with `current`.
    pub fn of(current: Connection) -> Self {
        Self { current: Box::new(current), older: None, is_reported: false, seen: Timestamp(0), due: None }
    }

    /// Whether `segment` is a SYN that opens a new incarnation, or the answer to one that was not captured.
    pub fn opens_anew(&self, segment: &Segment) -> bool {
        match Kind::of(segment.flags) {
            // Nobody reads it.
            _ if segment.checksum == Checksum::Wrong => false,
            Kind::Syn => !self.current.takes_syn(segment) && !self.current.has_seen(segment),
            Kind::SynAck => !self.current.takes_syn_ack(segment) && !self.current.has_seen(segment),
            _ => false,
        }
    }

    /// Puts `next`, which begins with `segment`, in the place of the current connection. One that was open until now is
    /// kept beside it, since the SYN may be stale and answered by a challenge ACK only.
    pub fn replace(&mut self, mut next: Connection, segment: &Segment, ended: &mut Ended, crowd: &mut Crowd) {
        self.fold(ended);
        let was_reported = std::mem::take(&mut self.is_reported);
        if self.older.is_none() && self.current.is_open() && !self.current.is_over() {
            self.current.is_provoked_by(segment);
            self.older = Some(std::mem::replace(&mut self.current, Box::new(next)));
            return;
        }
        if Kind::of(segment.flags) == Kind::Syn {
            if self.current.is_over() {
                let frames = [self.current.last_frame(), segment.frame];
                next.raise(self.current.code_of_reuse(segment), &frames);
            } else if let Some(syn) = self.current.unanswered_syn(segment) {
                self.current.raise(Code::SynAbandoned, &[syn, segment.frame]);
            }
        }
        let mut old = std::mem::replace(&mut self.current, Box::new(next));
        if !was_reported {
            old.finish(segment.time, crowd.around(&old));
            ended.push(*old, crowd);
        }
    }

    /// Takes in a segment of the pair.
    pub fn observe(&mut self, segment: &Segment, ended: &mut Ended, crowd: &mut Crowd) -> Step {
        if let Some(older) = &mut self.older
            && Kind::of(segment.flags) != Kind::Syn
            && older.fits_better_than(&self.current, segment)
        {
            if segment.checksum != Checksum::Wrong {
                self.current.sees_older(segment);
            }
            return older.observe(segment);
        }
        if let Some(older) = &mut self.older
            && Kind::of(segment.flags) == Kind::Syn
        {
            older.is_provoked_by(segment);
        }
        let (was_complete, was_two_way) = (self.current.is_complete(), self.current.is_two_way());
        let step = self.current.observe(segment);
        if !was_complete && self.current.is_complete() {
            crowd.serves(&self.current, segment.time);
        }
        if !was_two_way && self.current.is_two_way() {
            crowd.sees_both_ways();
        }
        // What was reported as ended and goes on after all is reported again.
        self.is_reported &= self.current.is_over();
        if self.current.is_open()
            && let Some(mut older) = self.older.take()
        {
            older.finish(segment.time, crowd.around(&older));
            ended.push(*older, crowd);
        }
        step
    }

    /// Joins an ICMP error to the attempt whose SYN it quotes.
    pub fn observe_icmp(&mut self, error: &IcmpError) -> bool {
        self.current.is_refused_by(error)
            || self.older.as_mut().is_some_and(|older| older.is_refused_by(error))
    }

    /// Hands out a copy of what has ended, at `now` of the tracker's clock.
    pub fn report(&mut self, now: Timestamp, ended: &mut Ended, crowd: &mut Crowd) {
        self.is_reported = true;
        let mut connection = (*self.current).clone();
        connection.finish(self.quiet_until(now), crowd.around(&connection));
        ended.push(connection, crowd);
    }

    /// Hands out all that is left, at `now` of the tracker's clock.
    pub fn hand_out(mut self, now: Timestamp, ended: &mut Ended, crowd: &mut Crowd) {
        self.fold(ended);
        let now = self.quiet_until(now);
        if let Some(mut older) = self.older.take() {
            older.finish(now, crowd.around(&older));
            ended.push(*older, crowd);
        }
        if !self.is_reported {
            let mut current = self.current;
            current.finish(now, crowd.around(&current));
            ended.push(*current, crowd);
        }
    }

    /// Until when it is known to have been quiet, in the time of its own segments, at `now` of the tracker's clock.
    fn quiet_until(&self, now: Timestamp) -> Timestamp {
        self.current.end().after(now.since(self.seen))
    }

    /// Lets go of an attempt that opened nothing; the connection that it met goes on.
    fn fold(&mut self, ended: &mut Ended) {
        if !self.current.was_only_challenged() {
            return;
        }
        if let Some(mut older) = self.older.take() {
            older.takes_steps_of(&self.current);
            self.current = older;
            ended.folded = ended.folded.saturating_add(1);
        }
    }
}

impl Ended {
    fn push(&mut self, connection: Connection, crowd: &mut Crowd) {
        if connection.is_one_sided() {
            crowd.sees_one_way();
        }
        self.connections.push_back(connection);
    }
}
