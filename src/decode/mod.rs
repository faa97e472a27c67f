//! Octets to segments: each frame is read once, from the link header to the text, without an allocation.
//!
//! In: a captured `Frame`. Out: its TCP `Segment`, an ICMP error about one, or what it is instead, or where it
//! contradicts itself.
//! Invariant: no input makes this panic. A segment that the capture or a fragment cuts short is still a
//! segment as long as its control bits are there. Frames are read alone: fragments are not put together.
//! Read: RFC 9293 §3.1, RFC 791 §3.1, RFC 8200 §3 and §4.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
// Tests may count as they like.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use pnet::packet::ip::IpNextHeaderProtocols;

use crate::decode::error::DecodeError;
use crate::decode::ip::Part;
use crate::decode::link::Network;
use crate::decode::rest::Rest;
use crate::decode::ways::Ways;
use crate::frame::{Frame, LinkType};
use crate::icmp::IcmpError;
use crate::segment::Segment;
use crate::tunnel::Passage;

mod checksum;
pub mod error;
mod icmp;
mod ip;
mod ipv4;
mod ipv6;
mod link;
mod rest;
#[cfg(test)]
mod samples;
mod sighting;
mod tcp;
#[cfg(test)]
mod tests;
mod tunnel;
mod ways;

/// What a frame turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A TCP segment.
    Segment(Segment),
    /// An ICMP or ICMPv6 error that quotes a TCP segment.
    Icmp(IcmpError),
    /// Something else: another protocol over IP, or no IP at all.
    NotTcp,
    /// A fragment that cannot be read alone: not the first one, or a first one without the control bits.
    Fragment,
    /// A packet inside more tunnels than are looked into.
    TooDeep,
    /// A link type that is not read here.
    UnsupportedLink(LinkType),
}

/// How many tunnels inside one another are looked into, where nothing else is asked for.
pub const DEPTH: usize = 8;

/// Reads frames one after another, and keeps what several of them need together.
#[derive(Debug)]
pub struct Decoder {
    depth: usize,
    /// The tunnels around the packet that is being read, outermost first.
    way: Vec<Passage>,
    ways: Ways,
}

impl Decoder {
    /// A decoder that looks into so many tunnels inside one another, and into none with 0.
    pub fn new(depth: usize) -> Self {
        Self { depth, way: Vec::new(), ways: Ways::default() }
    }

    /// Reads one frame.
    ///
    /// # Errors
    ///
    /// Where a header contradicts itself or its packet, or the capture ends before the TCP control bits.
    pub fn decode(&mut self, frame: &Frame<'_>) -> Result<Decoded, DecodeError> {
        self.way.clear();
        let outer = link::network(frame.link, Rest::new(frame))?;
        let mut network = outer;
        loop {
            let packet = match network {
                Network::Ipv4(rest) => ipv4::packet(rest)?,
                Network::Ipv6(rest) => ipv6::packet(rest)?,
                Network::Other => return Ok(Decoded::NotTcp),
                Network::Unsupported => return Ok(Decoded::UnsupportedLink(frame.link)),
            };
            match packet.protocol {
                IpNextHeaderProtocols::Tcp if packet.part == Part::Later => return Ok(Decoded::Fragment),
                IpNextHeaderProtocols::Tcp => {
                    let Some(segment) = tcp::segment(frame, &packet)? else { return Ok(Decoded::Fragment) };
                    let (sighting, tunnel) = (sighting::of(frame, outer), self.ways.through(&self.way));
                    return Ok(Decoded::Segment(Segment { sighting, tunnel, ..segment }));
                }
                IpNextHeaderProtocols::Icmp | IpNextHeaderProtocols::Icmpv6 => {
                    let Some(error) = icmp::error(frame, &packet) else { return Ok(Decoded::NotTcp) };
                    return Ok(Decoded::Icmp(IcmpError { tunnel: self.ways.through(&self.way), ..error }));
                }
                // What follows it is in another fragment, and may well be TCP.
                protocol if ip::is_extension(protocol) => return Ok(Decoded::Fragment),
                _ => {}
            }
            let Some(entered) = tunnel::enter(&packet) else { return Ok(Decoded::NotTcp) };
            if self.way.len() >= self.depth {
                return Ok(Decoded::TooDeep);
            }
            self.way.push(entered.passage);
            network = entered.network;
        }
    }
}
