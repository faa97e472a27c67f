//! What both versions of IP have in common: a packet with its addresses, and the headers between IP and TCP.
//!
//! In: nothing of its own; `ipv4` and `ipv6` fill it. Out: the upper-layer protocol and its octets.
//! Invariant: `payload.len()` is the length by the IP header; the addresses are those of the two ends, not of
//! a stop between.
//! Read: RFC 791 §3.1, RFC 8200 §4, RFC 4302 §2, RFC 7401 §5.1, RFC 5533 §5.1.

use std::net::IpAddr;

use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};

use crate::decode::error::{DecodeError, Layer};
use crate::decode::rest::Rest;

/// An IP packet without its headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    /// The end that sent it.
    pub(super) source: IpAddr,
    /// The end it is for: behind all stops of a source route, where there is one.
    pub(super) destination: IpAddr,
    /// What `payload` is. An extension header stands here only where the rest of the chain is in another
    /// fragment.
    pub(super) protocol: IpNextHeaderProtocol,
    /// The upper layer.
    pub(super) payload: Rest<'a>,
    /// How much of the upper layer's packet this is.
    pub(super) part: Part,
    /// Whether both ends are known, so that a pseudo-header can be made.
    pub(super) ends_known: bool,
    /// Where it is a fragment, what it is to be put together by.
    pub(super) piece: Option<Piece<'a>>,
}

/// A fragment of a packet, as it stands behind the header that makes it one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    /// The number that all fragments of the packet have.
    pub(super) identification: u32,
    /// Where it belongs, in octets.
    pub(super) offset: usize,
    /// Whether there are more behind it.
    pub(super) more: bool,
    /// What the packet carries; the first fragment's word counts.
    pub(super) protocol: IpNextHeaderProtocol,
    /// Its part of that.
    pub(super) payload: Rest<'a>,
}

/// How much of the original packet a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// The first fragment, with more to come.
    First,
    /// A fragment that does not begin where the upper layer begins.
    Later,
}

impl Packet<'_> {
    /// The same as a first fragment, though there may be nothing more to it.
    pub(super) fn as_beginning(self) -> Self {
        let part = if self.part == Part::Whole { Part::First } else { self.part };
        Self { part, piece: None, ..self }
    }
}

impl Part {
    /// What a fragment offset and the "more fragments" bit say.
    pub(super) const fn new(offset: u16, more: bool) -> Self {
        match (offset, more) {
            (0, false) => Self::Whole,
            (0, true) => Self::First,
            _ => Self::Later,
        }
    }
}

/// Whether another header follows this one before the upper layer.
pub(super) const fn is_extension(protocol: IpNextHeaderProtocol) -> bool {
    matches!(
        protocol,
        IpNextHeaderProtocols::Hopopt
            | IpNextHeaderProtocols::Ipv6Route
            | IpNextHeaderProtocols::Ipv6Frag
            | IpNextHeaderProtocols::Ah
            | IpNextHeaderProtocols::Ipv6Opts
            | IpNextHeaderProtocols::MobilityHeader
            | IpNextHeaderProtocols::Hip
            | IpNextHeaderProtocols::Shim6
    )
}

/// One extension header, by its own length: its protocol's successor, its octets, and what follows it.
///
/// All of them begin with the next header and a length: in units of 4 octets less 2 for the authentication
/// header, which is older than IPv6 (RFC 4302 §2.2); in units of 8 less 1 for the others (RFC 8200 §4), where
/// the fragment header's is reserved as 0.
pub(super) fn extension(
    protocol: IpNextHeaderProtocol,
    payload: Rest<'_>,
) -> Result<(IpNextHeaderProtocol, &[u8], Rest<'_>), DecodeError> {
    let ([next, len], _) = payload.view(2, Layer::Extension, |octets| octets.first_chunk().copied())?;
    let units = usize::from(len);
    let len = match protocol {
        IpNextHeaderProtocols::Ah => units.saturating_add(2).saturating_mul(4),
        IpNextHeaderProtocols::Ipv6Frag => 8,
        _ => units.saturating_add(1).saturating_mul(8),
    };
    let (header, rest) = payload.split(len, Layer::Extension)?;
    Ok((IpNextHeaderProtocol(next), header, rest))
}
