//! The embedded server and client: real sockets, and a log of every call made on them.
//!
//! In: an address, a message, and a [`log::CallLog`] to write to. Out: what was received or sent, and the calls with
//! their times, on the clock that a capture stamps its frames with.
//! Invariant: one call in the log is one call to the system, in the order of the textbook; nothing is called besides
//! that would show on the wire.
//! Read: RFC 9293 §3.9.1 (the user's calls), and `socket(7)`, `tcp(7)`.

pub mod address;
pub mod client;
pub mod error;
pub mod log;
pub mod message;
pub mod options;
pub mod plain;
pub mod process;
pub mod server;
mod socket;
pub mod stopper;
#[cfg(target_os = "linux")]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod system;
