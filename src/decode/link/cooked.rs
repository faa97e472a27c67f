//! Linux "cooked" captures, which have one header for every kind of interface.
//!
//! In: a frame. Out: what stands behind its header.
//! Invariant: the kind of interface decides what the protocol field means. Nothing that begins as its protocol does is read otherwise.
//! Read: LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 at tcpdump.org.

use pnet::packet::ethernet::{EtherType, EtherTypes};
use pnet::packet::sll::SLLPacket;
use pnet::packet::sll2::SLL2Packet;

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::link::tags;
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// The first version.
pub(super) fn linux_sll(frame: Rest<'_>) -> Read<'_> {
    let (header, rest) = frame.view(16, Layer::LinuxSll, SLLPacket::new)?;
    behind(header.get_link_layer_address_type(), header.get_protocol(), rest)
}

/// The second version.
pub(super) fn linux_sll2(frame: Rest<'_>) -> Read<'_> {
    let (header, rest) = frame.view(20, Layer::LinuxSll2, SLL2Packet::new)?;
    behind(header.get_arphrd_type(), header.get_protocol_type(), rest)
}

fn behind(hardware: u16, EtherType(protocol): EtherType, rest: Rest<'_>) -> Read<'_> {
    const FRAD: u16 = 770;
    const RADIOTAP: u16 = 803;
    const NETLINK: u16 = 824;
    const LLC: u16 = 4;
    Ok(match (hardware, protocol) {
        (FRAD, _) => Next::Link(LinkType::FRELAY, rest),
        (RADIOTAP, _) => Next::Link(LinkType::IEEE802_11_RADIOTAP, rest),
        (NETLINK, _) => Next::OTHER,
        (_, LLC) => Next::Llc(rest),
        _ if has_tags(protocol, rest.octets()) => Next::EtherType(EtherTypes::Vlan, rest),
        // In the first version libpcap puts the tag back that was taken away.
        _ if tags::is_vlan(EtherType(protocol)) => {
            let ([_, _, high, low], behind) = rest.take(Layer::Vlan)?;
            if has_tags(u16::from_be_bytes([high, low]), behind.octets()) {
                Next::EtherType(EtherTypes::Vlan, behind)
            } else {
                Next::numbered(protocol, rest)
            }
        }
        _ => Next::numbered(protocol, rest),
    })
}

/// Whether tags stand before what the header names. Of several Linux takes the outer one away, and names what is behind all of them.
fn has_tags(protocol: u16, octets: &[u8]) -> bool {
    if begins(protocol, octets) {
        return false;
    }
    let mut behind = octets;
    while let [_, _, high, low, rest @ ..] = behind {
        let next = u16::from_be_bytes([*high, *low]);
        if !tags::is_vlan(EtherType(next)) {
            return next == protocol && begins(protocol, rest);
        }
        behind = rest;
    }
    false
}

/// Whether a packet of this protocol begins so; of others than IP and PPP's session it cannot be told.
fn begins(protocol: u16, octets: &[u8]) -> bool {
    let Some(first) = octets.first() else { return true };
    match protocol {
        0x0800 => (0x45..=0x4f).contains(first),
        0x86dd => first >> 4 == 6,
        0x8864 => *first == 0x11,
        _ => true,
    }
}
