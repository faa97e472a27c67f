//! Octets for tests, header by header, each around the one before.
//!
//! In: what a header carries. Out: the header and that. Invariant: sums come from pnet, so that ours are
//! checked against another's.

use std::net::{Ipv4Addr, Ipv6Addr};

use pnet::packet::tcp::{TcpPacket, ipv4_checksum, ipv6_checksum};

use crate::decode::rest::Rest;
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

pub(super) const A4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(super) const B4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
pub(super) const A6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
pub(super) const B6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);
pub(super) const TCP: u8 = 6;

pub(super) fn frame(link: LinkType, octets: &[u8]) -> Frame<'_> {
    let wire_len = u32::try_from(octets.len()).unwrap();
    Frame { number: 7, time: Timestamp(9), link, interface: 0, octets, wire_len }
}

pub(super) fn rest(octets: &[u8]) -> Rest<'_> {
    Rest::new(&frame(LinkType::RAW, octets))
}

/// From port 50498 to port 6666, seq 100, ack 300, window 512, with no checksum; options are padded to whole
/// words.
pub(super) fn tcp(flags: u16, options: &[u8], text: &[u8]) -> Vec<u8> {
    let words = options.len().div_ceil(4);
    let offset_and_flags = u16::try_from(words + 5).unwrap() << 12 | flags;
    let mut octets = vec![0xc5, 0x42, 0x1a, 0x0a, 0, 0, 0, 100, 0, 0, 1, 44];
    octets.extend(offset_and_flags.to_be_bytes());
    octets.extend([2, 0, 0, 0, 0, 0]);
    octets.extend(options);
    octets.resize(20 + words * 4, 0);
    octets.extend(text);
    octets
}

/// The same with its checksum, over IPv4 from A to B.
pub(super) fn summed4(mut tcp: Vec<u8>) -> Vec<u8> {
    let sum = ipv4_checksum(&TcpPacket::new(&tcp).unwrap(), &A4.octets().into(), &B4.octets().into());
    tcp[16..18].copy_from_slice(&sum.to_be_bytes());
    tcp
}

/// The same with its checksum, over IPv6 from A to B.
pub(super) fn summed6(mut tcp: Vec<u8>) -> Vec<u8> {
    let sum = ipv6_checksum(&TcpPacket::new(&tcp).unwrap(), &A6.octets().into(), &B6.octets().into());
    tcp[16..18].copy_from_slice(&sum.to_be_bytes());
    tcp
}

pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let mut octets = vec![0x45, 0, high, low, 0, 1, 0x40, 0, 64, protocol, 0, 0];
    octets.extend(A4.octets());
    octets.extend(B4.octets());
    octets.extend(payload);
    octets
}

pub(super) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let mut octets = vec![0x60, 0, 0, 0, high, low, next, 64];
    octets.extend(A6.octets());
    octets.extend(B6.octets());
    octets.extend(payload);
    octets
}

/// Zero addresses, as on Linux loopback; `tags` stand as number and tag between them and `ethertype`.
pub(super) fn ethernet(tags: &[u16], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut octets = vec![0; 12];
    for tag in tags {
        octets.extend(tag.to_be_bytes());
        octets.extend([0, 42]);
    }
    octets.extend(ethertype.to_be_bytes());
    octets.extend(payload);
    octets
}

/// `parts` one after another.
pub(super) fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}
