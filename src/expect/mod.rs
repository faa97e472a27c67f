//! Expectations: what somebody says a capture must show, and whether it does.
//!
//! In: text (`grammar.rs`), then connections as they end and findings about the capture as a whole (`judge.rs`). Out: an
//! `Expectation`, or what is wrong with the text; a `Verdict` on each, with what was seen instead and in which frames.
//! Invariant: pure. No clock, file or terminal; what is kept of failures is bounded, however many connections come.
//! To add a claim: its words in `grammar.rs`, its variant in `claim.rs`, its arm in `judge.rs`, its row in `docs/check.md`.

pub mod claim;
pub mod error;
pub mod grammar;
pub mod judge;
pub mod selector;
pub mod verdict;
mod words;
