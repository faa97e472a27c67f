//! The cable's account: what passed, and what was done to it.
//!
//! In: what the cable does. Out: numbers, and the segments that something was done to, in their order.
//! Invariant: bounded; what is not written down any more is still counted.

use std::sync::{Arc, Mutex, PoisonError};

use crate::analyzer::diagnosis::words::Times;
use crate::lab::wire::fault::Side;
use crate::time::Timestamp;

/// So many deeds are kept one by one.
const MOST_DEEDS: usize = 1000;

/// What a cable has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that came out at the other end, copies and forgeries among them.
    pub passed: u64,
    /// Segments lost by a fault.
    pub lost: u64,
    /// Frames lost because the wire was cut.
    pub cut: u64,
    /// Segments that had to wait.
    pub delayed: u64,
    /// Copies made.
    pub repeated: u64,
    /// Segments that another one overtook.
    pub reordered: u64,
    /// Segments altered.
    pub altered: u64,
    /// Segments forged.
    pub injected: u64,
    /// Frames that the kernel did not take.
    pub refused: u64,
    /// Frames that are on their way now.
    pub on_its_way: usize,
    /// How many segments each fault was done to, in the order of the faults.
    pub by_fault: Vec<u32>,
    /// The first of all that was done.
    pub deeds: Vec<Done>,
    /// Why the cable has stopped, if it has.
    pub broken: Option<String>,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// When.
    pub time: Timestamp,
    /// Which end had sent the segment; of a forged one, in whose name.
    pub from: Side,
    /// The label of the segment; of a forged one, its control bits.
    pub label: String,
    /// `lost`, `cut`, `delayed`, `repeated`, `reordered`, `altered`, `injected`.
    pub what: &'static str,
}

/// An account that the cable writes and others read.
#[derive(Clone, Debug, Default)]
pub struct Account(Arc<Mutex<Counts>>);

impl Account {
    /// As it stands.
    pub fn read(&self) -> Counts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many frames are on their way now.
    pub fn on_its_way(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).on_its_way
    }

    /// Writes in it.
    pub fn write(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Counts {
    /// What was done, in a sentence: `On the wire: SYN J lost, twice; FIN M delayed, once.` `None` where nothing was.
    pub fn told(&self) -> Option<String> {
        let mut kinds: Vec<(&str, &str, u32)> = Vec::new();
        for Done { label, what, .. } in &self.deeds {
            // What is sent again is the same segment.
            let label = label.split_once(" (again").map_or(label.as_str(), |(label, _)| label);
            match kinds.iter_mut().find(|(of, deed, _)| (*of, *deed) == (label, *what)) {
                Some((.., count)) => *count += 1,
                None => kinds.push((label, what, 1)),
            }
        }
        let told: Vec<String> =
            kinds.iter().map(|(label, what, count)| format!("{label} {what}, {}", Times(*count))).collect();
        (!told.is_empty()).then(|| format!("On the wire: {}.", told.join("; ")))
    }

    /// Notes a deed.
    pub fn note(&mut self, done: Done) {
        if self.deeds.len() < MOST_DEEDS {
            self.deeds.push(done);
        }
    }
}
