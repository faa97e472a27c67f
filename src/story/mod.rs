//! The story of a connection: segments, socket calls and the kernel's word in one order.
//!
//! In: the steps of a connection as one tap or two saw them, and what is known beside them. Out: events as they happened.
//! Invariant: segments keep the order of the capture; calls and the kernel's words stand where their times put them;
//! nothing is told twice.

pub mod beside;
pub mod both;
pub mod event;
mod listener;
pub mod older;
pub mod order;
mod pairing;
pub mod witness;
