//! Linux "cooked" captures, which have one header for every kind of interface.
//!
//! In: a frame. Out: what stands behind its header.
//! Invariant: the kind of interface decides what the protocol field means.
//! Read: LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2 at tcpdump.org.

use pnet::packet::ethernet::EtherType;
use pnet::packet::sll::SLLPacket;
use pnet::packet::sll2::SLL2Packet;

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// The first version.
pub(super) fn linux_sll(frame: Rest<'_>) -> Read<'_> {
    let (header, rest) = frame.view(16, Layer::LinuxSll, SLLPacket::new)?;
    Ok(behind(header.get_link_layer_address_type(), header.get_protocol(), rest))
}

/// The second version.
pub(super) fn linux_sll2(frame: Rest<'_>) -> Read<'_> {
    let (header, rest) = frame.view(20, Layer::LinuxSll2, SLL2Packet::new)?;
    Ok(behind(header.get_arphrd_type(), header.get_protocol_type(), rest))
}

fn behind(hardware: u16, EtherType(protocol): EtherType, rest: Rest<'_>) -> Next<'_> {
    const FRAD: u16 = 770;
    const RADIOTAP: u16 = 803;
    const NETLINK: u16 = 824;
    const LLC: u16 = 4;
    match (hardware, protocol) {
        (FRAD, _) => Next::Link(LinkType::FRELAY, rest),
        (RADIOTAP, _) => Next::Link(LinkType::IEEE802_11_RADIOTAP, rest),
        (NETLINK, _) => Next::OTHER,
        (_, LLC) => Next::Llc(rest),
        _ => Next::numbered(protocol, rest),
    }
}
