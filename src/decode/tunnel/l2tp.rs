//! L2TP: PPP in UDP (version 2); any layer 2 over IP (version 3).
//!
//! In: the octets from the L2TP header on. Out: the packet inside a data message.
//! Invariant: control messages carry no packet. Version 3 does not say what stands before its frame: only where a whole
//! IPv4 or IPv6 header follows as it must is it taken for one. Ids of tunnel and session are the receiver's, so they are no
//! part of what the tunnel is.
//! Read: RFC 2661 §3.1, RFC 3931 §4.1.1 and §4.6, RFC 4719.

use crate::decode::error::Layer;
use crate::decode::link::{Network, ethernet, ppp};
use crate::decode::rest::Rest;
use crate::decode::tunnel::inside::Inside;
use crate::tunnel::TunnelKind;

const CONTROL: u16 = 0x8000;
const LENGTH: u16 = 0x4000;
const SEQUENCE: u16 = 0x0800;
const OFFSET: u16 = 0x0200;
const VERSION: u16 = 0x000f;

/// A data message over UDP.
pub(super) fn over_udp(rest: Rest<'_>) -> Option<Inside<'_>> {
    let (bits, after) = rest.take(Layer::Tunnel).ok()?;
    let bits = u16::from_be_bytes(bits);
    match bits & VERSION {
        _ if bits & CONTROL != 0 => None,
        2 => version_2(bits, rest, after),
        // Two reserved octets, then as over IP.
        3 => session(after.split(2, Layer::Tunnel).ok()?.1),
        _ => None,
    }
}

/// A data message over IP; control messages are those of session 0.
pub(super) fn over_ip(rest: Rest<'_>) -> Option<Inside<'_>> {
    session(rest)
}

/// `whole` begins with the bits, `rest` is what follows them.
fn version_2<'a>(bits: u16, whole: Rest<'a>, mut rest: Rest<'a>) -> Option<Inside<'a>> {
    if bits & LENGTH != 0 {
        let (len, after) = rest.take(Layer::Tunnel).ok()?;
        let taken = whole.len().saturating_sub(after.len());
        let len = usize::from(u16::from_be_bytes(len)).checked_sub(taken)?;
        rest = after.with_len(len.min(after.len()));
    }
    let ids = 4_usize.saturating_add(if bits & SEQUENCE != 0 { 4 } else { 0 });
    (_, rest) = rest.split(ids, Layer::Tunnel).ok()?;
    if bits & OFFSET != 0 {
        let (offset, after) = rest.take(Layer::Tunnel).ok()?;
        (_, rest) = after.split(usize::from(u16::from_be_bytes(offset)), Layer::Tunnel).ok()?;
    }
    Some(Inside::new(TunnelKind::L2tp, ppp(rest).ok()?))
}

/// Behind the session's id stand a cookie of 0, 4 or 8 octets and a sublayer of 0 or 4, as both ends know and nobody else:
/// of Ethernet, and of PPP, whichever shows an IP header.
fn session(rest: Rest<'_>) -> Option<Inside<'_>> {
    let (id, rest): ([u8; 4], _) = rest.take(Layer::Tunnel).ok()?;
    if id == [0; 4] {
        return None;
    }
    [0, 4, 8, 12].into_iter().find_map(|before| {
        let (_, frame) = rest.split(before, Layer::Tunnel).ok()?;
        let network = [ethernet(frame), ppp(frame)].into_iter().flatten().find(|found| is_there(*found))?;
        Some(Inside::new(TunnelKind::L2tpV3, network))
    })
}

/// Whether a header is there that nothing else would make: an IPv4 header with its checksum, or an IPv6 header whose length
/// is that of the rest.
fn is_there(network: Network<'_>) -> bool {
    match network {
        Network::Ipv4(rest) => {
            let Some((header, _)) = rest.octets().split_first_chunk::<20>() else { return false };
            let words = header.as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_be_bytes(*word)));
            let sum: u32 = words.sum();
            header[0] == 0x45 && (sum & 0xffff).saturating_add(sum >> 16) == 0xffff
        }
        Network::Ipv6(rest) => {
            let Some(&[first, _, _, _, high, low]) = rest.octets().first_chunk() else { return false };
            let total = usize::from(u16::from_be_bytes([high, low])).saturating_add(40);
            first >> 4 == 6 && total == rest.len()
        }
        Network::Other | Network::Unsupported => false,
    }
}
