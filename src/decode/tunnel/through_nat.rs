//! IPv6 in UDP, so that it passes a NAT: Teredo, and AYIYA as tunnel brokers had it.
//!
//! In: the octets from behind the UDP header on. Out: the IP packet inside.
//! Invariant: an indication or a header is stepped over by its own lengths, which must fit.
//! Read: RFC 4380 §5.1.1, draft-massar-v6ops-ayiya-02 §3.

use crate::decode::error::Layer;
use crate::decode::link::Network;
use crate::decode::rest::Rest;
use crate::decode::tunnel::inside::{Inside, by_version};
use crate::tunnel::TunnelKind;

/// IPv6, behind an authentication, an origin, both or neither.
pub(super) fn teredo(mut rest: Rest<'_>) -> Option<Inside<'_>> {
    if let Some(&[0, 1, id, value]) = rest.octets().first_chunk() {
        // An authentication: both lengths, the two fields, a nonce of 8 octets and a confirmation.
        let len = usize::from(id).saturating_add(usize::from(value)).saturating_add(13);
        (_, rest) = rest.split(len, Layer::Tunnel).ok()?;
    }
    // An origin: port and address.
    if rest.octets().starts_with(&[0, 0]) {
        (_, rest) = rest.split(8, Layer::Tunnel).ok()?;
    }
    let network = by_version(rest).filter(|network| matches!(network, Network::Ipv6(_)))?;
    Some(Inside::new(TunnelKind::Teredo, network))
}

/// IP behind an identity and a signature, whose lengths stand in the first two octets.
pub(super) fn ayiya(rest: Rest<'_>) -> Option<Inside<'_>> {
    const FORWARD: u8 = 1;
    let ([identity, signature, operation, next, ..], rest): ([u8; 8], _) = rest.take(Layer::Tunnel).ok()?;
    if operation & 15 != FORWARD {
        return None;
    }
    let identity = 1_usize << (identity >> 4);
    let signature = usize::from(signature >> 4).saturating_mul(4);
    let (_, rest) = rest.split(identity.saturating_add(signature), Layer::Tunnel).ok()?;
    let network = match next {
        4 => Network::Ipv4(rest),
        41 => Network::Ipv6(rest),
        _ => return None,
    };
    Some(Inside::new(TunnelKind::Ayiya, network))
}
