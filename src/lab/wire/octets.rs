//! The octets of a frame: checksums finished, fields altered.
//!
//! In: an Ethernet frame. Out: the same frame, changed in place.
//! Invariant: whatever the octets, there is no panic; what is no whole TCP or UDP packet over IP stays as it is.
//! Read: RFC 9293 §3.1, RFC 768, RFC 791 §3.1, RFC 8200 §8.1 (the pseudo-header).

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use pnet::packet::MutablePacket;
use pnet::packet::ethernet::{EtherType, EtherTypes, EthernetPacket, MutableEthernetPacket};
use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet::packet::ipv4::{self, Ipv4Packet, MutableIpv4Packet};
use pnet::packet::ipv6::{Ipv6Packet, MutableIpv6Packet};
use pnet::packet::tcp::{self, MutableTcpPacket, TcpPacket};
use pnet::packet::udp::{self, MutableUdpPacket};

use crate::lab::wire::fault::Change;
use crate::segment::Flags;

/// Where IP begins in a frame.
pub const IP_AT: usize = 14;
/// The length of an IPv6 header, and the least of an IPv4 one.
const IPV6_HEADER: usize = 40;
const IPV4_HEADER: usize = 20;
/// In IPv4's flags.
const MORE_FRAGMENTS: u8 = 1;

/// What a packet carries, and between whom.
struct Carried {
    protocol: IpNextHeaderProtocol,
    at: Range<usize>,
    addresses: Addresses,
}

#[derive(Clone, Copy)]
enum Addresses {
    V4(Ipv4Addr, Ipv4Addr),
    V6(Ipv6Addr, Ipv6Addr),
}

/// Finishes what a sender leaves to its interface: the checksums of TCP and UDP.
pub fn finish(frame: &mut [u8]) {
    let Some(Carried { protocol, at, addresses }) = carried(frame) else { return };
    let Some(octets) = frame.get_mut(at) else { return };
    match protocol {
        IpNextHeaderProtocols::Tcp => {
            let Some(mut segment) = MutableTcpPacket::new(octets) else { return };
            let sum = match addresses {
                Addresses::V4(from, to) => tcp::ipv4_checksum(&segment.to_immutable(), &from, &to),
                Addresses::V6(from, to) => tcp::ipv6_checksum(&segment.to_immutable(), &from, &to),
            };
            segment.set_checksum(sum);
        }
        IpNextHeaderProtocols::Udp => {
            let Some(mut datagram) = MutableUdpPacket::new(octets) else { return };
            let sum = match addresses {
                Addresses::V4(from, to) => udp::ipv4_checksum(&datagram.to_immutable(), &from, &to),
                Addresses::V6(from, to) => udp::ipv6_checksum(&datagram.to_immutable(), &from, &to),
            };
            // Zero says that there is none.
            datagram.set_checksum(if sum == 0 { u16::MAX } else { sum });
        }
        _ => {}
    }
}

/// Alters a segment. Its checksums fit again, unless one of the changes is that they do not.
pub fn alter(frame: &mut [u8], changes: &[Change]) {
    for change in changes {
        if let Change::Ttl(hops) = change {
            set_hops(frame, *hops);
        }
    }
    let Some(Carried { protocol: IpNextHeaderProtocols::Tcp, at, .. }) = carried(frame) else { return };
    if let Some(mut segment) = frame.get_mut(at.clone()).and_then(MutableTcpPacket::new) {
        changes.iter().for_each(|change| set(&mut segment, *change));
    }
    finish(frame);
    if changes.contains(&Change::Checksum)
        && let Some(mut segment) = frame.get_mut(at).and_then(MutableTcpPacket::new)
    {
        let right = segment.get_checksum();
        segment.set_checksum(right ^ 0x5555);
    }
}

fn set(segment: &mut MutableTcpPacket<'_>, change: Change) {
    match change {
        Change::Seq(offset) => segment.set_sequence(segment.get_sequence().wrapping_add_signed(offset)),
        Change::Ack(offset) => {
            segment.set_acknowledgement(segment.get_acknowledgement().wrapping_add_signed(offset));
        }
        Change::Window(window) => segment.set_window(window),
        Change::Flags(flags) => set_flags(segment, flags),
        Change::Mss(mss) => set_mss(segment, mss),
        // One belongs to IP, the other comes last.
        Change::Ttl(_) | Change::Checksum => {}
    }
}

/// Sets all nine control bits.
pub fn set_flags(segment: &mut MutableTcpPacket<'_>, flags: Flags) {
    let [ninth, eight] = flags.0.to_be_bytes();
    segment.set_flags(eight);
    segment.set_reserved(segment.get_reserved() & !1 | ninth & 1);
}

/// Sets the option of kind 2, where there is one.
fn set_mss(segment: &mut MutableTcpPacket<'_>, mss: u16) {
    let end = usize::from(segment.get_data_offset()) * 4;
    let Some(mut options) = segment.packet_mut().get_mut(TcpPacket::minimum_packet_size()..end) else {
        return;
    };
    loop {
        match options {
            [2, 4, high, low, ..] => {
                [*high, *low] = mss.to_be_bytes();
                return;
            }
            [1, rest @ ..] => options = rest,
            [0, ..] => return,
            [_, len, ..] => {
                let len = usize::from(*len).max(2);
                let Some(rest) = options.get_mut(len..) else { return };
                options = rest;
            }
            _ => return,
        }
    }
}

fn set_hops(frame: &mut [u8], hops: u8) {
    let kind = kind(frame);
    let Some(packet) = frame.get_mut(IP_AT..) else { return };
    if kind == Some(EtherTypes::Ipv4)
        && let Some(mut packet) = MutableIpv4Packet::new(packet)
    {
        packet.set_ttl(hops);
        packet.set_checksum(ipv4::checksum(&packet.to_immutable()));
    } else if kind == Some(EtherTypes::Ipv6)
        && let Some(mut packet) = MutableIpv6Packet::new(packet)
    {
        packet.set_hop_limit(hops);
    }
}

fn kind(frame: &[u8]) -> Option<EtherType> {
    Some(EthernetPacket::new(frame)?.get_ethertype())
}

/// What a frame's packet carries, where it is whole and no header stands between.
fn carried(frame: &[u8]) -> Option<Carried> {
    let kind = kind(frame)?;
    let octets = frame.get(IP_AT..)?;
    if kind == EtherTypes::Ipv4 {
        let packet = Ipv4Packet::new(octets)?;
        if packet.get_flags() & MORE_FRAGMENTS != 0 || packet.get_fragment_offset() != 0 {
            return None;
        }
        let header = usize::from(packet.get_header_length()) * 4;
        let end = usize::from(packet.get_total_length());
        let addresses = Addresses::V4(packet.get_source(), packet.get_destination());
        return whole(packet.get_next_level_protocol(), header.max(IPV4_HEADER), end, octets, addresses);
    }
    if kind == EtherTypes::Ipv6 {
        let packet = Ipv6Packet::new(octets)?;
        let end = IPV6_HEADER + usize::from(packet.get_payload_length());
        let addresses = Addresses::V6(packet.get_source(), packet.get_destination());
        return whole(packet.get_next_header(), IPV6_HEADER, end, octets, addresses);
    }
    None
}

fn whole(
    protocol: IpNextHeaderProtocol,
    header: usize,
    end: usize,
    packet: &[u8],
    addresses: Addresses,
) -> Option<Carried> {
    let is_whole = end <= packet.len() && header <= end;
    is_whole.then(|| Carried { protocol, at: IP_AT + header..IP_AT + end, addresses })
}

/// Writes the header of a frame.
pub fn set_ethernet(frame: &mut [u8], from: [u8; 6], to: [u8; 6], is_ipv6: bool) {
    if let Some(mut header) = MutableEthernetPacket::new(frame) {
        header.set_source(from.into());
        header.set_destination(to.into());
        header.set_ethertype(if is_ipv6 { EtherTypes::Ipv6 } else { EtherTypes::Ipv4 });
    }
}

#[cfg(test)]
mod tests;
