//! What the tracker holds for one socket pair: the connection that is, and the one that it may not have replaced.
//!
//! In: the segments of one pair. Out: what each did; connections that have ended.
//! Invariant: a SYN that comes while the pair is open begins an attempt beside the open connection. Answered as a SYN it
//! takes its place; answered by a challenge ACK alone it opened nothing, and is counted to the open one.
//! Read: RFC 9293 §3.5.1 (half-open connections), §3.10.7.4 (a SYN in a synchronized state); RFC 5961 §4.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::analyzer::config::Config;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::facts::{Acknowledges, Kind};
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::hold::crowd::Crowd;
use crate::analyzer::hold::ending::{Ending, What};
use crate::analyzer::hold::waiting::{Standing, Waiting};
use crate::analyzer::outline::Outline;
use crate::analyzer::sightings::{Seen, Sightings};
use crate::analyzer::step::Step;
use crate::icmp::IcmpError;
use crate::segment::{Checksum, Flags, Segment};
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

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
}

/// Where connections go that have ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// In the order in which they ended.
    pub connections: Vec<Ending>,
    /// Attempts that turned out to be none.
    pub folded: u64,
}

impl Entry {
    /// An entry that begins with `current`.
    pub const fn of(current: Box<Connection>) -> Self {
        Self { current, older: None, is_reported: false, seen: Timestamp(0) }
    }

    /// Whether `segment` is a SYN that opens a new incarnation, or the answer to one that was not captured.
    #[inline]
    pub fn opens_anew(&self, segment: &Segment, sightings: &Sightings) -> bool {
        if !segment.flags.has(Flags::SYN) {
            return false;
        }
        let is_new = || sight(&self.current, segment, sightings).is_none();
        match Kind::of(segment.flags) {
            // Nobody reads it.
            _ if segment.checksum == Checksum::Wrong => false,
            Kind::Syn => !self.current.takes_syn(segment) && is_new(),
            Kind::SynAck => !self.current.takes_syn_ack(segment) && is_new(),
            _ => false,
        }
    }

    /// Puts `next`, which begins with `segment`, in the place of the current connection. One that was open until now is
    /// kept beside it, since the SYN may be stale and answered by a challenge ACK only.
    pub fn replace(
        &mut self,
        mut next: Box<Connection>,
        segment: &Segment,
        ended: &mut Ended,
        crowd: &mut Crowd,
    ) {
        self.fold(ended);
        let was_reported = std::mem::take(&mut self.is_reported);
        if self.older.is_none() && self.current.is_open() && !self.current.is_over() {
            self.current.is_provoked_by(segment);
            self.older = Some(std::mem::replace(&mut self.current, next));
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
        let old = std::mem::replace(&mut self.current, next);
        if !was_reported {
            ended.push(old, segment.time, crowd);
        }
    }

    /// Takes in a segment of the pair. Whether the older connection took it, and what it did.
    #[inline]
    pub fn observe(
        &mut self,
        segment: &Segment,
        sightings: &mut Sightings,
        ended: &mut Ended,
        crowd: &mut Crowd,
    ) -> (bool, Outline) {
        if let Some(older) = &mut self.older {
            let is_syn = Kind::of(segment.flags) == Kind::Syn;
            if !is_syn && older.fits_better_than(&self.current, segment) {
                if segment.checksum != Checksum::Wrong {
                    self.current.sees_older(segment);
                }
                return (true, look_and_observe(older, segment, sightings));
            }
            if is_syn {
                older.is_provoked_by(segment);
            }
        }
        let outline = look_and_observe(&mut self.current, segment, sightings);
        if outline.completes {
            crowd.serves(self.current.sockets().server, self.current.tunnel(), segment.time);
        }
        if outline.turns_two_way {
            crowd.sees_both_ways();
        }
        // What was reported as ended and goes on after all is reported again.
        self.is_reported = self.is_reported && self.current.is_over();
        if self.current.is_open()
            && let Some(older) = self.older.take()
        {
            ended.push(older, segment.time, crowd);
        }
        (false, outline)
    }

    /// What it waits for.
    pub fn waiting(&self, config: &Config) -> Waiting {
        let standing = Standing {
            is_open: self.current.is_open(),
            is_over: self.current.is_over(),
            may_repeat_its_fin: self.current.may_repeat_its_fin(),
        };
        let reports_early = config.report_after.is_some() && !self.is_reported;
        Waiting::of(standing, self.older.is_some(), reports_early)
    }

    /// The step that `segment` was, of the connection that took it.
    pub fn step(&self, segment: &Segment, (by_older, outline): (bool, Outline)) -> Step {
        let older = self.older.as_ref().filter(|_| by_older);
        older.unwrap_or(&self.current).step(segment, &outline)
    }

    /// Whether it is of the pair of these two sockets, in these tunnels.
    #[inline]
    pub fn is_of(&self, one: SocketAddr, other: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> bool {
        self.current.is_between(one, other) && self.current.tunnel() == tunnel
    }

    /// Joins an ICMP error to the attempt whose SYN it quotes.
    pub fn observe_icmp(&mut self, error: &IcmpError) -> bool {
        self.current.is_refused_by(error)
            || self.older.as_mut().is_some_and(|older| older.is_refused_by(error))
    }

    /// Hands out a copy of what has ended, at `now` of the tracker's clock.
    pub fn report(&mut self, now: Timestamp, ended: &mut Ended, crowd: &mut Crowd) {
        self.is_reported = true;
        ended.push(self.current.clone(), self.quiet_until(now), crowd);
    }

    /// Hands out all that is left, at `now` of the tracker's clock.
    pub fn hand_out(mut self, now: Timestamp, ended: &mut Ended, crowd: &mut Crowd) {
        self.fold(ended);
        let now = self.quiet_until(now);
        if let Some(older) = self.older.take() {
            ended.push(older, now, crowd);
        }
        if !self.is_reported {
            ended.push(self.current, now, crowd);
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

/// The first sighting of the packet that carries `segment`, where this is another.
fn sight(connection: &Connection, segment: &Segment, sightings: &Sightings) -> Option<Seen> {
    sightings.find(segment, connection.within())
}

#[inline(always)]
fn look_and_observe(connection: &mut Connection, segment: &Segment, sightings: &mut Sightings) -> Outline {
    let seen = sight(connection, segment, sightings);
    let outline = connection.observe(segment, seen);
    if seen.is_none() {
        let acknowledges = outline.facts.acknowledges == Acknowledges::New;
        sightings.remember(segment, connection.within(), acknowledges);
    }
    outline
}

impl Ended {
    /// Takes in a connection that has ended.
    pub fn push(&mut self, connection: Box<Connection>, now: Timestamp, crowd: &mut Crowd) {
        let span = (connection.start(), connection.end());
        let around = crowd.around(connection.sockets().server, connection.tunnel(), span);
        if connection.is_one_sided() {
            crowd.sees_one_way();
        }
        self.connections.push(Ending::new(What::Whole(connection), now, around));
    }

    /// The same for a connection in brief: it has been seen from both sides, or shows nothing but SYNs, of which none follows an
    /// answer that is missing.
    pub fn push_brief(&mut self, brief: Brief, now: Timestamp, crowd: &mut Crowd) {
        // Of a handshake that was completed it is not asked who else was served.
        let around = if brief.course().is_open() {
            crowd.at_large()
        } else {
            crowd.around(brief.sockets().both().server, None, (brief.start(), brief.course().end()))
        };
        self.connections.push(Ending::new(What::Brief(brief), now, around));
    }
}
