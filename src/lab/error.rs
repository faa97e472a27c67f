//! What can go wrong on the stage.
//!
//! In: the errors of the rooms below. Out: one type with a subject, a cause and a next step.
//! Invariant: a leaf file.

use std::time::Duration;

use thiserror::Error;

use crate::capture::error::CaptureError;
use crate::exchange::error::ExchangeError;

/// Why a scenario could not be played to its end.
#[derive(Debug, Error)]
pub enum LabError {
    /// The capture failed.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A socket call of the server or the client failed.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A program of the scenario could not be started, or ended by itself.
    #[error("scenario: the {0} could not be run")]
    Program(&'static str),
    /// The scenario did not come to its end in time.
    #[error("scenario: no end after {} s; {waiting_for} did not happen", limit.as_secs())]
    NoEnd {
        /// How long it was given.
        limit: Duration,
        /// What was waited for.
        waiting_for: &'static str,
    },
    /// The exchange went well, but no segment of it was captured.
    #[error("{interface}: the exchange went well, but nothing of it was captured")]
    NothingCaptured {
        /// Where the capture ran.
        interface: String,
    },
}

impl LabError {
    /// What to do about it, where there is something.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Capture(error) => error.next_step(),
            Self::Exchange(error) => error.next_step(),
            Self::Program(_) => None,
            Self::NoEnd { .. } => Some("once more; a firewall on the loopback would explain it".to_owned()),
            Self::NothingCaptured { .. } => {
                Some("tcpshake interfaces, to see whether this is where the traffic passes".to_owned())
            }
        }
    }
}
