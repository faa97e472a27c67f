//! The laboratory, for real: every scenario played, its expectations held, its states judged by the kernel.
//!
//! In: the list of scenarios. Out: for each, what was missed. What this process may not do is said aloud, never passed.
//! Invariant: every play has a namespace of its own, so that nothing of the host is touched and nothing is left.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

mod faults;
mod judge;
mod killed;
mod played;
mod recorded;
#[path = "../cli/run.rs"]
mod run;
#[cfg(target_os = "linux")]
mod user;
