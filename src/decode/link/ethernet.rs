//! Ethernet, and what its EtherTypes stand for.
//!
//! In: an Ethernet frame, or an EtherType and what follows it. Out: what stands behind.
//! Invariant: an EtherType below 0x0600 is the length of an IEEE 802.3 frame, which has LLC behind it.
//! Read: IEEE 802.3 §3.2.6, IEEE 802.1Q §9, the registry of EtherTypes.

use pnet::packet::ethernet::{EtherType, EtherTypes, EthernetPacket};

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::link::tags;
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// The greatest length that an IEEE 802.3 frame can give.
const GREATEST_LENGTH: u16 = 1_500;

/// The header of a frame.
pub(super) fn header(frame: Rest<'_>) -> Read<'_> {
    let (header, rest) = frame.view(14, Layer::Ethernet, EthernetPacket::new)?;
    Ok(Next::EtherType(header.get_ethertype(), rest))
}

/// What an EtherType announces.
pub(super) fn behind(number: EtherType, rest: Rest<'_>) -> Read<'_> {
    match number {
        EtherTypes::Ipv4 => Ok(Next::ipv4(rest)),
        EtherTypes::Ipv6 => Ok(Next::ipv6(rest)),
        number if tags::is_vlan(number) => tags::vlan(rest),
        EtherType(0x8847 | 0x8848) => Ok(Next::Link(LinkType::MPLS, rest)),
        EtherType(0x8864) => Ok(Next::Link(LinkType::PPP_ETHER, rest)),
        EtherType(0x880b) => Ok(Next::Link(LinkType::PPP, rest)),
        // Ethernet in something that names its load by EtherType, as GRE and Geneve do.
        EtherType(0x6558) => Ok(Next::Link(LinkType::ETHERNET, rest)),
        // Frames of more than 1,500 octets, which no length can tell.
        EtherType(0x8870) => Ok(Next::Llc(rest)),
        EtherType(0x8926) => tags::vn_tag(rest),
        EtherType(0x893f) => tags::e_tag(rest),
        EtherType(0x892f) => tags::hsr_tag(rest),
        EtherType(0x88e7) => tags::i_tag(rest),
        EtherType(0x8903) => tags::fabric_path(rest),
        EtherType(0x22f3) => tags::trill(rest),
        EtherType(0x8909) => tags::cisco_meta_data(rest),
        EtherType(0x88e5) => tags::mac_sec(rest),
        EtherType(0x894f) => tags::service(rest),
        EtherType(..=GREATEST_LENGTH) => Ok(Next::Llc(rest)),
        _ => Ok(Next::OTHER),
    }
}
