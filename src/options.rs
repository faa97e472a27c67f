//! TCP options: the octets as they stood in the header, and what they mean.
//!
//! In: the option octets of one header (40 at most). Out: an iterator of options; unknown and malformed ones are kept.
//! Invariant: nothing is lost or invented; reading stops at the first option whose length cannot be true.
//! Read: RFC 9293 §3.1, RFC 7323 (window scale, timestamps), RFC 2018 (SACK), RFC 7413 (fast open),
//! RFC 8684 (Multipath TCP).

use std::fmt;

use crate::seq::SeqNumber;

/// The options of one segment, by value. Behind the last of the octets stands nothing that means anything.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Options {
    len: u8,
    octets: [u8; Self::MOST],
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// Kind 1.
    NoOperation,
    /// Kind 2: the largest segment that the sender wants to receive, in octets.
    MaximumSegmentSize(u16),
    /// Kind 3: the shift of the windows that the sender advertises.
    WindowScale(u8),
    /// Kind 4.
    SackPermitted,
    /// Kind 5: one to four blocks received out of order.
    Sack(SackBlocks<'a>),
    /// Kind 8.
    Timestamps {
        /// The sender's clock.
        value: u32,
        /// The peer's clock as last received.
        echo: u32,
    },
    /// Kind 34: a fast open cookie; empty where one is asked for.
    FastOpen(&'a [u8]),
    /// Kind 30.
    Multipath {
        /// The subtype, as RFC 8684 §8 numbers them.
        subtype: u8,
        /// All octets after the length.
        octets: &'a [u8],
    },
    /// Any other kind, or one of the above with a length that its RFC does not allow.
    Unknown {
        /// The kind.
        kind: u8,
        /// All octets after the length.
        octets: &'a [u8],
    },
    /// An option that claims a length below 2 or beyond the header; nothing after it can be read.
    Malformed {
        /// The kind.
        kind: u8,
        /// All that is left, from the length on.
        octets: &'a [u8],
    },
}

/// The blocks of a SACK option: left edge, and the number after the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlocks<'a>(&'a [u8]);

impl Options {
    /// What a header has room for (RFC 9293 §3.1: data offset 15).
    pub const MOST: usize = 40;

    /// What most SYNs have, or less.
    const USUAL: usize = 22;

    /// The largest window scale that counts (RFC 7323 §2.3).
    pub const MOST_SHIFT: u8 = 14;

    /// Keeps the first [`Self::MOST`] octets.
    #[inline]
    pub fn new(octets: &[u8]) -> Self {
        let mut options = Self::default();
        options.set(octets);
        options
    }

    /// The same in the place of any.
    #[inline]
    pub fn set(&mut self, octets: &[u8]) {
        let len = octets.len().min(Self::MOST);
        if let (Some(room), Some(octets)) = (self.octets.get_mut(..len), octets.get(..len)) {
            room.copy_from_slice(octets);
            self.len = len as u8;
        }
    }

    /// The same as `*self = *other`, but that of the usual few octets no more than those are touched.
    #[inline]
    pub fn assign(&mut self, other: &Self) {
        let (usual, rest) = self.octets.split_at_mut(Self::USUAL);
        let (others_usual, others_rest) = other.octets.split_at(Self::USUAL);
        self.len = other.len;
        usual.copy_from_slice(others_usual);
        if usize::from(other.len) > Self::USUAL {
            rest.copy_from_slice(others_rest);
        }
    }

    /// The octets as they stood in the header.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or(&[])
    }

    /// How many octets there are.
    #[inline]
    pub const fn count(&self) -> u8 {
        self.len
    }

    /// The kind of each option that has a length, and what stands behind that, in order; as `iter` reads them.
    #[inline]
    pub fn bodies(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let mut rest = self.octets();
        std::iter::from_fn(move || {
            loop {
                rest = match *rest {
                    [] | [0, ..] | [_] => return None,
                    [1, ref after @ ..] => after,
                    [kind, len, ref behind @ ..] => {
                        let (body, after) = behind.split_at_checked(usize::from(len).checked_sub(2)?)?;
                        rest = after;
                        return Some((kind, body));
                    }
                };
            }
        })
    }

    /// The bodies of those of `kind`.
    pub fn of_kind(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.bodies().filter(move |(found, _)| *found == kind).map(|(_, body)| body)
    }

    /// The sender's clock in the first timestamps option (RFC 7323).
    pub fn stamp(&self) -> Option<u32> {
        self.of_kind(8).find_map(|body| match *body {
            [a, b, c, d, _, _, _, _] => Some(u32::from_be_bytes([a, b, c, d])),
            _ => None,
        })
    }

    /// The same, with `stamp` as the sender's clock in the first timestamps option, if there is one.
    #[must_use]
    pub fn with_stamp(mut self, stamp: u32) -> Self {
        let octets = self.octets();
        let clock = self.bodies().find(|(kind, body)| *kind == 8 && body.len() == 8);
        let at = clock.map(|(_, body)| body.as_ptr().addr().wrapping_sub(octets.as_ptr().addr()));
        if let Some(room) =
            at.and_then(|at| self.octets.get_mut(at..)).and_then(|from| from.first_chunk_mut())
        {
            *room = stamp.to_be_bytes();
        }
        self
    }

    /// The first window scale (RFC 7323).
    pub fn shift(&self) -> Option<u8> {
        self.of_kind(3).find_map(|body| if let [shift] = *body { Some(shift) } else { None })
    }

    /// The options in order, up to the end of the list or the first malformed one.
    pub fn iter(&self) -> impl Iterator<Item = TcpOption<'_>> {
        let mut rest = self.octets();
        std::iter::from_fn(move || {
            let (option, after) = next(rest)?;
            rest = after;
            Some(option)
        })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { len: 0, octets: [0; Self::MOST] }
    }
}

impl PartialEq for Options {
    fn eq(&self, other: &Self) -> bool {
        self.octets() == other.octets()
    }
}

impl Eq for Options {}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl SackBlocks<'_> {
    /// Each block.
    pub fn iter(&self) -> impl Iterator<Item = (SeqNumber, SeqNumber)> {
        self.0.as_chunks().0.iter().map(|[a, b, c, d, e, f, g, h]| {
            (SeqNumber(u32::from_be_bytes([*a, *b, *c, *d])), SeqNumber(u32::from_be_bytes([*e, *f, *g, *h])))
        })
    }
}

fn next(octets: &[u8]) -> Option<(TcpOption<'_>, &[u8])> {
    let (&kind, rest) = octets.split_first()?;
    match kind {
        0 => return None,
        1 => return Some((TcpOption::NoOperation, rest)),
        _ => {}
    }
    let read =
        rest.split_first().and_then(|(&len, body)| body.split_at_checked(usize::from(len).checked_sub(2)?));
    let Some((body, after)) = read else {
        return Some((TcpOption::Malformed { kind, octets: rest }, &[]));
    };
    Some((meaning(kind, body), after))
}

fn meaning(kind: u8, body: &[u8]) -> TcpOption<'_> {
    match (kind, body) {
        (2, &[a, b]) => TcpOption::MaximumSegmentSize(u16::from_be_bytes([a, b])),
        (3, &[shift]) => TcpOption::WindowScale(shift),
        (4, []) => TcpOption::SackPermitted,
        (5, blocks) if matches!(blocks.len(), 8 | 16 | 24 | 32) => TcpOption::Sack(SackBlocks(blocks)),
        (8, &[a, b, c, d, e, f, g, h]) => TcpOption::Timestamps {
            value: u32::from_be_bytes([a, b, c, d]),
            echo: u32::from_be_bytes([e, f, g, h]),
        },
        // RFC 7413 §4.1.1: none, or 4 to 16 octets, an even number.
        (34, cookie) if matches!(cookie.len(), 0 | 4 | 6 | 8 | 10 | 12 | 14 | 16) => {
            TcpOption::FastOpen(cookie)
        }
        (30, [first, ..]) => TcpOption::Multipath { subtype: first >> 4, octets: body },
        _ => TcpOption::Unknown { kind, octets: body },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_each_kind() {
        let options = Options::new(&[
            2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7, 34, 2, 30, 4, 0x21, 9, 77, 3,
            5,
        ]);
        let read: Vec<_> = options.iter().collect();
        assert_eq!(
            read,
            [
                TcpOption::MaximumSegmentSize(1460),
                TcpOption::SackPermitted,
                TcpOption::Timestamps { value: 1, echo: 2 },
                TcpOption::NoOperation,
                TcpOption::WindowScale(7),
                TcpOption::FastOpen(&[]),
                TcpOption::Multipath { subtype: 2, octets: &[0x21, 9] },
                TcpOption::Unknown { kind: 77, octets: &[5] },
            ]
        );
    }

    proptest! {
        #[test]
        fn the_short_ways_find_what_the_long_one_does(
            octets in proptest::collection::vec(prop_oneof![0_u8..12, Just(34)], 0..=40),
        ) {
            let options = Options::new(&octets);
            let long = |pick: fn(TcpOption<'_>) -> Option<u32>| options.iter().find_map(pick);
            let stamp = long(|option| match option {
                TcpOption::Timestamps { value, .. } => Some(value),
                _ => None,
            });
            let shift = long(|option| match option {
                TcpOption::WindowScale(shift) => Some(shift.into()),
                _ => None,
            });
            prop_assert_eq!((options.stamp(), options.shift().map(u32::from)), (stamp, shift));
            for kind in 2..=34 {
                let found: Vec<_> = options.of_kind(kind).map(|body| meaning(kind, body)).collect();
                let all: Vec<_> = options.iter().filter(|option| kind_of(option) == Some(kind)).collect();
                prop_assert_eq!(found, all);
            }
        }
    }

    /// The kind of a well-formed option that has a length.
    fn kind_of(option: &TcpOption<'_>) -> Option<u8> {
        match option {
            TcpOption::NoOperation | TcpOption::Malformed { .. } => None,
            TcpOption::MaximumSegmentSize(_) => Some(2),
            TcpOption::WindowScale(_) => Some(3),
            TcpOption::SackPermitted => Some(4),
            TcpOption::Sack(_) => Some(5),
            TcpOption::Timestamps { .. } => Some(8),
            TcpOption::FastOpen(_) => Some(34),
            TcpOption::Multipath { .. } => Some(30),
            TcpOption::Unknown { kind, .. } => Some(*kind),
        }
    }

    #[test]
    fn sack_blocks_are_pairs() {
        let options = Options::new(&[1, 1, 5, 10, 0, 0, 0, 5, 0, 0, 0, 9]);
        let Some(TcpOption::Sack(blocks)) = options.iter().last() else { panic!("{options:?}") };
        assert_eq!(blocks.iter().collect::<Vec<_>>(), [(SeqNumber(5), SeqNumber(9))]);
    }

    #[test]
    fn a_length_that_its_rfc_does_not_allow_makes_an_option_unknown() {
        for octets in [&[2, 3, 5][..], &[3, 4, 7, 7], &[34, 5, 1, 2, 3], &[34, 7, 1, 2, 3, 4, 5], &[34, 3, 1]]
        {
            let read: Vec<_> = Options::new(octets).iter().map(|option| format!("{option:?}")).collect();
            assert!(read.len() == 1 && read[0].starts_with("Unknown"), "{read:?}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_true_ends_the_list() {
        for octets in [&[2, 0, 5, 5][..], &[2, 1, 5, 5], &[2, 9, 5, 5], &[2]] {
            let read: Vec<_> = Options::new(octets).iter().map(|option| format!("{option:?}")).collect();
            assert_eq!(read.len(), 1, "{read:?}");
            assert!(read[0].starts_with("Malformed"), "{read:?}");
        }
    }

    #[test]
    fn the_end_of_the_list_ends_it() {
        assert_eq!(Options::new(&[1, 0, 4, 2]).iter().count(), 1);
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_panic_and_in_bounds(octets in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(Options::new(&octets).iter().count() <= Options::MOST);
        }
    }
}
