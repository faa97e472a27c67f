//! What can go wrong on the stage.
//!
//! In: the errors of the rooms below. Out: one type with a subject, a cause and a next step.
//! Invariant: a leaf file.

use std::time::Duration;

use thiserror::Error;

use crate::capture::error::CaptureError;
use crate::exchange::error::ExchangeError;
use crate::kernel::error::KernelError;
use crate::lab::place::error::PlaceError;

/// Why a scenario could not be played to its end.
#[derive(Debug, Error)]
pub enum LabError {
    /// The capture failed.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// A socket call of the server or the client failed.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The place to play in could not be had.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The kernel could not be asked for its word.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// There is no recording of a scenario.
    #[error("{0}: no recording of it comes with this program")]
    NoRecording(&'static str),
    /// This system lacks what the scenario shows.
    #[error("{scenario}: {why}")]
    NotHere {
        /// The scenario.
        scenario: &'static str,
        /// What is missing.
        why: String,
    },
    /// A scenario of the wire was played where there is none.
    #[error("scenario: it needs a wire, and is played on a loopback")]
    NoWire,
    /// A scenario that is nothing on a wire was to be played on one.
    #[error("{scenario}: it has no wire, and takes no faults")]
    NoFaults {
        /// The scenario.
        scenario: &'static str,
    },
    /// A call went well that must fail.
    #[error("scenario: {0} went well, which must fail here")]
    Unexpected(&'static str),
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
        /// Whether it was played on a wire.
        is_on_wire: bool,
    },
    /// The exchange went well, but no segment of it was captured.
    #[error("{interface}: the exchange went well, but nothing of it was captured")]
    NothingCaptured {
        /// Where the capture ran.
        interface: String,
    },
}

impl LabError {
    /// What the system lacks, this scenario cannot be played without; any other error stays what it is.
    #[must_use]
    pub fn of(self, scenario: &'static str) -> Self {
        let is_lacking = match &self {
            Self::Place(error) => matches!(error, PlaceError::NotOffered),
            Self::Exchange(error) => error.is_unsupported(),
            _ => false,
        };
        if is_lacking { Self::NotHere { scenario, why: self.to_string() } } else { self }
    }

    /// Whether a fault of the wire may have brought it about, so that the play is over and was seen.
    pub const fn is_end_of_play(&self) -> bool {
        matches!(self, Self::Exchange(_) | Self::NoEnd { .. } | Self::Unexpected(_))
    }

    /// Whether the reader of what was to be written has gone.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Capture(error) if error.is_broken_pipe())
    }

    /// What to do about it, where there is something.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Capture(error) => error.next_step(),
            Self::Exchange(error) => error.next_step(),
            Self::Place(error) => error.next_step(),
            Self::Kernel(error) => error.next_step(),
            Self::NotHere { scenario, .. } => Some(format!("tcpshake demo {scenario} --recorded")),
            Self::NoRecording(_) => Some("tcpshake demo --list".to_owned()),
            Self::Program(_) | Self::NoWire | Self::Unexpected(_) => None,
            Self::NoEnd { is_on_wire: true, .. } => {
                Some("once more, on a machine that has less to do".to_owned())
            }
            Self::NoEnd { .. } => Some("once more; a firewall on the loopback would explain it".to_owned()),
            Self::NoFaults { scenario } => {
                Some(format!("tcpshake demo {scenario} without faults, or another: tcpshake demo message"))
            }
            Self::NothingCaptured { .. } => {
                Some("tcpshake interfaces, to see whether this is where the traffic passes".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::call::CallName;
    use crate::exchange::error::SystemError;

    #[test]
    fn what_the_system_lacks_is_no_failure_of_the_scenario() {
        let call = |kind: io::ErrorKind| {
            let system = SystemError::from(&io::Error::from(kind));
            ExchangeError::Call { call: CallName::SetSockOpt, address: ([127, 0, 0, 1], 6666).into(), system }
        };
        let unsupported = LabError::from(call(io::ErrorKind::Unsupported)).of("some");
        assert!(unsupported.to_string().starts_with("some: 127.0.0.1:6666: not offered on this system"));
        assert_eq!(unsupported.next_step().unwrap(), "tcpshake demo some --recorded");
        assert!(matches!(LabError::from(PlaceError::NotOffered).of("some"), LabError::NotHere { .. }));
        let failed = LabError::from(call(io::ErrorKind::NotConnected)).of("some");
        assert!(matches!(failed, LabError::Exchange(_)));
    }

    #[test]
    fn an_exchange_that_nobody_saw_is_no_failed_exchange() {
        let nothing = LabError::NothingCaptured { interface: "lo".to_owned() };
        assert_eq!(nothing.to_string(), "lo: the exchange went well, but nothing of it was captured");
        assert!(nothing.next_step().is_some_and(|step| step.starts_with("tcpshake interfaces")));
    }

    #[test]
    fn a_play_without_an_end_says_what_it_waited_for() {
        let limit = Duration::from_secs(15);
        let late =
            |is_on_wire| LabError::NoEnd { limit, waiting_for: "the end of both programs", is_on_wire };
        assert_eq!(
            late(false).to_string(),
            "scenario: no end after 15 s; the end of both programs did not happen"
        );
        assert!(late(false).next_step().is_some_and(|step| step.contains("loopback")));
        assert!(late(true).next_step().is_some_and(|step| !step.contains("loopback")));
    }
}
