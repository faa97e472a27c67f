//! The options of a segment as a list of objects.
//!
//! In: the options as they stood in the header. Out: one object each, with `kind` first.
//! Invariant: nothing is left out but the padding (no-operation); what is unknown or malformed keeps its octets.

use serde::{Serialize, Serializer};

use crate::options::{Options, SackBlocks, TcpOption};
use crate::report::json::model::parts::Hex;

/// All options of a segment.
pub struct OptionList<'a>(pub &'a Options);

impl Serialize for OptionList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().filter_map(OptionRecord::of))
    }
}

/// One option.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum OptionRecord<'a> {
    Mss { value: u16 },
    WindowScale { shift: u8 },
    SackPermitted,
    Sack { blocks: Blocks<'a> },
    Timestamps { value: u32, echo: u32 },
    FastOpen { cookie: Hex<'a> },
    Multipath { subtype: u8, hex: Hex<'a> },
    Unknown { number: u8, hex: Hex<'a> },
    Malformed { number: u8, hex: Hex<'a> },
}

impl<'a> OptionRecord<'a> {
    fn of(option: TcpOption<'a>) -> Option<Self> {
        Some(match option {
            TcpOption::NoOperation => return None,
            TcpOption::MaximumSegmentSize(value) => Self::Mss { value },
            TcpOption::WindowScale(shift) => Self::WindowScale { shift },
            TcpOption::SackPermitted => Self::SackPermitted,
            TcpOption::Sack(blocks) => Self::Sack { blocks: Blocks(blocks) },
            TcpOption::Timestamps { value, echo } => Self::Timestamps { value, echo },
            TcpOption::FastOpen(cookie) => Self::FastOpen { cookie: Hex(cookie) },
            TcpOption::Multipath { subtype, octets } => Self::Multipath { subtype, hex: Hex(octets) },
            TcpOption::Unknown { kind, octets } => Self::Unknown { number: kind, hex: Hex(octets) },
            TcpOption::Malformed { kind, octets } => Self::Malformed { number: kind, hex: Hex(octets) },
        })
    }
}

/// Blocks of text that were received out of order.
struct Blocks<'a>(SackBlocks<'a>);

impl Serialize for Blocks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(left, right)| Block { left: left.0, right: right.0 }))
    }
}

/// One of them: its first number, and the number after its last.
#[derive(Serialize)]
struct Block {
    left: u32,
    right: u32,
}
