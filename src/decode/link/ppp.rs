//! PPP in all its framings, and Cisco's HDLC, which shares a link type with it.
//!
//! In: a frame, without flags and stuffing. Out: what stands behind its protocol number.
//! Invariant: address and control fields, and the first octet of a protocol number, may be left out (compressed).
//! Read: RFC 1661 §2 and §6.5, RFC 1662 §3.1, RFC 2516 §4, RFC 1547 §4.3.1.

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// PPP, with address and control or without.
pub(super) fn ppp(frame: Rest<'_>) -> Read<'_> {
    match frame.take(Layer::Ppp)? {
        // 0xff alone is no protocol number: it stays reserved.
        ([0xff], _) => match frame.take(Layer::Ppp)? {
            ([_, 0x03], rest) => protocol(rest),
            _ => Ok(Next::OTHER),
        },
        _ => protocol(frame),
    }
}

/// HDLC-like framing: PPP's own, or Cisco's.
pub(super) fn hdlc(frame: Rest<'_>) -> Read<'_> {
    let ([address], _) = frame.take(Layer::Ppp)?;
    if matches!(address, 0x0f | 0x8f) { cisco(frame) } else { ppp(frame) }
}

/// As `pppd` captures: the direction stands where the address would.
pub(super) fn pppd(frame: Rest<'_>) -> Read<'_> {
    let ([_, _], rest) = frame.take(Layer::Ppp)?;
    protocol(rest)
}

/// PPPoE; code 0 is that of a session's data.
pub(super) fn ether(frame: Rest<'_>) -> Read<'_> {
    let ([_, code, _, _, _, _], rest) = frame.take(Layer::PppoE)?;
    if code == 0 { protocol(rest) } else { Ok(Next::OTHER) }
}

/// Cisco's HDLC: address, control, and an EtherType.
pub(super) fn cisco(frame: Rest<'_>) -> Read<'_> {
    let ([address, control, high, low], rest) = frame.take(Layer::CiscoHdlc)?;
    match (address, control) {
        (0xff, 0x03) => ppp(frame),
        _ => Ok(Next::numbered(u16::from_be_bytes([high, low]), rest)),
    }
}

/// A protocol number is even in its first octet and odd in its last.
fn protocol(rest: Rest<'_>) -> Read<'_> {
    let ([first], after) = rest.take(Layer::Ppp)?;
    let (number, rest) = if first & 1 == 1 {
        (u16::from(first), after)
    } else {
        let (number, rest) = rest.take(Layer::Ppp)?;
        (u16::from_be_bytes(number), rest)
    };
    Ok(match number {
        0x0021 => Next::ipv4(rest),
        0x0057 => Next::ipv6(rest),
        0x0281 | 0x0283 => Next::Link(LinkType::MPLS, rest),
        _ => Next::OTHER,
    })
}
