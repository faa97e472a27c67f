//! What connections tell of each other: who serves, and whether the capture sees both directions.
//!
//! In: each connection that opens, is seen from both sides, or ends. Out: the surroundings of one of them.
//! Invariant: bounded: so many listeners, and of each so many spans of time; what is too much is forgotten, the oldest
//! first, and only makes a verdict less sure.
//! Read: field guide sections 2 (`accept-queue-full`, `no-answer`) and 4 (`one-sided-capture`).

use std::collections::HashMap;
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::hold::past::Past;
use crate::analyzer::pairs::SocketHasher;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// Others count that were completed within this time before an attempt's first segment, or after its last.
const AROUND: Duration = Duration::from_secs(60);

/// Listeners remembered.
const LISTENERS: usize = 16_384;

/// So many are noted at a time.
const TOGETHER: usize = 32;

/// Spans of time remembered of each.
const SPANS: usize = 16;

/// All connections, seen together.
#[derive(Debug, Default)]
pub struct Crowd {
    hasher: SocketHasher,
    /// By the hash of the listener and the tunnels that it is in.
    listeners: HashMap<u64, Spans, RandomState>,
    /// Who served last, and when, which is not noted among them yet: several at a time do not wait for each other.
    served: Vec<(u64, Timestamp)>,
    past: Past,
    two_way: u64,
    one_way: u64,
    /// Whether the capture is known to have lost frames.
    pub lost_frames: bool,
}

/// The spans of a listener.
#[derive(Debug)]
struct Spans {
    last: Span,
    /// The first one first.
    before: Vec<Span>,
}

/// A span in which a listener completed handshakes, with no pause as long as twice `AROUND`: any window of that length
/// that touches the span has one of them in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: Timestamp,
    to: Timestamp,
}

impl Crowd {
    /// Notes that `server`, in these tunnels, completed a handshake.
    pub fn serves(&mut self, server: SocketAddr, tunnel: Option<&Arc<Tunnel>>, time: Timestamp) {
        self.note(self.hasher.of_socket(server, tunnel), time);
    }

    /// The same of one of IPv4 that is in no tunnel.
    #[inline(always)]
    pub fn serves_ipv4(&mut self, server: SocketAddrV4, time: Timestamp) {
        self.note(self.hasher.of_ipv4(server, server), time);
    }

    #[inline(always)]
    fn note(&mut self, listener: u64, time: Timestamp) {
        self.served.push((listener, time));
        if self.served.len() >= TOGETHER {
            self.note_served();
        }
    }

    #[inline(never)]
    fn note_served(&mut self) {
        let mut served = std::mem::take(&mut self.served);
        served.drain(..).for_each(|(listener, time)| self.note_listener(listener, time));
        self.served = served;
    }

    fn note_listener(&mut self, listener: u64, time: Timestamp) {
        if self.listeners.len() >= LISTENERS && !self.listeners.contains_key(&listener) {
            self.forget_the_older_half();
        }
        let span = Span { from: time, to: time };
        let spans =
            self.listeners.entry(listener).or_insert_with(|| Spans { last: span, before: Vec::new() });
        if time > spans.last.to.after(AROUND.saturating_mul(2)) {
            if spans.before.len() >= SPANS.saturating_sub(1) {
                spans.before.remove(0);
            }
            spans.before.push(std::mem::replace(&mut spans.last, span));
            return;
        }
        spans.last.to = spans.last.to.max(time);
        spans.last.from = spans.last.from.min(time);
    }

    /// Notes that a connection was seen from both sides.
    pub const fn sees_both_ways(&mut self) {
        self.two_way = self.two_way.saturating_add(1);
    }

    /// Notes that a connection ended that was seen from one side only.
    pub const fn sees_one_way(&mut self) {
        self.one_way = self.one_way.saturating_add(1);
    }

    /// Remembers that the connection of the pair with this hash ended, with the frame `last`.
    pub fn remember(&mut self, pair: u64, last: u64) {
        self.past.remember(pair, last);
    }

    /// The last frame of an earlier connection of the pair with this hash, which has ended.
    pub fn recall(&self, pair: u64) -> Option<u64> {
        self.past.recall(pair)
    }

    /// The pairs that have ended.
    pub const fn past(&self) -> &Past {
        &self.past
    }

    /// What others show around a connection of `server`, in these tunnels, that lasted from `start` until `end`.
    pub fn around(
        &mut self,
        server: SocketAddr,
        tunnel: Option<&Arc<Tunnel>>,
        (start, end): (Timestamp, Timestamp),
    ) -> Surroundings {
        self.note_served();
        let earliest = Timestamp(start.0.saturating_sub(nanos(AROUND)));
        let latest = end.after(AROUND);
        let listener = self.hasher.of_socket(server, tunnel);
        let is_around = |span: &Span| span.from <= latest && earliest <= span.to;
        let spans = self.listeners.get(&listener);
        let serves_others =
            spans.is_some_and(|spans| is_around(&spans.last) || spans.before.iter().any(is_around));
        Surroundings { serves_others, ..self.at_large() }
    }

    /// The same around one of which it plays no part whether others were served.
    pub const fn at_large(&self) -> Surroundings {
        Surroundings {
            serves_others: false,
            two_way: self.two_way > 0,
            one_way: self.one_way > 0,
            lost_frames: self.lost_frames,
        }
    }

    fn forget_the_older_half(&mut self) {
        let last = |spans: &Spans| spans.last.to;
        let mut times: Vec<Timestamp> = self.listeners.values().map(last).collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let middle = *middle;
        self.listeners.retain(|_, spans| last(spans) > middle);
        if self.listeners.len() >= LISTENERS {
            self.listeners.clear();
        }
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_joined_and_bounded() {
        let mut crowd = Crowd::default();
        let listener = 7;
        for second in (0..1_000).step_by(100) {
            crowd.note_listener(listener, Timestamp::new(second, 0));
        }
        let joined = Span { from: Timestamp(0), to: Timestamp::new(900, 0) };
        assert_eq!((crowd.listeners[&listener].last, crowd.listeners[&listener].before.len()), (joined, 0));
        for second in (2_000..20_000).step_by(200) {
            crowd.note_listener(listener, Timestamp::new(second, 0));
        }
        assert_eq!(crowd.listeners[&listener].before.len(), SPANS - 1);
    }

    #[test]
    fn listeners_are_bounded() {
        let mut crowd = Crowd::default();
        for number in 0..100_000 {
            crowd.note_listener(number, Timestamp::new(number, 0));
            assert!(crowd.listeners.len() <= LISTENERS);
        }
    }
}
