//! The analyzer: from segments to labels, states of both ends, and what became of each connection.
//!
//! In: `Segment`s with their times, in capture order. Out: a `Step` for each, and a `Connection` when one ends.
//! Invariant: sans-IO. No clock, file, terminal or environment here; the same segments give the same steps.
//! A segment is never refused for being impossible: it is labelled, and moves what its numbers entitle it to.
//! Start reading at `tracker.rs`, then `connection.rs`, `judge.rs`, `endpoint.rs`, `state.rs`.

#![warn(clippy::arithmetic_side_effects, clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

pub mod closing;
pub mod compare;
pub mod config;
pub mod connection;
pub mod diagnosis;
pub mod endpoint;
pub mod facts;
pub mod few;
mod follow;
pub mod hearsay;
pub mod hold;
pub mod in_state;
pub mod incarnation;
pub mod judge;
pub mod label;
pub mod look;
pub mod measures;
#[cfg(test)]
pub(crate) mod moves;
pub mod numbers;
pub mod opening;
pub mod outcome;
pub mod outline;
pub mod pack;
pub mod pack_std;
pub mod pairs;
pub mod reading;
pub mod retries;
pub mod role;
pub mod sent;
mod short_way;
pub mod sightings;
pub mod state;
pub mod step;
pub mod sweep;
pub mod tracker;
mod verdicts;
pub mod waits;
pub mod witnessed;
