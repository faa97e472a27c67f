//! IPv6 headers and the chain of extension headers behind them.
//!
//! In: the octets from the IP header on. Out: the upper layer's octets, ended where the packet ends.
//! Invariant: the chain is bounded. Where headers name other ends than the addresses of the IP header
//! (routing headers, home addresses) the ends are taken from there, as the pseudo-header is made of them.
//! Read: RFC 8200 §3, §4, §8.1 (pseudo-header), RFC 2675 (jumbograms), RFC 8754 §2 (segment routing), RFC
//! 6275 §6.3, §6.4, RFC 6564 §4 (headers to come), RFC 4727 §3.4 (experiments).

use std::net::{IpAddr, Ipv6Addr};

use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet::packet::ipv6::Ipv6Packet;

use crate::decode::error::{DecodeError, Fault, Layer};
use crate::decode::ip::{Packet, Part, Piece, extension, is_extension};
use crate::decode::rest::Rest;

/// More extension headers than any sane packet has: each kind is to occur once, one of them twice (RFC 8200
/// §4.1).
const MOST_HEADERS: usize = 16;

/// Options in hop-by-hop and destination options headers.
const JUMBO_PAYLOAD: u8 = 0xc2;
const HOME_ADDRESS: u8 = 0xc9;

/// Reads an IPv6 header and all extension headers.
pub(super) fn packet(rest: Rest<'_>) -> Result<Packet<'_>, DecodeError> {
    read(rest, |payload, len, protocol| match len {
        0 => jumbogram(protocol, payload),
        len => payload.with_len(usize::from(len)),
    })
}

/// Reads those that an ICMPv6 error quotes: the payload length says nothing about the quotation.
pub(super) fn quoted(rest: Rest<'_>) -> Result<Packet<'_>, DecodeError> {
    read(rest, |payload, _, _| payload).map(Packet::as_beginning)
}

/// Reads on in `packet`, which has been put together.
pub(super) fn go_on(packet: Packet<'_>) -> Result<Packet<'_>, DecodeError> {
    behind_extensions(packet)
}

/// `end` ends the payload where the payload length says.
fn read<'a>(
    rest: Rest<'a>,
    end: impl FnOnce(Rest<'a>, u16, IpNextHeaderProtocol) -> Rest<'a>,
) -> Result<Packet<'a>, DecodeError> {
    let (header, payload) = rest.view(40, Layer::Ipv6, Ipv6Packet::new)?;
    if header.get_version() != 6 {
        return Err(rest.error(Layer::Ipv6, Fault::Version(header.get_version())));
    }
    let protocol = header.get_next_header();
    let payload = end(payload, header.get_payload_length(), protocol);
    behind_extensions(Packet {
        source: IpAddr::V6(header.get_source().octets().into()),
        destination: IpAddr::V6(header.get_destination().octets().into()),
        protocol,
        payload,
        part: Part::Whole,
        ends_known: true,
        piece: None,
    })
}

/// A payload length of 0: as long as the jumbo payload option says, and without that as long as the frame,
/// for a packet that the network card is still to cut up.
fn jumbogram(protocol: IpNextHeaderProtocol, payload: Rest<'_>) -> Rest<'_> {
    if protocol != IpNextHeaderProtocols::Hopopt {
        return payload;
    }
    extension(protocol, payload)
        .ok()
        .and_then(|(_, header, _)| option(header, JUMBO_PAYLOAD))
        .and_then(|value| <[u8; 4]>::try_from(value).ok())
        .and_then(|len| usize::try_from(u32::from_be_bytes(len)).ok())
        .map_or(payload, |len| payload.with_len(len))
}

fn behind_extensions(mut packet: Packet<'_>) -> Result<Packet<'_>, DecodeError> {
    for _ in 0..=MOST_HEADERS {
        let is_one = is_extension(packet.protocol) || is_experiment(&packet);
        if !is_one || packet.part == Part::Later {
            return Ok(packet);
        }
        packet = match behind_one(packet) {
            Ok(next) => next,
            // The chain goes on in the next fragment, though RFC 7112 forbids it.
            Err(DecodeError { fault: Fault::TooShort { .. }, .. }) if packet.part == Part::First => {
                return Ok(packet);
            }
            Err(error) => return Err(error),
        };
    }
    Err(packet.payload.error(Layer::Extension, Fault::TooManyHeaders(MOST_HEADERS)))
}

/// Whether a number for experiments stands for a header of the form that all new ones have. It may be anything else: it is
/// believed where another header or TCP follows within the packet.
fn is_experiment(packet: &Packet<'_>) -> bool {
    let is_number =
        |protocol| matches!(protocol, IpNextHeaderProtocols::Test1 | IpNextHeaderProtocols::Test2);
    let leads_on = |next| next == IpNextHeaderProtocols::Tcp || is_extension(next) || is_number(next);
    is_number(packet.protocol)
        && match *packet.payload.octets() {
            [next, len, ..] => {
                let len = usize::from(len).saturating_add(1).saturating_mul(8);
                leads_on(IpNextHeaderProtocol(next)) && len < packet.payload.len()
            }
            _ => !packet.payload.is_whole(),
        }
}

fn behind_one(packet: Packet<'_>) -> Result<Packet<'_>, DecodeError> {
    let (protocol, header, payload) = extension(packet.protocol, packet.payload)?;
    let next = Packet { protocol, payload, ..packet };
    Ok(match packet.protocol {
        IpNextHeaderProtocols::Ipv6Frag => behind_fragment(next, header),
        IpNextHeaderProtocols::Ipv6Route => behind_routing(next, header),
        IpNextHeaderProtocols::Ipv6Opts => behind_options(next, header),
        IpNextHeaderProtocols::Shim6 => behind_shim(next, header),
        _ => next,
    })
}

/// Offset (13 bits), two reserved bits, "more fragments". pnet's accessor takes one reserved bit for the
/// offset's.
fn behind_fragment<'a>(packet: Packet<'a>, header: &[u8]) -> Packet<'a> {
    let Some(&[_, _, high, low, a, b, c, d]) = header.first_chunk() else { return packet };
    let bits = u16::from_be_bytes([high, low]);
    let (offset, more) = (bits & !7, bits & 1 == 1);
    match Part::new(offset, more) {
        // A packet in one fragment (RFC 6946); what an outer fragment header said stays.
        Part::Whole => packet,
        part => {
            let (protocol, payload) = (packet.protocol, packet.payload);
            let identification = u32::from_be_bytes([a, b, c, d]);
            let piece = Piece { identification, offset: offset.into(), more, protocol, payload };
            // Of two such headers the outer one comes first.
            Packet { part, piece: packet.piece.or(Some(piece)), ..packet }
        }
    }
}

/// With stops left, the packet's end is in the routing header: last in types 0 and 2, first in a segment list
/// (type 4).
fn behind_routing<'a>(packet: Packet<'a>, header: &[u8]) -> Packet<'a> {
    let Some((&[_, _, kind, stops_left, ..], list)) = header.split_first_chunk::<8>() else { return packet };
    if stops_left == 0 {
        return packet;
    }
    let stops = list.as_chunks::<16>().0;
    let end = match kind {
        0 | 2 => stops.last(),
        4 => stops.first(),
        _ => None,
    };
    match end {
        Some(end) => Packet { destination: IpAddr::V6(Ipv6Addr::from(*end)), ..packet },
        None => Packet { ends_known: false, ..packet },
    }
}

/// With the first bit set it stands in a packet between two ends that know each other by other addresses than these.
fn behind_shim<'a>(packet: Packet<'a>, header: &[u8]) -> Packet<'a> {
    let is_payload = header.get(2).is_some_and(|octet| octet & 0x80 != 0);
    Packet { ends_known: packet.ends_known && !is_payload, ..packet }
}

/// A mobile node away from home: TCP at both ends knows it by its home address.
fn behind_options<'a>(packet: Packet<'a>, header: &[u8]) -> Packet<'a> {
    match option(header, HOME_ADDRESS).and_then(|value| <[u8; 16]>::try_from(value).ok()) {
        Some(home) => Packet { source: IpAddr::V6(Ipv6Addr::from(home)), ..packet },
        None => packet,
    }
}

/// The value of the first option of that kind in an options header (RFC 8200 §4.2).
fn option(header: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut options = header.get(2..)?;
    loop {
        match *options {
            [] | [_] => return None,
            [0, ref after @ ..] => options = after,
            [kind, len, ref after @ ..] => {
                let (value, after) = after.split_at_checked(usize::from(len))?;
                if kind == wanted {
                    return Some(value);
                }
                options = after;
            }
        }
    }
}

#[cfg(test)]
mod tests;
