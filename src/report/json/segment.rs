//! The record of a segment.
//!
//! In: a step. Out: its record; the numbers absolute, the label as `--numbers` wants it and without the text.
//! Invariant: written without an allocation for each segment, field by field; a test holds it against what `serde_json`
//! makes of `model/segment.rs`.

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::label::Numbers;
use crate::analyzer::role::Ends;
use crate::analyzer::step::Step;
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::Stamp;
use crate::report::json::options::OptionRecord;
use crate::report::json::parts::{Assumed, Known, Name, Socket, list};
use crate::report::names::name_of_state;
use crate::segment::Flags;

/// A labelled segment, with the states after it.
pub struct SegmentRecord<'a> {
    /// The segment with its label and states.
    pub step: &'a Step,
    /// How the label shows numbers.
    pub numbers: Numbers,
    /// When it was captured.
    pub time: Stamp<'a>,
}

impl Put for SegmentRecord<'_> {
    fn put(&self, out: &mut Buffer) {
        let Self { step, numbers, time } = *self;
        let segment = &step.segment;
        out.add((r#"{"type":"segment","frame":"#, segment.frame, r#","time":""#, time));
        out.add((r#"","connection":"#, step.connection, r#","from":""#, step.from.as_str()));
        out.add((r#"","source":"#, Socket(segment.source)));
        out.add((r#","destination":"#, Socket(segment.destination), r#","flags":"#));
        let counted = if step.ace.is_some() { Flags::ACE } else { Flags::default() };
        list(out, segment.flags.without(counted).names().map(Name));
        out.add((Known(r#","ace":"#, step.ace), r#","seq":"#, segment.seq.0));
        // Without its bit the field means nothing.
        out.add(Known(r#","ack":"#, segment.flags.has(Flags::ACK).then_some(segment.ack.0)));
        out.add((Known(r#","window":"#, segment.window), r#","text_len":"#, segment.text_len));
        out.add(r#","options":"#);
        list(out, segment.options.iter().filter_map(OptionRecord::of));
        // No label has a character in it that needs an escape.
        out.add((r#","label":""#, step.label.show(numbers)));
        let Ends { client, server } = step.states.map(|state| name_of_state(*state));
        out.add((r#"","states":{"client":""#, client, r#"","server":""#, server, r#""},"assumed":"#));
        out.add((Assumed(step.assumed), Known(r#","acknowledges":"#, step.acknowledges)));
        out.add((Known(r#","duplicate_of":"#, step.seen_before), Known(r#","again":"#, step.label.again())));
        out.add(r#","findings":"#);
        list(out, step.findings.iter().map(Code::as_str).map(Name));
        out.add("}");
    }
}
