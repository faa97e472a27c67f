//! The laboratory by its command: its recordings, its faults, its plays killed, and played by a user without rights.
//!
//! In: command lines. Out: what was missed. That every scenario comes out stands in `tests/played`. What this process may not do is said aloud, never passed.
//! Invariant: every play has a namespace of its own, so that nothing of the host is touched and nothing is left.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

mod faults;
mod killed;
mod recorded;
#[path = "../cli/run.rs"]
mod run;
#[cfg(target_os = "linux")]
mod user;
