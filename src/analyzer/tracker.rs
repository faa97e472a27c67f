//! Many connections at once.
//!
//! In: segments of any socket pairs, in capture order, and the passing of capture time. Out: what each segment did, and
//! each `Connection` once it has ended.
//! Invariant: memory is bounded by `Config`; what is let go is handed out first and counted, never dropped in silence.
//! A connection is a socket pair and an incarnation; who opened it is no part of its identity.
//! Read: RFC 9293 §3.4.1, §3.5.1 (incarnations), §3.6.1 (TIME-WAIT).

use std::cmp::Reverse;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::analyzer::config::Config;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::facts::Kind;
use crate::analyzer::hold::ahead::{self, Coming, Prepared};
use crate::analyzer::hold::brief_entry::Queues;
use crate::analyzer::hold::clock::Clock;
use crate::analyzer::hold::crowd::Crowd;
use crate::analyzer::hold::ending::{Ending, Rooms};
use crate::analyzer::hold::entry::{Ended, Entry};
use crate::analyzer::hold::left::Done;
use crate::analyzer::hold::ready::Ready;
use crate::analyzer::hold::soon::Soon;
use crate::analyzer::hold::store::Hold;
use crate::analyzer::hold::table::Place;
use crate::analyzer::hold::waiting::Spans;
use crate::analyzer::outline::Outline;
use crate::analyzer::pairs::SocketHasher;
use crate::analyzer::sightings::Sightings;
use crate::analyzer::step::Step;
use crate::icmp::IcmpError;
use crate::segment::{Checksum, Segment};
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// Connections that may end before whoever takes them has to keep up.
const SOME: usize = 256;

/// Follows every connection of a capture.
#[derive(Debug)]
pub struct Tracker {
    pub(super) config: Config,
    pub(super) spans: Spans,
    pub(super) queues: Queues,
    hasher: SocketHasher,
    pub(super) pairs: Hold,
    pub(super) soon: Soon,
    pub(super) sightings: Sightings,
    pub(super) ended: Ended,
    /// Of what has ended, what is handed on next, the last one first.
    at_hand: Vec<Ending>,
    /// What the segments of the last sweep did: room that is used again.
    pub(super) done: Option<Box<Done>>,
    /// What was held when the account ended, the last one first.
    rest: Vec<(u64, Place)>,
    pub(super) crowd: Crowd,
    pub(super) connections: u64,
    pub(super) evicted: u64,
    pub(super) clock: Clock,
    /// Nothing is due before.
    pub(super) next_due: Timestamp,
    /// Whether any checksum was right so far. Where none is, as after addresses were rewritten, wrong ones are the
    /// capture's own and say nothing of what was received.
    pub(super) has_right_checksum: bool,
}

impl Tracker {
    /// A tracker with nothing in it.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            spans: Spans::of(&config),
            queues: Queues::new(&config),
            hasher: SocketHasher::default(),
            pairs: Hold::new(Ready::of(&config)),
            soon: Soon::default(),
            sightings: Sightings::default(),
            ended: Ended::default(),
            at_hand: Vec::new(),
            done: None,
            rest: Vec::new(),
            crowd: Crowd::default(),
            connections: 0,
            evicted: 0,
            clock: Clock::default(),
            next_due: Timestamp(u64::MAX),
            has_right_checksum: false,
        }
    }

    /// Takes in the next segment, and labels it.
    pub fn observe(&mut self, segment: &Segment) -> Step {
        self.observe_prepared(segment, self.unprepared(segment))
    }

    /// The same for a segment that this tracker has prepared.
    pub fn observe_prepared(&mut self, segment: &Segment, prepared: Prepared) -> Step {
        let believed = self.believed(segment);
        let segment = believed.as_ref().unwrap_or(segment);
        let sockets = (segment.source, segment.destination);
        let place = self.locate(prepared, segment.time, sockets, segment.tunnel.as_ref());
        self.take_in(segment, (prepared.hash, place), Entry::step)
    }

    /// What hashes socket pairs as this tracker does: the hash of a segment may be made elsewhere.
    pub fn hasher(&self) -> SocketHasher {
        self.hasher.clone()
    }

    /// What `follow` needs of a segment that was not looked at before.
    pub fn unprepared(&self, segment: &Segment) -> Prepared {
        Prepared::unseen(self.hasher.of(segment))
    }

    /// Looks at what a few segments, each with the hash of its pair, will need. They are to be taken in next and in this
    /// order.
    pub fn prepare<'s>(
        &self,
        segments: impl Iterator<Item = Coming<'s>> + Clone,
        prepared: &mut Vec<Prepared>,
    ) {
        ahead::look(&self.pairs, &self.sightings, self.crowd.past(), &self.soon, segments, prepared);
    }

    /// Takes in an ICMP error. Whether it quotes the SYN of an attempt that is held.
    pub fn observe_icmp(&mut self, error: &IcmpError) -> bool {
        self.expire(error.time);
        let IcmpError { source, destination, .. } = *error;
        let tunnel = error.tunnel.as_ref();
        let hash = self.hasher.of_pair(source, destination, tunnel);
        let place = self.pairs.find(hash, || (source, destination), tunnel);
        let entry = place.and_then(|place| self.pairs.get_mut(place, &mut self.sightings));
        entry.is_some_and(|entry| entry.observe_icmp(error))
    }

    /// Notes that the capture has lost frames: what rests on something missing is less sure from now on.
    pub const fn note_losses(&mut self) {
        self.crowd.lost_frames = true;
    }

    /// Lets capture time pass: what has been quiet for long enough is handed out and let go.
    #[inline]
    pub fn expire(&mut self, now: Timestamp) {
        self.clock.advance(now);
        if self.next_due < self.clock.now() {
            while !self.end_some_waits() {}
        }
    }

    /// The same, but that no more than a few come to be handed out: whether nothing is left to be let go. Where capture time
    /// makes a leap all may be due that is held, and then whoever takes what has ended has to keep up.
    pub fn expire_some(&mut self, now: Timestamp) -> bool {
        self.clock.advance(now);
        self.end_some_waits()
    }

    #[inline(never)]
    fn end_some_waits(&mut self) -> bool {
        let now = self.clock.now();
        for _ in 0..SOME {
            if self.next_due >= now {
                return true;
            }
            match self.first_due() {
                Some((due, waiting, place)) if due < now => self.end_wait(place, waiting, now),
                Some((due, ..)) => self.next_due = due,
                None => self.next_due = Timestamp(u64::MAX),
            }
        }
        false
    }

    /// Whether anything will have to be let go at `time`, if that comes next.
    pub fn is_due(&self, time: Timestamp) -> bool {
        let mut clock = self.clock;
        clock.advance(time);
        self.next_due < clock.now()
    }

    /// Ends the account: all connections are to be handed out.
    pub fn finish(&mut self) {
        self.rest = self.pairs.numbers().collect();
        self.rest.sort_unstable_by_key(|(id, _)| Reverse(*id));
    }

    /// The connections that have ended since this was last asked, with the last verdicts on them.
    pub fn ended(&mut self) -> impl Iterator<Item = Connection> {
        std::iter::from_fn(|| {
            if self.at_hand.is_empty() {
                let mut endings = Vec::new();
                self.take_endings(&mut endings);
                endings.reverse();
                self.at_hand = endings;
            }
            self.at_hand.pop().map(|ending| *ending.finish(&mut Rooms::default()))
        })
    }

    /// The same before those verdicts, so that they can be made elsewhere: put behind what is in `endings`. Of what is left at the
    /// end some are taken out each time, so that nothing is held twice: there are no more once none has come.
    pub fn take_endings(&mut self, endings: &mut Vec<Ending>) {
        endings.extend(self.at_hand.drain(..).rev());
        let now = self.clock.now();
        while self.ended.connections.is_empty()
            && let Some((_, place)) = self.rest.pop()
        {
            self.pairs.let_go(place, now, &mut self.ended, &mut self.crowd);
        }
        endings.append(&mut self.ended.connections);
    }

    /// How many have ended and were not taken yet, while the account goes on.
    pub const fn endings(&self) -> usize {
        self.at_hand.len().saturating_add(self.ended.connections.len())
    }

    /// Whether `take_endings` has any.
    pub fn has_endings(&self) -> bool {
        !(self.at_hand.is_empty() && self.ended.connections.is_empty() && self.rest.is_empty())
    }

    /// Takes back the room of connections that were handed out, for the next.
    pub fn give_back(&mut self, rooms: &mut Rooms) {
        self.pairs.rooms().take(rooms);
    }

    /// The same, however much it is: once the account has ended, or where it is for connections that begin.
    pub fn give_back_last(&mut self, rooms: &mut Rooms) {
        self.pairs.rooms().take_last(rooms);
    }

    /// Connections seen so far. An attempt that turned out to be none counts no more, though its number is not given
    /// again.
    pub const fn connections(&self) -> u64 {
        self.connections.saturating_sub(self.ended.folded)
    }

    /// Connections let go before their time because the table was full.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Connections held now; none once the account has ended.
    pub fn held(&self) -> usize {
        if self.rest.is_empty() { self.pairs.held() } else { 0 }
    }

    /// The segment to take in instead, where its wrong checksum is not to be believed.
    pub(super) fn believed(&mut self, segment: &Segment) -> Option<Segment> {
        self.has_right_checksum |= segment.checksum == Checksum::Correct;
        let is_captures_own = segment.checksum == Checksum::Wrong && !self.has_right_checksum;
        is_captures_own.then(|| Segment { checksum: Checksum::Unchecked, ..segment.clone() })
    }

    /// Makes ready for a segment that comes at `time`.
    #[inline]
    pub(super) fn pass_on(&mut self, time: Timestamp) {
        self.expire(time);
        self.pairs.tidy();
    }

    /// Where the entry is of a segment that comes at `time` between these sockets, in these tunnels.
    #[inline]
    pub(super) fn locate(
        &mut self,
        prepared: Prepared,
        time: Timestamp,
        (one, other): (SocketAddr, SocketAddr),
        tunnel: Option<&Arc<Tunnel>>,
    ) -> Option<Place> {
        self.pass_on(time);
        self.place_of(prepared, || (one, other), tunnel)
    }

    /// Where the entry is now of these sockets, in these tunnels. They are asked for where there is one whose pair has their hash.
    #[inline]
    pub(super) fn place_of(
        &self,
        prepared: Prepared,
        sockets: impl Fn() -> (SocketAddr, SocketAddr),
        tunnel: Option<&Arc<Tunnel>>,
    ) -> Option<Place> {
        let Prepared { hash, place } = prepared;
        // Most often it is where it was looked for.
        let is_there = |place: &Place| self.pairs.is_at(*place, hash, &sockets, tunnel);
        place.filter(is_there).or_else(|| self.pairs.find(hash, &sockets, tunnel))
    }

    /// Takes it in for the entry that is at a place. `tell` makes the answer: of the entry, the segment, and which of the
    /// entry's connections did what.
    pub(super) fn take_in<T>(
        &mut self,
        segment: &Segment,
        (hash, place): (u64, Option<Place>),
        tell: impl FnOnce(&Entry, &Segment, (bool, Outline)) -> T,
    ) -> T {
        let now = self.clock.now();
        let known = place.and_then(|place| Some((place, self.pairs.get_mut(place, &mut self.sightings)?)));
        let Some((place, entry)) = known else { return self.begin(segment, hash, tell) };
        if entry.opens_anew(segment, &self.sightings) {
            self.connections = self.connections.saturating_add(1);
            let next = Connection::starting_with(self.connections, segment, self.config.keep_steps);
            entry.replace(Box::new(next), segment, &mut self.ended, &mut self.crowd);
        }
        let done = entry.observe(segment, &mut self.sightings, &mut self.ended, &mut self.crowd);
        let told = tell(entry, segment, done);
        entry.seen = now;
        let waiting = entry.waiting(&self.config);
        self.list_anew(place, waiting);
        told
    }

    /// The first segment of a pair.
    fn begin<T>(
        &mut self,
        segment: &Segment,
        hash: u64,
        tell: impl FnOnce(&Entry, &Segment, (bool, Outline)) -> T,
    ) -> T {
        self.make_room();
        let now = self.clock.now();
        self.connections = self.connections.saturating_add(1);
        let mut connection = Connection::starting_with(self.connections, segment, self.config.keep_steps);
        if Kind::of(segment.flags) == Kind::Syn
            && let Some(last) = self.crowd.recall(hash)
        {
            connection.raise(Code::PairReused, &[last, segment.frame]);
        }
        let mut entry = Entry::of(self.pairs.rooms().boxed(connection));
        let done = entry.observe(segment, &mut self.sightings, &mut self.ended, &mut self.crowd);
        let told = tell(&entry, segment, done);
        entry.seen = now;
        let waiting = entry.waiting(&self.config);
        self.next_due = self.next_due.min(self.spans.due(waiting, now));
        self.pairs.insert(hash, waiting, now, entry);
        told
    }
}
