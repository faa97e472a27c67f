//! ICMP and ICMPv6 errors that quote a TCP segment.
//!
//! In: an IP packet that carries ICMP. Out: the packet quoted, and an `IcmpError` where it carries TCP. `None` for other
//! messages, quotations that end before SEG.SEQ, and errors whose checksum is wrong, which no receiver takes for errors.
//! Invariant: the quotation is believed as far as addresses, ports and SEG.SEQ. Its lengths are not: it is cut nearly
//! always, and some systems change the total length before they quote it.
//! Read: RFC 792, RFC 1122 §3.2.2, RFC 4443 §2.3 and §3, RFC 4884 §4.6 (what may stand behind the quotation).

use std::net::{IpAddr, SocketAddr};

use pnet::packet::icmp::{IcmpPacket, IcmpTypes};
use pnet::packet::icmpv6::{Icmpv6Packet, Icmpv6Types};
use pnet::packet::ip::IpNextHeaderProtocols;

use crate::decode::checksum::is_right;
use crate::decode::error::Layer;
use crate::decode::ip::{Packet, Part};
use crate::decode::rest::Rest;
use crate::decode::{ipv4, ipv6};
use crate::frame::Frame;
use crate::icmp::IcmpError;
use crate::seq::SeqNumber;

/// Type, code, checksum, and a word whose meaning depends on them; the quotation follows.
const HEADER: usize = 8;

/// An ICMP error, and the packet that it quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quoting<'a> {
    kind: u8,
    code: u8,
    /// What is quoted, as far as it is.
    pub(super) quoted: Packet<'a>,
}

/// The error that `packet` is, where it is one.
pub(super) fn error<'a>(packet: &Packet<'a>) -> Option<Quoting<'a>> {
    if packet.part == Part::Later || !is_intact(packet) {
        return None;
    }
    let (kind, code, quoted) = match (packet.protocol, packet.source) {
        (IpNextHeaderProtocols::Icmp, IpAddr::V4(_)) => version_4(packet.payload)?,
        (IpNextHeaderProtocols::Icmpv6, IpAddr::V6(_)) => version_6(packet.payload)?,
        // One version's ICMP in the other version's packet.
        _ => return None,
    };
    Some(Quoting { kind, code, quoted })
}

impl Quoting<'_> {
    /// The error about the segment in `quoted`, which is what is quoted here or a packet inside it, as `reporter` sent it.
    pub(super) fn about(self, frame: &Frame<'_>, reporter: IpAddr, quoted: &Packet<'_>) -> Option<IcmpError> {
        if quoted.protocol != IpNextHeaderProtocols::Tcp || quoted.part == Part::Later {
            return None;
        }
        let &[a, b, c, d, s, e, q, n] = quoted.payload.octets().first_chunk()?;
        Some(IcmpError {
            frame: frame.number,
            time: frame.time,
            reporter,
            kind: self.kind,
            code: self.code,
            source: SocketAddr::new(quoted.source, u16::from_be_bytes([a, b])),
            destination: SocketAddr::new(quoted.destination, u16::from_be_bytes([c, d])),
            seq: SeqNumber(u32::from_be_bytes([s, e, q, n])),
            tunnel: None,
        })
    }
}

/// Type, code and the packet quoted, of an ICMP error.
fn version_4(message: Rest<'_>) -> Option<(u8, u8, Packet<'_>)> {
    let (header, quoted) = message.view(HEADER, Layer::Icmp, IcmpPacket::new).ok()?;
    let kind = header.get_icmp_type();
    let is_error = matches!(
        kind,
        IcmpTypes::DestinationUnreachable
            | IcmpTypes::SourceQuench
            | IcmpTypes::TimeExceeded
            | IcmpTypes::ParameterProblem
    );
    let quoted = if is_error { ipv4::quoted(quoted).ok()? } else { return None };
    Some((kind.0, header.get_icmp_code().0, quoted))
}

/// The same of an ICMPv6 error.
fn version_6(message: Rest<'_>) -> Option<(u8, u8, Packet<'_>)> {
    let (header, quoted) = message.view(HEADER, Layer::Icmp, Icmpv6Packet::new).ok()?;
    let kind = header.get_icmpv6_type();
    let is_error = matches!(
        kind,
        Icmpv6Types::DestinationUnreachable
            | Icmpv6Types::PacketTooBig
            | Icmpv6Types::TimeExceeded
            | Icmpv6Types::ParameterProblem
    );
    let quoted = if is_error { ipv6::quoted(quoted).ok()? } else { return None };
    Some((kind.0, header.get_icmpv6_code().0, quoted))
}

/// Whether the checksum is right, as far as it can be judged: of a message that is not all there it cannot.
fn is_intact(packet: &Packet<'_>) -> bool {
    if packet.part != Part::Whole || !packet.payload.is_whole() || !packet.ends_known {
        return true;
    }
    // ICMP sums its own octets, ICMPv6 a pseudo-header too.
    let ends = packet.source.is_ipv6().then_some((packet.source, packet.destination));
    is_right(ends, packet.protocol, packet.payload.octets())
}

#[cfg(test)]
mod tests;
