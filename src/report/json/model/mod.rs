//! The records of millions as `serde_json` writes them: the measure of those that are put together by hand.
//!
//! In: steps, connections, findings. Out: the octets that their records must have.
//! Invariant: only tests read this. A new field of a record is written in both places, or the tests here fail.

use serde::Serialize;
use serde_json::Serializer;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::label::Numbers;
use crate::analyzer::step::Step;
use crate::report::json::model::connection::ConnectionRecord;
use crate::report::json::model::finding::FindingRecord;
use crate::report::json::model::segment::SegmentRecord;
use crate::report::json::rare::Decimals;

mod connection;
mod finding;
mod options;
mod parts;
mod segment;
mod tests;

/// The record of `connection`.
pub fn connection(connection: &Connection) -> String {
    written(&ConnectionRecord::of(connection))
}

/// The record of `finding`.
pub fn finding(finding: &Finding, connection: Option<u64>) -> String {
    written(&FindingRecord::of(finding, connection))
}

/// The record of `step`.
pub fn segment(step: &Step, numbers: Numbers) -> String {
    written(&SegmentRecord::of(step, numbers))
}

/// Anything as this program writes it.
pub fn written(record: &impl Serialize) -> String {
    let mut line = Vec::new();
    record.serialize(&mut Serializer::with_formatter(&mut line, Decimals)).unwrap();
    String::from_utf8(line).unwrap()
}
