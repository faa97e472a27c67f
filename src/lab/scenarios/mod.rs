//! The scenarios, one file each, in the order in which they teach.
//!
//! In: nothing. Out: the list, from which `demo --list`, `explain`, the recordings and the tests take them.
//! Invariant: a name stands once; groups stand together.

pub mod fast_open;
pub mod ipv6;
pub mod keep_alive;
pub mod late_close;
pub mod many_clients;
pub mod message;
pub mod mptcp;
pub mod race_to_close;
pub mod self_connect;
pub mod time_wait_reuse;
pub mod zero_window;

use crate::lab::scenario::Scenario;

/// All scenarios, in the order in which they teach.
pub const SCENARIOS: &[&Scenario] = &[
    &message::SCENARIO,
    &late_close::SCENARIO,
    &race_to_close::SCENARIO,
    &many_clients::SCENARIO,
    &ipv6::SCENARIO,
    &fast_open::SCENARIO,
    &time_wait_reuse::SCENARIO,
    &self_connect::SCENARIO,
    &mptcp::SCENARIO,
    &keep_alive::SCENARIO,
    &zero_window::SCENARIO,
];

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().copied().find(|scenario| scenario.name == name)
}
