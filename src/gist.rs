//! What is asked of each segment in brief, in one octet, so that it is found out once.
//!
//! In: a segment's flags, window and so on. Out: bits, which whoever follows it and whoever tells it read.
//! Invariant: follows from the segment alone, and is made anew wherever a segment is.

use crate::segment::Flags;

/// What is asked of each segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gist(u8);

impl Gist {
    const TEXT: u8 = 1;
    // Above it those flags that decide how a segment is taken, in the order in which they stand in its header.
    const FIN: u8 = (Flags::FIN.0 << 1) as u8;
    const SYN: u8 = (Flags::SYN.0 << 1) as u8;
    const NOT_PLAIN: u8 = Self::SYN | (Flags::RST.with(Flags::ACK).0 << 1) as u8;
    // In the room of PSH.
    const PROBE: u8 = (Flags::PSH.0 << 1) as u8;
    const LOUD: u8 = 64;

    /// That of a segment with these flags, this much text and this window.
    #[inline(always)]
    pub const fn of(flags: Flags, text_len: u16, window: u16, is_offloaded: bool) -> Self {
        const DECIDING: Flags = Flags::SYN.with(Flags::RST).with(Flags::FIN).with(Flags::ACK);
        // ACK says nothing where it is set.
        let deciding = (((flags.0 & DECIDING.0) ^ Flags::ACK.0) << 1) as u8;
        Self(
            deciding
                | if text_len > 0 { Self::TEXT } else { 0 }
                | if text_len == 1 { Self::PROBE } else { 0 }
                | if (window == 0) | is_offloaded { Self::LOUD } else { 0 },
        )
    }

    /// Of a plain segment: whether it has text, and whether it has a FIN.
    #[inline(always)]
    pub const fn plain(has_text: bool, has_fin: bool) -> Self {
        Self(if has_text { Self::TEXT } else { 0 } | if has_fin { Self::FIN } else { 0 })
    }

    /// Whether it has text.
    #[inline(always)]
    pub const fn has_text(self) -> bool {
        self.0 & Self::TEXT != 0
    }

    /// Whether it has a FIN.
    #[inline(always)]
    pub const fn has_fin(self) -> bool {
        self.0 & Self::FIN != 0
    }

    /// Both, as a number.
    #[inline(always)]
    pub const fn closing(self) -> u8 {
        self.0 & (Self::TEXT | Self::FIN)
    }

    /// Whether it is plain, or the same with SYN `where_asked`; and no probe: one octet of text may be one.
    #[inline(always)]
    pub const fn is_ordinary(self, where_asked: bool) -> bool {
        self.0 & (Self::NOT_PLAIN | Self::PROBE) == if where_asked { Self::SYN } else { 0 }
    }

    /// Whether it is plain, and nothing is to be said of it by itself.
    #[inline(always)]
    pub const fn is_plain_and_quiet(self) -> bool {
        self.0 & (Self::NOT_PLAIN | Self::LOUD) == 0
    }

    /// Whether nothing is to be said of it by itself: its sender has room, and its checksum is its own.
    #[inline(always)]
    pub const fn is_quiet(self) -> bool {
        self.0 & Self::LOUD == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bit_says_one_thing() {
        let of = |flags, text_len, window, is_offloaded| {
            let gist = Gist::of(flags, text_len, window, is_offloaded);
            let (says, is_quiet) = ((gist.has_text(), gist.has_fin()), gist.is_quiet());
            assert_eq!(gist.is_plain_and_quiet(), is_quiet && flags.is_plain());
            assert_eq!(gist.closing(), Gist::plain(says.0, says.1).closing());
            let answers = flags.has(Flags::ACK) && flags.has(Flags::SYN) && !flags.has(Flags::RST);
            assert_eq!(gist.is_ordinary(true), answers && text_len != 1);
            (says, gist.is_ordinary(false), is_quiet)
        };
        for others in [Flags(0), Flags::PSH, Flags::URG.with(Flags::ECE), Flags::AE] {
            let with = |flag: Flags| others.with(Flags::ACK).with(flag);
            assert_eq!(of(with(Flags::ACK), 0, 9, false), ((false, false), true, true));
            assert_eq!(of(with(Flags::FIN), 2, 9, false), ((true, true), true, true));
            assert_eq!(of(with(Flags::ACK), 1, 9, false), ((true, false), false, true));
            for flags in [with(Flags::RST), with(Flags::SYN), others, others.with(Flags::RST)] {
                assert_eq!(of(flags, 0, 9, false), ((false, false), false, true));
            }
            for (window, is_offloaded) in [(0, false), (9, true), (0, true)] {
                assert_eq!(of(with(Flags::ACK), 0, window, is_offloaded), ((false, false), true, false));
            }
        }
    }
}
