//! Link headers: what stands before the IP packet.
//!
//! In: a whole frame and its link type, or what a tunnel carries. Out: the IP packet, or that it is none, or
//! that the link type is not known.
//! Invariant: a link header says what follows and nothing else; its own lengths are not used (Ethernet pads).
//! Each header takes at least one octet, so every walk ends.
//! A new link type is a constant in `frame.rs`, an arm in `header`, a function of ten lines in its family's
//! file, and a row in `docs/link-types.md`.
//! Read: the registry of link types at tcpdump.org.

use pnet::packet::ethernet::{EtherType, EtherTypes, EthernetPacket};

use crate::decode::error::{DecodeError, Layer};
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

mod bsd;
mod cooked;
mod ethernet;
mod lan;
mod llc;
mod mpls;
mod next;
mod ppp;
mod tags;
#[cfg(test)]
mod tests;
mod wan;
mod wifi;
mod wrapped;

pub(super) use next::Network;

/// The packet behind the link headers of `frame`.
pub(super) fn network(link: LinkType, frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    // Nearly every frame takes this way, and it is kept short.
    if link == LinkType::ETHERNET { ethernet(frame) } else { follow(Next::Link(link, frame), 0) }
}

/// Whether a frame of this type may hold several packets.
pub(super) const fn may_hold_several(link: LinkType) -> bool {
    matches!(
        link,
        LinkType::IEEE802_11
            | LinkType::IEEE802_11_RADIOTAP
            | LinkType::IEEE802_11_PRISM
            | LinkType::IEEE802_11_AVS
            | LinkType::PPI
            | LinkType::PKTAP
    )
}

/// The packet with the number `nth`, from 1 for the second, of a frame that holds several.
pub(super) fn further(link: LinkType, frame: Rest<'_>, nth: usize) -> Result<Network<'_>, DecodeError> {
    follow(Next::Link(link, frame), nth)
}

/// The packet in an Ethernet frame.
pub(super) fn ethernet(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let (header, rest) = frame.view(14, Layer::Ethernet, EthernetPacket::new)?;
    match header.get_ethertype() {
        EtherTypes::Ipv4 => Ok(Network::Ipv4(rest)),
        EtherTypes::Ipv6 => Ok(Network::Ipv6(rest)),
        ethertype => follow(Next::EtherType(ethertype, rest), 0),
    }
}

/// The packet behind an EtherType outside of Ethernet, where none is a length.
pub(super) fn behind(EtherType(number): EtherType, rest: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    follow(Next::numbered(number, rest), 0)
}

/// The packet in a PPP frame, with its protocol number in front, behind address and control or without them.
pub(super) fn ppp(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    follow(Next::Link(LinkType::PPP, frame), 0)
}

/// Header after header, up to IP or what leads nowhere. Of several packets it is the one with the number `nth`, from 0;
/// of one alone there is no other.
fn follow(mut next: Next<'_>, nth: usize) -> Result<Network<'_>, DecodeError> {
    let mut left = nth;
    loop {
        next = match next {
            Next::Network(_) if left > 0 => return Ok(Network::Other),
            Next::Network(network) => return Ok(network),
            Next::Aggregate(rest) => wifi::aggregate(rest, std::mem::take(&mut left))?,
            Next::EtherType(number, rest) => ethernet::behind(number, rest)?,
            Next::Llc(rest) => llc::header(rest)?,
            Next::Link(link, rest) => header(link, rest)?,
        };
    }
}

/// The first header of a frame of this type.
fn header(link: LinkType, rest: Rest<'_>) -> Read<'_> {
    match link {
        LinkType::ETHERNET => ethernet::header(rest),
        LinkType::NULL => bsd::null(rest),
        LinkType::LOOP => bsd::openbsd_loop(rest),
        LinkType::ENC => bsd::enc(rest),
        LinkType::PFLOG => bsd::pflog(rest),
        LinkType::IPNET => bsd::ipnet(rest),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => bsd::raw(rest),
        LinkType::IPV4 => Ok(Next::ipv4(rest)),
        LinkType::IPV6 => Ok(Next::ipv6(rest)),
        LinkType::LINUX_SLL => cooked::linux_sll(rest),
        LinkType::LINUX_SLL2 => cooked::linux_sll2(rest),
        LinkType::MPLS => mpls::stack(rest),
        LinkType::PPP => ppp::ppp(rest),
        LinkType::PPP_HDLC => ppp::hdlc(rest),
        LinkType::PPP_ETHER => ppp::ether(rest),
        LinkType::PPP_PPPD => ppp::pppd(rest),
        LinkType::PPP_WITH_DIR => wrapped::behind_octets(1, LinkType::PPP, rest),
        LinkType::C_HDLC => ppp::cisco(rest),
        LinkType::C_HDLC_WITH_DIR => wrapped::behind_octets(1, LinkType::C_HDLC, rest),
        LinkType::FRELAY => wan::frame_relay(rest),
        LinkType::FRELAY_WITH_DIR => wrapped::behind_octets(1, LinkType::FRELAY, rest),
        LinkType::ATM_RFC1483 => wan::atm(rest),
        LinkType::IEEE802_5 => lan::token_ring(rest),
        LinkType::FDDI => lan::fddi(rest),
        LinkType::IP_OVER_FC => lan::fibre_channel(rest),
        LinkType::APPLE_IP_OVER_IEEE1394 => lan::firewire(rest),
        LinkType::IPOIB => lan::infiniband(rest),
        LinkType::DSA_TAG_BRCM | LinkType::DSA_TAG_DSA => lan::switch_tag(4, rest),
        LinkType::DSA_TAG_EDSA => lan::switch_tag(8, rest),
        LinkType::DSA_TAG_BRCM_PREPEND => wrapped::behind_octets(4, LinkType::ETHERNET, rest),
        LinkType::IEEE802_11 => wifi::frame(rest),
        LinkType::IEEE802_11_RADIOTAP => wifi::radiotap(rest),
        LinkType::IEEE802_11_PRISM => wifi::prism(rest),
        LinkType::IEEE802_11_AVS => wifi::avs(rest),
        LinkType::PPI => wrapped::ppi(rest),
        LinkType::PKTAP => wrapped::pktap(rest),
        LinkType::NFLOG => wrapped::nflog(rest),
        LinkType::ERF => wrapped::erf(rest),
        LinkType::JUNIPER_ETHER => wrapped::juniper(LinkType::ETHERNET, rest),
        LinkType::JUNIPER_PPP => wrapped::juniper(LinkType::PPP, rest),
        LinkType::JUNIPER_FRELAY => wrapped::juniper(LinkType::FRELAY, rest),
        LinkType::JUNIPER_CHDLC => wrapped::juniper(LinkType::C_HDLC, rest),
        LinkType::NETANALYZER => wrapped::behind_octets(4, LinkType::ETHERNET, rest),
        LinkType::NETANALYZER_TRANSPARENT => wrapped::behind_octets(12, LinkType::ETHERNET, rest),
        LinkType::EPON => wrapped::behind_octets(8, LinkType::ETHERNET, rest),
        LinkType::ETHERNET_MPACKET => wrapped::mpacket(rest),
        _ => Ok(Next::Network(Network::Unsupported)),
    }
}
