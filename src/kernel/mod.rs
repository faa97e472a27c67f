//! The kernel as witness: what it says itself of its TCP sockets, where the system offers that.
//!
//! In: ports. Out: `KernelEvent`s on the clock of the capture, and by how much the kernel's counters rose.
//! Invariant: the host's mounts and other people's tracing are not touched, and nothing is left behind; what a killed
//! process left is removed by the next. Linux alone has it; elsewhere opening answers so.
//! Read: `docs/kernel.md`; field guide section 6.

mod clock;
pub mod counters;
pub mod error;
mod format;
mod instance;
mod record;
mod ring;
mod tracefs;
pub mod witness;
