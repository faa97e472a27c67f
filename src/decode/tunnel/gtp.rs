//! GTP-U: what phones send, between the stations and the gateways of a mobile network.
//!
//! In: the octets from the GTP header on. Out: the IP packet inside.
//! Invariant: the chain of extension headers ends where the message does. The tunnel's number (TEID) is the receiver's, and
//! another one in each direction, so it is no part of what the tunnel is.
//! Read: 3GPP TS 29.281 §5.1 and §5.2.

use crate::decode::error::Layer;
use crate::decode::rest::Rest;
use crate::decode::tunnel::inside::{Inside, by_version};
use crate::tunnel::TunnelKind;

/// Version 1, and GTP rather than GTP'.
const VERSION: u8 = 0b0011_0000;
const VERSION_BITS: u8 = 0b1111_0000;
const EXTENDED: u8 = 0b100;
/// Extension, sequence number or N-PDU number: with any of them four octets stand there.
const OPTIONAL: u8 = 0b111;
/// The message that carries a packet.
const PACKET: u8 = 255;

pub(super) fn read(rest: Rest<'_>) -> Option<Inside<'_>> {
    let ([flags, message, high, low, ..], rest): ([u8; 8], _) = rest.take(Layer::Tunnel).ok()?;
    if flags & VERSION_BITS != VERSION || message != PACKET {
        return None;
    }
    let len = usize::from(u16::from_be_bytes([high, low]));
    let mut rest = rest.with_len(len.min(rest.len()));
    if flags & OPTIONAL != 0 {
        let ([.., mut next], mut after): ([u8; 4], _) = rest.take(Layer::Tunnel).ok()?;
        while flags & EXTENDED != 0 && next != 0 {
            (next, after) = behind_extension(after)?;
        }
        rest = after;
    }
    Some(Inside::new(TunnelKind::GtpU, by_version(rest)?))
}

/// An extension header has its length, in words, as its first octet, and the next one's type as its last.
fn behind_extension(rest: Rest<'_>) -> Option<(u8, Rest<'_>)> {
    let words = usize::from(*rest.octets().first()?);
    let (header, rest) = rest.split(words.saturating_mul(4), Layer::Tunnel).ok()?;
    // One of length 0 has no last octet, and would never end.
    Some((*header.last()?, rest))
}
