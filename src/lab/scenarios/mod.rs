//! The scenarios, one file each, in the order in which they teach.
//!
//! In: nothing. Out: the list, from which `demo --list`, `explain`, the recordings and the tests take them.
//! Invariant: a name stands once; groups stand together.

pub mod abort_linger;
pub mod abort_unread;
pub mod accept_queue_full;
pub mod deferred_accept;
pub mod duplicated_segment;
pub mod fast_open;
pub mod fin_lost;
pub mod half_close;
pub mod half_open_discovered;
pub mod icmp_unreachable;
pub mod ipv6;
pub mod keep_alive;
pub mod last_ack_lost;
pub mod late_close;
pub mod many_clients;
pub mod message;
pub mod mptcp;
pub mod no_accept;
pub mod no_answer;
pub mod nonblocking;
pub mod one_way;
pub mod race_to_close;
pub mod refused;
pub mod reordered_fin;
pub mod rst_injected_in_window;
pub mod rst_injected_out_of_window;
pub mod self_connect;
pub mod server_killed;
pub mod simultaneous_close;
pub mod simultaneous_open;
pub mod stale_syn;
pub mod syn_ack_lost;
pub mod syn_lost;
pub mod third_ack_lost;
pub mod time_wait_reuse;
pub mod write_after_close;
pub mod zero_window;

use crate::lab::scenario::Scenario;

/// All scenarios, in the order in which they teach.
pub const SCENARIOS: &[&Scenario] = &[
    &message::SCENARIO,
    &late_close::SCENARIO,
    &race_to_close::SCENARIO,
    &many_clients::SCENARIO,
    &ipv6::SCENARIO,
    &nonblocking::SCENARIO,
    &no_accept::SCENARIO,
    &deferred_accept::SCENARIO,
    &fast_open::SCENARIO,
    &time_wait_reuse::SCENARIO,
    &self_connect::SCENARIO,
    &mptcp::SCENARIO,
    &refused::SCENARIO,
    &accept_queue_full::SCENARIO,
    &half_close::SCENARIO,
    &abort_unread::SCENARIO,
    &abort_linger::SCENARIO,
    &write_after_close::SCENARIO,
    &server_killed::SCENARIO,
    &keep_alive::SCENARIO,
    &zero_window::SCENARIO,
    &syn_lost::SCENARIO,
    &no_answer::SCENARIO,
    &syn_ack_lost::SCENARIO,
    &third_ack_lost::SCENARIO,
    &fin_lost::SCENARIO,
    &last_ack_lost::SCENARIO,
    &simultaneous_open::SCENARIO,
    &simultaneous_close::SCENARIO,
    &half_open_discovered::SCENARIO,
    &duplicated_segment::SCENARIO,
    &reordered_fin::SCENARIO,
    &rst_injected_in_window::SCENARIO,
    &rst_injected_out_of_window::SCENARIO,
    &stale_syn::SCENARIO,
    &icmp_unreachable::SCENARIO,
    &one_way::SCENARIO,
];

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().copied().find(|scenario| scenario.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lab::scenario::{Group, Place};

    #[test]
    fn the_hosts_settings_are_never_touched() {
        for scenario in SCENARIOS {
            let is_own = scenario.setting.place != Place::Loopback;
            assert!(is_own || scenario.setting.system.is_empty(), "{}", scenario.name);
        }
    }

    #[test]
    fn names_stand_once_and_groups_together() {
        let names: BTreeSet<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        assert_eq!(names.len(), SCENARIOS.len());
        let mut groups: Vec<Group> = SCENARIOS.iter().map(|scenario| scenario.group).collect();
        groups.dedup();
        let once: BTreeSet<Group> = groups.iter().copied().collect();
        assert_eq!(groups.len(), once.len(), "{groups:?}");
        assert!(find("message").is_some() && find("nothing").is_none());
    }
}
