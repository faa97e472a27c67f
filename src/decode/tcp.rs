//! TCP headers.
//!
//! In: an IP packet that carries TCP. Out: a `Segment`, also where the capture ends inside the header.
//! Invariant: the data offset is checked before it is used; the length of the text is the IP header's, not
//! the capture's; of a first fragment it is that fragment's.
//! Read: RFC 9293 §3.1, RFC 9768 §3.1 (the ninth control bit).

use std::net::SocketAddr;

use pnet::packet::tcp::TcpPacket;

use crate::decode::checksum::judge;
use crate::decode::error::{DecodeError, Fault, Layer};
use crate::decode::ip::{Packet, Part};
use crate::frame::Frame;
use crate::options::Options;
use crate::segment::{Checksum, Flags, Segment, Sighting, TextHead};
use crate::seq::SeqNumber;

/// The length of the header without options.
const FIXED: usize = 20;
/// Ports, both numbers and the control bits: with less there is nothing to say about a segment.
const LEAST: usize = 14;
/// Where the window ends.
const WITH_WINDOW: usize = 16;

/// Reads the segment that `packet` carries; `None` where a first fragment ends before the header does.
pub(super) fn segment(frame: &Frame<'_>, packet: &Packet<'_>) -> Result<Option<Segment>, DecodeError> {
    let rest = packet.payload;
    let captured = rest.octets();
    let is_first = packet.part == Part::First;
    if rest.len() < FIXED {
        return if is_first { Ok(None) } else { Err(rest.short(Layer::Tcp, FIXED)) };
    }
    let fixed = fixed_part(captured);
    let Some(header) = TcpPacket::new(&fixed).filter(|_| captured.len() >= LEAST) else {
        return Err(rest.short(Layer::Tcp, LEAST));
    };
    let header_len = usize::from(header.get_data_offset()).saturating_mul(4);
    if header_len < FIXED {
        return Err(rest.error(Layer::Tcp, Fault::HeaderLength { needed: FIXED, got: header_len }));
    }
    if header_len > rest.len() {
        return if is_first { Ok(None) } else { Err(rest.short(Layer::Tcp, header_len)) };
    }
    let header_end = header_len.min(captured.len());
    Ok(Some(Segment {
        frame: frame.number,
        time: frame.time,
        source: SocketAddr::new(packet.source, header.get_source()),
        destination: SocketAddr::new(packet.destination, header.get_destination()),
        seq: SeqNumber(header.get_sequence()),
        ack: SeqNumber(header.get_acknowledgement()),
        flags: flags(&header),
        window: (captured.len() >= WITH_WINDOW).then(|| header.get_window()),
        options: Options::new(captured.get(FIXED..header_end).unwrap_or(&[])),
        text_len: u32::try_from(rest.len().saturating_sub(header_len)).unwrap_or(u32::MAX),
        text: TextHead::new(captured.get(header_end..).unwrap_or(&[])).cut(captured.len() < rest.len()),
        checksum: checksum(packet, header.get_checksum()),
        cut_short: captured.len() < header_len,
        sighting: Sighting::default(),
        tunnel: None,
    }))
}

/// The fixed part of the header, with zeros where the capture ends before it: pnet's view wants all of it.
fn fixed_part(captured: &[u8]) -> [u8; FIXED] {
    let mut fixed = [0; FIXED];
    for (octet, captured) in fixed.iter_mut().zip(captured) {
        *octet = *captured;
    }
    fixed
}

/// pnet counts the ninth control bit among the four reserved ones.
fn flags(header: &TcpPacket<'_>) -> Flags {
    let ninth = if header.get_reserved() & 1 == 1 { Flags::AE } else { Flags::default() };
    Flags(u16::from(header.get_flags())).with(ninth)
}

fn checksum(packet: &Packet<'_>, field: u16) -> Checksum {
    if packet.part == Part::Whole && packet.payload.is_whole() && packet.ends_known {
        judge(packet.source, packet.destination, packet.payload.octets(), field)
    } else {
        Checksum::Unchecked
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::decode::ip::Part;
    use crate::decode::samples::{A4, B4, frame, summed4, tcp};
    use crate::frame::LinkType;
    use pnet::packet::ip::IpNextHeaderProtocols;

    const MSS: &[u8] = &[2, 4, 5, 0xb4];

    /// `octets`, of which the first `captured` are there, as `part` of a packet from A to B.
    fn read(octets: &[u8], captured: usize, part: Part) -> Result<Option<Segment>, DecodeError> {
        let wire_len = u32::try_from(octets.len()).unwrap();
        let frame = Frame { octets: &octets[..captured], wire_len, ..frame(LinkType::RAW, &[]) };
        let packet = Packet {
            source: IpAddr::V4(A4),
            destination: IpAddr::V4(B4),
            protocol: IpNextHeaderProtocols::Tcp,
            payload: crate::decode::rest::Rest::new(&frame),
            part,
            ends_known: true,
            piece: None,
        };
        segment(&frame, &packet)
    }

    fn whole(octets: &[u8]) -> Segment {
        read(octets, octets.len(), Part::Whole).unwrap().unwrap()
    }

    #[test]
    fn reads_every_field() {
        let read = whole(&summed4(tcp(0x018, MSS, b"hello\n")));
        let expected = Segment {
            frame: 7,
            time: crate::time::Timestamp(9),
            source: "192.0.2.1:50498".parse().unwrap(),
            destination: "192.0.2.2:6666".parse().unwrap(),
            seq: SeqNumber(100),
            ack: SeqNumber(300),
            flags: Flags::PSH.with(Flags::ACK),
            window: Some(512),
            options: Options::new(MSS),
            text_len: 6,
            text: TextHead::new(b"hello\n"),
            checksum: Checksum::Correct,
            cut_short: false,
            sighting: Sighting::default(),
            tunnel: None,
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn all_nine_control_bits_and_no_reserved_one() {
        for bit in 0..9 {
            assert_eq!(whole(&tcp(1 << bit, &[], b"")).flags, Flags(1 << bit));
        }
        assert_eq!(whole(&tcp(0xe02, &[], b"")).flags, Flags::SYN);
        assert_eq!(whole(&tcp(0x1c2, &[], b"")).flags.names().count(), 4);
    }

    #[test]
    fn a_data_offset_that_cannot_be_true_is_an_error() {
        let with_offset = |words: u8| {
            let mut octets = tcp(0x010, &[], b"text");
            octets[12] = words << 4;
            read(&octets, octets.len(), Part::Whole).map_err(|error| error.fault)
        };
        assert_eq!(with_offset(3), Err(Fault::HeaderLength { needed: 20, got: 12 }));
        assert_eq!(with_offset(0), Err(Fault::HeaderLength { needed: 20, got: 0 }));
        assert_eq!(with_offset(7), Err(Fault::TooShort { needed: 28, got: 24 }));
        assert!(with_offset(6).is_ok_and(|segment| segment.is_some_and(|segment| segment.text_len == 0)));
    }

    #[test]
    fn a_packet_too_short_for_a_header_is_an_error() {
        let octets = tcp(0x010, &[], b"");
        for len in 0..20 {
            let error = read(&octets[..len], len, Part::Whole).unwrap_err();
            assert_eq!(error.fault, Fault::TooShort { needed: 20, got: len });
        }
    }

    #[test]
    fn a_header_cut_short_by_the_capture_goes_as_far_as_it_goes() {
        let octets = summed4(tcp(0x002, MSS, b"hello"));
        for captured in 0..14 {
            let error = read(&octets, captured, Part::Whole).unwrap_err();
            assert_eq!(error.fault, Fault::NotCaptured { needed: 14, got: captured });
        }
        for captured in 14..=octets.len() {
            let segment = read(&octets, captured, Part::Whole).unwrap().unwrap();
            assert_eq!((segment.flags, segment.seq, segment.text_len), (Flags::SYN, SeqNumber(100), 5));
            assert_eq!(segment.window, (captured >= 16).then_some(512));
            assert_eq!(segment.options.octets(), &MSS[..captured.saturating_sub(20).min(4)]);
            assert_eq!(segment.text.octets(), &b"hello"[..captured.saturating_sub(24)]);
            assert_eq!(segment.cut_short, captured < 24);
            let all = captured == octets.len();
            assert_eq!(segment.checksum, if all { Checksum::Correct } else { Checksum::Unchecked });
        }
    }

    #[test]
    fn a_first_fragment_goes_as_far_as_it_goes() {
        let octets = tcp(0x018, MSS, b"hello");
        let first = |len: usize| read(&octets[..len], len, Part::First).unwrap();
        // The rest of the header is in another fragment.
        for len in [8, 13, 16, 20, 23] {
            assert_eq!(first(len), None, "{len}");
        }
        let long = first(27).unwrap();
        assert_eq!((long.text_len, long.text.octets(), long.cut_short), (3, &b"hel"[..], false));
        assert_eq!(long.checksum, Checksum::Unchecked);
        let short = read(&octets, 16, Part::First).unwrap().unwrap();
        assert_eq!((short.window, short.text_len, short.cut_short), (Some(512), 5, true));
        assert!(read(&octets, 13, Part::First).is_err(), "the fragment has it, the capture has not");
    }

    #[test]
    fn the_checksum_without_text() {
        let mut octets = summed4(tcp(0x010, &[], b""));
        assert_eq!(whole(&octets).checksum, Checksum::Correct);
        octets[15] ^= 1;
        assert_eq!(whole(&octets).checksum, Checksum::Wrong);
    }
}
