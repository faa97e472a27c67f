//! Many connections at once.
//!
//! In: segments of any socket pairs, in capture order, and the passing of capture time. Out: a `Step` for each
//! segment, and each `Connection` once it has ended.
//! Invariant: memory is bounded by `Config`; what is let go is handed out first and counted, never dropped in silence.
//! A connection is a socket pair and an incarnation; who opened it is no part of its identity.
//! Read: RFC 9293 §3.4.1, §3.5.1 (incarnations), §3.6.1 (TIME-WAIT).

use std::cmp::Reverse;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BinaryHeap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::analyzer::clock::Clock;
use crate::analyzer::connection::Connection;
use crate::analyzer::crowd::{Crowd, Pair};
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::entry::{Ended, Entry};
use crate::analyzer::facts::Kind;
use crate::analyzer::step::Step;
use crate::icmp::IcmpError;
use crate::segment::{Checksum, Segment};
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// Bounds of a tracker, all in capture time.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Connections held at a time, of about 2.2 KB each without steps (docs/architecture.md); beyond, the one that would be let go first is.
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
    ended: Ended,
    /// What was held when the account ended, the last one first.
    rest: Vec<Entry>,
    crowd: Crowd,
    connections: u64,
    evicted: u64,
    clock: Clock,
    /// Whether any checksum was right so far. Where none is, as after addresses were rewritten, wrong ones are the
    /// capture's own and say nothing of what was received.
    has_right_checksum: bool,
}

impl Tracker {
    /// A tracker with nothing in it.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            pairs: HashMap::new(),
            due: BinaryHeap::new(),
            ended: Ended::default(),
            rest: Vec::new(),
            crowd: Crowd::default(),
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
        let pair = sorted(segment.source, segment.destination, segment.tunnel.as_ref());
        if !self.pairs.contains_key(&pair) {
            self.make_room();
        }
        let Self { config, pairs, due, ended, crowd, connections, clock, .. } = self;
        let mut begin = || {
            *connections = connections.saturating_add(1);
            Connection::starting_with(*connections, segment, config.keep_steps)
        };
        let entry = match pairs.entry(pair.clone()) {
            Slot::Vacant(slot) => {
                let mut connection = begin();
                if let Some(last) = crowd.recall(&pair).filter(|_| Kind::of(segment.flags) == Kind::Syn) {
                    connection.raise(Code::PairReused, &[last, segment.frame]);
                }
                slot.insert(Entry::of(connection))
            }
            Slot::Occupied(slot) => {
                let entry = slot.into_mut();
                if entry.opens_anew(segment) {
                    entry.replace(begin(), segment, ended, crowd);
                }
                entry
            }
        };
        entry.seen = clock.now();
        let step = entry.observe(segment, ended, crowd);
        let deadline = deadline(entry, config);
        if entry.due.is_none_or(|due| deadline < due) {
            entry.due = Some(deadline);
            due.push(Reverse((deadline, step.connection, pair)));
            self.forget_stale();
        }
        step
    }

    /// Takes in an ICMP error. Whether it quotes the SYN of an attempt that is held.
    pub fn observe_icmp(&mut self, error: &IcmpError) -> bool {
        self.expire(error.time);
        let pair = sorted(error.source, error.destination, error.tunnel.as_ref());
        self.pairs.get_mut(&pair).is_some_and(|entry| entry.observe_icmp(error))
    }

    /// Notes that the capture has lost frames: what rests on something missing is less sure from now on.
    pub const fn note_losses(&mut self) {
        self.crowd.lost_frames = true;
    }

    /// Lets capture time pass: what has been quiet for long enough is handed out and let go.
    pub fn expire(&mut self, now: Timestamp) {
        self.clock.advance(now);
        let now = self.clock.now();
        while let Some(Reverse((due, _, pair))) = self.due.peek().cloned() {
            if due >= now {
                break;
            }
            self.due.pop();
            let Some(entry) = self.pairs.get_mut(&pair).filter(|entry| entry.due == Some(due)) else {
                continue;
            };
            let is_early = self.config.report_after.is_some_and(|wait| entry.seen.after(wait) < now);
            if is_early && entry.current.is_over() && !entry.is_reported {
                entry.report(now, &mut self.ended, &mut self.crowd);
            }
            let next = deadline(entry, &self.config);
            if next < now {
                self.let_go(&pair);
            } else {
                entry.due = Some(next);
                self.due.push(Reverse((next, entry.current.id(), pair)));
            }
        }
    }

    /// Ends the account: all connections are to be handed out.
    pub fn finish(&mut self) {
        self.rest.extend(self.pairs.drain().map(|(_, entry)| entry));
        self.rest.sort_by_key(|entry| Reverse(entry.current.id()));
        self.due.clear();
    }

    /// The connections that have ended since this was last asked. What is left at the end is finished one by one, so that
    /// nothing is held twice.
    pub fn ended(&mut self) -> impl Iterator<Item = Connection> {
        let now = self.clock.now();
        std::iter::from_fn(move || {
            loop {
                if let Some(connection) = self.ended.connections.pop_front() {
                    return Some(connection);
                }
                self.rest.pop()?.hand_out(now, &mut self.ended, &mut self.crowd);
            }
        })
    }

    /// Connections seen so far. An attempt that turned out to be none counts no more, though its number is not given
    /// again.
    pub const fn connections(&self) -> u64 {
        self.connections.saturating_sub(self.ended.folded)
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
                .filter_map(|(pair, entry)| Some(Reverse((entry.due?, entry.current.id(), pair.clone()))))
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
            let deadline = deadline(entry, &self.config);
            if deadline > due {
                entry.due = Some(deadline);
                self.due.push(Reverse((deadline, id, pair)));
                continue;
            }
            self.evicted = self.evicted.saturating_add(1);
            self.let_go(&pair);
        }
    }

    fn let_go(&mut self, pair: &Pair) {
        if let Some(entry) = self.pairs.remove(pair) {
            if entry.current.is_over() {
                self.crowd.remember(pair.clone(), entry.current.last_frame());
            }
            entry.hand_out(self.clock.now(), &mut self.ended, &mut self.crowd);
        }
    }
}

fn sorted(one: SocketAddr, other: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> Pair {
    let (lower, higher) = if one <= other { (one, other) } else { (other, one) };
    (lower, higher, tunnel.cloned())
}

/// When `entry` is to be looked at next, if nothing comes until then.
fn deadline(entry: &Entry, config: &Config) -> Timestamp {
    let hold = if entry.older.is_some() {
        // An attempt may have failed beside a connection that is still open.
        config.hold_open
    } else if entry.current.is_over() {
        let report_after = config.report_after.filter(|_| !entry.is_reported);
        // A FIN whose acknowledgement does not arrive is repeated with ever longer pauses.
        let is_repeated = entry.current.may_repeat_its_fin();
        report_after.unwrap_or(if is_repeated { config.hold_attempt } else { config.hold_ended })
    } else if entry.current.is_open() {
        config.hold_open
    } else {
        config.hold_attempt
    };
    entry.seen.after(hold)
}
