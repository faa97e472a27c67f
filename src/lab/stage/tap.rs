//! A tap: one capture, decoded and tracked as it runs.
//!
//! In: where to capture. Out: the steps so far, and at the end the connections.
//! Invariant: what is captured is written to the savefile, where there is one, before anything is made of it.

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::analyzer::config::Config;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::testimony::Rises;
use crate::analyzer::label::Numbers;
use crate::analyzer::step::Step;
use crate::analyzer::tracker::Tracker;
use crate::capture::live::{Live, LiveOptions};
use crate::capture::save::Savefile;
use crate::capture::source::{FrameSource, Next, Statistics};
use crate::decode::{DEPTH, Decoded, Decoder};
use crate::frame::Frame;
use crate::lab::error::LabError;
use crate::lab::place::ground::Ground;
use crate::story::beside::{Beside, OfConnection};
use crate::time::Timestamp;
use crate::witness::{CounterRise, KernelEvent};

/// Steps kept of each connection.
pub const KEPT: usize = 4096;

/// So many frames are taken before others have their turn.
const AT_ONCE: usize = 1024;

/// How often it looks once more at the end.
const LAST_LOOKS: usize = 64;

/// How long it waits for a frame before others have their turn.
const WAIT: Duration = Duration::from_millis(2);

/// The longest frame on a loopback, and more: 64 KiB and its Ethernet header.
const WHOLE: u32 = 66_000;

/// A capture, decoding and tracking in one.
pub struct Tap {
    source: Live,
    eye: Eye,
    save: Option<Savefile>,
    /// Whether what comes now is no part of the play any more.
    is_closed: bool,
    /// All steps so far, of all connections, as they passed.
    pub steps: Vec<Step>,
}

/// Decoding and tracking, wherever the frames come from.
pub struct Eye {
    decoder: Decoder,
    tracker: Tracker,
}

/// What a tap saw, at its end.
#[derive(Debug)]
pub struct View {
    /// The connections, in order of first appearance.
    pub connections: Vec<Connection>,
    /// Frames captured, and lost.
    pub statistics: Statistics,
}

impl Tap {
    /// Begins to capture what `filter` lets pass, whole frames if asked to.
    ///
    /// # Errors
    ///
    /// As [`Live::open`], and where the savefile cannot be made.
    pub fn open(
        ground: &Ground,
        filter: &str,
        is_whole: bool,
        write: Option<&Path>,
    ) -> Result<Self, LabError> {
        let mut options = LiveOptions::new(ground.interface());
        options.filter = Some(filter.to_owned());
        options.wait = WAIT;
        if is_whole || write.is_some() {
            options.snap_len = WHOLE;
        }
        let source = ground.within(|| Live::open(&options))??;
        let save = write.map(|path| Savefile::create(path, source.link())).transpose()?;
        Ok(Self { source, eye: Eye::new(), save, is_closed: false, steps: Vec::new() })
    }

    /// Takes the frames that are there, up to a bound, and waits a moment for one more. Whether there was any.
    ///
    /// # Errors
    ///
    /// Where the capture or the savefile fails.
    pub fn take(&mut self) -> Result<bool, LabError> {
        let mut any = false;
        if self.is_closed {
            return Ok(any);
        }
        for _ in 0..AT_ONCE {
            let Next::Frame(frame) = self.source.next_frame()? else { break };
            any = true;
            if let Some(save) = &mut self.save {
                save.write(&frame)?;
            }
            if let Some(step) = self.eye.see(&frame).filter(|_| self.steps.len() < KEPT) {
                self.steps.push(step);
            }
        }
        if let Some(save) = &mut self.save {
            save.flush()?;
        }
        Ok(any)
    }

    /// Takes what lies in the ring, and nothing from then on.
    ///
    /// # Errors
    ///
    /// As `take`.
    pub fn close(&mut self) -> Result<(), LabError> {
        // Strangers may go on talking on the same port.
        let mut left = LAST_LOOKS;
        while left > 0 && self.take()? {
            left -= 1;
        }
        self.is_closed = true;
        Ok(())
    }

    /// What it saw. What lies in the ring is taken first.
    ///
    /// # Errors
    ///
    /// As `take`.
    pub fn end(mut self) -> Result<View, LabError> {
        self.close()?;
        let statistics = self.source.statistics();
        // What was silent until now was silent for so long.
        Ok(View { connections: self.eye.connections(now(), statistics.has_lost()), statistics })
    }
}

impl View {
    /// Has the kernel's word settle what the segments leave open.
    pub fn hears(&mut self, kernel: &[KernelEvent], counters: &[CounterRise]) {
        for connection in &mut self.connections {
            let all = Beside { calls: &[], kernel };
            let own = OfConnection::select(all, connection.sockets(), true);
            // Counters are told of a scenario's own namespaces alone.
            connection.hears(own.beside().kernel, Rises { counters, is_own: true });
        }
    }
}

impl Eye {
    /// Has seen nothing yet.
    pub fn new() -> Self {
        let config = Config { keep_steps: KEPT, ..Config::default() };
        Self { decoder: Decoder::new(DEPTH), tracker: Tracker::new(config) }
    }

    /// Sees a frame; the step, if it is a segment.
    pub fn see(&mut self, frame: &Frame<'_>) -> Option<Step> {
        match self.decoder.decode(frame) {
            Ok(Decoded::Segment(segment)) => Some(self.tracker.observe(&segment)),
            Ok(Decoded::Icmp(error)) => {
                self.tracker.observe_icmp(&error);
                None
            }
            _ => None,
        }
    }

    /// The connections as they are `now`, in order of first appearance. `has_lost`: whether the capture lost frames.
    pub fn connections(mut self, now: Timestamp, has_lost: bool) -> Vec<Connection> {
        if has_lost {
            self.tracker.note_losses();
        }
        self.tracker.expire(now);
        self.tracker.finish();
        let mut connections: Vec<Connection> = self.tracker.ended().collect();
        connections.sort_by_key(Connection::id);
        connections
    }
}

impl Default for Eye {
    fn default() -> Self {
        Self::new()
    }
}

/// Capture stamps are on this clock.
#[allow(clippy::disallowed_methods, reason = "silence has no stamp")]
fn now() -> Timestamp {
    SystemTime::now().into()
}

/// A step's label, without its text: `ACK K+1, DATA 5`.
pub fn label(step: &Step) -> String {
    step.label.show(Numbers::Symbolic).to_string()
}

/// Whether a step bears this label, for the first time or again.
pub fn is_labelled(step: &Step, wanted: &str) -> bool {
    let label = label(step);
    label.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(" (again"))
}
