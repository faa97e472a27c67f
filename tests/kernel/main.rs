//! The kernel as witness, on connections that a test makes on the loopback: what it says, and that nothing is left behind.
//!
//! Every test asks first whether this process may listen to the kernel, and says aloud where it may not. Each has a port
//! of its own, and every wait is for a condition.

#![cfg(all(feature = "cli", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

#[path = "../support/aloud.rs"]
mod aloud;
mod leftovers;
mod resets;
mod states;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tcpshake::kernel::error::KernelError;
use tcpshake::kernel::witness::Witness;
use tcpshake::witness::{KernelEvent, KernelWord, complete};

/// Longer than the kernel ever takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A witness, where this process may have one; says so where not.
#[track_caller]
fn witness(test: &str, ports: &[u16]) -> Option<Witness> {
    match Witness::open(ports) {
        Ok(witness) => Some(witness),
        Err(error @ (KernelError::NotPermitted { .. } | KernelError::NoTracefs { .. })) => {
            aloud::skipped(&format!("{test}: {error}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Takes what is said until `enough` holds.
#[track_caller]
fn hear(witness: &mut Witness, enough: impl Fn(&[KernelEvent]) -> bool) -> Vec<KernelEvent> {
    let mut said = Vec::new();
    #[allow(clippy::disallowed_methods, reason = "a limit on the waiting")]
    let begun = Instant::now();
    while !enough(&said) {
        assert!(begun.elapsed() < PATIENCE, "not all was said: {said:#?}");
        said.extend(witness.take().unwrap());
        complete(&mut said);
        std::thread::yield_now();
    }
    said
}

/// The states of one end, in order: `CLOSE>SYN_SENT`.
fn states(said: &[KernelEvent], local: SocketAddr, peer: SocketAddr) -> Vec<String> {
    let of_end = said.iter().filter(|event| event.local == local && event.peer == peer);
    of_end
        .filter_map(|event| match event.word {
            KernelWord::State { from, to } => Some(format!("{from}>{to}")),
            _ => None,
        })
        .collect()
}
