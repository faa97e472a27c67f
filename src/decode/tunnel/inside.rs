//! What comes out of a tunnel, and whether it can be what the tunnel promised.
//!
//! In: the octets behind a tunnel's header. Out: the packet inside with the kind of the tunnel.
//! Invariant: an IP header is held against its own version and lengths alone, and only as far as it was captured.
//! Read: RFC 791 §3.1, RFC 8200 §3.

use crate::decode::link::Network;
use crate::decode::rest::Rest;
use crate::tunnel::TunnelKind;

/// What stands behind a tunnel's header, and what the header says of the tunnel as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inside<'a> {
    pub(super) kind: TunnelKind,
    pub(super) id: Option<u32>,
    pub(super) network: Network<'a>,
}

impl<'a> Inside<'a> {
    pub(super) const fn new(kind: TunnelKind, network: Network<'a>) -> Self {
        Self { kind, id: None, network }
    }

    pub(super) const fn of_network(self, id: u32) -> Self {
        Self { id: Some(id), ..self }
    }
}

/// The IP packet that `rest` is by its version.
pub(super) fn by_version(rest: Rest<'_>) -> Option<Network<'_>> {
    match rest.octets().first()? >> 4 {
        4 => Some(Network::Ipv4(rest)),
        6 => Some(Network::Ipv6(rest)),
        _ => None,
    }
}

/// Whether an IP header stands there whose version and lengths can be true. Where `ends_early`, as in a fragment, the packet
/// may be longer than what is there of it.
pub(super) fn is_plausible(network: Network<'_>, ends_early: bool) -> bool {
    match network {
        Network::Ipv4(rest) => match *rest.octets() {
            [first, _, high, low, ..] => {
                let header = usize::from(first & 15).saturating_mul(4);
                let total = usize::from(u16::from_be_bytes([high, low]));
                let fits = total == 0 || (header <= total && (ends_early || total <= rest.len()));
                first >> 4 == 4 && header >= 20 && fits
            }
            [first, ..] => first >> 4 == 4,
            [] => false,
        },
        Network::Ipv6(rest) => match *rest.octets() {
            [first, _, _, _, high, low, ..] => {
                let total = usize::from(u16::from_be_bytes([high, low])).saturating_add(40);
                first >> 4 == 6 && (ends_early || total <= rest.len())
            }
            [first, ..] => first >> 4 == 6,
            [] => false,
        },
        Network::Other | Network::Unsupported => false,
    }
}
