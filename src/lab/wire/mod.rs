//! The wire: two grounds, and between them a cable that this program is.
//!
//! In: what the cable is to do to which segments. Out: the two grounds, and an account of what was done.
//! Invariant: without faults the cable changes nothing but the checksums that the sender left to its interface, and keeps
//! the order.

#[cfg(target_os = "linux")]
pub mod cable;
pub mod counts;
pub mod error;
pub mod fault;
pub mod flow;
pub mod forge;
pub mod grammar;
#[cfg(target_os = "linux")]
pub mod lay;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
pub mod lay;
pub mod octets;
pub mod pattern;
pub mod plan;
#[cfg(target_os = "linux")]
pub mod port;
