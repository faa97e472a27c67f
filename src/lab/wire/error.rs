//! What is wrong with a fault that was written down.
//!
//! In: the text and what was expected of it. Out: subject, cause, next step.
//! Invariant: a leaf file.

use thiserror::Error;

/// A fault that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("'{text}': {cause}")]
pub struct FaultError {
    text: String,
    cause: String,
    next_step: &'static str,
}

impl FaultError {
    /// `text` cannot be read because of `cause`; `next_step` shows how such a thing is written.
    pub fn new(text: &str, cause: impl Into<String>, next_step: &'static str) -> Self {
        Self { text: text.to_owned(), cause: cause.into(), next_step }
    }

    /// The same about the whole of which its text is a part.
    #[must_use]
    pub fn in_whole(self, whole: &str) -> Self {
        Self { text: whole.to_owned(), ..self }
    }

    /// How it is written.
    pub const fn next_step(&self) -> &'static str {
        self.next_step
    }
}
