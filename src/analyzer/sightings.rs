//! Packets that the capture saw more than once.
//!
//! In: the digests that `decode/` made of each packet. Out: the earlier sighting of the same packet, if there is one.
//! Invariant: decided before anything else about a segment (field guide, section 0): what the capture saw twice was
//! sent once, repeats nothing and moves nothing. Only the last few packets of each connection count. Bounded: some
//! thousands are remembered of the whole capture, in sets of `WAYS` that the digest chooses; the oldest of a set goes first.
//! Read: field guide section 4 (`capture-duplicate`).

use std::time::Duration;

use crate::fetch::{fetch, fetch_at};
use crate::jot::Jot;
use crate::segment::{Flags, Segment};
use crate::time::Timestamp;

/// How many sets there are: with `WAYS` each, more packets than a busy machine sends between two of its taps. A power of two.
const SETS: usize = 4096;
/// How many packets a set remembers.
const WAYS: usize = 4;

/// How many packets of a connection count: more of them than come between two taps of one machine.
const LAST: u32 = 8;

/// How far apart two sightings of one packet may be. The shortest retransmission timeout in use is 200 ms, so that a
/// sender whose packets all have the same identification is still seen to repeat.
const SAME_PACKET: Duration = Duration::from_millis(100);

/// How far apart they may be where nothing in the packet tells one sending from the next.
const SAME_MOMENT: Duration = Duration::from_millis(2);

/// The last packets of a capture.
#[derive(Debug, PartialEq)]
pub struct Sightings {
    sets: Vec<Set>,
    /// Where the next packet of each set goes: in the place of the oldest.
    next: Vec<u8>,
}

/// The packets that one set remembers: first what they are looked for by, which is all that is read of most. A set begins
/// where a cache line does, and has two of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
struct Set {
    packets: [u64; WAYS],
    memories: [Memory; WAYS],
}

/// What a packet is looked for in.
#[derive(Clone, Copy, Debug)]
pub struct Within {
    /// The number of the connection.
    pub connection: u64,
    /// How many packets of it were remembered so far.
    pub packets: u32,
    /// A packet of it was certainly seen twice: so this capture does.
    pub is_twofold: bool,
}

/// The first sighting of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The frame in which it was seen.
    pub frame: u64,
    /// Whether its acknowledgement was new then.
    pub acknowledged: bool,
}

/// A packet of a connection, by what is remembered of it. Frame 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Memory {
    frame: u64,
    time: Timestamp,
    place: u32,
    /// The connection's packets up to this one, and whether its acknowledgement was new, in the last bit.
    packets_and_ack: u32,
}

impl Default for Sightings {
    fn default() -> Self {
        Self { sets: vec![Set::default(); SETS], next: vec![0; SETS] }
    }
}

impl Sightings {
    /// The first sighting of the packet that carries `segment`, where the capture saw it before within the connection.
    ///
    /// Equal octets are the condition. They prove it where the packet has an identification or a timestamp, which the
    /// next sending would change; else the packet must have been seen at once, and elsewhere or in a capture that is
    /// known to see packets twice. No sender repeats itself so soon, but for SYNs: a SYN+ACK is sent by a timer and for
    /// every SYN that comes, twice within one tick of the timestamps' clock.
    #[inline]
    pub fn find(&self, segment: &Segment, within: Within) -> Option<Seen> {
        let packet = of_connection(segment, within.connection)?;
        let set = self.sets.get(set_of(packet))?;
        if !set.packets.contains(&packet) {
            // Nearly always.
            return None;
        }
        let found = set.packets.iter().zip(&set.memories).filter(|(known, _)| **known == packet);
        found
            .map(|(_, memory)| memory)
            .filter(|memory| memory.is_same(segment, within))
            .min_by_key(|memory| memory.frame)
            .map(|memory| Seen { frame: memory.frame, acknowledged: memory.packets_and_ack & 1 == 1 })
    }

    /// Asks for where the packet with the digest `packet` would be, for `Tracker::prepare`.
    #[inline(always)]
    pub fn fetch(&self, packet: u64, within: Within) {
        if let Some(set) = self.sets.get(set_of(digest(packet, within.connection))) {
            fetch(set);
            fetch_at(&set.memories, WAYS / 2);
        }
    }

    /// Remembers the packet that carries `segment`, by now counted in `within`. One without a digest was made by hand, and
    /// is never the same.
    pub fn remember(&mut self, segment: &Segment, within: Within, acknowledged: bool) {
        let Some(packet) = of_connection(segment, within.connection) else { return };
        let (frame, time, place) = (segment.frame, segment.time, place_of(segment));
        self.put(
            packet,
            Memory { frame, time, place, packets_and_ack: packets_and_ack(within, acknowledged) },
        );
    }

    /// The same of a segment in brief.
    pub fn remember_brief(&mut self, jot: &Jot, within: Within, acknowledged: bool) {
        if jot.packet() != 0 {
            let (frame, time, place) = (jot.frame, jot.time, place(jot.tap, jot.hop_limit));
            let memory =
                Memory { frame, time, place, packets_and_ack: packets_and_ack(within, acknowledged) };
            self.put(digest(jot.packet(), within.connection), memory);
        }
    }

    fn put(&mut self, packet: u64, memory: Memory) {
        let at = set_of(packet);
        let (Some(set), Some(next)) = (self.sets.get_mut(at), self.next.get_mut(at)) else { return };
        let way = usize::from(*next) % WAYS;
        *next = next.wrapping_add(1);
        if let (Some(known), Some(place)) = (set.packets.get_mut(way), set.memories.get_mut(way)) {
            (*known, *place) = (packet, memory);
        }
    }
}

impl Memory {
    fn is_same(&self, segment: &Segment, within: Within) -> bool {
        let apart = segment.time.since(self.time).max(self.time.since(segment.time));
        let is_syn = segment.flags.has(Flags::SYN);
        let tells_sendings_apart =
            || segment.sighting.identification != 0 || (!is_syn && segment.options.stamp().is_some());
        let may_be_seen_again = self.place != place_of(segment) || (within.is_twofold && !is_syn);
        let since = (within.packets << 1).wrapping_sub(self.packets_and_ack & !1) >> 1;
        self.frame != 0
            && since < LAST
            && apart < SAME_PACKET
            && ((may_be_seen_again && apart < SAME_MOMENT) || tells_sendings_apart())
    }
}

/// The digest of the packet and of the connection that it belongs to; `None` where there is no digest.
fn of_connection(segment: &Segment, connection: u64) -> Option<u64> {
    let packet = segment.sighting.packet;
    (packet != 0).then(|| digest(packet, connection))
}

const fn digest(packet: u64, connection: u64) -> u64 {
    packet ^ connection.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Where a packet was seen: by which tap, and at which hop of its way.
const fn place_of(segment: &Segment) -> u32 {
    place(segment.sighting.tap, segment.sighting.hop_limit)
}

const fn place(tap: u32, hop_limit: u8) -> u32 {
    tap ^ (hop_limit as u32).wrapping_mul(0x9E37_79B9)
}

const fn packets_and_ack(within: Within, acknowledged: bool) -> u32 {
    within.packets << 1 | acknowledged as u32
}

/// The number fits: there are far fewer sets than numbers of 32 bits.
const fn set_of(packet: u64) -> usize {
    (packet >> 32) as usize % SETS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::segment::{Checksum, Sighting, TextHead};
    use crate::seq::SeqNumber;

    fn packet(frame: u64, packet: u64, tap: u32) -> Segment {
        let socket = ([192, 0, 2, 1], 1).into();
        Segment {
            frame,
            time: Timestamp::new(0, 0).after(Duration::from_millis(frame)),
            source: socket,
            destination: socket,
            seq: SeqNumber(0),
            ack: SeqNumber(0),
            flags: Flags::ACK,
            window: None,
            options: Options::default(),
            text_len: 0,
            text: TextHead::default(),
            checksum: Checksum::Unchecked,
            cut_short: false,
            sighting: Sighting { packet, tap, ..Sighting::default() },
            tunnel: None,
        }
    }

    const fn within(connection: u64, packets: u32) -> Within {
        Within { connection, packets, is_twofold: false }
    }

    #[test]
    fn the_first_sighting_is_found_within_its_connection() {
        let mut sightings = Sightings::default();
        sightings.remember(&packet(1, 77, 1), within(5, 1), true);
        let again = packet(2, 77, 2);
        let found = |segment: &Segment, within: Within| sightings.find(segment, within);
        assert!(found(&again, within(5, 1)).is_some_and(|seen| seen.frame == 1 && seen.acknowledged));
        assert!(found(&again, within(5, 8)).is_some(), "the eighth from the last");
        assert!(found(&again, within(5, 9)).is_none(), "too many came between");
        assert!(found(&again, within(6, 1)).is_none(), "another connection");
        assert!(found(&packet(2, 77, 1), within(5, 1)).is_none(), "the same tap");
        assert!(found(&packet(3000, 77, 2), within(5, 1)).is_none(), "too late");
    }

    #[test]
    fn a_syn_without_identification_must_be_seen_elsewhere() {
        let mut sightings = Sightings::default();
        sightings.remember(&packet(1, 77, 1), within(0, 1), false);
        let is_found = |flags, identification, tap, hop_limit| {
            let mut again = packet(2, 77, tap);
            again.flags = flags;
            again.options = Options::new(&[8, 10, 0, 0, 0, 1, 0, 0, 0, 0]);
            (again.sighting.identification, again.sighting.hop_limit) = (identification, hop_limit);
            let twofold = Within { is_twofold: true, ..within(0, 1) };
            sightings.find(&again, within(0, 1)).is_some() || sightings.find(&again, twofold).is_some()
        };
        assert!(!is_found(Flags::SYN.with(Flags::ACK), 0, 1, 0), "sent twice within a tick");
        assert!(!is_found(Flags::SYN, 0, 1, 0));
        assert!(is_found(Flags::SYN, 9, 1, 0), "one identification");
        assert!(is_found(Flags::SYN, 0, 2, 0), "another tap");
        assert!(is_found(Flags::SYN, 0, 1, 63), "behind a router");
        assert!(is_found(Flags::ACK, 0, 1, 0), "its timestamp tells");
    }

    #[test]
    fn the_oldest_of_a_set_goes_first() {
        let mut sightings = Sightings::default();
        for number in 1..=5 {
            sightings.remember(&packet(1, number, 1), within(0, 1), false);
        }
        let found = |number: u64| sightings.find(&packet(2, number, 2), within(0, 1)).is_some();
        assert_eq!([1, 2, 5].map(found), [false, true, true]);
    }
}
