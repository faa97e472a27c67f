//! LLC and SNAP, which other links than Ethernet have in place of an EtherType.
//!
//! In: the octets from the LLC header on. Out: what stands behind.
//! Invariant: only unnumbered information carries packets; all else is other traffic and no error.
//! Read: IEEE 802.2, RFC 1042, RFC 2684 §5 (bridged frames).

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// An LLC header: both access points, and the control field.
pub(super) fn header(rest: Rest<'_>) -> Read<'_> {
    let ([to, from, control], rest) = rest.take(Layer::Llc)?;
    match (to, from, control) {
        (0xaa, 0xaa, 0x03) => snap(rest, 2),
        (0x06, 0x06, 0x03) => Ok(Next::ipv4(rest)),
        _ => Ok(Next::OTHER),
    }
}

/// What SNAP says: an EtherType, or a bridged frame behind `padding`, which LLC has and Frame Relay has not.
pub(super) fn snap(rest: Rest<'_>, padding: usize) -> Read<'_> {
    let ([a, b, c, high, low], rest) = rest.take(Layer::Snap)?;
    let number = u16::from_be_bytes([high, low]);
    match ([a, b, c], number) {
        // The second is that of bridges from Ethernet (RFC 1390, IEEE 802.1H).
        ([0, 0, 0] | [0, 0, 0xf8], _) => Ok(Next::numbered(number, rest)),
        ([0, 0x80, 0xc2], 1 | 7) => {
            let (_, rest) = rest.split(padding, Layer::Snap)?;
            Ok(Next::Link(LinkType::ETHERNET, rest))
        }
        _ => Ok(Next::OTHER),
    }
}
