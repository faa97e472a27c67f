//! Local networks other than Ethernet, and Ethernet with a switch's tag in it.
//!
//! In: a frame. Out: what stands behind its header.
//! Invariant: frames of the network's own management are other traffic.
//! Read: RFC 1390 (FDDI), RFC 1042 (IEEE 802.5), RFC 2625 §3 (Fibre Channel), RFC 2734 (IEEE 1394), RFC 4391 §6 (InfiniBand).

use pnet::packet::ethernet::EtherType;

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;

/// Token Ring: access and frame control, addresses, and a route where the source address has its group bit.
pub(super) fn token_ring(rest: Rest<'_>) -> Read<'_> {
    let (header, rest) = rest.take::<14>(Layer::TokenRing)?;
    let [_, control, _, _, _, _, _, _, from, ..] = header;
    if control & 0xc0 != 0x40 {
        return Ok(Next::OTHER);
    }
    if from & 0x80 == 0 {
        return Ok(Next::Llc(rest));
    }
    let ([length, _], _) = rest.take(Layer::TokenRing)?;
    let (_, rest) = rest.split_claimed(usize::from(length & 0x1f), 2, Layer::TokenRing)?;
    Ok(Next::Llc(rest))
}

/// FDDI: frame control and addresses.
pub(super) fn fddi(rest: Rest<'_>) -> Read<'_> {
    let (header, rest) = rest.take::<13>(Layer::Fddi)?;
    let [control, ..] = header;
    Ok(if control & 0xf0 == 0x50 { Next::Llc(rest) } else { Next::OTHER })
}

/// IP over Fibre Channel: two addresses of eight octets.
pub(super) fn fibre_channel(rest: Rest<'_>) -> Read<'_> {
    let (_, rest) = rest.split(16, Layer::FibreChannel)?;
    Ok(Next::Llc(rest))
}

/// IP over IEEE 1394 as Apple has it: two addresses of eight octets and an EtherType.
pub(super) fn firewire(rest: Rest<'_>) -> Read<'_> {
    let (_, rest) = rest.split(16, Layer::FireWire)?;
    let (number, rest) = rest.take(Layer::FireWire)?;
    Ok(Next::numbered(u16::from_be_bytes(number), rest))
}

/// IP over InfiniBand: the route's header of 40 octets, an EtherType, and two octets that are reserved.
pub(super) fn infiniband(frame: Rest<'_>) -> Read<'_> {
    let (_, rest) = frame.split(40, Layer::InfiniBand)?;
    let ([high, low, _, _], rest) = rest.take(Layer::InfiniBand)?;
    Ok(Next::numbered(u16::from_be_bytes([high, low]), rest))
}

/// Ethernet with `len` octets of a switch's own tag between the addresses and the EtherType.
pub(super) fn switch_tag(len: usize, rest: Rest<'_>) -> Read<'_> {
    let (_, rest) = rest.split(12, Layer::Ethernet)?;
    let (_, rest) = rest.split(len, Layer::SwitchTag)?;
    let (number, rest) = rest.take(Layer::Ethernet)?;
    Ok(Next::EtherType(EtherType(u16::from_be_bytes(number)), rest))
}
