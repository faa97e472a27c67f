//! `json`: JSON Lines, one record a line, for programs.
//!
//! In: steps, connections, calls, the kernel's words and the summary. Out: records as `docs/tcpshake.schema.json` has them and `docs/json.md`
//! explains them.
//! Invariant: `type` first; a number that is not known is left out, never 0 or null; a line is put
//! together whole before it is written. The shapes of records live here, apart from the types that the analyzer works
//! with: those that come in millions are put together by hand, the others by `serde_json`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::label::Numbers;
use crate::analyzer::step::Step;
use crate::call::SocketCall;
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::Clock;
use crate::report::json::call::CallRecord;
use crate::report::json::connection::ConnectionRecord;
use crate::report::json::finding::FindingRecord;
use crate::report::json::kernel::KernelRecord;
use crate::report::json::pen::Page;
use crate::report::json::rare::Decimals;
use crate::report::json::records::{Record, Records};
use crate::report::json::segment::SegmentRecord;
use crate::report::json::summary::SummaryRecord;
use crate::report::sink::Report;
use crate::report::style::Style;
use crate::report::summary::Summary;
use crate::witness::KernelEvent;

mod call;
mod connection;
mod finding;
mod kernel;
#[cfg(test)]
mod model;
mod options;
mod out;
mod parts;
mod pen;
mod rare;
pub mod recorded;
pub mod records;
mod room;
mod segment;
mod stretches;
mod summary;
#[cfg(test)]
mod tests;
pub mod verdict;

/// Writes JSON Lines.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    numbers: Numbers,
    records: Records,
    /// The second of the last segment.
    clock: Clock,
    /// The seconds in which connections began last, and ended.
    clocks: [Clock; 2],
    page: Page,
    /// The line being put together, used again for each.
    line: Buffer,
}

impl<W: Write> Json<W> {
    /// Writes those of `records` to `out`. Of `style` the numbers in labels count.
    pub fn new(out: W, style: Style, records: Records) -> Self {
        Self {
            out,
            numbers: style.numbers,
            records,
            clock: Clock::default(),
            clocks: Default::default(),
            page: Page::default(),
            line: Buffer::new(),
        }
    }

    fn serialize(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        record.serialize(&mut Serializer::with_formatter(&mut self.line, Decimals))?;
        self.line.add("\n");
        self.out.write_all(self.line.octets())
    }
}

fn write(out: &mut impl Write, line: &mut Buffer, record: impl Put) -> io::Result<()> {
    line.clear();
    line.add((record, "\n"));
    out.write_all(line.octets())
}

impl<W: Write + Send> Report for Json<W> {
    fn wants_segments(&self) -> bool {
        self.records.has(Record::Segments)
    }

    fn segment(&mut self, step: &Step) -> io::Result<()> {
        if !self.records.has(Record::Segments) {
            return Ok(());
        }
        let time = self.clock.stamp(step.segment.time);
        write(&mut self.out, &mut self.line, SegmentRecord { step, numbers: self.numbers, time })
    }

    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        if self.records.has(Record::Findings) {
            for finding in connection.findings() {
                let record = FindingRecord { connection: Some(connection.id()), finding };
                write(&mut self.out, &mut self.line, record)?;
            }
        }
        if self.records.has(Record::Connections) {
            let record = ConnectionRecord::of(connection, &mut self.clocks);
            let line = match connection.went_by_the_book() {
                Some(course) => record.line(&course, &mut self.page),
                None => record.any_line(&mut self.page),
            };
            match line {
                Some(line) => self.out.write_all(line)?,
                None => {
                    self.line.clear();
                    self.line.add(record);
                    self.out.write_all(self.line.octets())?;
                }
            }
        }
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        if !self.records.has(Record::Findings) {
            return Ok(());
        }
        write(&mut self.out, &mut self.line, FindingRecord { connection: None, finding })
    }

    fn call(&mut self, call: &SocketCall) -> io::Result<()> {
        if !self.records.has(Record::Calls) {
            return Ok(());
        }
        self.serialize(&CallRecord::of(call))
    }

    fn kernel(&mut self, said: &KernelEvent) -> io::Result<()> {
        if !self.records.has(Record::Kernel) {
            return Ok(());
        }
        self.serialize(&KernelRecord::of(said))
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        if !self.records.has(Record::Summary) {
            return Ok(());
        }
        self.serialize(&SummaryRecord::of(summary))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
