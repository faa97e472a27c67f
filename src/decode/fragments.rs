//! Fragments of IP packets, kept until what they carry can be read.
//!
//! In: fragments in any order, with the capture time. Out: the packet, once it is whole.
//! Invariant: bounded in packets, octets and capture time. What overlaps, or contradicts what came before, makes the whole
//! packet worthless, as its receiver throws it away; exact repetitions do not. A packet that never becomes whole is counted.
//! Read: RFC 791 §3.2, RFC 815, RFC 8200 §4.5, RFC 5722, RFC 1858, RFC 4963.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};

use crate::decode::ip::{Packet, Piece};
use crate::segment::{Flags, Segment, TextHead};
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// How long the rest of a packet is waited for, from its first fragment to arrive: as long as Linux does.
const PATIENCE: Duration = Duration::from_secs(30);
/// Packets remembered at a time.
const MOST_PACKETS: usize = 2_048;
/// Octets kept of all of them, with what it costs to keep a fragment.
const MOST_OCTETS: usize = 2 << 20;
const COST: usize = 64;
/// The end of the longest packet.
const LONGEST: usize = 65_535;

/// What identifies a packet among all that are in fragments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    ends: (IpAddr, IpAddr),
    /// Another protocol is another packet in IPv4 alone.
    protocol: Option<IpNextHeaderProtocol>,
    identification: u32,
    tunnel: Option<Arc<Tunnel>>,
}

impl Key {
    /// The key of the packet that `packet`, inside `tunnel`, is the fragment `piece` of.
    pub(super) fn new(packet: &Packet<'_>, piece: &Piece<'_>, tunnel: Option<Arc<Tunnel>>) -> Self {
        let protocol = packet.source.is_ipv4().then_some(piece.protocol);
        Self {
            ends: (packet.source, packet.destination),
            protocol,
            identification: piece.identification,
            tunnel,
        }
    }
}

/// What becomes of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It completes its packet.
    Completes(Whole),
    /// It waits for others.
    Waits,
    /// It belongs to a packet that has been read, and whether that had to do with TCP.
    Read(bool),
    /// It belongs to a packet that is worth nothing.
    Worthless,
}

/// A packet put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    /// What it carries.
    pub(super) protocol: IpNextHeaderProtocol,
    /// Its octets, up to the first that was not captured.
    pub(super) octets: Vec<u8>,
    /// How many it had.
    pub(super) len: usize,
    /// How many octets of text were read with its first fragment, where that was read at once.
    pub(super) begun: Option<u32>,
}

/// What of `segment`, read from the whole packet, was not read with its first fragment.
pub(super) fn unread(segment: Segment, whole: &Whole) -> Segment {
    let Some(read) = whole.begun else { return segment };
    let text_len = segment.text_len.saturating_sub(read);
    let from = whole.len.saturating_sub(usize::try_from(text_len).unwrap_or(usize::MAX));
    let text = TextHead::new(whole.octets.get(from..).unwrap_or(&[])).cut(whole.octets.len() < whole.len);
    let seq = segment.seq + read + u32::from(segment.flags.has(Flags::SYN));
    Segment { seq, text_len, text, flags: segment.flags.without(Flags::SYN), ..segment }
}

/// All packets that are in fragments now.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    held: HashMap<Key, Held>,
    /// In the order of arrival. An entry counts only where it agrees with `Held::since`.
    order: VecDeque<(Timestamp, Key)>,
    octets: usize,
    given_up: u64,
}

#[derive(Debug)]
struct Held {
    since: Timestamp,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting(Pieces),
    /// Read, and whether it had to do with TCP.
    Read(bool),
    Worthless,
}

impl Fragments {
    /// Takes in a fragment that was captured at `now`.
    pub(super) fn add(&mut self, now: Timestamp, key: &Key, piece: &Piece<'_>) -> Fate {
        self.make_room(now, piece.payload.octets().len().saturating_add(COST));
        match self.held.get(key).map(|held| &held.state) {
            Some(State::Worthless) => return Fate::Worthless,
            Some(State::Read(is_tcp)) if piece.offset > 0 => return Fate::Read(*is_tcp),
            Some(State::Waiting(_)) => {}
            // The same number again: another packet, or the same one seen twice.
            Some(State::Read(_)) | None => self.put(now, key, State::Waiting(Pieces::default())),
        }
        let Some(Held { state: State::Waiting(pieces), .. }) = self.held.get_mut(key) else {
            return Fate::Waits;
        };
        let before = pieces.cost;
        let is_sound = pieces.insert(piece);
        self.octets = self.octets.saturating_sub(before).saturating_add(pieces.cost);
        if !is_sound {
            self.given_up = self.given_up.saturating_add(1);
            self.settle(key, State::Worthless);
            return Fate::Worthless;
        }
        if !pieces.is_complete() {
            return Fate::Waits;
        }
        let whole = pieces.join();
        self.settle(key, State::Read(true));
        Fate::Completes(whole)
    }

    /// Notes that the packet has been read, and whether it had to do with TCP: its other fragments are of no use.
    pub(super) fn note_read(&mut self, key: &Key, is_tcp: bool) {
        self.settle(key, State::Read(is_tcp));
    }

    /// Notes that so many octets of the packet's text were read with its first fragment; the rest is waited for.
    pub(super) fn note_begun(&mut self, key: &Key, text_len: u32) {
        if let Some(Held { state: State::Waiting(pieces), .. }) = self.held.get_mut(key) {
            pieces.begun = Some(text_len);
        }
    }

    /// How many packets were given up before they were whole, or wait still.
    pub(super) fn never_whole(&self) -> u64 {
        let waiting = self.held.values().filter(|held| matches!(held.state, State::Waiting(_))).count();
        self.given_up.saturating_add(u64::try_from(waiting).unwrap_or(u64::MAX))
    }

    /// Nothing is waited for any more.
    fn settle(&mut self, key: &Key, state: State) {
        let Some(held) = self.held.get_mut(key) else { return };
        if let State::Waiting(pieces) = std::mem::replace(&mut held.state, state) {
            self.octets = self.octets.saturating_sub(pieces.cost);
        }
    }

    fn put(&mut self, since: Timestamp, key: &Key, state: State) {
        self.order.push_back((since, key.clone()));
        self.held.insert(key.clone(), Held { since, state });
    }

    /// Gives up what has waited for too long, and the oldest where there is too much.
    fn make_room(&mut self, now: Timestamp, octets: usize) {
        while let Some((since, _)) = self.order.front() {
            let is_full =
                self.order.len() >= MOST_PACKETS || self.octets.saturating_add(octets) > MOST_OCTETS;
            if !is_full && now.since(*since) <= PATIENCE {
                break;
            }
            let Some((since, key)) = self.order.pop_front() else { break };
            if self.held.get(&key).is_some_and(|held| held.since == since)
                && let Some(Held { state: State::Waiting(pieces), .. }) = self.held.remove(&key)
            {
                self.octets = self.octets.saturating_sub(pieces.cost);
                self.given_up = self.given_up.saturating_add(1);
            }
        }
    }
}

/// The fragments of one packet that are there.
#[derive(Debug, Default)]
struct Pieces {
    by_offset: BTreeMap<usize, Kept>,
    /// Where the packet ends, once the last fragment is there.
    end: Option<usize>,
    /// Octets that are there, captured or not.
    len: usize,
    /// What it costs to keep them.
    cost: usize,
    begun: Option<u32>,
}

#[derive(Debug)]
struct Kept {
    protocol: IpNextHeaderProtocol,
    /// How many octets it had, which may be more than were captured.
    len: usize,
    more: bool,
    octets: Box<[u8]>,
}

impl Pieces {
    /// Keeps a fragment; whether it can be one of this packet.
    fn insert(&mut self, piece: &Piece<'_>) -> bool {
        let (len, start) = (piece.payload.len(), piece.offset);
        let end = start.saturating_add(len);
        if let Some(same) = self.by_offset.get(&start) {
            // Seen twice. Another tap may have captured less of it.
            let is_equal = same.octets.iter().zip(piece.payload.octets()).all(|(one, other)| one == other);
            return same.len == len && same.more == piece.more && is_equal;
        }
        // All but the last are of whole words of 8 octets, since offsets count these.
        let is_broken = len == 0 || end > LONGEST || (piece.more && !len.is_multiple_of(8));
        let before = self.by_offset.range(..start).next_back();
        let behind = self.by_offset.range(start..).next();
        let overlaps = before.is_some_and(|(at, kept)| at.saturating_add(kept.len) > start)
            || behind.is_some_and(|(at, _)| *at < end);
        let is_last_twice = !piece.more && (self.end.is_some() || behind.is_some());
        let is_behind_the_end = self.end.is_some_and(|last| end >= last);
        if is_broken || overlaps || is_last_twice || is_behind_the_end {
            return false;
        }
        if !piece.more {
            self.end = Some(end);
        }
        let octets: Box<[u8]> = piece.payload.octets().into();
        self.len = self.len.saturating_add(len);
        self.cost = self.cost.saturating_add(octets.len()).saturating_add(COST);
        self.by_offset.insert(start, Kept { protocol: piece.protocol, len, more: piece.more, octets });
        true
    }

    fn is_complete(&self) -> bool {
        // Nothing overlaps and nothing lies behind the end: enough octets are all of them.
        self.end == Some(self.len)
    }

    fn join(&self) -> Whole {
        let protocol = self
            .by_offset
            .first_key_value()
            .map_or(IpNextHeaderProtocols::Reserved, |(_, first)| first.protocol);
        let mut octets = Vec::new();
        for kept in self.by_offset.values() {
            octets.extend_from_slice(&kept.octets);
            if kept.octets.len() < kept.len {
                break;
            }
        }
        Whole { protocol, octets, len: self.len, begun: self.begun }
    }
}

#[cfg(test)]
mod tests;
