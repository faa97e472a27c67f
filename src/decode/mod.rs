//! Octets to segments: each frame is read once, from the link header to the text, without an allocation.
//!
//! In: a captured `Frame`. Out: its TCP `Segment`, an ICMP error about one, or what it is instead, or where it
//! contradicts itself.
//! Invariant: no input makes this panic. A segment that the capture or a fragment cuts short is still a
//! segment as long as its control bits are there. Of other frames only fragments are kept, within bounds.
//! Read: RFC 9293 §3.1, RFC 791 §3.1, RFC 8200 §3 and §4.

#![warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
// Tests may count as they like.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};

use crate::decode::error::DecodeError;
use crate::decode::fragments::{Fate, Fragments, Key, Whole};
use crate::decode::ip::{Packet, Part, Piece, is_extension};
use crate::decode::link::Network;
use crate::decode::rest::Rest;
use crate::decode::short_way::Short;
use crate::decode::ways::Ways;
use crate::frame::{Frame, LinkType};
use crate::icmp::IcmpError;
use crate::segment::{Flags, Segment};
use crate::tunnel::Passage;

mod checksum;
mod digest;
pub mod error;
mod fragments;
mod icmp;
mod ip;
mod ipv4;
mod ipv6;
mod link;
mod rest;
#[cfg(test)]
mod samples;
pub mod short_way;
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
    /// A fragment that brings nothing by itself: its packet has been read, or waits for others, or is worth nothing.
    Fragment,
    /// A packet inside more tunnels than are looked into.
    TooDeep,
    /// A link type that is not read here.
    UnsupportedLink(LinkType),
}

/// How many tunnels inside one another are looked into, where nothing else is asked for.
pub const DEPTH: usize = 8;

/// No aggregate of 802.11 has room for so many TCP segments.
const MOST_PACKETS: usize = 256;

/// A first fragment so long has all headers of a tunnel in it, or carries none.
const TELLING: usize = 256;

/// Reads frames one after another, and keeps what several of them need together.
#[derive(Debug)]
pub struct Decoder {
    depth: usize,
    /// The tunnels around the packet that is being read, outermost first.
    way: Vec<Passage>,
    ways: Ways,
    fragments: Fragments,
}

/// A frame that is being read.
#[derive(Clone, Copy)]
struct Reading<'a> {
    frame: &'a Frame<'a>,
    /// The packet behind its link header.
    outer: Network<'a>,
}

impl Decoder {
    /// A decoder that looks into so many tunnels inside one another, and into none with 0.
    pub fn new(depth: usize) -> Self {
        Self { depth, way: Vec::new(), ways: Ways::default(), fragments: Fragments::default() }
    }

    /// Reads one frame.
    ///
    /// # Errors
    ///
    /// Where a header contradicts itself or its packet, or the capture ends before the TCP control bits.
    pub fn decode(&mut self, frame: &Frame<'_>) -> Result<Decoded, DecodeError> {
        match Short::of(frame) {
            Some(short) => Ok(Decoded::Segment(short.segment())),
            None => self.decode_any(frame),
        }
    }

    /// The same header by header, for any frame; those that `Short` takes apart come to the same.
    ///
    /// # Errors
    ///
    /// As for `decode`.
    pub fn decode_any(&mut self, frame: &Frame<'_>) -> Result<Decoded, DecodeError> {
        self.behind(frame, link::network(frame.link, Rest::new(frame))?)
    }

    /// Reads the packet with the number `nth`, from 1 for the second, of a frame that holds several: an aggregate of
    /// 802.11. `None` where there is none.
    ///
    /// # Errors
    ///
    /// As for `decode`.
    pub fn decode_further(&mut self, frame: &Frame<'_>, nth: usize) -> Option<Result<Decoded, DecodeError>> {
        if nth > MOST_PACKETS || !link::may_hold_several(frame.link) {
            return None;
        }
        match link::further(frame.link, Rest::new(frame), nth) {
            Ok(outer @ (Network::Ipv4(_) | Network::Ipv6(_))) => Some(self.behind(frame, outer)),
            Ok(Network::Other | Network::Unsupported) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Reads what stands behind the link headers.
    fn behind(&mut self, frame: &Frame<'_>, outer: Network<'_>) -> Result<Decoded, DecodeError> {
        self.way.clear();
        match packet(outer)? {
            Some(packet) => self.packet(Reading { frame, outer }, packet),
            None if matches!(outer, Network::Unsupported) => Ok(Decoded::UnsupportedLink(frame.link)),
            None => Ok(Decoded::NotTcp),
        }
    }

    /// How many packets came in fragments and never became whole: some were not captured, or contradicted each other, or
    /// had to be given up to keep memory bounded. A tunnel's packet counts no more once all headers inside were read.
    pub fn never_whole(&self) -> u64 {
        self.fragments.never_whole()
    }

    /// Reads what `packet` carries, through all tunnels.
    fn packet(&mut self, reading: Reading<'_>, mut packet: Packet<'_>) -> Result<Decoded, DecodeError> {
        loop {
            if let Some(piece) = packet.piece {
                return self.fragment(reading, &packet, &piece);
            }
            match packet.protocol {
                IpNextHeaderProtocols::Tcp => return self.segment(reading, &packet),
                IpNextHeaderProtocols::Icmp | IpNextHeaderProtocols::Icmpv6 => {
                    return Ok(self.icmp_error(reading.frame, &packet));
                }
                // What follows it is in another fragment, and may well be TCP.
                protocol if packet.part == Part::First && is_extension(protocol) => {
                    return Ok(Decoded::Fragment);
                }
                _ => {}
            }
            let Some(entered) = tunnel::enter(&packet)? else { return Ok(Decoded::NotTcp) };
            if self.way.len() >= self.depth {
                return Ok(Decoded::TooDeep);
            }
            self.way.push(entered.passage);
            let Some(inside) = self::packet(entered.network)? else { return Ok(Decoded::NotTcp) };
            packet = inside;
        }
    }

    fn segment(&mut self, reading: Reading<'_>, packet: &Packet<'_>) -> Result<Decoded, DecodeError> {
        let Reading { frame, outer } = reading;
        let Some(segment) = tcp::segment(frame, packet)? else { return Ok(Decoded::Fragment) };
        let (sighting, tunnel) = (sighting::of(frame, outer), self.ways.through(&self.way));
        Ok(Decoded::Segment(Segment { sighting, tunnel, ..segment }))
    }

    /// The segment quoted is in the tunnels that the error came through, and in those that are quoted with it.
    fn icmp_error(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> Decoded {
        let Some(quoting) = icmp::error(packet) else { return Decoded::NotTcp };
        let mut quoted = quoting.quoted;
        while quoted.protocol != IpNextHeaderProtocols::Tcp {
            let Ok(Some(entered)) = tunnel::enter(&quoted) else { return Decoded::NotTcp };
            if self.way.len() >= self.depth {
                return Decoded::TooDeep;
            }
            self.way.push(entered.passage);
            let inside = match entered.network {
                Network::Ipv4(rest) => ipv4::quoted(rest),
                Network::Ipv6(rest) => ipv6::quoted(rest),
                Network::Other | Network::Unsupported => return Decoded::NotTcp,
            };
            let Ok(inside) = inside else { return Decoded::NotTcp };
            quoted = inside;
        }
        let error = quoting.about(frame, packet.source, &quoted);
        let tunnel = self.ways.through(&self.way);
        error.map_or(Decoded::NotTcp, |error| Decoded::Icmp(IcmpError { tunnel, ..error }))
    }

    /// A first fragment is read at once where all headers are in it, since the others may not have been captured: a filter for
    /// ports does not let them pass. What else there is of its text, and its FIN, are read once the packet is whole.
    fn fragment(
        &mut self,
        reading: Reading<'_>,
        packet: &Packet<'_>,
        piece: &Piece<'_>,
    ) -> Result<Decoded, DecodeError> {
        // In IPv6 the first fragment alone says what the packet carries.
        if packet.source.is_ipv4() && !self.may_lead_to_tcp(piece.protocol) {
            return if packet.part == Part::First {
                self.packet(reading, packet.as_beginning())
            } else {
                Ok(Decoded::NotTcp)
            };
        }
        let key = Key::new(packet, piece, self.ways.through(&self.way));
        match self.fragments.add(reading.frame.time, &key, piece) {
            Fate::Completes(whole) => self.whole(reading, packet, piece, &key, &whole),
            Fate::Waits if packet.part == Part::First => self.beginning(reading, packet, piece, &key),
            Fate::Read(false) => Ok(Decoded::NotTcp),
            Fate::Waits | Fate::Read(true) | Fate::Worthless => Ok(Decoded::Fragment),
        }
    }

    fn whole(
        &mut self,
        reading: Reading<'_>,
        packet: &Packet<'_>,
        piece: &Piece<'_>,
        key: &Key,
        whole: &Whole,
    ) -> Result<Decoded, DecodeError> {
        let payload = Rest::put_together(&whole.octets, whole.len, piece.payload.offset());
        let packet = Packet { protocol: whole.protocol, payload, part: Part::Whole, piece: None, ..*packet };
        let packet = if packet.source.is_ipv4() { ipv4::go_on(packet) } else { ipv6::go_on(packet) }?;
        if packet.piece.is_some() {
            // A fragment of a fragment: no sender makes that.
            return Ok(Decoded::Fragment);
        }
        let read = self.packet(reading, packet)?;
        self.fragments.note_read(key, read != Decoded::NotTcp);
        Ok(match read {
            Decoded::Segment(segment) => Decoded::Segment(fragments::unread(segment, whole)),
            other => other,
        })
    }

    /// Reads a first fragment alone, as far as that goes.
    fn beginning(
        &mut self,
        reading: Reading<'_>,
        packet: &Packet<'_>,
        piece: &Piece<'_>,
        key: &Key,
    ) -> Result<Decoded, DecodeError> {
        let way = self.way.len();
        let read = self.packet(reading, packet.as_beginning());
        // What the capture has cut no other fragment brings back.
        let may_wait = piece.payload.is_whole();
        let waits = match &read {
            Ok(Decoded::Segment(segment)) => {
                let is_empty = segment.text_len == 0 && !segment.flags.has_any(Flags::SYN.with(Flags::RST));
                segment.cut_short || is_empty
            }
            Ok(Decoded::NotTcp) => piece.payload.len() < TELLING,
            Ok(Decoded::Fragment) | Err(_) => true,
            Ok(_) => false,
        };
        if waits && may_wait {
            self.way.truncate(way);
            return Ok(Decoded::Fragment);
        }
        match read {
            // Of a packet inside a tunnel its own header tells how much text it has.
            Ok(Decoded::Segment(segment)) if self.way.len() == way && !segment.flags.has(Flags::RST) => {
                self.fragments.note_begun(key, segment.text_len);
                Ok(Decoded::Segment(Segment { flags: segment.flags.without(Flags::FIN), ..segment }))
            }
            read => {
                self.fragments.note_read(key, !matches!(read, Ok(Decoded::NotTcp)));
                read
            }
        }
    }

    fn may_lead_to_tcp(&self, protocol: IpNextHeaderProtocol) -> bool {
        let is_transport = matches!(protocol, IpNextHeaderProtocols::Tcp | IpNextHeaderProtocols::Ah);
        is_transport || (self.way.len() < self.depth && tunnel::may_be(protocol))
    }
}

/// The IP packet that a header announced.
fn packet(network: Network<'_>) -> Result<Option<Packet<'_>>, DecodeError> {
    match network {
        Network::Ipv4(rest) => ipv4::packet(rest).map(Some),
        Network::Ipv6(rest) => ipv6::packet(rest).map(Some),
        Network::Other | Network::Unsupported => Ok(None),
    }
}
