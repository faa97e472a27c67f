//! IPv4 headers.
//!
//! In: the octets from the IP header on. Out: the upper layer's octets, ended where the packet ends.
//! Invariant: the header length is checked before it is used; a total length of 0 is a packet that the
//! network card is still to cut up, and is as long as the frame. In a quotation no length is believed.
//! Read: RFC 791 §3.1 (source routes there, too), RFC 4302 (authentication header).

use std::net::{IpAddr, Ipv4Addr};

use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv4::{Ipv4Flags, Ipv4Packet};

use crate::decode::error::{DecodeError, Fault, Layer};
use crate::decode::ip::{Packet, Part, Piece, extension};
use crate::decode::rest::Rest;

/// The length of the header without options.
const FIXED: usize = 20;

/// Reads an IPv4 header.
pub(super) fn packet(rest: Rest<'_>) -> Result<Packet<'_>, DecodeError> {
    read(rest, |rest, total_len| match total_len {
        0 => rest,
        len => rest.with_len(usize::from(len)),
    })
}

/// Reads the IPv4 header that an ICMP error quotes: its total length says nothing about the quotation, which is the beginning
/// of a packet.
pub(super) fn quoted(rest: Rest<'_>) -> Result<Packet<'_>, DecodeError> {
    read(rest, |rest, _| rest).map(Packet::as_beginning)
}

/// Reads on in `packet`, which has been put together.
pub(super) fn go_on(packet: Packet<'_>) -> Result<Packet<'_>, DecodeError> {
    behind_authentication(packet)
}

/// `end` ends the octets where the total length says.
fn read<'a>(rest: Rest<'a>, end: impl FnOnce(Rest<'a>, u16) -> Rest<'a>) -> Result<Packet<'a>, DecodeError> {
    let (header, _) = rest.view(FIXED, Layer::Ipv4, Ipv4Packet::new)?;
    if header.get_version() != 4 {
        return Err(rest.error(Layer::Ipv4, Fault::Version(header.get_version())));
    }
    let header_len = usize::from(header.get_header_length()).saturating_mul(4);
    if header_len < FIXED {
        return Err(rest.error(Layer::Ipv4, Fault::HeaderLength { needed: FIXED, got: header_len }));
    }
    let rest = end(rest, header.get_total_length());
    if header_len > rest.len() {
        return Err(rest.short(Layer::Ipv4, header_len));
    }
    let (octets, payload) = rest.split(header_len, Layer::Ipv4)?;
    let more = header.get_flags() & Ipv4Flags::MoreFragments != 0;
    let (offset, protocol) = (header.get_fragment_offset(), header.get_next_level_protocol());
    let part = Part::new(offset, more);
    let piece = (part != Part::Whole).then(|| Piece {
        identification: header.get_identification().into(),
        offset: usize::from(offset).saturating_mul(8),
        more,
        protocol,
        payload,
    });
    let destination =
        last_stop(octets.get(FIXED..).unwrap_or(&[])).unwrap_or(header.get_destination().octets().into());
    behind_authentication(Packet {
        source: IpAddr::V4(header.get_source().octets().into()),
        destination: IpAddr::V4(destination),
        protocol,
        payload,
        part,
        ends_known: true,
        piece,
    })
}

/// The authentication header is the one extension header that IPv4 has, too.
fn behind_authentication(packet: Packet<'_>) -> Result<Packet<'_>, DecodeError> {
    if packet.protocol != IpNextHeaderProtocols::Ah || packet.part == Part::Later {
        return Ok(packet);
    }
    match extension(packet.protocol, packet.payload) {
        Ok((protocol, _, payload)) => Ok(Packet { protocol, payload, ..packet }),
        // Its end is in the next fragment.
        Err(DecodeError { fault: Fault::TooShort { .. }, .. }) if packet.part == Part::First => Ok(packet),
        Err(error) => Err(error),
    }
}

/// The last address of a source route (options 131 and 137) that has stops left: the end that the TCP checksum is made for.
fn last_stop(mut options: &[u8]) -> Option<Ipv4Addr> {
    loop {
        match *options {
            [] | [0, ..] => return None,
            [1, ref after @ ..] => options = after,
            [kind, len, ..] => {
                let (option, after) = options.split_at_checked(usize::from(len.max(2)))?;
                if let (131 | 137, &[_, _, pointer, ref route @ ..]) = (kind, option) {
                    return if pointer > len { None } else { route.last_chunk::<4>().map(|to| (*to).into()) };
                }
                options = after;
            }
            [_] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::samples::{A4, B4, TCP, ipv4, join, rest};

    const TEXT: &[u8] = b"0123456789";

    fn read(octets: &[u8]) -> Packet<'_> {
        packet(rest(octets)).unwrap()
    }

    fn fault(octets: &[u8]) -> Fault {
        packet(rest(octets)).unwrap_err().fault
    }

    /// A header with options between its fixed part and `payload`.
    fn with_options(options: &[u8], payload: &[u8]) -> Vec<u8> {
        let mut octets = ipv4(TCP, &join(&[options, payload]));
        octets[0] = 0x40 | u8::try_from(5 + options.len() / 4).unwrap();
        octets
    }

    #[test]
    fn reads_the_header() {
        let octets = ipv4(TCP, TEXT);
        let packet = read(&octets);
        assert_eq!((packet.source, packet.destination), (IpAddr::V4(A4), IpAddr::V4(B4)));
        assert_eq!((packet.protocol, packet.part), (IpNextHeaderProtocols::Tcp, Part::Whole));
        assert_eq!(packet.payload.octets(), TEXT);
    }

    #[test]
    fn options_are_stepped_over() {
        assert_eq!(read(&with_options(&[1; 40], TEXT)).payload.octets(), TEXT);
    }

    #[test]
    fn padding_is_no_text() {
        let octets = join(&[&ipv4(TCP, TEXT), &[0; 16]]);
        assert_eq!(read(&octets).payload.octets(), TEXT);
        assert_eq!(read(&octets).payload.len(), 10);
    }

    #[test]
    fn a_total_length_of_zero_is_the_length_of_the_frame() {
        let mut octets = ipv4(TCP, TEXT);
        octets[2..4].fill(0);
        assert_eq!(read(&octets).payload.len(), 10);
    }

    #[test]
    fn a_total_length_beyond_the_capture_holds() {
        let mut octets = ipv4(TCP, TEXT);
        octets[2..4].copy_from_slice(&1500u16.to_be_bytes());
        assert_eq!((read(&octets).payload.len(), read(&octets).payload.octets()), (1480, TEXT));
    }

    #[test]
    fn lengths_that_cannot_be_true() {
        let change = |at: usize, octet: u8| {
            let mut octets = ipv4(TCP, TEXT);
            octets[at] = octet;
            fault(&octets)
        };
        assert_eq!(change(0, 0x42), Fault::HeaderLength { needed: 20, got: 8 });
        assert_eq!(change(3, 19), Fault::TooShort { needed: 20, got: 19 });
        assert_eq!(change(0, 0x4f), Fault::TooShort { needed: 60, got: 30 });
        assert_eq!(change(0, 0x65), Fault::Version(6));
        assert_eq!(fault(&[0x45; 19]), Fault::TooShort { needed: 20, got: 19 });
        // The options were there, the capture has not got them.
        let octets = with_options(&[1; 40], TEXT);
        assert_eq!(fault(&octets[..50]), Fault::NotCaptured { needed: 60, got: 50 });
    }

    #[test]
    fn fragments() {
        let part = |flags_and_offset: u16| {
            let mut octets = ipv4(TCP, TEXT);
            octets[6..8].copy_from_slice(&flags_and_offset.to_be_bytes());
            read(&octets).part
        };
        assert_eq!(part(0x4000), Part::Whole);
        assert_eq!(part(0x2000), Part::First);
        assert_eq!(part(0x2001), Part::Later);
        assert_eq!(part(0x1fff), Part::Later);
    }

    #[test]
    fn a_source_route_with_stops_left_names_the_end() {
        let end = |options: &[u8]| read(&with_options(options, TEXT)).destination;
        let last = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9));
        assert_eq!(end(&[1, 131, 7, 4, 198, 51, 100, 9]), last);
        assert_eq!(end(&[137, 11, 8, 7, 7, 7, 7, 198, 51, 100, 9, 0]), last);
        assert_eq!(end(&[1, 131, 7, 8, 198, 51, 100, 9]), IpAddr::V4(B4), "no stops left");
        assert_eq!(end(&[131, 3, 4, 0]), IpAddr::V4(B4), "no addresses");
        assert_eq!(end(&[7, 0, 0, 0]), IpAddr::V4(B4), "an option of length 0");
        assert_eq!(end(&[0, 131, 7, 4, 198, 51, 100, 9]), IpAddr::V4(B4), "after the end of the list");
    }

    #[test]
    fn the_authentication_header_is_stepped_over() {
        let header = [TCP, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
        let octets = ipv4(51, &join(&[&header, TEXT]));
        assert_eq!(read(&octets).protocol, IpNextHeaderProtocols::Tcp);
        assert_eq!(read(&octets).payload.octets(), TEXT);
        let mut cut = ipv4(51, &header[..16]);
        assert_eq!(fault(&cut), Fault::TooShort { needed: 24, got: 16 });
        cut[6] = 0x20;
        assert_eq!(read(&cut).protocol, IpNextHeaderProtocols::Ah);
    }

    #[test]
    fn hop_by_hop_is_no_header_of_ipv4() {
        assert_eq!(read(&ipv4(0, TEXT)).payload.octets(), TEXT);
    }
}
