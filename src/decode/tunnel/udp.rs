//! Tunnels over UDP, told by their port.
//!
//! In: an IP packet that carries UDP. Out: what the tunnel of that port carries, where it looks like one.
//! Invariant: a port proves nothing. Only where the tunnel's own header can be true, and an IP header stands where one
//! must, is it one; everything else on that port is what it was before.
//! Read: RFC 768, RFC 7510 (MPLS), RFC 8086 (GRE).

use pnet::packet::ethernet::EtherTypes;
use pnet::packet::udp::UdpPacket;

use crate::decode::error::Layer;
use crate::decode::ip::{Packet, Part};
use crate::decode::link::behind;
use crate::decode::rest::Rest;
use crate::decode::tunnel::inside::{Inside, is_plausible};
use crate::decode::tunnel::{gre, gtp, l2tp, overlay, through_nat};
use crate::tunnel::TunnelKind;

const HEADER: usize = 8;

/// What the tunnel that `packet` is carries. As Wireshark does it, the port may be of either side: what answers through a
/// NAT comes from there.
pub(super) fn read<'a>(packet: &Packet<'a>) -> Option<Inside<'a>> {
    let (header, rest) = packet.payload.view(HEADER, Layer::Tunnel, UdpPacket::new).ok()?;
    let ends_early = packet.part != Part::Whole;
    let rest = match usize::from(header.get_length()) {
        // Longer than a length can say.
        0 => rest,
        len => {
            let len = len.checked_sub(HEADER)?;
            if len > rest.len() && !ends_early {
                return None;
            }
            rest.with_len(len)
        }
    };
    [header.get_destination(), header.get_source()]
        .into_iter()
        .find_map(|port| at_port(port, rest).filter(|inside| is_plausible(inside.network, ends_early)))
}

fn at_port(port: u16, rest: Rest<'_>) -> Option<Inside<'_>> {
    match port {
        1701 => l2tp::over_udp(rest),
        2152 => gtp::read(rest),
        3544 => through_nat::teredo(rest),
        4341 => overlay::lisp(rest),
        4754 => gre::read(rest).ok()?,
        4789 | 8472 => overlay::vxlan(rest),
        4790 => overlay::vxlan_gpe(rest),
        5072 => through_nat::ayiya(rest),
        6081 => overlay::geneve(rest),
        6635 => Some(Inside::new(TunnelKind::MplsInUdp, behind(EtherTypes::Mpls, rest).ok()?)),
        _ => None,
    }
}
