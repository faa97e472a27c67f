//! Recordings of the scenarios, for where they cannot be played.
//!
//! In: a scenario. Out: the capture of a play on a real kernel, read anew; and its calls and kernel words, as text.
//! Invariant: what is shown of a recording is worked out from its frames, as if they came now. `make record` makes
//! them; `fixtures/real/README.md` tells their origin.

use crate::capture::file::Files;
use crate::capture::source::{FrameSource, Next};
use crate::lab::error::LabError;
use crate::lab::scenario::Scenario;
use crate::lab::stage::tap::{Eye, View};
use crate::time::Timestamp;

/// One recording.
#[derive(Clone, Copy, Debug)]
pub struct Recording {
    /// The scenario's name.
    pub scenario: &'static str,
    /// What the client's tap captured; on a loopback, all there is.
    pub client: &'static [u8],
    /// What the server's tap captured, at the other end of a wire.
    pub server: Option<&'static [u8]>,
    /// The calls, and the kernel's words, as JSON Lines.
    pub calls: &'static str,
}

macro_rules! file {
    ($name:literal, $end:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/real/", $name, $end)
    };
}

macro_rules! recordings {
    (loopback: $($one:literal)* wire: $($two:literal)*) => {
        &[
            $(Recording {
                scenario: $one,
                client: include_bytes!(file!($one, ".pcap")),
                server: None,
                calls: include_str!(file!($one, ".jsonl")),
            },)*
            $(Recording {
                scenario: $two,
                client: include_bytes!(file!($two, ".pcap")),
                server: Some(include_bytes!(file!($two, ".server.pcap"))),
                calls: include_str!(file!($two, ".jsonl")),
            },)*
        ]
    };
}

/// All recordings.
pub const RECORDINGS: &[Recording] = recordings! {
    loopback:
    "message"
    "late-close"
    "race-to-close"
    "many-clients"
    "ipv6"
    "nonblocking"
    "no-accept"
    "deferred-accept"
    "fast-open"
    "time-wait-reuse"
    "self-connect"
    "mptcp"
    "refused"
    "accept-queue-full"
    "half-close"
    "abort-unread"
    "abort-linger"
    "write-after-close"
    "server-killed"
    "keep-alive"
    "zero-window"
    wire:
    "syn-lost"
    "no-answer"
    "syn-ack-lost"
    "third-ack-lost"
    "fin-lost"
    "last-ack-lost"
    "simultaneous-open"
    "simultaneous-close"
    "half-open-discovered"
    "duplicated-segment"
    "reordered-fin"
    "rst-injected-in-window"
    "rst-injected-out-of-window"
    "stale-syn"
    "icmp-unreachable"
    "one-way"
};

/// The recording of this scenario.
///
/// # Errors
///
/// `NoRecording`.
pub fn of(scenario: &Scenario) -> Result<&'static Recording, LabError> {
    let found = RECORDINGS.iter().find(|recording| recording.scenario == scenario.name);
    found.ok_or(LabError::NoRecording(scenario.name))
}

impl Recording {
    /// What the two taps saw; the server's where there was a wire.
    ///
    /// # Errors
    ///
    /// Where the recording cannot be read.
    pub fn views(&self) -> Result<(View, Option<View>), LabError> {
        let server = self.server.map(|octets| view(self.scenario, octets)).transpose()?;
        Ok((view(self.scenario, self.client)?, server))
    }
}

fn view(name: &str, octets: &'static [u8]) -> Result<View, LabError> {
    let mut files = Files::from_reader(&format!("recording of {name}"), octets);
    let (mut eye, mut last) = (Eye::new(), Timestamp(0));
    while let Next::Frame(frame) = files.next_frame()? {
        last = frame.time;
        eye.see(&frame);
    }
    let statistics = files.statistics();
    Ok(View { connections: eye.connections(last, statistics.has_lost()), statistics })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::scenario::Place;
    use crate::lab::scenarios::SCENARIOS;

    #[test]
    fn every_scenario_is_recorded_once() {
        for scenario in SCENARIOS {
            let recordings: Vec<_> =
                RECORDINGS.iter().filter(|recording| recording.scenario == scenario.name).collect();
            let [recording] = recordings[..] else { panic!("{}: {recordings:?}", scenario.name) };
            assert_eq!(
                recording.server.is_some(),
                scenario.setting.place == Place::Wire,
                "{}",
                scenario.name
            );
        }
        assert_eq!(RECORDINGS.len(), SCENARIOS.len());
    }
}
