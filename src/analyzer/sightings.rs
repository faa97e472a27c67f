//! Packets that the capture saw more than once.
//!
//! In: the digests that `decode/` made of each packet. Out: the earlier sighting of the same packet, if there is one.
//! Invariant: decided before anything else about a segment (field guide, section 0): what the capture saw twice was
//! sent once, repeats nothing and moves nothing. Bounded: only the last few packets are remembered.
//! Read: field guide section 4 (`capture-duplicate`).

use std::collections::VecDeque;
use std::time::Duration;

use crate::options::TcpOption;
use crate::segment::Segment;
use crate::time::Timestamp;

/// How many packets are remembered: more than come between two taps of one machine.
const REMEMBERED: usize = 8;

/// How far apart two sightings of one packet may be. The shortest retransmission timeout in use is 200 ms, so that a
/// sender whose packets all have the same identification is still seen to repeat.
const SAME_PACKET: Duration = Duration::from_millis(100);

/// How far apart they may be where nothing in the packet tells one sending from the next.
const SAME_MOMENT: Duration = Duration::from_millis(2);

/// The last packets of a connection.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    last: VecDeque<Seen>,
    /// A packet was certainly seen twice: so this capture does.
    is_twofold: bool,
}

/// A packet that was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The frame in which it was seen first.
    pub frame: u64,
    /// Whether its acknowledgement was new then.
    pub acknowledged: bool,
    time: Timestamp,
    packet: u64,
    tap: u32,
}

impl Sightings {
    /// The first sighting of the packet that carries `segment`, where the capture saw it before.
    ///
    /// Equal octets are the condition. They prove it where the packet has an identification or a timestamp, which the
    /// next sending would change; else the packet must have been seen at once, and elsewhere or in a capture that is
    /// known to see packets twice. No sender repeats itself so soon.
    pub fn find(&self, segment: &Segment) -> Option<Seen> {
        let sighting = segment.sighting;
        let tells_sendings_apart = || {
            sighting.identification != 0
                || segment.options.iter().any(|option| matches!(option, TcpOption::Timestamps { .. }))
        };
        self.last
            .iter()
            .find(|seen| {
                let apart = segment.time.since(seen.time).max(seen.time.since(segment.time));
                seen.packet == sighting.packet
                    && apart < SAME_PACKET
                    && (((seen.tap != sighting.tap || self.is_twofold) && apart < SAME_MOMENT)
                        || tells_sendings_apart())
            })
            .copied()
    }

    /// Notes that a packet was seen twice.
    pub const fn prove(&mut self) {
        self.is_twofold = true;
    }

    /// Remembers the packet that carries `segment`. One without a digest was made by hand, and is never the same.
    pub fn remember(&mut self, segment: &Segment, acknowledged: bool) {
        let sighting = segment.sighting;
        if sighting.packet == 0 {
            return;
        }
        if self.last.len() >= REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(Seen {
            frame: segment.frame,
            acknowledged,
            time: segment.time,
            packet: sighting.packet,
            tap: sighting.tap,
        });
    }
}
