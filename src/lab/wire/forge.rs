//! Segments that nobody has sent.
//!
//! In: what is wanted, and the numbers of the connection that it is forged into. Out: a frame.
//! Invariant: both ends take it for the other's: addresses, numbers and checksums are as theirs would be.

use std::net::{IpAddr, SocketAddr};

use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv4::{self, MutableIpv4Packet};
use pnet::packet::ipv6::MutableIpv6Packet;
use pnet::packet::tcp::MutableTcpPacket;

use crate::lab::wire::fault::{Forged, Side};
use crate::lab::wire::flow::Target;
use crate::lab::wire::octets::{IP_AT, finish, set_ethernet, set_flags};
use crate::segment::Flags;

/// Of a header without options.
const TCP_HEADER: usize = 20;
/// As Linux begins.
const HOPS: u8 = 64;

/// The frame that carries it towards `to`. `None` where it has no room in one.
pub fn forge(forged: &Forged, target: &Target, to: Side) -> Option<Vec<u8>> {
    let len = TCP_HEADER + forged.text.len();
    let is_ipv6 = target.destination.is_ipv6();
    let tcp_at = IP_AT + if is_ipv6 { 40 } else { 20 };
    let mut frame = vec![0; tcp_at + len];
    set_ethernet(&mut frame, to.other().hardware(), to.hardware(), is_ipv6);
    set_ip(frame.get_mut(IP_AT..)?, target.source, target.destination, u16::try_from(len).ok()?)?;
    let mut segment = MutableTcpPacket::new(frame.get_mut(tcp_at..)?)?;
    segment.set_source(target.source.port());
    segment.set_destination(target.destination.port());
    segment.set_sequence(target.number(forged.seq).0);
    if forged.flags.has(Flags::ACK) {
        segment.set_acknowledgement((target.snd_nxt + forged.ack.cast_unsigned()).0);
    }
    segment.set_data_offset(5);
    set_flags(&mut segment, forged.flags);
    segment.set_window(forged.window);
    segment.set_payload(&forged.text);
    finish(&mut frame);
    Some(frame)
}

fn set_ip(octets: &mut [u8], source: SocketAddr, destination: SocketAddr, len: u16) -> Option<()> {
    match (source.ip(), destination.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let mut packet = MutableIpv4Packet::new(octets)?;
            packet.set_version(4);
            packet.set_header_length(5);
            packet.set_total_length(len.checked_add(20)?);
            packet.set_ttl(HOPS);
            packet.set_next_level_protocol(IpNextHeaderProtocols::Tcp);
            packet.set_source(source);
            packet.set_destination(destination);
            packet.set_checksum(ipv4::checksum(&packet.to_immutable()));
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let mut packet = MutableIpv6Packet::new(octets)?;
            packet.set_version(6);
            packet.set_payload_length(len);
            packet.set_next_header(IpNextHeaderProtocols::Tcp);
            packet.set_hop_limit(HOPS);
            packet.set_source(source);
            packet.set_destination(destination);
        }
        _ => return None,
    }
    Some(())
}
