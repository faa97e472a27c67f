//! News in, a report out: the last of three stages.
//!
//! In: steps, and connections that have ended. Out: a report, with the summary last.
//! Invariant: the order of the news is kept; each connection gets its last verdicts here.

use std::io;

use tcpshake::analyzer::connection::Connection;
use tcpshake::analyzer::hold::ending::Ending;
use tcpshake::analyzer::hold::shapes::Shapes;
use tcpshake::fetch::fetch_at;
use tcpshake::report::sink::Report;
use tcpshake::report::summary::Summary;
use tcpshake::time::Timestamp;

use crate::cli::follower::News;
use crate::cli::hearing::Hearing;
use crate::cli::items::{Item, Items};

/// So far ahead what an ending needs is asked for.
const AHEAD: usize = 8;

/// Tells a report.
pub struct Teller<'r> {
    report: &'r mut dyn Report,
    summary: Summary,
    hearing: Option<Hearing>,
    /// What the connections told so far came to.
    shapes: Shapes,
}

impl<'r> Teller<'r> {
    /// Tells `report`.
    pub fn new(report: &'r mut dyn Report) -> Self {
        let shapes = Shapes::new(report.wants_history());
        Self { report, summary: Summary::default(), hearing: None, shapes }
    }

    /// Hears the kernel, too.
    pub fn listen(&mut self, hearing: Hearing) {
        self.hearing = Some(hearing);
    }

    /// Tells what the kernel has said until `time`, with the segments among `items` about to be told.
    pub fn hear(&mut self, items: &Items, time: Timestamp) -> io::Result<()> {
        let Some(hearing) = &mut self.hearing else { return Ok(()) };
        let mut told = Vec::new();
        for segment in items.others().filter_map(Item::segment) {
            hearing.meet(segment.source, segment.destination, &mut told);
        }
        hearing.hear(time, &mut told);
        told.iter().try_for_each(|said| self.report.kernel(said))
    }

    /// Whether the report wants steps.
    pub fn wants_steps(&self) -> bool {
        self.report.wants_segments()
    }

    /// Tells all of the news, and leaves the connections in it as told.
    pub fn tell(&mut self, news: &mut News) -> io::Result<()> {
        let Self { report, summary, hearing, shapes } = self;
        let News { steps, ended, before, told } = news;
        let (mut before, mut ended) = (before.drain(..), ended.drain(..));
        let mut steps_told = 0;
        ended.as_slice().iter().take(AHEAD).for_each(Ending::fetch);
        while let Some(ending) = ended.next() {
            if let Some(later) = ended.as_slice().get(AHEAD - 1) {
                later.fetch();
            }
            fetch_at(ended.as_slice(), 2 * AHEAD);
            let before = before.next().unwrap_or(steps_told);
            for step in &steps[steps_told..before] {
                report.segment(step)?;
            }
            steps_told = before;
            let mut tell = |connection: &Connection| {
                summary.count_findings(connection);
                report.connection(connection)
            };
            match hearing {
                None => ending.tell(told, shapes, tell)?,
                Some(hearing) => {
                    let mut connection = ending.finish(told);
                    hearing.testify(&mut connection);
                    tell(&connection)?;
                    told.give_back(connection);
                }
            }
        }
        for step in &steps[steps_told..] {
            report.segment(step)?;
        }
        steps.clear();
        Ok(())
    }

    /// Hands on what is held back.
    pub fn flush(&mut self) -> io::Result<()> {
        self.report.flush()
    }

    /// Ends the report with what all stages have counted.
    pub fn finish(self, mut summary: Summary) -> io::Result<Summary> {
        summary.join(self.summary);
        for finding in summary.findings_of_capture() {
            self.report.finding(&finding)?;
        }
        self.report.summary(&summary)?;
        self.report.flush()?;
        Ok(summary)
    }
}
