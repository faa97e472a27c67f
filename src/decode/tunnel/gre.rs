//! Generic routing encapsulation, and what is built on it: NVGRE, the three ERSPANs, PPTP.
//!
//! In: the octets from the GRE header on. Out: what it carries.
//! Invariant: optional fields stand where their bits say. A key is taken for a virtual subnet only where RFC 7637 lets it
//! be one.
//! Read: RFC 2784, RFC 2890, RFC 1701 (routing), RFC 2637 §4.1 (PPTP), RFC 7637 §3.2 (NVGRE),
//! draft-foschiano-erspan-03.

use pnet::packet::ethernet::EtherType;
use pnet::packet::gre::GrePacket;

use crate::decode::error::{DecodeError, Layer};
use crate::decode::link::{Network, behind, ethernet, ppp};
use crate::decode::rest::Rest;
use crate::decode::tunnel::inside::{Inside, by_version};
use crate::tunnel::TunnelKind;

/// Ethernet frames.
pub(super) const BRIDGED: u16 = 0x6558;
const PPP: u16 = 0x880b;
/// Web cache redirection: the second version has four octets before the packet.
const WCCP: u16 = 0x883e;
const ERSPAN: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;

/// Virtual subnets that RFC 7637 does not reserve.
const SUBNETS: std::ops::RangeInclusive<u32> = 0x00_1000..=0xff_fffe;

/// The optional fields of a header.
#[derive(Clone, Copy, Debug, Default)]
struct Fields {
    key: Option<u32>,
    has_checksum: bool,
    has_sequence: bool,
}

/// What a GRE header announces; `None` for a version that is not known.
pub(super) fn read(rest: Rest<'_>) -> Result<Option<Inside<'_>>, DecodeError> {
    let (header, after) = rest.view(4, Layer::Gre, GrePacket::new)?;
    match header.get_version() {
        0 => version_0(&header, after).map(Some),
        1 => version_1(&header, after).map(Some),
        _ => Ok(None),
    }
}

fn version_0<'a>(header: &GrePacket<'_>, rest: Rest<'a>) -> Result<Inside<'a>, DecodeError> {
    let (fields, rest) = fields(header, rest)?;
    let plain = |network| Inside { kind: TunnelKind::Gre, id: fields.key, network };
    Ok(match header.get_protocol_type() {
        BRIDGED => match fields.subnet() {
            Some(subnet) => Inside::new(TunnelKind::Nvgre, ethernet(rest)?).of_network(subnet),
            None => plain(ethernet(rest)?),
        },
        PPP => plain(ppp(rest)?),
        WCCP => plain(redirected(rest)?),
        ERSPAN if !fields.has_sequence => Inside::new(TunnelKind::ErspanI, ethernet(rest)?),
        ERSPAN => Inside::new(TunnelKind::ErspanII, mirrored_ii(rest)?),
        ERSPAN_III => Inside::new(TunnelKind::ErspanIII, mirrored_iii(rest)?),
        ethertype => plain(behind(EtherType(ethertype), rest)?),
    })
}

/// Checksum and offset stand there if either checksum or routing is.
fn fields<'a>(header: &GrePacket<'_>, mut rest: Rest<'a>) -> Result<(Fields, Rest<'a>), DecodeError> {
    let mut fields = Fields { has_checksum: header.get_checksum_present() == 1, ..Fields::default() };
    let is_routed = header.get_routing_present() == 1;
    if fields.has_checksum || is_routed {
        (_, rest) = rest.split(4, Layer::Gre)?;
    }
    if header.get_key_present() == 1 {
        let (key, after) = rest.take(Layer::Gre)?;
        (fields.key, rest) = (Some(u32::from_be_bytes(key)), after);
    }
    if header.get_sequence_present() == 1 {
        fields.has_sequence = true;
        (_, rest) = rest.split(4, Layer::Gre)?;
    }
    if is_routed {
        rest = behind_routes(rest)?;
    }
    Ok((fields, rest))
}

/// Each has a family, an offset, a length, and as many octets; the last one has neither family nor length.
fn behind_routes(mut rest: Rest<'_>) -> Result<Rest<'_>, DecodeError> {
    loop {
        let ([high, low, _, len], after) = rest.take(Layer::Gre)?;
        (_, rest) = after.split(usize::from(len), Layer::Gre)?;
        if [high, low, len] == [0; 3] {
            return Ok(rest);
        }
    }
}

impl Fields {
    /// The virtual subnet in the key, where this can be NVGRE: with a key and nothing else. The key's last octet tells flows
    /// apart, and so may differ by direction. A small key is one of plain GRE.
    fn subnet(self) -> Option<u32> {
        let subnet = self.key? >> 8;
        (!self.has_checksum && !self.has_sequence && SUBNETS.contains(&subnet)).then_some(subnet)
    }
}

/// PPTP: in the place of the key stand the length and the receiver's call id. Without a number there is no text.
fn version_1<'a>(header: &GrePacket<'_>, rest: Rest<'a>) -> Result<Inside<'a>, DecodeError> {
    let inside = |network| Inside::new(TunnelKind::Pptp, network);
    let is_pptp = header.get_protocol_type() == PPP && header.get_key_present() == 1;
    if !is_pptp || header.get_sequence_present() == 0 {
        return Ok(inside(Network::Other));
    }
    let ([high, low, ..], rest): ([u8; 8], _) = rest.take(Layer::Gre)?;
    let is_acknowledging = header.get_zero_flags() & 0b1_0000 != 0;
    let rest = if is_acknowledging { rest.split(4, Layer::Gre)?.1 } else { rest };
    let len = usize::from(u16::from_be_bytes([high, low]));
    ppp(rest.with_len(len.min(rest.len()))).map(inside)
}

/// A redirected packet. The header of the second version does not begin as an IPv4 packet does.
fn redirected(rest: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    match rest.octets().first() {
        Some(first) if first >> 4 == 4 => Ok(Network::Ipv4(rest)),
        _ => Ok(Network::Ipv4(rest.split(4, Layer::Gre)?.1)),
    }
}

/// Behind 8 octets that begin with the version 1.
fn mirrored_ii(rest: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let ([first, ..], rest): ([u8; 8], _) = rest.take(Layer::Tunnel)?;
    if first >> 4 == 1 { ethernet(rest) } else { Ok(Network::Other) }
}

/// Behind 12 octets that begin with the version 2, and 8 more where the last bit says so.
fn mirrored_iii(rest: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let ([first, .., high, low], rest): ([u8; 12], _) = rest.take(Layer::Tunnel)?;
    let rest = if low & 1 == 1 { rest.split(8, Layer::Tunnel)?.1 } else { rest };
    match (first >> 4, high >> 2 & 0b1_1111) {
        (2, 0) => ethernet(rest),
        (2, 2) => Ok(by_version(rest).unwrap_or(Network::Other)),
        _ => Ok(Network::Other),
    }
}
