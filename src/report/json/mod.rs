//! `json`: JSON Lines, one record a line, for programs.
//!
//! In: steps, connections and the summary. Out: records as `docs/tcpshake.schema.json` has them and `docs/json.md`
//! explains them.
//! Invariant: `type` first; a number that is not known is left out, never 0 or null; a line is put
//! together whole before it is written. The shapes of records live here, apart from the types that the analyzer works with.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::label::Numbers;
use crate::analyzer::step::Step;
use crate::report::json::connection::ConnectionRecord;
use crate::report::json::finding::FindingRecord;
use crate::report::json::records::{Record, Records};
use crate::report::json::segment::SegmentRecord;
use crate::report::json::summary::SummaryRecord;
use crate::report::sink::Report;
use crate::report::style::Style;
use crate::report::summary::Summary;

mod connection;
mod finding;
mod options;
mod parts;
pub mod records;
mod segment;
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
    /// The line being put together, used again for each.
    line: Vec<u8>,
}

impl<W: Write> Json<W> {
    /// Writes those of `records` to `out`. Of `style` the numbers in labels count.
    pub const fn new(out: W, style: Style, records: Records) -> Self {
        Self { out, numbers: style.numbers, records, line: Vec::new() }
    }

    fn write(&mut self, record: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        record.serialize(&mut Serializer::with_formatter(&mut self.line, Decimals))?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)
    }
}

impl<W: Write + Send> Report for Json<W> {
    fn segment(&mut self, step: &Step) -> io::Result<()> {
        if !self.records.has(Record::Segments) {
            return Ok(());
        }
        self.write(&SegmentRecord::of(step, self.numbers))
    }

    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        if self.records.has(Record::Findings) {
            for finding in connection.findings() {
                self.write(&FindingRecord::of(finding, Some(connection.id())))?;
            }
        }
        if self.records.has(Record::Connections) {
            self.write(&ConnectionRecord::of(connection))?;
        }
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        if !self.records.has(Record::Findings) {
            return Ok(());
        }
        self.write(&FindingRecord::of(finding, None))
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        if !self.records.has(Record::Summary) {
            return Ok(());
        }
        self.write(&SummaryRecord::of(summary))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Compact JSON, with seconds as plain decimals: `0.000002` and not `2e-6`, which not every reader takes.
struct Decimals;

impl Formatter for Decimals {
    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // The shortest decimal that reads back as the same value.
        write!(writer, "{value}")
    }
}
