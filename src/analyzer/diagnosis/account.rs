//! A connection at its end, and what others show around it: what the last verdicts are made of.
//!
//! In: what `connection.rs` knows, and what the tracker has seen of other connections. Out: the same, read-only, and
//! whether one direction is missing from the capture.
//! Invariant: nothing here is counted twice: each value stands where it is found.
//! Read: field guide sections 0 and 4 (`docs/findings.md`).

use std::time::Duration;

use crate::analyzer::closing::Closing;
use crate::analyzer::endpoint::Endpoint;
use crate::analyzer::opening::{Opening, Progress};
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::{Ends, Role};
use crate::time::Timestamp;

/// What other connections, and the capture as a whole, show around one connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings {
    /// The listener that was asked completed other handshakes within the minute around.
    pub serves_others: bool,
    /// Other pairs show both directions.
    pub two_way: bool,
    /// Other pairs show one direction only.
    pub one_way: bool,
    /// The capture lost frames.
    pub lost_frames: bool,
}

impl Surroundings {
    /// How many `bits` gives.
    pub const BITS: u32 = 4;

    /// The same as bits.
    pub fn bits(self) -> u64 {
        let Self { serves_others, two_way, one_way, lost_frames } = self;
        let bits = [serves_others, two_way, one_way, lost_frames];
        bits.into_iter().fold(0, |bits, bit| bits << 1 | u64::from(bit))
    }
}

/// A connection at its end.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Both ends.
    pub ends: &'a Ends<Endpoint>,
    /// Whether they are the same socket.
    pub is_self: bool,
    /// How far the opening came.
    pub progress: &'a Progress,
    /// The same in numbers.
    pub opening: Opening,
    /// How it closed.
    pub closing: Closing,
    /// What became of it.
    pub outcome: Outcome,
    /// Who sent the RST that ended it.
    pub reset_by: Option<Role>,
    /// Whether nothing but SYN+ACKs and RSTs was seen.
    pub only_answers: bool,
    /// The first segment.
    pub start: Timestamp,
    /// The last segment.
    pub last: Timestamp,
    /// The time up to which the capture is known to have gone on.
    pub now: Timestamp,
    /// What others show.
    pub around: Surroundings,
}

impl Account<'_> {
    /// Whether only one direction was captured although the other end must have spoken.
    pub fn is_one_sided(&self) -> bool {
        is_one_sided(self.ends, self.is_self, self.only_answers)
    }

    /// The first and the last frame of the only end that was captured.
    pub fn frames_of_one_side(&self) -> Vec<u64> {
        let end = only_end(self.ends, self.is_self);
        end.map(|end| end.numbers.first_frame())
            .into_iter()
            .chain(end.map(|end| end.numbers.last_frame()))
            .collect()
    }

    /// How long the capture went on after `time`.
    pub fn quiet_since(&self, time: Timestamp) -> Duration {
        self.now.since(time)
    }
}

/// Whether only one direction was captured although the other end must have spoken: this end goes on after its SYN or
/// SYN+ACK, acknowledges more and more, or says one thing after the other.
pub fn is_one_sided(ends: &Ends<Endpoint>, is_self: bool, only_answers: bool) -> bool {
    const SEVERAL: u64 = 3;
    let Some(end) = only_end(ends, is_self) else { return false };
    let numbers = &end.numbers;
    let syns = u64::from(numbers.syns).saturating_add(u64::from(numbers.syn_acks));
    let others = numbers.segments.saturating_sub(syns).saturating_sub(u64::from(numbers.rsts));
    !only_answers && ((syns > 0 && others > 0) || others >= SEVERAL || is_acknowledging(ends))
}

const fn only_end(ends: &Ends<Endpoint>, is_self: bool) -> Option<&Endpoint> {
    let Ends { client, server } = ends;
    match (client.numbers.segments, server.numbers.segments) {
        _ if is_self => None,
        (_, 0) => Some(client),
        (0, _) => Some(server),
        _ => None,
    }
}

/// Whether the end that was not captured is seen to go on by the acknowledgements of the other.
fn is_acknowledging(ends: &Ends<Endpoint>) -> bool {
    [&ends.client, &ends.server]
        .into_iter()
        .filter_map(|end| end.numbers.sent().filter(|sent| !sent.seen))
        .any(|sent| sent.base() != sent.nxt())
}
