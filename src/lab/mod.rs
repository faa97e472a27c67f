//! The laboratory: scenarios that embedded programs play on a real kernel while it is captured.
//!
//! In: a scenario and what to say. Out: what was played: the connections as observed at each end, every socket call, and
//! the kernel's own word.
//! Invariant: real sockets, a real kernel, a real capture; a scenario waits for its condition, never for a time. One
//! file a scenario, listed in `scenarios/mod.rs`; nothing here knows how it will be shown.

pub mod error;
pub mod listening;
pub mod opened;
pub mod place;
pub mod play;
pub mod played;
pub mod recordings;
pub mod scenario;
pub mod scenarios;
pub mod stage;
pub mod textbook;
pub mod verdict;
pub mod wire;
