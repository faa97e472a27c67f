//! Virtual networks over UDP: VXLAN, VXLAN-GPE, Geneve, and LISP.
//!
//! In: the octets from the tunnel's header on. Out: the packet inside, and the virtual network.
//! Invariant: a header whose fixed bits are not as the standard has them is no such header.
//! Read: RFC 7348 §5, draft-ietf-nvo3-vxlan-gpe-12 §3, RFC 8926 §3.4 and §3.5, RFC 6830 §5.3.

use pnet::packet::ethernet::{EtherType, EtherTypes};
use pnet::packet::vxlan::VxlanPacket;

use crate::decode::error::Layer;
use crate::decode::link::{Network, behind, ethernet};
use crate::decode::rest::Rest;
use crate::decode::tunnel::gre;
use crate::decode::tunnel::inside::{Inside, by_version};
use crate::tunnel::TunnelKind;

const SERVICE_HEADER: EtherType = EtherType(0x894f);

/// The network's number counts.
const NUMBERED: u8 = 0x08;

/// Ethernet in a virtual network. The group policy extension uses other bits of the same header.
pub(super) fn vxlan(rest: Rest<'_>) -> Option<Inside<'_>> {
    let (header, frame) = rest.view(8, Layer::Tunnel, VxlanPacket::new).ok()?;
    let is_vxlan = header.get_flags() & NUMBERED != 0;
    is_vxlan.then_some(Inside::new(TunnelKind::Vxlan, ethernet(frame).ok()?).of_network(header.get_vni()))
}

/// The same with the kind of packet in the header, where a bit says so.
pub(super) fn vxlan_gpe(rest: Rest<'_>) -> Option<Inside<'_>> {
    const VERSION: u8 = 0x30;
    const TYPED: u8 = 0x04;
    let ([flags, _, _, next, network @ .., _], rest): ([u8; 8], _) = rest.take(Layer::Tunnel).ok()?;
    if flags & VERSION != 0 || flags & NUMBERED == 0 {
        return None;
    }
    let packet = match next {
        _ if flags & TYPED == 0 => ethernet(rest).ok()?,
        1 => Network::Ipv4(rest),
        2 => Network::Ipv6(rest),
        3 => ethernet(rest).ok()?,
        4 => behind(SERVICE_HEADER, rest).ok()?,
        5 => behind(EtherTypes::Mpls, rest).ok()?,
        _ => return None,
    };
    Some(Inside::new(TunnelKind::VxlanGpe, packet).of_network(number(network)))
}

/// The same with options, and the kind of packet as an EtherType.
pub(super) fn geneve(rest: Rest<'_>) -> Option<Inside<'_>> {
    let ([first, _, high, low, network @ .., _], rest): ([u8; 8], _) = rest.take(Layer::Tunnel).ok()?;
    let (version, words) = (first >> 6, first & 0b11_1111);
    if version != 0 {
        return None;
    }
    let (_, rest) = rest.split(usize::from(words).saturating_mul(4), Layer::Tunnel).ok()?;
    let packet = match u16::from_be_bytes([high, low]) {
        gre::BRIDGED => ethernet(rest).ok()?,
        ethertype => behind(EtherType(ethertype), rest).ok()?,
    };
    Some(Inside::new(TunnelKind::Geneve, packet).of_network(number(network)))
}

/// IP alone, whatever the bits in front say of nonce, version and instance.
pub(super) fn lisp(rest: Rest<'_>) -> Option<Inside<'_>> {
    let (_, rest) = rest.split(8, Layer::Tunnel).ok()?;
    Some(Inside::new(TunnelKind::Lisp, by_version(rest)?))
}

fn number([high, middle, low]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, high, middle, low])
}
