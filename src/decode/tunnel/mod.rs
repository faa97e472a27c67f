//! Tunnels: packets that carry packets.
//!
//! In: an IP packet that carries neither TCP nor ICMP. Out: the tunnel that it is, and the packet inside.
//! Invariant: one step at a time; who counts the steps bounds them.
//! Read: RFC 2003, RFC 4213 §3, RFC 2473.

use pnet::packet::ip::IpNextHeaderProtocols;

use crate::decode::ip::{Packet, Part};
use crate::decode::link::Network;
use crate::tunnel::{Passage, TunnelKind};

/// A tunnel, and what comes out of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entered<'a> {
    /// The tunnel.
    pub(super) passage: Passage,
    /// The packet inside.
    pub(super) network: Network<'a>,
}

/// Steps into the tunnel that `packet` is; `None` where it is none.
pub(super) fn enter<'a>(packet: &Packet<'a>) -> Option<Entered<'a>> {
    if packet.part == Part::Later {
        return None;
    }
    let is_six = packet.source.is_ipv6();
    let (kind, network) = match packet.protocol {
        IpNextHeaderProtocols::Ipv4 => (
            if is_six { TunnelKind::FourInSix } else { TunnelKind::FourInFour },
            Network::Ipv4(packet.payload),
        ),
        IpNextHeaderProtocols::Ipv6 => {
            (if is_six { TunnelKind::SixInSix } else { TunnelKind::SixInFour }, Network::Ipv6(packet.payload))
        }
        _ => return None,
    };
    Some(Entered { passage: Passage::new(kind, packet.source, packet.destination, None), network })
}
