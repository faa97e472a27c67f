//! Many frames at a time, in the octets that were read from the input.
//!
//! In: a chunk of an input, handed over whole, and the places of the frames in it. Out: the frames, borrowed from it.
//! Invariant: no frame is copied on the way; a batch owns what it shows, so that it can be sent to another thread and
//! given back to be filled again, with its memory.

use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

/// Frames of one chunk of an input, in their order.
#[derive(Debug, Default)]
pub struct Batch {
    pub(in crate::capture) octets: Vec<u8>,
    pub(in crate::capture) records: Vec<Record>,
    /// The number of the last frame read so far, in this batch or before it.
    pub(in crate::capture) last: u64,
}

/// One frame, where it lies in its batch.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture) struct Record {
    pub(in crate::capture) number: u64,
    pub(in crate::capture) time: Timestamp,
    /// Where its octets begin, and how many there are.
    pub(in crate::capture) start: u32,
    pub(in crate::capture) captured: u32,
    pub(in crate::capture) wire_len: u32,
    pub(in crate::capture) link: LinkType,
    pub(in crate::capture) interface: u32,
}

impl Batch {
    /// It has no more frames than this, however small they are and however far a long frame has stretched the chunk.
    pub(in crate::capture) const MOST: usize = 65_536;

    /// How many frames are in it.
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Its frames, in the order of the input.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = Frame<'_>> {
        self.records.iter().map(|record| self.frame_of(record))
    }

    /// The frame at `index`, counted from 0.
    pub fn frame(&self, index: usize) -> Option<Frame<'_>> {
        self.records.get(index).map(|record| self.frame_of(record))
    }

    /// Takes out what `passes` says no to.
    #[cfg(feature = "live")]
    pub(in crate::capture) fn retain(&mut self, mut passes: impl FnMut(&Frame<'_>) -> bool) {
        let mut records = std::mem::take(&mut self.records);
        records.retain(|record| passes(&self.frame_of(record)));
        self.records = records;
    }

    fn frame_of(&self, record: &Record) -> Frame<'_> {
        let Record { number, time, start, captured, wire_len, link, interface } = *record;
        let start = start as usize;
        let octets = self.octets.get(start..start + captured as usize).unwrap_or_default();
        Frame { number, time, link, interface, octets, wire_len }
    }
}

/// When a frame was captured, and by what.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture) struct Stamp {
    pub(in crate::capture) time: Timestamp,
    pub(in crate::capture) link: LinkType,
    pub(in crate::capture) interface: u32,
}
