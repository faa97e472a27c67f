//! Frame Relay and ATM.
//!
//! In: a frame, or what an AAL5 frame carries. Out: what stands behind its header.
//! Invariant: an address ends with the octet that says so, after four at most.
//! Read: RFC 2427 §4 to §7, ITU-T Q.922 §3.3, RFC 2684 §5.

use crate::decode::error::Layer;
use crate::decode::link::llc;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// Frame Relay as RFC 2427 has it, or with an EtherType as Cisco has it.
pub(super) fn frame_relay(frame: Rest<'_>) -> Read<'_> {
    let mut rest = frame;
    for count in 1..=4 {
        let ([octet], after) = rest.take(Layer::FrameRelay)?;
        rest = after;
        if octet & 1 == 1 && count > 1 {
            return behind_address(rest);
        }
    }
    Ok(Next::OTHER)
}

fn behind_address(rest: Rest<'_>) -> Read<'_> {
    let ([control, second], after) = rest.take(Layer::FrameRelay)?;
    match (control, second) {
        // A pad octet stands there where what follows would be on an odd place.
        (0x03, 0x00) => {
            let ([id], after) = after.take(Layer::FrameRelay)?;
            identified(id, after)
        }
        (0x03, id) => identified(id, after),
        _ => Ok(Next::numbered(u16::from_be_bytes([control, second]), after)),
    }
}

/// LLC in AAL5, or an NLPID behind the access point's number for that.
pub(super) fn atm(frame: Rest<'_>) -> Read<'_> {
    match frame.take(Layer::Llc)? {
        ([0xfe, 0xfe, 0x03], rest) => {
            let ([id], rest) = rest.take(Layer::Llc)?;
            identified(id, rest)
        }
        _ => Ok(Next::Llc(frame)),
    }
}

/// What a network layer protocol identifier says (ISO/IEC TR 9577).
fn identified(id: u8, rest: Rest<'_>) -> Read<'_> {
    match id {
        0xcc => Ok(Next::ipv4(rest)),
        0x8e => Ok(Next::ipv6(rest)),
        0x80 => llc::snap(rest, 0),
        0xcf => Ok(Next::Link(LinkType::PPP, rest)),
        _ => Ok(Next::OTHER),
    }
}
