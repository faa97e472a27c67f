//! The scenarios, one file each, in the order in which they teach.
//!
//! In: nothing. Out: the list, from which `demo --list`, `explain`, the recordings and the tests take them.
//! Invariant: a name stands once; groups stand together.

pub mod late_close;
pub mod message;

use crate::lab::scenario::Scenario;

/// All scenarios, in the order in which they teach.
pub const SCENARIOS: &[&Scenario] = &[&message::SCENARIO, &late_close::SCENARIO];

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().copied().find(|scenario| scenario.name == name)
}
