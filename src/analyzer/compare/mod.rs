//! A connection in the words of other tools, for comparison: Zeek's conn.log and Wireshark's `tcp.completeness`.
//!
//! In: each segment of one connection, those that the capture saw twice included. Out: `conn_state`, `history`,
//! `completeness`.
//! Invariant: these go by the letter of those tools and move nothing here; where they differ from `outcome`, `outcome`
//! is right (docs/comparison.md).
//! Start reading at `zeek.rs`.

pub mod completeness;
mod content;
mod end;
mod history;
pub mod talk;
pub mod zeek;
