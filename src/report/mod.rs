//! Reports: what was observed, as text.
//!
//! In: `Step`s, `Connection`s and the `Summary`, pushed in the order in which they come to be known (`sink.rs`). Out:
//! text on any `io::Write`, one file here for each format, and one `match` in `format.rs` that chooses.
//! Invariant: a report knows neither where segments come from nor where its text goes, and reads no clock, file,
//! terminal or environment. What it cannot write it hands back as the error that it met.

pub mod address;
pub mod buffer;
pub mod clock;
pub mod columns;
pub mod format;
pub mod json;
pub mod kernel;
pub mod ladder;
pub mod lines;
pub mod list;
pub mod names;
pub mod quality;
pub mod said;
#[cfg(test)]
mod samples;
pub mod short;
pub mod sink;
pub mod style;
pub mod summary;
pub mod table;
pub mod thousands;
pub mod times;
pub mod verdict;
