//! Whether the times of several files overlap.
//!
//! In: the frames of one file after the other. Out: the two files, when a frame of one is older than one before it.
//! Invariant: each file is told of once, and of many the first ones alone. Frames without a time (simple blocks of pcapng) say nothing.

use crate::capture::batch::Batch;
use crate::capture::error::CaptureError;
use crate::time::Timestamp;

/// So many overlaps are told one by one.
const MOST_TOLD: u64 = 3;

/// The times of the files so far.
#[derive(Debug, Default)]
pub struct Overlap {
    /// The latest frame of the files that are done with, and which of them has it.
    before: Option<(Timestamp, String)>,
    /// The latest frame of the current file.
    current: Timestamp,
    is_told: bool,
    /// How many files were found to overlap.
    count: u64,
}

impl Overlap {
    /// Takes in the next frames of the current file, whose name is `input`.
    pub fn look(&mut self, batch: &Batch, input: &str) -> Option<CaptureError> {
        let times =
            batch.records.iter().map(|record| record.time).filter(|time| *time != Timestamp::default());
        let limit = self.before.as_ref().filter(|_| !self.is_told);
        let mut is_early = false;
        for time in times {
            is_early |= limit.is_some_and(|(latest, _)| time < *latest);
            self.current = self.current.max(time);
        }
        let (_, before) = limit.filter(|_| is_early)?;
        let told = CaptureError::Overlap { input: input.to_owned(), before: before.clone() };
        self.is_told = true;
        self.count += 1;
        (self.count <= MOST_TOLD).then_some(told)
    }

    /// What is left to tell when there are no more files; once.
    pub fn end(&mut self) -> Option<CaptureError> {
        let count = std::mem::take(&mut self.count).saturating_sub(MOST_TOLD);
        (count > 0).then_some(CaptureError::MoreOverlaps { count })
    }

    /// Ends the current file, whose name is `input`.
    pub fn close(&mut self, input: &str) {
        if self.before.as_ref().is_none_or(|(latest, _)| *latest < self.current) {
            self.before = Some((self.current, input.to_owned()));
        }
        self.current = Timestamp::default();
        self.is_told = false;
    }
}
