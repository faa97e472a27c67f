//! What a link header announces.
//!
//! In: nothing. Out: the words in which the headers of this folder tell what stands behind them.
//! Invariant: a header never reads the one behind it: it names it, and `link` goes on from there, so that no
//! nesting of headers, however deep, needs more than a loop.

use pnet::packet::ethernet::EtherType;

use crate::decode::error::DecodeError;
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// What the last link header announces.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) enum Network<'a> {
    /// An IPv4 packet.
    Ipv4(Rest<'a>),
    /// An IPv6 packet.
    Ipv6(Rest<'a>),
    /// Something that is not IP.
    Other,
    /// A link type that is not read here.
    Unsupported,
}

/// What stands behind a header.
#[derive(Clone, Copy, Debug)]
pub(super) enum Next<'a> {
    /// No link header any more.
    Network(Network<'a>),
    /// What this EtherType says.
    EtherType(EtherType, Rest<'a>),
    /// A header of IEEE 802.2.
    Llc(Rest<'a>),
    /// What may be the first header of a frame, too, and has a number for that.
    Link(LinkType, Rest<'a>),
    /// Several frames of 802.11, one after another.
    Aggregate(Rest<'a>),
}

/// What stands behind a header, or what is wrong with it.
pub(super) type Read<'a> = Result<Next<'a>, DecodeError>;

impl<'a> Next<'a> {
    /// An IPv4 packet.
    pub(super) const fn ipv4(rest: Rest<'a>) -> Self {
        Self::Network(Network::Ipv4(rest))
    }

    /// An IPv6 packet.
    pub(super) const fn ipv6(rest: Rest<'a>) -> Self {
        Self::Network(Network::Ipv6(rest))
    }

    /// Nothing that leads to IP.
    pub(super) const OTHER: Self = Self::Network(Network::Other);

    /// An EtherType where numbers below 0x0600 are no lengths.
    pub(super) const fn numbered(number: u16, rest: Rest<'a>) -> Self {
        if number < 0x0600 { Self::OTHER } else { Self::EtherType(EtherType(number), rest) }
    }
}
