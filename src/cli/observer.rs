//! Frames in, report out: what `watch` and `read` have in common.
//!
//! In: frames from any source. Out: steps, connections and the summary, pushed to a report.
//! Invariant: every frame is accounted for: a segment, or left out for a reason that the summary names. What the user
//! must know is said once.

use std::collections::BTreeSet;
use std::io;

use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::tracker::Tracker;
use tcpshake::capture::source::Statistics;
use tcpshake::decode::{Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::report::sink::Report;
use tcpshake::report::summary::Summary;
use tcpshake::time::Timestamp;

use crate::cli::told::say;

/// Follows the frames of one input.
pub struct Observer<'r> {
    depth: usize,
    decoder: Decoder,
    tracker: Tracker,
    report: &'r mut dyn Report,
    summary: Summary,
    unsupported: BTreeSet<LinkType>,
}

impl<'r> Observer<'r> {
    /// Looks into `depth` tunnels inside one another, tracks within `config` and tells `report`.
    pub fn new(depth: usize, config: Config, report: &'r mut dyn Report) -> Self {
        Self {
            depth,
            decoder: Decoder::new(depth),
            tracker: Tracker::new(config),
            report,
            summary: Summary::default(),
            unsupported: BTreeSet::new(),
        }
    }

    /// Takes in a frame.
    pub fn frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.summary.count_frame(frame.number, frame.time);
        match self.decoder.decode(frame) {
            Ok(Decoded::Segment(segment)) => {
                self.summary.segments += 1;
                let step = self.tracker.observe(&segment);
                self.summary.quality.count_step(&step);
                self.report.segment(&step)?;
                return self.report_ended();
            }
            Ok(Decoded::Icmp(error)) => {
                self.summary.not_tcp += 1;
                self.summary.icmp_errors += u64::from(self.tracker.observe_icmp(&error));
            }
            Ok(Decoded::NotTcp) => self.summary.not_tcp += 1,
            Ok(Decoded::Fragment) => self.summary.count_fragment(frame.number),
            Ok(Decoded::TooDeep) => self.too_deep(),
            Ok(Decoded::UnsupportedLink(link)) => self.unsupported_link(frame.number, link),
            Err(_) => self.summary.malformed += 1,
        }
        // Whatever it was, it shows that the capture went on.
        self.tracker.expire(frame.time);
        self.report_ended()
    }

    /// Lets time pass where no frame came, and hands on what is held back.
    pub fn quiet(&mut self, now: Timestamp) -> io::Result<()> {
        self.tracker.expire(now);
        self.report_ended()?;
        self.flush()
    }

    /// Hands on what is held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.report.flush()
    }

    /// Whether frames had to be left out because their link type is not known.
    pub fn has_unsupported(&self) -> bool {
        !self.unsupported.is_empty()
    }

    /// Ends the account.
    pub fn finish(
        mut self,
        now: Option<Timestamp>,
        statistics: Statistics,
        is_live: bool,
    ) -> io::Result<Summary> {
        if let Some(now) = now {
            self.tracker.expire(now);
        }
        if statistics.dropped.is_some_and(|dropped| dropped > 0) {
            self.tracker.note_losses();
        }
        self.tracker.finish();
        self.report_ended()?;
        self.summary.connections = self.tracker.connections();
        self.summary.evicted = self.tracker.evicted();
        self.summary.captured = is_live.then_some(statistics.captured);
        self.summary.dropped = statistics.dropped;
        for finding in self.summary.findings_of_capture() {
            self.report.finding(&finding)?;
        }
        self.report.summary(&self.summary)?;
        self.report.flush()?;
        Ok(self.summary)
    }

    fn report_ended(&mut self) -> io::Result<()> {
        for connection in self.tracker.ended() {
            self.summary.count_findings(&connection);
            self.report.connection(&connection)?;
        }
        Ok(())
    }

    fn too_deep(&mut self) {
        self.summary.too_deep += 1;
        // Who asked for no tunnels at all knows that there are some.
        if self.summary.too_deep == 1 && self.depth > 0 {
            say(format_args!(
                "more than {} tunnels inside one another; what is deeper is left out\n  \
                 try: --depth {}",
                self.depth,
                self.depth * 2
            ));
        }
    }

    fn unsupported_link(&mut self, frame: u64, link: LinkType) {
        self.summary.count_unsupported(frame, link);
        if self.unsupported.insert(link) {
            say(format_args!(
                "link type {}: not supported; frames of it are left out\n  \
                 try: https://www.tcpdump.org/linktypes.html, to see what it is",
                link.0
            ));
        }
    }
}
