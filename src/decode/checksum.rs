//! The Internet checksum over a TCP segment or an ICMP message, and its pseudo-header.
//!
//! In: the addresses of both ends and the octets of a whole segment or message. Out: whether its checksum is right, left
//! to the hardware, or wrong.
//! Invariant: sums are kept in 64 bits and cannot overflow for anything that fits in memory.
//! Read: RFC 1071, RFC 9293 §3.1 (pseudo-header), RFC 8200 §8.1 (the same for IPv6), RFC 4443 §2.3 (ICMPv6 has one,
//! ICMP has none), RFC 2675 §4 (lengths above 65,535).

use std::net::IpAddr;

use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};

use crate::segment::Checksum;

/// What is added at once.
const WORD: usize = 8;
/// Where a segment has its checksum.
const FIELD: usize = 16;
/// Octets of two addresses of IPv4.
const ADDRESSES: usize = 8;

/// Judges the segment in `octets`, whose checksum field holds `field`.
///
/// A system that leaves the sum to its hardware puts the sum of the pseudo-header, not inverted, into the
/// field: the hardware then sums header and text over it. Others leave a 0 there, which says nothing.
pub(super) fn judge(source: IpAddr, destination: IpAddr, octets: &[u8], field: u16) -> Checksum {
    let pseudo = pseudo_header(source, destination, IpNextHeaderProtocols::Tcp, octets.len());
    if fold(pseudo.wrapping_add(sum(octets))) == u16::MAX {
        Checksum::Correct
    } else if fold(pseudo) == field {
        Checksum::Offloaded
    } else if field == 0 {
        // Not filled in, by a system that leaves all of it to its hardware, or by whoever wrote the capture.
        Checksum::Unchecked
    } else {
        Checksum::Wrong
    }
}

/// The same of a segment in a packet of IPv4 without options, given from the packet's addresses on. They stand where the
/// pseudo-header has them, so that one sum is made of all.
#[inline(always)]
pub(super) fn judge_packet(octets: &[u8]) -> Checksum {
    // So long are headers without options, with stamps, and of SYNs, and nothing behind them.
    let is_right = match octets.len() {
        28 | 40 | 48 => is_right_with(octets),
        _ => is_right_with_any(octets),
    };
    if is_right { Checksum::Correct } else { otherwise(octets) }
}

#[cold]
#[inline(never)]
fn otherwise(octets: &[u8]) -> Checksum {
    let address = |at: usize| {
        let octets: Option<[u8; 4]> = octets.get(at..).and_then(|rest| rest.first_chunk().copied());
        IpAddr::from(octets.unwrap_or_default())
    };
    let segment = octets.get(ADDRESSES..).unwrap_or_default();
    let field = segment.get(FIELD..).and_then(|rest| rest.first_chunk().copied());
    judge(address(0), address(4), segment, field.map_or(0, u16::from_be_bytes))
}

#[cold]
#[inline(never)]
fn is_right_with_any(octets: &[u8]) -> bool {
    is_right_with(octets)
}

/// Whether the sum over two addresses of IPv4, and a segment behind them, is right.
#[inline(always)]
fn is_right_with(octets: &[u8]) -> bool {
    let Some((source, behind)) = octets.split_first_chunk() else { return false };
    let Some((destination, segment)) = behind.split_first_chunk() else { return false };
    // What is no whole word is the upper part of the last one; of seven octets one is missing.
    let Some(last) = octets.last_chunk() else { return false };
    let missing = (!octets.len() as u32 & 7).wrapping_mul(8);
    // The words' lower octets come first. These four together have far less than 64 bits.
    let len = segment.len() as u16;
    let mut sum = u64::from(len.wrapping_add(IpNextHeaderProtocols::Tcp.0.into()).swap_bytes())
        .wrapping_add(u32::from_le_bytes(*source).into())
        .wrapping_add(u32::from_le_bytes(*destination).into())
        .wrapping_add(u64::from_le_bytes(*last) >> 8 >> missing);
    let (words, mut rest) = segment.as_chunks::<{ 4 * WORD }>();
    for four in words {
        sum = add_all(sum, four);
    }
    if let Some((two, behind)) = rest.split_first_chunk::<{ 2 * WORD }>() {
        (sum, rest) = (add_all(sum, two), behind);
    }
    if let Some((one, _)) = rest.split_first_chunk::<WORD>() {
        sum = add_all(sum, one);
    }
    // 65,536 and all its powers leave 1: what is left is that of the 16-bit words' sum. It is not 0 itself.
    sum.is_multiple_of(0xffff)
}

#[inline(always)]
fn add_all(sum: u64, octets: &[u8]) -> u64 {
    octets.as_chunks().0.iter().fold(sum, |sum, word| add(sum, u64::from_le_bytes(*word)))
}

/// A one's complement sum of 64 bits.
#[inline(always)]
const fn add(one: u64, other: u64) -> u64 {
    let (sum, carry) = one.overflowing_add(other);
    sum.wrapping_add(carry as u64)
}

/// Whether the sum over `octets`, and over the pseudo-header where there are `ends` to make one of, is right.
pub(super) fn is_right(
    ends: Option<(IpAddr, IpAddr)>,
    protocol: IpNextHeaderProtocol,
    octets: &[u8],
) -> bool {
    let pseudo =
        ends.map_or(0, |(source, destination)| pseudo_header(source, destination, protocol, octets.len()));
    fold(pseudo.wrapping_add(sum(octets))) == u16::MAX
}

/// Addresses, length and protocol. Both versions of IP come to the same sum: the fields differ in their place
/// and width alone.
fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: IpNextHeaderProtocol, len: usize) -> u64 {
    let len = u64::try_from(len).unwrap_or(u64::MAX);
    address(source)
        .wrapping_add(address(destination))
        .wrapping_add(len & 0xffff)
        .wrapping_add(len >> 16)
        .wrapping_add(u64::from(protocol.0))
}

fn address(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(address) => {
            let address = u64::from(address.to_bits());
            (address >> 16).wrapping_add(address & 0xffff)
        }
        IpAddr::V6(address) => sum(&address.octets()),
    }
}

/// The sum of the 16-bit words of `octets`, as if padded with a zero to an even number; not yet folded to 16
/// bits.
///
/// Words are added four octets at a time in the machine's own order, and the sum turned round at the end: the
/// order does not matter to a one's complement sum (RFC 1071 §2 (B)), and this way the compiler can make wide
/// additions of it.
fn sum(octets: &[u8]) -> u64 {
    let (words, tail) = octets.as_chunks::<4>();
    let last = match *tail {
        [] => [0; 4],
        [a] => [a, 0, 0, 0],
        [a, b] => [a, b, 0, 0],
        [a, b, c, ..] => [a, b, c, 0],
    };
    let words: u64 = words.iter().map(|word| u64::from(u32::from_ne_bytes(*word))).sum();
    u64::from(u16::from_be(fold(words.wrapping_add(u64::from(u32::from_ne_bytes(last))))))
}

/// Adds the carries back in until 16 bits are left.
const fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff).wrapping_add(sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::samples::{A4, A6, B4, B6, summed4, summed6, tcp};
    use proptest::prelude::*;

    fn judge4(tcp: &[u8]) -> Checksum {
        judge(IpAddr::V4(A4), IpAddr::V4(B4), tcp, u16::from_be_bytes([tcp[16], tcp[17]]))
    }

    fn judge6(tcp: &[u8]) -> Checksum {
        judge(IpAddr::V6(A6), IpAddr::V6(B6), tcp, u16::from_be_bytes([tcp[16], tcp[17]]))
    }

    #[test]
    fn sums_as_rfc_1071_does() {
        // RFC 1071 section 3.
        assert_eq!(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), 0xddf2);
        assert_eq!((sum(&[]), sum(&[1]), sum(&[0, 1]), sum(&[0, 0, 1])), (0, 0x100, 1, 0x100));
    }

    #[test]
    fn linux_loopback_leaves_the_pseudo_header_alone() {
        // 127.0.0.1 to itself, 40 octets: the 0xfe30 that every Linux loopback capture shows.
        let mut syn = tcp(0x002, &[0; 20], b"");
        syn[16..18].copy_from_slice(&[0xfe, 0x30]);
        let localhost = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(judge(localhost, localhost, &syn, 0xfe30), Checksum::Offloaded);
        assert_eq!(judge(localhost, localhost, &syn, 0xfe31), Checksum::Wrong);
    }

    #[test]
    fn a_sum_of_zero_may_be_written_in_two_ways() {
        // The last two octets are chosen so that the sum over all but the field is 0xffff.
        let mut segment = summed4(tcp(0x010, &[], &[0, 0]));
        let (field, text) = (16..18, 20..22);
        let sum = [segment[16], segment[17]];
        segment[text].copy_from_slice(&sum);
        for zero in [[0, 0], [0xff, 0xff]] {
            segment[field.clone()].copy_from_slice(&zero);
            assert_eq!(judge4(&segment), Checksum::Correct, "{zero:?}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_pnet(text in proptest::collection::vec(any::<u8>(), 0..70), flip in 0usize..160) {
            let (mut four, mut six) = (summed4(tcp(0x018, &[], &text)), summed6(tcp(0x018, &[], &text)));
            prop_assert_eq!((judge4(&four), judge6(&six)), (Checksum::Correct, Checksum::Correct));
            four[flip / 8] ^= 1 << (flip % 8);
            six[flip / 8] ^= 1 << (flip % 8);
            prop_assert!(judge4(&four) != Checksum::Correct && judge6(&six) != Checksum::Correct);
        }
    }
}
