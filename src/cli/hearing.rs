//! The kernel's word beside a live capture.
//!
//! In: the pairs that were captured, and what the kernel says of all TCP sockets. Out: its words about those pairs in the
//! order of the capture, and connections that have heard them.
//! Invariant: whatever is of no captured pair is dropped after a few seconds; pairs, words and counters held are bounded.
//! A word that the kernel speaks before it knows the pair is told once it does, with its own time.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use tcpshake::analyzer::connection::Connection;
use tcpshake::kernel::counters::Counters;
use tcpshake::kernel::error::KernelError;
use tcpshake::kernel::witness::Witness;
use tcpshake::time::Timestamp;
use tcpshake::witness::{CounterRise, KernelEvent, KernelState, KernelWord, complete};

use crate::cli::told::{complain, say};

/// Pairs remembered are at most twice as many.
const PAIRS: usize = 1 << 14;
/// Words kept for the findings of one pair; the first ones go.
const WORDS: usize = 64;
/// Words that wait for their pair to be captured, and for how long.
const WAITING: usize = 1 << 14;
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the counters are read, how many readings are kept, and how many listeners that were closed.
const BETWEEN: Duration = Duration::from_secs(1);
const READINGS: usize = 300;
const LISTENERS: usize = 64;
/// What the kernel says of a connection may be a little later than its last segment.
const AFTER: Duration = Duration::from_millis(100);

/// Two sockets, the lower one first.
type Pair = (SocketAddr, SocketAddr);

/// Hears the kernel beside a capture.
pub struct Hearing {
    /// None, once it could not be heard any more.
    witness: Option<Witness>,
    heard_until: Timestamp,
    waiting: Vec<KernelEvent>,
    pairs: Pairs,
    listeners: VecDeque<KernelEvent>,
    readings: VecDeque<(Timestamp, Counters)>,
    is_verbose: bool,
    lost: u64,
}

/// The pairs that were captured, with what was said of each: those of late, and those before them.
#[derive(Default)]
struct Pairs {
    young: HashMap<Pair, VecDeque<KernelEvent>>,
    old: HashMap<Pair, VecDeque<KernelEvent>>,
}

impl Hearing {
    /// Begins to listen on all ports.
    ///
    /// # Errors
    ///
    /// Where the kernel cannot be heard.
    pub fn open(is_verbose: bool) -> Result<Self, KernelError> {
        let witness = Witness::open(&[])?;
        if is_verbose && !witness.missing().is_empty() {
            say(format_args!("the kernel's word: this kernel has no {}", witness.missing().join(", ")));
        }
        let mut hearing = Self {
            witness: Some(witness),
            heard_until: Timestamp::default(),
            waiting: Vec::new(),
            pairs: Pairs::default(),
            listeners: VecDeque::new(),
            readings: VecDeque::new(),
            is_verbose,
            lost: 0,
        };
        hearing.count(now());
        Ok(hearing)
    }

    /// A segment of this pair was captured.
    pub fn meet(&mut self, source: SocketAddr, destination: SocketAddr) {
        self.pairs.of(pair(source, destination));
    }

    /// What the kernel has said of captured pairs until `time`, in order.
    pub fn hear(&mut self, time: Timestamp) -> Vec<KernelEvent> {
        if time > self.heard_until {
            self.listen();
        }
        let mut told = Vec::new();
        let pairs = &mut self.pairs;
        self.waiting.retain(|event| {
            let said = (event.time <= time).then(|| pairs.known(pair(event.local, event.peer))).flatten();
            let Some(said) = said else { return true };
            if said.len() == WORDS {
                said.pop_front();
            }
            said.push_back(event.clone());
            told.push(event.clone());
            false
        });
        told
    }

    /// Lets a connection that has ended hear what was said of it.
    pub fn testify(&mut self, connection: &mut Connection) {
        let sockets = connection.sockets();
        let until = connection.end().after(AFTER);
        let words = self.pairs.take(pair(sockets.client, sockets.server), until);
        if connection.findings().is_empty() {
            return;
        }
        let port = sockets.server.port();
        let listeners = self.listeners.iter().filter(|event| event.local.port() == port).cloned();
        let mut said: Vec<KernelEvent> = words.into_iter().chain(listeners).collect();
        said.sort_by_key(|event| event.time);
        let rises = self.rises(connection.start(), connection.end());
        connection.hears(&said, &rises);
    }

    fn listen(&mut self) {
        let Some(witness) = &mut self.witness else { return };
        self.heard_until = now();
        match witness.take() {
            Ok(said) => self.waiting.extend(said),
            Err(error) => {
                complain(&error);
                self.witness = None;
            }
        }
        complete(&mut self.waiting);
        let closes = KernelWord::State { from: KernelState::Listen, to: KernelState::Close };
        let (listeners, until) = (&mut self.listeners, self.heard_until);
        self.waiting.retain(|event| {
            if event.word == closes {
                listeners.push_back(event.clone());
                return false;
            }
            until.since(event.time) < PATIENCE
        });
        let surplus = self.waiting.len().saturating_sub(WAITING);
        self.waiting.drain(..surplus);
        self.listeners.drain(..self.listeners.len().saturating_sub(LISTENERS));
        if self.readings.back().is_none_or(|(last, _)| until.since(*last) >= BETWEEN) {
            self.count(until);
            self.tell_losses();
        }
    }

    fn count(&mut self, now: Timestamp) {
        if let Ok(counters) = Counters::read() {
            self.readings.push_back((now, counters));
        }
        self.readings.drain(..self.readings.len().saturating_sub(READINGS));
    }

    /// What rose between the last reading before `start` and the first after `end`.
    fn rises(&mut self, start: Timestamp, end: Timestamp) -> Vec<CounterRise> {
        if self.readings.back().is_none_or(|(last, _)| *last <= end) {
            self.count(now());
        }
        let before = self.readings.iter().rfind(|(time, _)| *time <= start).or(self.readings.front());
        let after = self.readings.iter().find(|(time, _)| *time > end).or(self.readings.back());
        match (before, after) {
            (Some((_, before)), Some((_, after))) => after.rise_since(before),
            _ => Vec::new(),
        }
    }

    fn tell_losses(&mut self) {
        let lost = self.witness.as_ref().map_or(0, Witness::lost);
        if lost > self.lost && (self.lost == 0 || self.is_verbose) {
            say(format_args!("the kernel's word: {lost} events were lost, for the kernel's buffer was full"));
        }
        self.lost = self.lost.max(lost);
    }
}

impl Pairs {
    /// The words of a pair, which is known from now on.
    fn of(&mut self, pair: Pair) -> &mut VecDeque<KernelEvent> {
        if self.young.len() >= PAIRS && !self.young.contains_key(&pair) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = &mut self.old;
        self.young.entry(pair).or_insert_with(|| old.remove(&pair).unwrap_or_default())
    }

    /// The words of a pair, if it is known.
    fn known(&mut self, pair: Pair) -> Option<&mut VecDeque<KernelEvent>> {
        match self.young.get_mut(&pair) {
            Some(said) => Some(said),
            None => self.old.get_mut(&pair),
        }
    }

    /// Takes the words of a pair until `until`. It is forgotten, unless it was used again.
    fn take(&mut self, pair: Pair, until: Timestamp) -> VecDeque<KernelEvent> {
        let Some(said) = self.known(pair) else { return VecDeque::new() };
        let later = said.split_off(said.partition_point(|event| event.time <= until));
        let taken = std::mem::replace(said, later);
        if said.is_empty() {
            self.young.remove(&pair);
            self.old.remove(&pair);
        }
        taken
    }
}

fn pair(one: SocketAddr, other: SocketAddr) -> Pair {
    (one.min(other), one.max(other))
}

/// Capture stamps, and the kernel's words here, are on this clock.
#[allow(clippy::disallowed_methods, reason = "how far the kernel was heard has no stamp")]
fn now() -> Timestamp {
    SystemTime::now().into()
}
