//! The options of a segment as objects.
//!
//! In: an option as it stood in the header. Out: its object, with `kind` first.
//! Invariant: nothing is left out but the padding (no-operation); what is unknown or malformed keeps its octets.

use crate::options::TcpOption;
use crate::report::buffer::{Buffer, Put};
use crate::report::json::parts::{Hex, list};
use crate::seq::SeqNumber;

/// One option that is no padding.
pub struct OptionRecord<'a>(TcpOption<'a>);

impl<'a> OptionRecord<'a> {
    /// The record of `option`.
    pub fn of(option: TcpOption<'a>) -> Option<Self> {
        (option != TcpOption::NoOperation).then_some(Self(option))
    }
}

impl Put for OptionRecord<'_> {
    fn put(&self, out: &mut Buffer) {
        match self.0 {
            TcpOption::NoOperation => {}
            TcpOption::MaximumSegmentSize(value) => out.add((r#"{"kind":"mss","value":"#, value, "}")),
            TcpOption::WindowScale(shift) => out.add((r#"{"kind":"window-scale","shift":"#, shift, "}")),
            TcpOption::SackPermitted => out.add(r#"{"kind":"sack-permitted"}"#),
            TcpOption::Sack(blocks) => {
                out.add(r#"{"kind":"sack","blocks":"#);
                list(out, blocks.iter().map(Block));
                out.add("}");
            }
            TcpOption::Timestamps { value, echo } => {
                out.add((r#"{"kind":"timestamps","value":"#, value, r#","echo":"#, echo, "}"));
            }
            TcpOption::FastOpen(cookie) => out.add((r#"{"kind":"fast-open","cookie":"#, Hex(cookie), "}")),
            TcpOption::Multipath { subtype, octets } => {
                out.add((r#"{"kind":"multipath","subtype":"#, subtype, r#","hex":"#, Hex(octets), "}"));
            }
            TcpOption::Unknown { kind, octets } => {
                out.add((r#"{"kind":"unknown","number":"#, kind, r#","hex":"#, Hex(octets), "}"));
            }
            TcpOption::Malformed { kind, octets } => {
                out.add((r#"{"kind":"malformed","number":"#, kind, r#","hex":"#, Hex(octets), "}"));
            }
        }
    }
}

/// A block of text that was received out of order: its first number, and the number after its last.
struct Block((SeqNumber, SeqNumber));

impl Put for Block {
    fn put(&self, out: &mut Buffer) {
        let (left, right) = self.0;
        (r#"{"left":"#, left.0, r#","right":"#, right.0, "}").put(out);
    }
}
