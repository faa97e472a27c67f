//! One TCP segment: what `decode/` makes of a frame and the analyzer reads.
//!
//! In: a decoded TCP header with the addresses of its IP packet. Out: an owned, small value in RFC 9293's words.
//! Invariant: `text_len` comes from the IP header, not from what was captured; sequence space is counted by
//! `seg_len()` alone.
//! Read: RFC 9293 §3.1 (header), §3.4 (SEG.LEN), §3.10.7 (what a RST's text is worth).

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::options::Options;
use crate::seq::SeqNumber;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// A TCP segment as seen on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The number of the frame that carried it.
    pub frame: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// The socket that sent it.
    pub source: SocketAddr,
    /// The socket it was sent to.
    pub destination: SocketAddr,
    /// SEG.SEQ.
    pub seq: SeqNumber,
    /// SEG.ACK; means nothing without the ACK bit.
    pub ack: SeqNumber,
    /// All nine control bits.
    pub flags: Flags,
    /// SEG.WND as it stands in the header, unscaled; `None` where the capture ends before it.
    pub window: Option<u16>,
    /// The options, as they stood in the header.
    pub options: Options,
    /// Octets of text by the IP header.
    pub text_len: u32,
    /// The first of those octets, for showing.
    pub text: TextHead,
    /// What its checksum says.
    pub checksum: Checksum,
    /// Whether the capture ends inside the TCP header.
    pub cut_short: bool,
    /// What tells a packet that the capture saw twice from one that was sent twice.
    pub sighting: Sighting,
    /// The tunnels that it came through; `None` where there are none.
    pub tunnel: Option<Arc<Tunnel>>,
}

/// One packet as one tap saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Sighting {
    /// A digest of the IP packet as captured, without what changes on its way: the hop limit, and IPv4's header
    /// checksum, which covers it.
    pub packet: u64,
    /// A digest of the interface and the link header that it was seen with.
    pub tap: u32,
    /// IPv4's identification; 0 tells nothing, and IPv6 has none.
    pub identification: u16,
    /// Time to live, or hop limit; 0 where it is not known.
    pub hop_limit: u8,
}

impl Segment {
    /// SEG.LEN: text, with SYN and FIN one each; the text of a RST consumes nothing (RFC 9293 §3.4, SHLD-2).
    pub const fn seg_len(&self) -> u32 {
        if self.flags.has(Flags::RST) {
            return 0;
        }
        self.text_len
            .saturating_add(self.flags.has(Flags::SYN) as u32)
            .saturating_add(self.flags.has(Flags::FIN) as u32)
    }

    /// The number after the last one that this segment occupies.
    pub fn end(&self) -> SeqNumber {
        self.seq + self.seg_len()
    }
}

/// The nine control bits, as the last bits of the header's 13th and 14th octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(pub u16);

impl Flags {
    /// No more text from the sender.
    pub const FIN: Self = Self(0x001);
    /// Synchronize sequence numbers.
    pub const SYN: Self = Self(0x002);
    /// Reset the connection.
    pub const RST: Self = Self(0x004);
    /// Push.
    pub const PSH: Self = Self(0x008);
    /// The acknowledgement number counts.
    pub const ACK: Self = Self(0x010);
    /// The urgent pointer counts.
    pub const URG: Self = Self(0x020);
    /// ECN echo (RFC 3168); part of the AccECN counter (RFC 9768).
    pub const ECE: Self = Self(0x040);
    /// Congestion window reduced (RFC 3168); part of the AccECN counter.
    pub const CWR: Self = Self(0x080);
    /// Accurate ECN (RFC 9768).
    pub const AE: Self = Self(0x100);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::FIN, "fin"),
        (Self::SYN, "syn"),
        (Self::RST, "rst"),
        (Self::PSH, "psh"),
        (Self::ACK, "ack"),
        (Self::URG, "urg"),
        (Self::ECE, "ece"),
        (Self::CWR, "cwr"),
        (Self::AE, "ae"),
    ];

    /// Whether all bits of `wanted` are set.
    pub const fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// Whether any bit of `wanted` is set.
    pub const fn has_any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    /// Whether ACK is set, and neither SYN nor RST.
    #[inline(always)]
    pub const fn is_plain(self) -> bool {
        const DECIDING: Flags = Flags::SYN.with(Flags::RST).with(Flags::ACK);
        self.0 & DECIDING.0 == Self::ACK.0
    }

    /// Whether ACK is set, and neither SYN, FIN nor RST.
    #[inline(always)]
    pub const fn is_text_or_ack(self) -> bool {
        const DECIDING: Flags = Flags::SYN.with(Flags::FIN).with(Flags::RST).with(Flags::ACK);
        self.0 & DECIDING.0 == Self::ACK.0
    }

    /// The three bits that accurate ECN uses as a counter (RFC 9768 §3.2.2).
    pub const ACE: Self = Self::AE.with(Self::CWR).with(Self::ECE);

    /// The value of that counter.
    pub const fn ace(self) -> u8 {
        (self.0 >> 6 & 0b111) as u8
    }

    /// The bits that `others` does not have.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The bits of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The names of the bits that are set, in lower case, in the header's order from its last bit.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(bit, _)| self.has(*bit)).map(|(_, name)| name)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// The first octets of a segment's text, kept by value so that a segment owns all it shows.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct TextHead {
    len: u8,
    is_cut: bool,
    octets: [u8; Self::MOST],
}

impl TextHead {
    /// How many octets are kept.
    pub const MOST: usize = 32;

    /// Keeps the first [`Self::MOST`] octets of `text`.
    pub fn new(text: &[u8]) -> Self {
        let mut head = Self::default();
        let len = text.len().min(Self::MOST);
        if let (Some(room), Some(text)) = (head.octets.get_mut(..len), text.get(..len)) {
            room.copy_from_slice(text);
            head.len = len as u8;
        }
        head
    }

    /// Notes whether the capture ends before the text does.
    #[must_use]
    pub const fn cut(self, is_cut: bool) -> Self {
        Self { is_cut, ..self }
    }

    /// Whether the capture ends before the text does.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// The octets kept.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl fmt::Debug for TextHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.octets().escape_ascii())
    }
}

/// What a segment's checksum says (field guide: decided before anything else).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// It is right.
    Correct,
    /// It is the sum over the pseudo-header alone: left for the hardware to finish, never a fault.
    Offloaded,
    /// It is wrong: the receiver drops the segment.
    Wrong,
    /// It cannot be judged: not filled in, not all octets captured, a fragment, or a capture in which none is right.
    Unchecked,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_text_is_bounded() {
        assert_eq!(TextHead::new(b"hello").octets(), b"hello");
        assert_eq!(TextHead::new(&[7; 100]).octets(), &[7; TextHead::MOST]);
        assert_eq!(TextHead::new(b"").octets(), b"");
    }

    #[test]
    fn flags_are_masks() {
        let flags = Flags::SYN.with(Flags::ECE).with(Flags::CWR);
        assert!(flags.has(Flags::SYN) && !flags.has(Flags::ACK));
        assert!(!flags.has(Flags::SYN.with(Flags::ACK)) && flags.has_any(Flags::SYN.with(Flags::ACK)));
        assert_eq!(flags.names().collect::<Vec<_>>(), ["syn", "ece", "cwr"]);
        assert_eq!((flags.ace(), Flags::AE.with(Flags::ACK).ace()), (0b011, 0b100));
        assert_eq!(flags.without(Flags::ACE), Flags::SYN);
    }
}
