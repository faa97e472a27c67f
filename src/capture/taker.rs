//! Who takes the frames that are found in a chunk of an input.
//!
//! In: frames, while the chunk is held. Out: a batch of them; or nothing, where they are taken in where they lie.
//! Invariant: no frame is copied on the way.

use crate::capture::batch::{Batch, Record, Stamp};
use crate::capture::octets::Octets;
use crate::frame::Frame;

/// Takes frames in, one after the other.
pub trait Taker {
    /// Takes in a frame, which is borrowed until then.
    fn take(&mut self, frame: &Frame<'_>);
}

/// Where the readers of files put what they find.
pub(in crate::capture) trait Outlet {
    /// Takes a frame of these octets, which begin at `start` in the window.
    fn put(&mut self, octets: &[u8], start: usize, wire_len: u32, stamp: Stamp);

    /// Whether nothing was put here.
    fn is_empty(&self) -> bool;

    /// Whether nothing more is to be put here.
    fn is_full(&self) -> bool;

    /// The number of the last frame, here or before.
    fn last(&self) -> u64;

    /// Forgets what was put here; the next frame will be the one after `last`.
    fn begin(&mut self, last: u64);

    /// Ends a chunk, whose frames were found in `octets`.
    fn end(&mut self, octets: &mut Octets);
}

impl Outlet for Batch {
    #[inline]
    fn put(&mut self, octets: &[u8], start: usize, wire_len: u32, stamp: Stamp) {
        self.last += 1;
        let Stamp { time, link, interface } = stamp;
        // A chunk is far below 4 GiB: `Octets` holds a few of the longest frames at most.
        let [start, captured] = [start, octets.len()].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
        self.records.push(Record { number: self.last, time, start, captured, wire_len, link, interface });
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn is_full(&self) -> bool {
        self.len() >= Self::MOST
    }

    fn last(&self) -> u64 {
        self.last
    }

    fn begin(&mut self, last: u64) {
        self.records.clear();
        self.last = last;
    }

    fn end(&mut self, octets: &mut Octets) {
        octets.hand_over(&mut self.octets);
    }
}

/// Hands frames on at once.
pub(in crate::capture) struct Hands<'a, T> {
    taker: &'a mut T,
    before: u64,
    last: u64,
}

impl<'a, T: Taker> Hands<'a, T> {
    /// To `taker`.
    pub const fn new(taker: &'a mut T) -> Self {
        Self { taker, before: 0, last: 0 }
    }

    /// How many were handed on since the beginning.
    pub const fn count(&self) -> u64 {
        self.last - self.before
    }
}

impl<T: Taker> Outlet for Hands<'_, T> {
    #[inline(always)]
    fn put(&mut self, octets: &[u8], _: usize, wire_len: u32, stamp: Stamp) {
        self.last += 1;
        let Stamp { time, link, interface } = stamp;
        self.taker.take(&Frame { number: self.last, time, link, interface, octets, wire_len });
    }

    fn is_empty(&self) -> bool {
        self.last == self.before
    }

    /// Nothing is kept.
    fn is_full(&self) -> bool {
        false
    }

    fn last(&self) -> u64 {
        self.last
    }

    fn begin(&mut self, last: u64) {
        (self.before, self.last) = (last, last);
    }

    fn end(&mut self, octets: &mut Octets) {
        octets.relax();
    }
}
