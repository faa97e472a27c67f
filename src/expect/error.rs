//! What is wrong with the text of an expectation.
//!
//! In: the place and the words that could stand there. Out: one line, and the text as it may have been meant.
//! Invariant: what is offered in its place is itself an expectation.

use thiserror::Error;

/// A text that is no expectation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("at character {column}: {says}")]
pub struct BadExpectation {
    /// The character, from 1, at which it goes wrong.
    pub column: usize,
    /// What is wrong there.
    pub says: String,
    /// The whole text as it may have been meant.
    pub meant: Option<String>,
}
