//! What connections tell of each other: who serves, and whether the capture sees both directions.
//!
//! In: each connection that opens, is seen from both sides, or ends. Out: the surroundings of one of them.
//! Invariant: bounded: so many listeners, and of each so many spans of time; what is too much is forgotten, the oldest
//! first, and only makes a verdict less sure.
//! Read: field guide sections 2 (`accept-queue-full`, `no-answer`) and 4 (`one-sided-capture`).

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;

use crate::analyzer::diagnosis::account::Surroundings;
use crate::analyzer::pairs::SocketHasher;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// Others count that were completed within this time before an attempt's first segment, or after its last.
const AROUND: Duration = Duration::from_secs(60);

/// Listeners remembered.
const LISTENERS: usize = 16_384;

/// Pairs remembered whose connection has ended and been let go.
const PAST: usize = 65_536;

/// Spans of time remembered of each.
const SPANS: usize = 16;

/// All connections, seen together.
#[derive(Debug, Default)]
pub struct Crowd {
    hasher: SocketHasher,
    /// By the hash of the listener and the tunnels that it is in.
    listeners: HashMap<u64, Vec<Span>, RandomState>,
    /// The last frame of each pair whose connection has ended and been let go, by the pair's hash: two pairs that share
    /// one are rarer than anything else that goes wrong.
    past: HashMap<u64, u64, RandomState>,
    /// The same pairs in the order in which they were let go.
    past_order: VecDeque<u64>,
    two_way: u64,
    one_way: u64,
    /// Whether the capture is known to have lost frames.
    pub lost_frames: bool,
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
        let listener = self.hasher.of_socket(server, tunnel);
        self.note_listener(listener, time);
    }

    fn note_listener(&mut self, listener: u64, time: Timestamp) {
        if self.listeners.len() >= LISTENERS && !self.listeners.contains_key(&listener) {
            self.forget_the_older_half();
        }
        let spans = self.listeners.entry(listener).or_default();
        match spans.last_mut() {
            Some(last) if time <= last.to.after(AROUND.saturating_mul(2)) => {
                last.to = last.to.max(time);
                last.from = last.from.min(time);
            }
            _ => {
                if spans.len() >= SPANS {
                    spans.remove(0);
                }
                spans.push(Span { from: time, to: time });
            }
        }
    }

    /// Notes that a connection was seen from both sides.
    pub const fn sees_both_ways(&mut self) {
        self.two_way = self.two_way.saturating_add(1);
    }

    /// Notes that a connection ended that was seen from one side only.
    pub const fn sees_one_way(&mut self) {
        self.one_way = self.one_way.saturating_add(1);
    }

    /// Remembers that the connection of `pair` ended, with the frame `last`.
    pub fn remember(&mut self, pair: u64, last: u64) {
        if self.past.insert(pair, last).is_some() {
            return;
        }
        self.past_order.push_back(pair);
        if self.past_order.len() > PAST
            && let Some(oldest) = self.past_order.pop_front()
        {
            self.past.remove(&oldest);
        }
    }

    /// The last frame of an earlier connection of `pair`, which has ended.
    pub fn recall(&self, pair: u64) -> Option<u64> {
        self.past.get(&pair).copied()
    }

    /// What others show around a connection of `server`, in these tunnels, that lasted from `start` until `end`.
    pub fn around(
        &self,
        server: SocketAddr,
        tunnel: Option<&Arc<Tunnel>>,
        (start, end): (Timestamp, Timestamp),
    ) -> Surroundings {
        let earliest = Timestamp(start.0.saturating_sub(nanos(AROUND)));
        let latest = end.after(AROUND);
        let listener = self.hasher.of_socket(server, tunnel);
        let spans = self.listeners.get(&listener).map_or(&[][..], Vec::as_slice);
        Surroundings {
            serves_others: spans.iter().any(|span| span.from <= latest && earliest <= span.to),
            two_way: self.two_way > 0,
            one_way: self.one_way > 0,
            lost_frames: self.lost_frames,
        }
    }

    fn forget_the_older_half(&mut self) {
        let last = |spans: &[Span]| spans.last().map_or(Timestamp(0), |span| span.to);
        let mut times: Vec<Timestamp> = self.listeners.values().map(|spans| last(spans)).collect();
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
        let joined = [Span { from: Timestamp(0), to: Timestamp::new(900, 0) }];
        assert_eq!(crowd.listeners[&listener], joined);
        for second in (2_000..20_000).step_by(200) {
            crowd.note_listener(listener, Timestamp::new(second, 0));
        }
        assert_eq!(crowd.listeners[&listener].len(), SPANS);
    }

    #[test]
    fn listeners_are_bounded() {
        let mut crowd = Crowd::default();
        for number in 0..100_000 {
            crowd.note_listener(number, Timestamp::new(number, 0));
            assert!(crowd.listeners.len() <= LISTENERS);
        }
    }

    #[test]
    fn pairs_of_the_past_are_bounded() {
        let mut crowd = Crowd::default();
        for number in 0..100_000 {
            crowd.remember(number, number);
            crowd.remember(number, number);
            assert!(crowd.past.len() <= PAST && crowd.past_order.len() <= PAST);
        }
        assert_eq!((crowd.recall(0), crowd.recall(99_999)), (None, Some(99_999)));
    }
}
