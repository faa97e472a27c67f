//! The variants of pcap: how long each one's frame headers are, and what a frame header may say.
//!
//! In: the first octets of a file, its first frames. Out: the variant that they are read by best.
//! Variants that patches of 1999 and Nokia's firewalls made share a magic number with others, and are told by their
//! frames alone, as Wireshark does it: the first variant by which one frame follows the other.
//! Invariant: where the frames do not tell, the common variant holds. What is decided by some octets more of them do not
//! change, so that it makes no difference in which pieces they come.

use crate::capture::likely::is_ip;
use crate::capture::record::{LONGEST, Order};
use crate::frame::LinkType;

/// How pcap files begin, as numbers in their own byte order.
const MICROSECONDS: u32 = 0xA1B2_C3D4;
const NANOSECONDS: u32 = 0xA1B2_3C4D;
/// Kuznetzov's patches: longer frame headers.
const MODIFIED: u32 = 0xA1B2_CD34;
/// Ixia's "lcap" by hardware (nanoseconds) and by software: the file's header has four octets more.
const IXIA_HARDWARE: u32 = 0x1C00_01AC;
const IXIA_SOFTWARE: u32 = 0x1C00_01AB;
const MAGICS: [u32; 5] = [MICROSECONDS, NANOSECONDS, MODIFIED, IXIA_HARDWARE, IXIA_SOFTWARE];

/// Octets of a file's header, without what Ixia adds.
const FILE_HEADER: usize = 24;
/// Octets of the fields that every frame header begins with: time, length captured, length on the wire.
pub const FIELDS: usize = 16;
/// The longest frame that is plausible, as Wireshark and tcpdump have it, in octets.
pub const PLAUSIBLE: u32 = 262_144;
/// How far apart in time neighbours may be, in seconds.
pub const DAY: u32 = 86_400;
/// So many frames one behind the other are no chance.
const FRAMES: usize = 3;

/// Octets of frame headers by variant, the common one first: with the standard magic number, with the modified one.
const STANDARD: &[usize] = &[FIELDS, FIELDS + 8, FIELDS + 4];
const PATCHED: &[usize] = &[FIELDS + 8, FIELDS + 12];
const PLAIN: &[usize] = &[FIELDS];

/// What a file's first octets say of the rest.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The byte order of all headers.
    pub order: Order,
    /// Octets of the file's header.
    pub file_header: usize,
    /// Whether fractions of seconds are nanoseconds.
    pub has_nanoseconds: bool,
    /// What the frame headers' lengths may be.
    frame_headers: &'static [usize],
}

impl Variant {
    /// By a file's first four octets; `None` where it is no pcap file.
    pub fn of(start: [u8; 4]) -> Option<Self> {
        let is_known = |order: &Order| MAGICS.contains(&order.u32(start));
        let order = [Order::Little, Order::Big].into_iter().find(is_known)?;
        let magic = order.u32(start);
        Some(Self {
            order,
            file_header: match magic {
                IXIA_HARDWARE | IXIA_SOFTWARE => FILE_HEADER + 4,
                _ => FILE_HEADER,
            },
            has_nanoseconds: matches!(magic, NANOSECONDS | IXIA_HARDWARE),
            frame_headers: match magic {
                MICROSECONDS => STANDARD,
                MODIFIED => PATCHED,
                _ => PLAIN,
            },
        })
    }

    /// Whether these few octets may be the beginning of a pcap file.
    pub fn may_begin(start: &[u8]) -> bool {
        let begins =
            |magic: u32| [magic.to_le_bytes(), magic.to_be_bytes()].iter().any(|all| all.starts_with(start));
        MAGICS.into_iter().any(begins)
    }

    /// The length of the frame headers, or else how many octets must be held to tell. `held` begins with the first one, and
    /// `has_ended` says that nothing follows it. One frame alone seldom tells; but a packet of IP where the common variant
    /// has it is one, so that a pipe that is still being written need not be waited for.
    pub fn frame_header(&self, held: &[u8], link: LinkType, has_ended: bool) -> Result<usize, usize> {
        let [common, rare @ ..] = self.frame_headers else { return Ok(FIELDS) };
        if rare.is_empty() || (*common == FIELDS && self.begins_with_ip(held, link)) {
            return Ok(*common);
        }
        // The common variant needs no proof, the others do; the two of the patched magic number are equally rare.
        match self.chain(held, *common, Proof::None, has_ended) {
            Chain::Sound => return Ok(*common),
            Chain::Cut if *common == FIELDS => return Ok(*common),
            Chain::Needs(octets) => return Err(octets),
            Chain::Cut | Chain::Broken => {}
        }
        for header in rare {
            match self.chain(held, *header, Proof::Needed, has_ended) {
                Chain::Sound => return Ok(*header),
                Chain::Needs(octets) => return Err(octets),
                Chain::Cut | Chain::Broken => {}
            }
        }
        Ok(*common)
    }

    /// Whether the first frame, behind a common header, is held whole and begins with a packet of IP.
    fn begins_with_ip(&self, held: &[u8], link: LinkType) -> bool {
        let Some((fields, behind)) = held.split_first_chunk::<FIELDS>() else { return false };
        let fields = Fields::of(self.order, fields);
        let frame = behind.get(..fields.captured as usize);
        fields.is_plausible(self.has_nanoseconds)
            && frame.is_some_and(|frame| is_ip(link, frame, fields.wire_len))
    }

    /// How frames with headers of that length follow each other from here on; `has_ended` says that nothing follows what is
    /// held.
    pub fn chain(&self, held: &[u8], frame_header: usize, proof: Proof, has_ended: bool) -> Chain {
        let (mut at, mut last) = (0, None);
        for frames in 0..FRAMES {
            let short = |needed: usize| match has_ended {
                false => Chain::Needs(needed),
                true if frames > 0 => Chain::Cut,
                true => Chain::Broken,
            };
            let rest = held.get(at..).unwrap_or_default();
            if rest.is_empty() && frames > 0 && has_ended {
                return Chain::Sound;
            }
            let Some(fields) = rest.first_chunk::<FIELDS>() else { return short(at + FIELDS) };
            let fields = Fields::of(self.order, fields);
            let is_next = |last: u32| fields.seconds.abs_diff(last) <= DAY && fields.captured > 0;
            let is_proven = proof == Proof::None || last.map_or(fields.captured > 0, is_next);
            if !fields.is_plausible(self.has_nanoseconds) || !is_proven {
                return Chain::Broken;
            }
            at += frame_header + fields.captured as usize;
            if held.len() < at {
                return short(at);
            }
            last = Some(fields.seconds);
        }
        Chain::Sound
    }
}

/// How sure one wants to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Whatever a writer may have meant is taken.
    None,
    /// Frames have octets, and times near each other.
    Needed,
}

/// How frames follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Several do, or the last one ends where the input does.
    Sound,
    /// At least one is whole, and the input ends within another.
    Cut,
    /// They do not.
    Broken,
    /// So many octets must be held to tell.
    Needs(usize),
}

/// What every frame header begins with.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    pub seconds: u32,
    pub fraction: u32,
    pub captured: u32,
    pub wire_len: u32,
}

impl Fields {
    /// From a header's octets.
    #[inline]
    pub fn of(order: Order, header: &[u8; FIELDS]) -> Self {
        let &[s0, s1, s2, s3, f0, f1, f2, f3, c0, c1, c2, c3, w0, w1, w2, w3] = header;
        Self {
            seconds: order.u32([s0, s1, s2, s3]),
            fraction: order.u32([f0, f1, f2, f3]),
            captured: order.u32([c0, c1, c2, c3]),
            wire_len: order.u32([w0, w1, w2, w3]),
        }
    }

    /// Whether a writer may have meant this.
    pub const fn is_plausible(self, has_nanoseconds: bool) -> bool {
        let second = if has_nanoseconds { 1_000_000_000 } else { 1_000_000 };
        self.captured <= PLAUSIBLE
            && self.captured <= self.wire_len
            && self.wire_len <= LONGEST
            && self.fraction < second
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of 40 octets that look like packets, behind headers of that length.
    fn frames(count: u32, header: usize) -> Vec<u8> {
        let mut octets = Vec::new();
        for at in 0..count {
            octets.extend([1_767_225_600 + at, 5, 40, 1500].map(u32::to_le_bytes).concat());
            octets.resize(octets.len() + header - FIELDS, 2);
            octets.extend([0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0xAB, 0xCD].into_iter().chain([9; 28]));
        }
        octets
    }

    #[test]
    fn frames_tell_the_variant_where_the_magic_number_does_not() {
        let told = |variant: &Variant, held: &[u8]| variant.frame_header(held, LinkType(147), true).unwrap();
        let standard = Variant::of(MICROSECONDS.to_le_bytes()).unwrap();
        for header in [16, 24, 20] {
            for count in [2, 3, 4, 5] {
                assert_eq!(told(&standard, &frames(count, header)), header, "{count} frames");
            }
            assert_eq!(told(&standard, &frames(1, header)), 16, "one frame proves nothing");
        }
        let modified = Variant::of(MODIFIED.to_le_bytes()).unwrap();
        assert_eq!([24, 28].map(|header| told(&modified, &frames(1, header))), [24, 28]);
        assert_eq!(told(&modified, &[]), 24);
        assert_eq!([24, 28].map(|header| told(&modified, &frames(5, header))), [24, 28]);
        let nano = Variant::of(NANOSECONDS.to_be_bytes()).unwrap();
        assert_eq!(told(&nano, &frames(3, 24)), 16, "no other variant has this magic number");
    }

    #[test]
    fn what_cannot_be_a_frame_is_not_plausible() {
        let good = Fields { seconds: 1, fraction: 999_999, captured: 262_144, wire_len: 262_144 };
        assert!(good.is_plausible(false) && good.is_plausible(true));
        for bad in [
            Fields { fraction: 1_000_000_000, ..good },
            Fields { captured: 262_145, wire_len: 262_145, ..good },
            Fields { wire_len: 262_143, ..good },
            Fields { wire_len: LONGEST + 1, ..good },
        ] {
            assert!(!bad.is_plausible(true), "{bad:?}");
        }
        assert!(!Fields { fraction: 1_000_000, ..good }.is_plausible(false));
    }
}
