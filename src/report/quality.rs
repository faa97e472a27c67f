//! How good the capture is: what it did to the frames by itself.
//!
//! In: each frame, step and connection, as whoever drives the pipeline counts them. Out: numbers for the summary, and the
//! findings about the capture as a whole.
//! Invariant: each kind is said once, with the first frames that show it; nothing here is a fault of an end.
//! Read: field guide section 4 (`docs/findings.md`).

use std::collections::BTreeMap;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::notes::FIRST_FRAMES;
use crate::analyzer::diagnosis::severity::Confidence;
use crate::segment::{Checksum, Segment};
use crate::time::Timestamp;

/// Counters over a whole input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Frames with a packet that had been captured before.
    pub duplicates: u64,
    /// Segments whose checksum was left to the hardware.
    pub offloaded: u64,
    /// Segments whose header is cut short by the snap length.
    pub cut_short: u64,
    /// Frames whose time lies before that of the frame before.
    pub stepped_back: u64,
    /// Connections of which only one direction was captured.
    pub one_sided: u64,
    /// Connections whose SYN+ACK was captured before the SYN.
    pub reordered: u64,
    /// Connections that the capture begins in the middle of.
    pub mid_stream: u64,
    last: Option<Timestamp>,
    frames: BTreeMap<Code, Vec<u64>>,
}

impl Quality {
    /// Counts a frame captured at `time`.
    pub fn count_frame(&mut self, frame: u64, time: Timestamp) {
        if self.last.replace(time).is_some_and(|last| time < last) {
            self.stepped_back = self.stepped_back.saturating_add(1);
            self.show(Code::TimeSteppedBack, frame);
        }
    }

    /// Counts what a segment shows of the capture, and whether its packet had been captured before.
    pub fn count_segment(&mut self, segment: &Segment, is_seen_again: bool) {
        self.count_offloaded((segment.checksum == Checksum::Offloaded).into());
        self.count_seen_again(is_seen_again.into());
        self.cut_short = self.cut_short.saturating_add(segment.cut_short.into());
    }

    /// Counts packets whose checksum was left to the hardware.
    pub const fn count_offloaded(&mut self, offloaded: u64) {
        self.offloaded = self.offloaded.saturating_add(offloaded);
    }

    /// Counts packets that had been captured before.
    pub const fn count_seen_again(&mut self, seen_again: u64) {
        self.duplicates = self.duplicates.saturating_add(seen_again);
    }

    /// Counts what a connection shows of the capture.
    pub fn count_connection(&mut self, connection: &Connection) {
        for finding in connection.findings() {
            let counter = match finding.code {
                Code::OneSidedCapture => &mut self.one_sided,
                Code::CaptureReordered => &mut self.reordered,
                Code::MidStream => &mut self.mid_stream,
                _ => continue,
            };
            *counter = counter.saturating_add(1);
        }
    }

    /// Adds what was counted elsewhere in the same input; of evidence what is there stays.
    pub fn join(&mut self, other: Self) {
        self.duplicates = self.duplicates.saturating_add(other.duplicates);
        self.offloaded = self.offloaded.saturating_add(other.offloaded);
        self.cut_short = self.cut_short.saturating_add(other.cut_short);
        self.stepped_back = self.stepped_back.saturating_add(other.stepped_back);
        self.one_sided = self.one_sided.saturating_add(other.one_sided);
        self.reordered = self.reordered.saturating_add(other.reordered);
        self.mid_stream = self.mid_stream.saturating_add(other.mid_stream);
        for (code, frames) in other.frames {
            self.frames.entry(code).or_insert(frames);
        }
    }

    /// Keeps a frame as evidence of `code`.
    pub fn show(&mut self, code: Code, frame: u64) {
        let frames = self.frames.entry(code).or_default();
        if frames.len() > FIRST_FRAMES {
            frames.pop();
        }
        frames.push(frame);
    }

    /// The finding that `code` was met `count` times; none where it was not.
    pub fn finding(&self, code: Code, count: u64, says: String) -> Option<Finding> {
        let frames = self.frames.get(&code).cloned().unwrap_or_default();
        (count > 0).then_some(Finding {
            code,
            frames,
            confidence: Confidence::Certain,
            says,
            rivals: Vec::new(),
        })
    }
}
