//! The laboratory: scenarios that the embedded server and client play while the loopback is captured.
//!
//! In: a scenario and what to say. Out: what was played: the connection as observed, and every socket call.
//! Invariant: real sockets, a real kernel, a real capture; a scenario waits for its condition, never for a time. One
//! file a scenario, listed in `SCENARIOS`; nothing here knows how it will be shown.

pub mod error;
pub mod late_close;
pub mod message;
pub mod place;
pub mod played;
pub mod scenario;
pub mod stage;
pub mod wire;

use crate::lab::scenario::Scenario;

/// All scenarios, in the order in which they teach.
pub const SCENARIOS: [&Scenario; 2] = [&message::SCENARIO, &late_close::SCENARIO];

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.into_iter().find(|scenario| scenario.name == name)
}
