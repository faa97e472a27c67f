//! A capture file, written as it is made: classic pcap, microseconds, Ethernet.
//!
//! In: segments in order, and how much time passes before each. Out: octets to a file or to standard output.
//! Invariant: time never goes back.

use std::io::{self, Write};

use crate::segment::{SNAP, Segment};

/// 2026-01-01T00:00:00Z.
const START: u64 = 1_767_225_600_000_000;

/// The file, its clock, and how much it holds.
pub struct Output<'a> {
    to: &'a mut dyn Write,
    micros: u64,
    segments: u64,
}

impl<'a> Output<'a> {
    pub fn new(to: &'a mut dyn Write) -> io::Result<Self> {
        to.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
        to.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
        to.write_all(&(SNAP as u32).to_le_bytes())?;
        to.write_all(&1_u32.to_le_bytes())?;
        Ok(Self { to, micros: START, segments: 0 })
    }

    pub fn segments(&self) -> u64 {
        self.segments
    }

    /// The clock of a timestamps option: milliseconds.
    pub fn millis(&self) -> u32 {
        (self.micros / 1000) as u32
    }

    pub fn wait(&mut self, micros: u32) {
        self.micros += u64::from(micros);
    }

    pub fn put(&mut self, segment: &Segment) -> io::Result<()> {
        let frame = segment.frame(self.segments as u16);
        let mut record = [0; 16 + SNAP];
        record[..4].copy_from_slice(&((self.micros / 1_000_000) as u32).to_le_bytes());
        record[4..8].copy_from_slice(&((self.micros % 1_000_000) as u32).to_le_bytes());
        record[8..12].copy_from_slice(&(frame.captured as u32).to_le_bytes());
        record[12..16].copy_from_slice(&(frame.wire as u32).to_le_bytes());
        record[16..].copy_from_slice(&frame.octets);
        self.segments += 1;
        self.to.write_all(&record[..16 + frame.captured])
    }
}
