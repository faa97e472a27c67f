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
use tcpshake::analyzer::diagnosis::code::Code;
use tcpshake::analyzer::diagnosis::finding::Finding;
use tcpshake::analyzer::diagnosis::testimony::Rises;
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
/// Pairs that wait to be captured, and words that wait for their pair; and for how long.
const WAITING: usize = 1 << 14;
const PATIENCE: Duration = Duration::from_secs(5);
/// Words that wait for the capture to catch up, and how often the kernel is listened to meanwhile.
const AHEAD: usize = 1 << 16;
const OFTEN: Duration = Duration::from_millis(50);
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
    /// Said already, but later than what is told of the capture; in order.
    ahead: VecDeque<KernelEvent>,
    /// Said before the kernel knew the pair.
    early: Vec<KernelEvent>,
    /// Said of pairs that were not captured, and the beginning of the time in which.
    unknown: HashMap<Pair, Vec<KernelEvent>>,
    unknown_since: Timestamp,
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
            ahead: VecDeque::new(),
            early: Vec::new(),
            unknown: HashMap::new(),
            unknown_since: Timestamp::default(),
            pairs: Pairs::default(),
            listeners: VecDeque::new(),
            readings: VecDeque::new(),
            is_verbose,
            lost: 0,
        };
        hearing.count(now());
        Ok(hearing)
    }

    /// A segment of this pair was captured: what was said of it before goes to `told`.
    pub fn meet(&mut self, source: SocketAddr, destination: SocketAddr, told: &mut Vec<KernelEvent>) {
        let pair = pair(source, destination);
        let said = self.pairs.of(pair);
        if let Some(before) = self.unknown.remove(&pair) {
            before.iter().for_each(|event| keep(said, event));
            told.extend(before);
        }
    }

    /// What the kernel has said of captured pairs until `time`, in order, goes to `told`.
    pub fn hear(&mut self, time: Timestamp, told: &mut Vec<KernelEvent>) {
        // Where the capture is behind, the kernel's buffer would be full before it has caught up.
        let is_behind = || self.ahead.len() < AHEAD && now().since(self.heard_until) >= OFTEN;
        if time > self.heard_until || is_behind() {
            self.listen();
        }
        while self.ahead.front().is_some_and(|event| event.time <= time) {
            let Some(event) = self.ahead.pop_front() else { return };
            let pair = pair(event.local, event.peer);
            match self.pairs.known(pair) {
                Some(said) => {
                    keep(said, &event);
                    told.push(event);
                }
                None if self.unknown.len() < WAITING => {
                    let said = self.unknown.entry(pair).or_default();
                    if said.len() < WORDS {
                        said.push(event);
                    }
                }
                None => {}
            }
        }
    }

    /// Lets a connection that has ended hear what was said of it.
    pub fn testify(&mut self, connection: &mut Connection) {
        let sockets = connection.sockets();
        let until = connection.end().after(AFTER);
        let words = self.pairs.take(pair(sockets.client, sockets.server), until);
        if connection.findings().is_empty() {
            return;
        }
        let rests_on_all = |finding: &Finding| matches!(finding.code, Code::Aborted | Code::CloseNotAnswered);
        if connection.findings().iter().any(rests_on_all) {
            self.tell_losses();
        }
        // Where something is missing, nothing is concluded from what was not said.
        let is_whole = self.lost == 0;
        let words =
            words.into_iter().filter(|event| is_whole || !matches!(event.word, KernelWord::State { .. }));
        let port = sockets.server.port();
        let listeners = self.listeners.iter().filter(|event| event.local.port() == port).cloned();
        let mut said: Vec<KernelEvent> = words.chain(listeners).collect();
        said.sort_by_key(|event| event.time);
        let rises = self.rises(connection.start(), connection.end());
        connection.hears(&said, Rises { counters: &rises, is_own: false });
    }

    fn listen(&mut self) {
        let Some(witness) = &mut self.witness else { return };
        self.heard_until = now();
        let mut said = std::mem::take(&mut self.early);
        match witness.take() {
            Ok(now) => said.extend(now),
            Err(error) => {
                complain(&error);
                self.witness = None;
            }
        }
        complete(&mut said);
        let is_late = said.iter().map(|event| event.time).min() < self.ahead.back().map(|event| event.time);
        for event in said {
            if event.word == (KernelWord::State { from: KernelState::Listen, to: KernelState::Close }) {
                self.listeners.push_back(event);
            } else if !event.is_incomplete() {
                self.ahead.push_back(event);
            } else if self.heard_until.since(event.time) < PATIENCE && self.early.len() < WAITING {
                self.early.push(event);
            }
        }
        if is_late {
            self.ahead.make_contiguous().sort_by_key(|event| event.time);
        }
        self.forget();
    }

    /// Keeps what is held within its bounds; counts, from time to time.
    fn forget(&mut self) {
        let now = self.heard_until;
        self.listeners.drain(..self.listeners.len().saturating_sub(LISTENERS));
        if now.since(self.unknown_since) >= PATIENCE {
            self.unknown_since = now;
            self.unknown.retain(|_, said| said.last().is_some_and(|last| now.since(last.time) < PATIENCE));
        }
        if self.readings.back().is_none_or(|(last, _)| now.since(*last) >= BETWEEN) {
            self.count(now);
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
        if lost > 0 && self.lost == 0 {
            say("the kernel's word: not all of it could be heard, for more was said than its buffer holds");
        } else if lost > self.lost && self.is_verbose {
            say(format_args!("the kernel's word: {lost} events lost"));
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

/// The first words go where there are too many.
fn keep(said: &mut VecDeque<KernelEvent>, event: &KernelEvent) {
    if said.len() == WORDS {
        said.pop_front();
    }
    said.push_back(event.clone());
}

fn pair(one: SocketAddr, other: SocketAddr) -> Pair {
    (one.min(other), one.max(other))
}

/// Capture stamps, and the kernel's words here, are on this clock.
#[allow(clippy::disallowed_methods, reason = "how far the kernel was heard has no stamp")]
fn now() -> Timestamp {
    SystemTime::now().into()
}
