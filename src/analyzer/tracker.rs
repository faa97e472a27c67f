//! Many connections at once.
//!
//! In: segments of any socket pairs, in capture order, and the passing of capture time. Out: a `Step` for each
//! segment, and each `Connection` once it has ended.
//! Invariant: memory is bounded by `Config`; what is let go is handed out first and counted, never dropped in silence.
//! A connection is a socket pair and an incarnation; who opened it is no part of its identity.
//! Read: RFC 9293 §3.4.1, §3.5.1 (incarnations), §3.6.1 (TIME-WAIT).

use std::cmp::Reverse;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use crate::analyzer::clock::Clock;
use crate::analyzer::connection::Connection;
use crate::analyzer::facts::Kind;
use crate::analyzer::step::Step;
use crate::segment::{Checksum, Segment};
use crate::time::Timestamp;

/// Bounds of a tracker, all in capture time.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Connections held at a time, of about 3 KB each without steps; beyond, the one that would be let go first is.
    pub most_connections: usize,
    /// Steps kept of each connection for pictures; 0 keeps none.
    pub keep_steps: usize,
    /// How long a connection that has ended is held for late segments: TIME-WAIT as Linux keeps it.
    pub hold_ended: Duration,
    /// How long an attempt is held after its last segment: longer than any pause between retries.
    pub hold_attempt: Duration,
    /// How long an open connection is held after its last segment.
    pub hold_open: Duration,
    /// Hand out a connection that has ended once it has been quiet for so long, though it is still held; `None` hands
    /// it out when it is let go.
    pub report_after: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            most_connections: 250_000,
            keep_steps: 0,
            hold_ended: Duration::from_secs(60),
            hold_attempt: Duration::from_secs(300),
            hold_open: Duration::from_secs(24 * 3600),
            report_after: None,
        }
    }
}

/// Follows every connection of a capture.
#[derive(Debug)]
pub struct Tracker {
    config: Config,
    pairs: HashMap<Pair, Entry>,
    /// When each held pair is to be looked at next. An entry counts only where it agrees with `Entry::due`.
    due: BinaryHeap<Reverse<(Timestamp, u64, Pair)>>,
    ended: VecDeque<Connection>,
    connections: u64,
    evicted: u64,
    clock: Clock,
    /// Whether any checksum was right so far. Where none is, as after addresses were rewritten, wrong ones are the
    /// capture's own and say nothing of what was received.
    has_right_checksum: bool,
}

/// A socket pair in sorted order.
type Pair = (SocketAddr, SocketAddr);

#[derive(Debug)]
struct Entry {
    current: Box<Connection>,
    /// The connection that `current` would replace, while `current` is an attempt that nobody has answered as one.
    older: Option<Box<Connection>>,
    is_reported: bool,
    /// When its last segment came, by the tracker's clock.
    seen: Timestamp,
    /// When it is to be looked at next.
    due: Option<Timestamp>,
}

impl Tracker {
    /// A tracker with nothing in it.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            pairs: HashMap::new(),
            due: BinaryHeap::new(),
            ended: VecDeque::new(),
            connections: 0,
            evicted: 0,
            clock: Clock::default(),
            has_right_checksum: false,
        }
    }

    /// Takes in the next segment.
    pub fn observe(&mut self, segment: &Segment) -> Step {
        self.has_right_checksum |= segment.checksum == Checksum::Correct;
        if segment.checksum == Checksum::Wrong && !self.has_right_checksum {
            return self.take_in(&Segment { checksum: Checksum::Unchecked, ..segment.clone() });
        }
        self.take_in(segment)
    }

    fn take_in(&mut self, segment: &Segment) -> Step {
        self.expire(segment.time);
        let pair = pair_of(segment);
        if !self.pairs.contains_key(&pair) {
            self.make_room();
        }
        let Self { config, pairs, due, ended, connections, clock, .. } = self;
        let mut begin = || {
            *connections = connections.saturating_add(1);
            Connection::starting_with(*connections, segment, config.keep_steps)
        };
        let entry = match pairs.entry(pair) {
            Slot::Vacant(slot) => slot.insert(Entry::of(begin())),
            Slot::Occupied(slot) => {
                let entry = slot.into_mut();
                if entry.opens_anew(segment) {
                    entry.replace(begin(), segment.time, ended);
                }
                entry
            }
        };
        entry.seen = clock.now();
        let step = entry.observe(segment, ended);
        let deadline = entry.deadline(config);
        if entry.due.is_none_or(|due| deadline < due) {
            entry.due = Some(deadline);
            due.push(Reverse((deadline, step.connection, pair)));
            self.forget_stale();
        }
        step
    }

    /// Lets capture time pass: what has been quiet for long enough is handed out and let go.
    pub fn expire(&mut self, now: Timestamp) {
        self.clock.advance(now);
        let now = self.clock.now();
        while let Some(Reverse((due, _, pair))) = self.due.peek().copied() {
            if due >= now {
                break;
            }
            self.due.pop();
            let Some(entry) = self.pairs.get_mut(&pair).filter(|entry| entry.due == Some(due)) else {
                continue;
            };
            entry.report_early(&self.config, now, &mut self.ended);
            let next = entry.deadline(&self.config);
            if next < now {
                self.let_go(pair);
            } else {
                entry.due = Some(next);
                self.due.push(Reverse((next, entry.current.id(), pair)));
            }
        }
    }

    /// Ends the account: all connections are handed out.
    pub fn finish(&mut self) {
        let mut rest: Vec<Entry> = self.pairs.drain().map(|(_, entry)| entry).collect();
        rest.sort_by_key(|entry| entry.current.id());
        for entry in rest {
            hand_out(entry, self.clock.now(), &mut self.ended);
        }
        self.due.clear();
    }

    /// The connections that have ended since this was last asked.
    pub fn ended(&mut self) -> impl Iterator<Item = Connection> {
        self.ended.drain(..)
    }

    /// Connections seen so far.
    pub const fn connections(&self) -> u64 {
        self.connections
    }

    /// Connections let go early because the table was full.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Connections held now.
    pub fn held(&self) -> usize {
        self.pairs.len()
    }

    /// Bounds the entries that count no more: at most as many as connections are held, and a few.
    fn forget_stale(&mut self) {
        const FEW: usize = 64;
        if self.due.len() > self.pairs.len().saturating_mul(2).saturating_add(FEW) {
            let held = self.pairs.iter();
            self.due = held
                .filter_map(|(pair, entry)| Some(Reverse((entry.due?, entry.current.id(), *pair))))
                .collect();
        }
    }

    /// Lets go of whatever would be due first: what has ended, then attempts, the oldest first.
    fn make_room(&mut self) {
        while self.pairs.len() >= self.config.most_connections.max(1) {
            let Some(Reverse((due, id, pair))) = self.due.pop() else { break };
            let Some(entry) = self.pairs.get_mut(&pair).filter(|entry| entry.due == Some(due)) else {
                continue;
            };
            let deadline = entry.deadline(&self.config);
            if deadline > due {
                entry.due = Some(deadline);
                self.due.push(Reverse((deadline, id, pair)));
                continue;
            }
            self.evicted = self.evicted.saturating_add(1);
            self.let_go(pair);
        }
    }

    fn let_go(&mut self, pair: Pair) {
        if let Some(entry) = self.pairs.remove(&pair) {
            hand_out(entry, self.clock.now(), &mut self.ended);
        }
    }
}

impl Entry {
    fn of(current: Connection) -> Self {
        Self { current: Box::new(current), older: None, is_reported: false, seen: Timestamp(0), due: None }
    }

    /// Whether `segment` is a SYN that opens a new incarnation, or the answer to one that was not captured.
    fn opens_anew(&self, segment: &Segment) -> bool {
        match Kind::of(segment.flags) {
            // Nobody reads it.
            _ if segment.checksum == Checksum::Wrong => false,
            Kind::Syn => !self.current.takes_syn(segment) && !self.current.has_seen(segment),
            Kind::SynAck => !self.current.takes_syn_ack(segment) && !self.current.has_seen(segment),
            _ => false,
        }
    }

    /// Puts `next` in the place of the current connection. One that was open until now is kept beside it, since the
    /// SYN may be stale and answered by a challenge ACK only.
    fn replace(&mut self, next: Connection, now: Timestamp, ended: &mut VecDeque<Connection>) {
        let was_reported = std::mem::take(&mut self.is_reported);
        let mut old = std::mem::replace(&mut self.current, Box::new(next));
        if self.older.is_none() && old.is_open() && !old.is_over() {
            self.older = Some(old);
        } else if !was_reported {
            old.finish(now);
            ended.push_back(*old);
        }
    }

    fn observe(&mut self, segment: &Segment, ended: &mut VecDeque<Connection>) -> Step {
        if let Some(older) = &mut self.older
            && Kind::of(segment.flags) != Kind::Syn
            && older.fits_better_than(&self.current, segment)
        {
            return older.observe(segment);
        }
        let step = self.current.observe(segment);
        // What was reported as ended and goes on after all is reported again.
        self.is_reported &= self.current.is_over();
        if self.current.is_open()
            && let Some(mut older) = self.older.take()
        {
            older.finish(segment.time);
            ended.push_back(*older);
        }
        step
    }

    fn report_early(&mut self, config: &Config, now: Timestamp, ended: &mut VecDeque<Connection>) {
        let Some(wait) = config.report_after else { return };
        if self.current.is_over() && !self.is_reported && self.seen.after(wait) < now {
            self.is_reported = true;
            let mut connection = (*self.current).clone();
            connection.finish(self.quiet_until(now));
            ended.push_back(connection);
        }
    }

    /// When the connection is to be looked at next, if nothing comes until then.
    fn deadline(&self, config: &Config) -> Timestamp {
        let hold = if self.older.is_some() {
            // An attempt may have failed beside a connection that is still open.
            config.hold_open
        } else if self.current.is_over() {
            config.report_after.filter(|_| !self.is_reported).unwrap_or(config.hold_ended)
        } else if self.current.is_open() {
            config.hold_open
        } else {
            config.hold_attempt
        };
        self.seen.after(hold)
    }

    /// Until when it is known to have been quiet, in the time of its own segments, at `now` of the tracker's clock.
    fn quiet_until(&self, now: Timestamp) -> Timestamp {
        self.current.end().after(now.since(self.seen))
    }
}

fn pair_of(segment: &Segment) -> Pair {
    if segment.source <= segment.destination {
        (segment.source, segment.destination)
    } else {
        (segment.destination, segment.source)
    }
}

fn hand_out(entry: Entry, now: Timestamp, ended: &mut VecDeque<Connection>) {
    let now = entry.quiet_until(now);
    let Entry { mut current, older, is_reported, .. } = entry;
    if let Some(mut older) = older {
        older.finish(now);
        ended.push_back(*older);
    }
    if !is_reported {
        current.finish(now);
        ended.push_back(*current);
    }
}
