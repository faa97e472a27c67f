//! Wireshark's `tcp.completeness`.
//!
//! In: the segments of one connection. Out: SYN 1, SYN+ACK 2, ACK 4, data 8, FIN 16, RST 32, as `tshark -2` shows them
//! at the last segment of a stream.
//! Invariant: flags and lengths alone; numbers and checksums play no part.
//! Read: Wireshark's user guide on `tcp.completeness`; `tests/peers/` holds this against the tool.

use crate::analyzer::pack::packed;
use crate::segment::{Flags, Segment};

const SYN: u8 = 1;
/// The bit of a SYN+ACK.
pub const SYN_ACK: u8 = 2;
/// That of an ACK alone.
pub const ACK: u8 = 4;
/// That of text.
pub const DATA: u8 = 8;
/// That of a FIN.
pub const FIN: u8 = 16;
const RST: u8 = 32;

/// What of a conversation was captured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Completeness {
    bits: u8,
    /// What the first segment is worth beside its SYN. Wireshark sees that only when it reads the stream a second time,
    /// before the second segment; so a stream of one segment never shows it.
    of_first: Option<u8>,
}

impl Completeness {
    /// Takes in a segment.
    pub fn note(&mut self, segment: &Segment) {
        if segment.window.is_none() {
            // Wireshark gives up before it looks for the stream.
            return;
        }
        let bits = bits(segment);
        match self.of_first {
            None => {
                self.bits = syn(segment);
                self.of_first = Some(bits);
            }
            Some(of_first) => self.bits |= bits | of_first,
        }
    }

    /// That of a conversation whose first segment was a bare SYN, and others of which are worth `others`.
    pub const fn since_a_syn(others: u8) -> Self {
        Self { bits: SYN | others, of_first: Some(0) }
    }

    /// The bits.
    pub const fn bits(self) -> u8 {
        self.bits
    }
}

/// A SYN counts at the start of a stream alone, and its text with it (fast open).
fn syn(segment: &Segment) -> u8 {
    if !segment.flags.has(Flags::SYN) || segment.flags.has(Flags::ACK) {
        return 0;
    }
    if segment.text_len > 0 { SYN | DATA } else { SYN }
}

/// What a segment is worth anywhere. The ACK of a FIN or RST counts, that of a segment with text does not.
fn bits(segment: &Segment) -> u8 {
    let flags = segment.flags;
    let mut bits = match (flags.has(Flags::SYN), flags.has(Flags::ACK), segment.text_len > 0) {
        (true, true, _) => SYN_ACK,
        (false, true, true) => DATA,
        (false, true, false) => ACK,
        (_, false, _) => 0,
    };
    if flags.has(Flags::FIN.with(Flags::ACK)) {
        bits |= FIN;
    }
    if flags.has(Flags::RST) {
        bits |= RST;
    }
    bits
}

packed!(Completeness { bits, of_first });
