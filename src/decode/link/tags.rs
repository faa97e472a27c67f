//! Tags: short headers between an EtherType and the next one, or an Ethernet frame.
//!
//! In: the octets behind the tag's EtherType. Out: what stands behind the tag.
//! Invariant: only what was not encrypted is looked into.
//! Read: IEEE 802.1Q §9, IEEE 802.1BR §7.5, RFC 6325 §3, IEEE 802.1AE §9, RFC 8300 §2, IEC 62439-3 §5.

use pnet::packet::ethernet::EtherType;
use pnet::packet::vlan::VlanPacket;

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// Whether it announces a tag of IEEE 802.1Q or 802.1ad: 0x9200 is, like 0x9100, an older number for the outer of two.
pub(super) const fn is_vlan(EtherType(number): EtherType) -> bool {
    matches!(number, 0x8100 | 0x88a8 | 0x9100 | 0x9200)
}

/// Such a tag.
pub(super) fn vlan(rest: Rest<'_>) -> Read<'_> {
    let (tag, rest) = rest.view(4, Layer::Vlan, VlanPacket::new)?;
    Ok(Next::EtherType(tag.get_ethertype(), rest))
}

/// Cisco's VN-Tag: direction, interfaces, and the next EtherType.
pub(super) fn vn_tag(rest: Rest<'_>) -> Read<'_> {
    let ([_, _, _, _, high, low], rest) = rest.take(Layer::VnTag)?;
    Ok(Next::EtherType(ethertype([high, low]), rest))
}

/// IEEE 802.1BR, which grew from it.
pub(super) fn e_tag(rest: Rest<'_>) -> Read<'_> {
    let ([_, _, _, _, _, _, high, low], rest) = rest.take(Layer::ETag)?;
    Ok(Next::EtherType(ethertype([high, low]), rest))
}

/// A redundant ring's tag: path and length, a sequence number, and the next EtherType.
pub(super) fn hsr_tag(rest: Rest<'_>) -> Read<'_> {
    let ([_, _, _, _, high, low], rest) = rest.take(Layer::HsrTag)?;
    Ok(Next::EtherType(ethertype([high, low]), rest))
}

/// A provider backbone's tag (IEEE 802.1ah) has the customer's whole frame behind it.
pub(super) fn i_tag(rest: Rest<'_>) -> Read<'_> {
    let ([_, _, _, _], rest) = rest.take(Layer::ITag)?;
    Ok(Next::Link(LinkType::ETHERNET, rest))
}

/// Cisco FabricPath: the tree and the time to live, then the frame that came in.
pub(super) fn fabric_path(rest: Rest<'_>) -> Read<'_> {
    let ([_, _], rest) = rest.take(Layer::FabricPath)?;
    Ok(Next::Link(LinkType::ETHERNET, rest))
}

/// TRILL says in five bits across its first octets how many words of options it has.
pub(super) fn trill(rest: Rest<'_>) -> Read<'_> {
    let ([high, low, _, _, _, _], rest) = rest.take(Layer::Trill)?;
    let words = u16::from_be_bytes([high, low]) >> 6 & 0x1f;
    let (_, rest) = rest.split(usize::from(words).saturating_mul(4), Layer::Trill)?;
    Ok(Next::Link(LinkType::ETHERNET, rest))
}

/// Cisco's meta data: version, length, the kind and number of a security group, and the next EtherType.
pub(super) fn cisco_meta_data(rest: Rest<'_>) -> Read<'_> {
    let ([_, _, _, _, _, _, high, low], rest) = rest.take(Layer::CiscoMetaData)?;
    Ok(Next::EtherType(ethertype([high, low]), rest))
}

/// MACsec that protects without encrypting.
pub(super) fn mac_sec(rest: Rest<'_>) -> Read<'_> {
    const HAS_CHANNEL: u8 = 0x20;
    const ENCRYPTED: u8 = 0x08;
    const CHANGED: u8 = 0x04;
    let ([control, _, _, _, _, _], rest) = rest.take(Layer::MacSec)?;
    if control & (ENCRYPTED | CHANGED) != 0 {
        return Ok(Next::OTHER);
    }
    let (_, rest) = rest.split(if control & HAS_CHANNEL == 0 { 0 } else { 8 }, Layer::MacSec)?;
    let ([high, low], rest) = rest.take(Layer::MacSec)?;
    Ok(Next::EtherType(ethertype([high, low]), rest))
}

/// A network service header gives its length in words, itself included, and names what it carries.
pub(super) fn service(rest: Rest<'_>) -> Read<'_> {
    let ([_, length, _, carries], _) = rest.take(Layer::Nsh)?;
    let len = usize::from(length & 0x3f).saturating_mul(4);
    let (_, rest) = rest.split_claimed(len, 8, Layer::Nsh)?;
    Ok(match carries {
        1 => Next::ipv4(rest),
        2 => Next::ipv6(rest),
        3 => Next::Link(LinkType::ETHERNET, rest),
        5 => Next::Link(LinkType::MPLS, rest),
        _ => Next::OTHER,
    })
}

fn ethertype(octets: [u8; 2]) -> EtherType {
    EtherType(u16::from_be_bytes(octets))
}
