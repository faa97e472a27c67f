//! ICMP errors: what is quoted, how far it is believed, and properties over random ones.

use std::net::Ipv4Addr;

use super::*;
use crate::decode::error::DecodeError;
use crate::decode::samples::{A4, A6, B4, B6, TCP, frame, ipv4, ipv6, join, summed4, tcp};
use crate::decode::{DEPTH, Decoded, Decoder};
use crate::frame::LinkType;
use pnet::packet::{icmp, icmpv6};
use proptest::prelude::*;

/// Reads a frame by itself.
fn decode(frame: &Frame<'_>) -> Result<Decoded, DecodeError> {
    Decoder::new(DEPTH).decode(frame)
}

/// An ICMP message about `quoted`, with pnet's checksum, in a packet from B to A: the samples' addresses go from A to B.
fn icmp4(kind: u8, code: u8, quoted: &[u8]) -> Vec<u8> {
    let mut message = join(&[&[kind, code, 0, 0, 0, 0, 0, 0], quoted]);
    let sum = icmp::checksum(&IcmpPacket::new(&message).unwrap());
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut packet = ipv4(1, &message);
    packet[12..16].copy_from_slice(&B4.octets());
    packet[16..20].copy_from_slice(&A4.octets());
    packet
}

fn icmp6(kind: u8, code: u8, quoted: &[u8]) -> Vec<u8> {
    let mut message = join(&[&[kind, code, 0, 0, 0, 0, 0, 0], quoted]);
    let sum =
        icmpv6::checksum(&Icmpv6Packet::new(&message).unwrap(), &B6.octets().into(), &A6.octets().into());
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    let mut packet = ipv6(58, &message);
    packet[8..24].copy_from_slice(&B6.octets());
    packet[24..40].copy_from_slice(&A6.octets());
    packet
}

/// The first `len` octets of a SYN from A to B, in its IPv4 packet.
fn syn4(len: usize) -> Vec<u8> {
    let mut packet = ipv4(TCP, &summed4(tcp(0x002, &[2, 4, 5, 0xb4], b"")));
    packet.truncate(20 + len);
    packet
}

fn syn6(len: usize) -> Vec<u8> {
    let mut packet = ipv6(TCP, &tcp(0x002, &[], b""));
    packet.truncate(40 + len);
    packet
}

/// The error in a packet without a link header.
fn read(octets: &[u8]) -> Option<IcmpError> {
    match decode(&frame(LinkType::RAW, octets)).unwrap() {
        Decoded::Icmp(error) => Some(error),
        Decoded::NotTcp => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_every_field() {
    let expected = IcmpError {
        frame: 7,
        time: crate::time::Timestamp(9),
        reporter: IpAddr::V4(B4),
        kind: 3,
        code: 1,
        source: "192.0.2.1:50498".parse().unwrap(),
        destination: "192.0.2.2:6666".parse().unwrap(),
        seq: SeqNumber(100),
        tunnel: None,
    };
    assert_eq!(read(&icmp4(3, 1, &syn4(8))), Some(expected.clone()));
    let expected = IcmpError {
        reporter: IpAddr::V6(B6),
        kind: 1,
        code: 4,
        source: "[2001:db8::1]:50498".parse().unwrap(),
        destination: "[2001:db8::2]:6666".parse().unwrap(),
        ..expected
    };
    assert_eq!(read(&icmp6(1, 4, &syn6(8))), Some(expected));
}

#[test]
fn errors_and_nothing_else() {
    let kinds = |of: &dyn Fn(u8) -> Vec<u8>| {
        (0..=u8::MAX).filter(|kind| read(&of(*kind)).is_some()).collect::<Vec<u8>>()
    };
    assert_eq!(kinds(&|kind| icmp4(kind, 0, &syn4(8))), [3, 4, 11, 12]);
    assert_eq!(kinds(&|kind| icmp6(kind, 0, &syn6(8))), [1, 2, 3, 4]);
    let mut udp = syn4(8);
    udp[9] = 17;
    assert_eq!(read(&icmp4(3, 3, &udp)), None, "about UDP");
    assert_eq!(read(&icmp4(3, 1, &syn6(8))), None, "about a packet of the other version");
    assert_eq!(read(&icmp6(1, 0, &syn4(20))), None);
    let message = icmp4(3, 1, &syn4(8))[20..].to_vec();
    assert_eq!(read(&ipv6(1, &message)), None, "ICMP is no part of IPv6");
    assert_eq!(read(&ipv4(58, &message)), None);
}

#[test]
fn any_length_from_eight_octets_on_will_do() {
    for len in 0..=24 {
        assert_eq!(read(&icmp4(11, 0, &syn4(len))).is_some(), len >= 8, "{len}");
        assert_eq!(read(&icmp6(3, 0, &syn6(len))).is_some(), len >= 8, "{len}");
    }
    for len in 0..28 {
        assert_eq!(read(&icmp4(3, 1, &syn4(8)[..len])), None, "{len}");
    }
    assert_eq!(read(&ipv4(1, &[3, 1, 0])), None);
    // RFC 4884: the quotation is filled up, and objects follow it.
    let mut padded = syn4(8);
    padded.resize(128, 0);
    padded.extend([0x20, 0, 0, 0, 0, 8, 1, 1, 0, 0, 0, 16]);
    assert!(read(&icmp4(11, 0, &padded)).is_some());
}

#[test]
fn the_lengths_quoted_do_not_matter() {
    for total_len in [0_u16, 4, 24, 28, 0x2c00, u16::MAX] {
        let mut quoted = syn4(8);
        quoted[2..4].copy_from_slice(&total_len.to_be_bytes());
        assert!(read(&icmp4(3, 1, &quoted)).is_some(), "{total_len}");
        let mut quoted = syn6(8);
        quoted[4..6].copy_from_slice(&total_len.to_be_bytes());
        assert!(read(&icmp6(1, 0, &quoted)).is_some(), "{total_len}");
    }
}

#[test]
fn options_and_extension_headers_are_stepped_over() {
    let mut quoted = ipv4(TCP, &join(&[&[148, 4, 0, 0], &tcp(0x002, &[], b"")[..8]]));
    quoted[0] = 0x46;
    assert_eq!(read(&icmp4(3, 1, &quoted)).unwrap().seq, SeqNumber(100));
    quoted[0] = 0x4f;
    assert_eq!(read(&icmp4(3, 1, &quoted)), None, "options beyond the quotation");
    quoted[0] = 0x42;
    assert_eq!(read(&icmp4(3, 1, &quoted)), None, "a header length that cannot be true");
    // Loose source route with a stop left: the quoted segment's end is behind it.
    let route = [1, 131, 7, 4, 198, 51, 100, 9];
    let mut quoted = ipv4(TCP, &join(&[&route, &tcp(0x002, &[], b"")[..8]]));
    quoted[0] = 0x47;
    let end = read(&icmp4(3, 1, &quoted)).unwrap().destination.ip();
    assert_eq!(end, IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9)));
    let chain = join(&[&[60, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4, 0, 0, 0, 0], &tcp(0x002, &[], b"")[..8]]);
    assert_eq!(read(&icmp6(1, 0, &ipv6(0, &chain))).unwrap().seq, SeqNumber(100));
    assert_eq!(read(&icmp6(1, 0, &ipv6(0, &chain[..12]))), None, "the chain ends with the quotation");
}

#[test]
fn of_fragments_only_the_first_is_a_segment() {
    let mut quoted = syn4(8);
    quoted[6] = 0x20;
    assert!(read(&icmp4(11, 1, &quoted)).is_some());
    quoted[7] = 1;
    assert_eq!(read(&icmp4(11, 1, &quoted)), None);
    let fragment = |low| join(&[&[TCP, 0, 0, low, 0, 0, 0, 1], &tcp(0x002, &[], b"")]);
    assert!(read(&icmp6(3, 1, &ipv6(44, &fragment(1)))).is_some());
    assert_eq!(read(&icmp6(3, 1, &ipv6(44, &fragment(9)))), None);
    let mut error = icmp4(3, 1, &syn4(8));
    error[7] = 1;
    assert_eq!(read(&error), None, "the error itself is a later fragment");
}

#[test]
fn a_wrong_checksum_makes_it_no_error() {
    for mut packet in [icmp4(3, 1, &syn4(8)), icmp6(1, 0, &syn6(8))] {
        assert!(read(&packet).is_some());
        let last = packet.len() - 1;
        packet[last] ^= 1;
        assert_eq!(read(&packet), None);
        // Not all there, so not judged.
        let wire_len = u32::try_from(packet.len() + 4).unwrap();
        let payload_len = if packet[0] == 0x45 { packet.len() + 4 } else { packet.len() - 36 };
        let at = if packet[0] == 0x45 { 2 } else { 4 };
        packet[at..at + 2].copy_from_slice(&u16::try_from(payload_len).unwrap().to_be_bytes());
        let cut = Frame { wire_len, ..frame(LinkType::RAW, &packet) };
        assert!(matches!(decode(&cut), Ok(Decoded::Icmp(_))));
    }
}

#[test]
fn a_capture_that_ends_before_the_number_shows_none() {
    let octets = icmp4(3, 1, &syn4(24));
    for kept in 20..octets.len() {
        let cut = Frame { octets: &octets[..kept], ..frame(LinkType::RAW, &octets) };
        let found = matches!(decode(&cut), Ok(Decoded::Icmp(error)) if error.seq == SeqNumber(100));
        assert_eq!(found, kept >= 56, "{kept}");
    }
}

proptest! {
    /// Nearly valid errors, cut anywhere, of which not all was captured, so that no checksum keeps them out.
    #[test]
    fn damaged_errors_do_no_harm(
        six in any::<bool>(),
        kind in 1u8..13,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        rest in proptest::collection::vec(any::<u8>(), 0..80),
        keep in any::<prop::sample::Index>(),
        wire_len in any::<u32>(),
    ) {
        let mut octets = if six { icmp6(kind, 0, &syn6(20)) } else { icmp4(kind, 0, &syn4(24)) };
        let len_at = if six { 4 } else { 2 };
        octets[len_at..len_at + 2].copy_from_slice(&[4, 0]);
        octets.extend(rest);
        for (at, octet) in damage {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets.truncate(keep.index(octets.len()) + 1);
        let _ = decode(&Frame { wire_len, ..frame(LinkType::RAW, &octets) });
    }

    #[test]
    fn random_quotations_do_no_harm(six in any::<bool>(), quoted in proptest::collection::vec(any::<u8>(), 0..120)) {
        let octets = if six { icmp6(1, 0, &quoted) } else { icmp4(3, 0, &quoted) };
        let _ = decode(&frame(LinkType::RAW, &octets));
    }
}
