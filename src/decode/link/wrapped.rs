//! Headers of capturing systems, each before a frame of another link type.
//!
//! In: a frame. Out: the frame inside, and its link type.
//! Invariant: a length that a header gives of itself covers its fixed part, or it is an error.
//! Read: LINKTYPE_PPI, PKTAP, NFLOG, ERF, JUNIPER_ETHER and ETHERNET_MPACKET at tcpdump.org.

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// A header of `len` octets that says nothing of what follows.
pub(super) fn behind_octets(len: usize, link: LinkType, frame: Rest<'_>) -> Read<'_> {
    let (_, rest) = frame.split(len, Layer::Capture)?;
    Ok(Next::Link(link, rest))
}

/// Per-Packet Information: its length and a link type, in little-endian order.
pub(super) fn ppi(frame: Rest<'_>) -> Read<'_> {
    let ([_, _, low, high, link @ ..], _) = frame.take::<8>(Layer::Ppi)?;
    let len = usize::from(u16::from_le_bytes([low, high]));
    let (_, rest) = frame.split_claimed(len, 8, Layer::Ppi)?;
    Ok(Next::Link(LinkType(u32::from_le_bytes(link)), rest))
}

/// Apple's: its length, what follows it, and of which link type that is, in little-endian order.
pub(super) fn pktap(frame: Rest<'_>) -> Read<'_> {
    let ([a, b, c, d, follows, _, _, _, link @ ..], _) = frame.take::<12>(Layer::Pktap)?;
    let len = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let (_, rest) = frame.split_claimed(len, 12, Layer::Pktap)?;
    Ok(if follows == 0 { Next::OTHER } else { Next::Link(LinkType(u32::from_le_bytes(link)), rest) })
}

/// Linux's packet filter's log: the family, and attributes, of which one is the packet.
pub(super) fn nflog(frame: Rest<'_>) -> Read<'_> {
    const HARDWARE: u16 = 1;
    const PACKET: u16 = 9;
    let ([family, _, _, _], mut rest) = frame.take(Layer::Nflog)?;
    let mut protocol = 0;
    while rest.len() > 0 {
        let ([a, b, c, d], value) = rest.take(Layer::Nflog)?;
        // In the order of the machine that captured, which is not recorded. Kinds are small numbers.
        let is_little = u16::from_le_bytes([c, d]) <= u16::from_be_bytes([c, d]);
        let number = if is_little { u16::from_le_bytes } else { u16::from_be_bytes };
        let len = usize::from(number([a, b]));
        match number([c, d]) {
            PACKET => {
                let packet = value.with_len(len.saturating_sub(4).min(value.len()));
                return Ok(match family {
                    2 => Next::ipv4(packet),
                    10 => Next::ipv6(packet),
                    _ => Next::numbered(protocol, packet),
                });
            }
            HARDWARE => protocol = u16::from_be_bytes(value.take(Layer::Nflog)?.0),
            _ => {}
        }
        let (_, after) = rest.split_claimed(len, 4, Layer::Nflog)?;
        let padding = len.wrapping_neg() % 4;
        (_, rest) = after.split(padding.min(after.len()), Layer::Nflog)?;
    }
    Ok(Next::OTHER)
}

/// Endace's: a time, the kind of record, flags, and lengths; more headers, as long as each says that there is one.
pub(super) fn erf(frame: Rest<'_>) -> Read<'_> {
    const MORE: u8 = 0x80;
    let ([_, _, _, _, _, _, _, _, kind, ..], mut rest) = frame.take::<16>(Layer::Erf)?;
    let mut first = kind;
    while first & MORE != 0 {
        ([first, _, _, _, _, _, _, _], rest) = rest.take(Layer::Erf)?;
    }
    match kind & !MORE {
        2 | 11 | 16 | 20 => behind_octets(2, LinkType::ETHERNET, rest),
        1 | 10 | 15 | 19 => Ok(Next::Link(LinkType::PPP_HDLC, rest)),
        22 => Ok(Next::ipv4(rest)),
        23 => Ok(Next::ipv6(rest)),
        _ => Ok(Next::OTHER),
    }
}

/// Juniper's: a magic number, flags, and what the flags say. Behind it stands a frame, or the packet alone.
pub(super) fn juniper(link: LinkType, frame: Rest<'_>) -> Read<'_> {
    const WITHOUT_LINK: u8 = 0x02;
    const EXTENDED: u8 = 0x80;
    let ([a, b, c, flags], mut rest) = frame.take(Layer::Juniper)?;
    if [a, b, c] != *b"MGC" {
        return Ok(Next::OTHER);
    }
    if flags & EXTENDED != 0 {
        let (len, after) = rest.take(Layer::Juniper)?;
        (_, rest) = after.split(usize::from(u16::from_be_bytes(len)), Layer::Juniper)?;
    }
    if flags & WITHOUT_LINK == 0 {
        return Ok(Next::Link(link, rest));
    }
    // A number for the protocol stands there, which has changed between versions.
    let (_, rest) = rest.split(4, Layer::Juniper)?;
    let ([first], _) = rest.take(Layer::Juniper)?;
    Ok(match first >> 4 {
        4 => Next::ipv4(rest),
        6 => Next::ipv6(rest),
        _ => Next::OTHER,
    })
}

/// A frame that may be interrupted has its preamble captured; the last octet of it tells whole ones.
pub(super) fn mpacket(frame: Rest<'_>) -> Read<'_> {
    let ([.., delimiter], rest) = frame.take::<8>(Layer::Capture)?;
    Ok(if delimiter == 0xd5 { Next::Link(LinkType::ETHERNET, rest) } else { Next::OTHER })
}
