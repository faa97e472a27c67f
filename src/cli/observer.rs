//! Frames in, report out: what `watch`, `read` and `check` have in common.
//!
//! In: frames from any source. Out: steps, connections and the summary, pushed to a report.
//! Invariant: three stages (intake, follower, teller), here one after the other for each frame, in `alone.rs` by turns, in
//! `pipeline.rs` beside one another; what comes out is the same.

use std::io;

use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::hold::ahead::Prepared;
use tcpshake::capture::error::CaptureError;
use tcpshake::capture::source::Statistics;
use tcpshake::frame::Frame;
use tcpshake::report::sink::Report;
use tcpshake::report::summary::Summary;
use tcpshake::time::Timestamp;

use crate::cli::follower::{Follower, News};
use crate::cli::hearing::Hearing;
use crate::cli::intake::Intake;
use crate::cli::items::{AHEAD, Items};
use crate::cli::teller::Teller;

/// Follows the frames of one input.
pub struct Observer<'r> {
    pub(super) intake: Intake,
    pub(super) follower: Follower,
    pub(super) teller: Teller<'r>,
    pub(super) news: News,
    pub(super) items: Items,
    prepared: Vec<Prepared>,
}

/// What reading files came to.
pub struct Outcome {
    /// What was counted.
    pub summary: Summary,
    /// What went wrong on the way.
    pub errors: Vec<CaptureError>,
    /// Whether anything had to be left out of the report.
    pub is_partial: bool,
}

impl Outcome {
    /// With what was counted and what went wrong; `is_partial` says whether anything was left out that is no error.
    pub(super) fn new(summary: Summary, errors: Vec<CaptureError>, is_partial: bool) -> Self {
        let is_partial = is_partial || errors.iter().any(|error| !error.is_warning());
        Self { summary, errors, is_partial }
    }
}

impl<'r> Observer<'r> {
    /// Looks into `depth` tunnels inside one another, tracks within `config` and tells `report`.
    pub fn new(depth: usize, config: Config, report: &'r mut dyn Report) -> Self {
        let teller = Teller::new(report);
        let follower = Follower::new(config, teller.wants_steps());
        let mut intake = Intake::new(depth, follower.hasher());
        intake.is_brief = !teller.wants_steps();
        Self {
            intake,
            follower,
            teller,
            news: News::default(),
            items: Items::default(),
            prepared: Vec::new(),
        }
    }

    /// Says nothing but errors, where `is_quiet`.
    #[must_use]
    pub fn saying_errors_alone(mut self, is_quiet: bool) -> Self {
        self.intake.is_quiet = is_quiet;
        self
    }

    /// Hears the kernel, too, where it can be heard.
    #[must_use]
    pub fn listening(mut self, hearing: Option<Hearing>) -> Self {
        if let Some(hearing) = hearing {
            self.teller.listen(hearing);
            // It is told of the sockets of each segment.
            self.intake.is_brief = false;
        }
        self
    }

    /// Takes in a frame.
    pub fn frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        self.intake.take(frame, &mut self.items);
        self.teller.hear(&self.items, frame.time)?;
        self.portion()
    }

    /// The turns of the follower and the teller, with what the intake has taken in.
    pub(super) fn portion(&mut self) -> io::Result<()> {
        let Self { follower, teller, news, items, prepared, .. } = self;
        for few in items.chunks(AHEAD) {
            follower.take_few(few, prepared, news, |news| teller.tell(news))?;
        }
        items.clear();
        teller.tell(news)
    }

    /// Lets time pass where no frame came, and hands on what is held back.
    pub fn quiet(&mut self, now: Timestamp) -> io::Result<()> {
        self.teller.hear(&Items::default(), now)?;
        self.follower.expire(now, &mut self.news, |news| self.teller.tell(news))?;
        self.teller.tell(&mut self.news)?;
        self.flush()
    }

    /// Hands on what is held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.teller.flush()
    }

    /// Whether frames had to be left out because their link type is not known.
    pub fn has_unsupported(&self) -> bool {
        self.intake.has_unsupported()
    }

    /// Ends the account of a live capture, at `now`.
    pub fn finish_live(mut self, now: Timestamp, statistics: Statistics) -> io::Result<Summary> {
        self.teller.hear(&Items::default(), now)?;
        self.follower.expire(now, &mut self.news, |news| self.teller.tell(news))?;
        self.teller.tell(&mut self.news)?;
        self.finish(statistics, Some(statistics.captured))
    }

    /// Ends the account; `captured` is what a live capture took.
    pub(super) fn finish(mut self, statistics: Statistics, captured: Option<u64>) -> io::Result<Summary> {
        let has_lost = statistics.has_lost();
        self.follower.finish(has_lost, |news| self.teller.tell(news))?;
        let mut summary = Summary {
            captured,
            dropped: statistics.dropped,
            damaged_blocks: statistics.damaged,
            ..Summary::default()
        };
        summary.join(self.intake.into_summary());
        summary.join(self.follower.into_summary());
        self.teller.finish(summary)
    }
}
