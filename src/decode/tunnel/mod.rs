//! Tunnels: packets that carry packets.
//!
//! In: an IP packet that carries neither TCP nor ICMP. Out: the tunnel that it is, and the packet inside.
//! Invariant: one step at a time; who counts the steps bounds them. What an IP protocol announces and is not there is an
//! error; what a UDP port announces and does not look like it is no tunnel.
//! Read: RFC 2003, RFC 4213 §3, RFC 2473 (IP in IP), RFC 3378 (EtherIP), RFC 8986 §4.9 (Ethernet alone), RFC 4023 (MPLS).

use pnet::packet::ethernet::EtherTypes;
use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};

use crate::decode::error::{DecodeError, Fault, Layer};
use crate::decode::ip::{Packet, Part};
use crate::decode::link::{Network, behind, ethernet};
use crate::decode::rest::Rest;
use crate::decode::tunnel::inside::Inside;
use crate::tunnel::{Passage, TunnelKind};

mod gre;
mod gtp;
mod inside;
mod l2tp;
mod overlay;
#[cfg(test)]
mod tests;
mod through_nat;
mod udp;

/// Ethernet in an IPv6 packet, without a header of its own.
const ETHERNET: IpNextHeaderProtocol = IpNextHeaderProtocol(143);

/// A tunnel, and what comes out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entered<'a> {
    /// The tunnel.
    pub(super) passage: Passage,
    /// The packet inside.
    pub(super) network: Network<'a>,
}

/// Whether a packet of that protocol can be a tunnel.
pub(super) const fn may_be(protocol: IpNextHeaderProtocol) -> bool {
    matches!(
        protocol,
        IpNextHeaderProtocols::Udp
            | IpNextHeaderProtocols::Ipv4
            | IpNextHeaderProtocols::Ipv6
            | IpNextHeaderProtocols::Gre
            | IpNextHeaderProtocols::Etherip
            | IpNextHeaderProtocols::L2tp
            | IpNextHeaderProtocols::MplsInIp
            | ETHERNET
    )
}

/// Steps into the tunnel that `packet` is; `None` where it is none, or carries nothing that is read.
pub(super) fn enter<'a>(packet: &Packet<'a>) -> Result<Option<Entered<'a>>, DecodeError> {
    if packet.part == Part::Later {
        return Ok(None);
    }
    let rest = packet.payload;
    let is_six = packet.source.is_ipv6();
    let inside = match packet.protocol {
        IpNextHeaderProtocols::Udp => udp::read(packet),
        IpNextHeaderProtocols::Ipv4 if is_six => {
            Some(Inside::new(TunnelKind::FourInSix, Network::Ipv4(rest)))
        }
        IpNextHeaderProtocols::Ipv4 => Some(Inside::new(TunnelKind::FourInFour, Network::Ipv4(rest))),
        IpNextHeaderProtocols::Ipv6 if is_six => Some(Inside::new(TunnelKind::SixInSix, Network::Ipv6(rest))),
        IpNextHeaderProtocols::Ipv6 => Some(Inside::new(TunnelKind::SixInFour, Network::Ipv6(rest))),
        IpNextHeaderProtocols::Gre => gre::read(rest)?,
        IpNextHeaderProtocols::Etherip => Some(ether_ip(rest)?),
        IpNextHeaderProtocols::L2tp => l2tp::over_ip(rest),
        IpNextHeaderProtocols::MplsInIp => {
            Some(Inside::new(TunnelKind::MplsInIp, behind(EtherTypes::Mpls, rest)?))
        }
        ETHERNET => Some(Inside::new(TunnelKind::EtherIp, ethernet(rest)?)),
        _ => None,
    };
    Ok(inside.map(|Inside { kind, id, network }| Entered {
        passage: Passage::new(kind, packet.source, packet.destination, id),
        network,
    }))
}

/// A version, which is 3, and 12 reserved bits.
fn ether_ip(rest: Rest<'_>) -> Result<Inside<'_>, DecodeError> {
    let ([first, _], frame) = rest.take(Layer::Tunnel)?;
    match first >> 4 {
        3 => Ok(Inside::new(TunnelKind::EtherIp, ethernet(frame)?)),
        version => Err(rest.error(Layer::Tunnel, Fault::Version(version))),
    }
}
