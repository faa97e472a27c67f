//! The record of a segment.
//!
//! In: a step. Out: its record; the numbers absolute, the label as `--numbers` wants it and without the text.
//! Invariant: written without an allocation for each segment: every field borrows or prints itself.

use serde::{Serialize, Serializer};

use crate::analyzer::diagnosis::code::{Code, CodeSet};
use crate::analyzer::label::{Numbers, Shown};
use crate::analyzer::step::Step;
use crate::report::json::model::options::OptionList;
use crate::report::json::model::parts::{self, Assumed, Both, Time};
use crate::report::json::rare::{Socket, Text};
use crate::segment::Flags;

/// A labelled segment, with the states after it.
#[derive(Serialize)]
#[serde(tag = "type", rename = "segment")]
pub struct SegmentRecord<'a> {
    frame: u64,
    time: Time,
    connection: u64,
    from: &'static str,
    source: Socket,
    destination: Socket,
    flags: FlagList,
    #[serde(skip_serializing_if = "Option::is_none")]
    ace: Option<u8>,
    seq: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ack: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<u16>,
    text_len: u32,
    options: OptionList<'a>,
    label: Text<Shown<'static>>,
    states: Both<&'static str>,
    assumed: Assumed,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledges: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<u32>,
    findings: Codes,
}

impl<'a> SegmentRecord<'a> {
    /// The record of `step`.
    pub fn of(step: &'a Step, numbers: Numbers) -> Self {
        let segment = &step.segment;
        Self {
            frame: segment.frame,
            time: Time(segment.time),
            connection: step.connection,
            from: step.from.as_str(),
            source: segment.source.into(),
            destination: segment.destination.into(),
            flags: FlagList(match step.ace {
                Some(_) => segment.flags.without(Flags::ACE),
                None => segment.flags,
            }),
            ace: step.ace,
            seq: parts::number(segment.seq),
            // Without its bit the field means nothing.
            ack: segment.flags.has(Flags::ACK).then_some(parts::number(segment.ack)),
            window: segment.window,
            text_len: segment.text_len,
            options: OptionList(&segment.options),
            label: Text(step.label.show(numbers)),
            states: parts::states(step.states),
            assumed: Assumed(step.assumed),
            acknowledges: step.acknowledges,
            duplicate_of: step.seen_before,
            again: step.label.again(),
            findings: Codes(step.findings),
        }
    }
}

/// Codes, in the order of the field guide.
struct Codes(CodeSet);

impl Serialize for Codes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Code::as_str))
    }
}

/// The control bits that are set, by name.
struct FlagList(Flags);

impl Serialize for FlagList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.names())
    }
}
