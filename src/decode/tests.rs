//! Whole frames: hand-written ones, and properties over random ones.

use std::net::{IpAddr, SocketAddr};

use super::*;
use crate::decode::error::{Fault, Layer};
use crate::decode::samples::{A4, A6, B4, B6, TCP, ethernet, frame, ipv4, ipv6, join, summed4, summed6, tcp};
use crate::options::TcpOption;
use crate::segment::{Checksum, Flags};
use crate::tunnel::TunnelKind;
use proptest::prelude::*;

/// More numbers than `link` knows, and one that is far off.
fn links() -> impl Iterator<Item = LinkType> {
    (0..300).chain([u32::MAX]).map(LinkType)
}

/// Reads a frame by itself.
fn decode(frame: &Frame<'_>) -> Result<Decoded, DecodeError> {
    Decoder::new(DEPTH).decode(frame)
}

fn segment(link: LinkType, octets: &[u8]) -> Segment {
    match decode(&frame(link, octets)) {
        Ok(Decoded::Segment(segment)) => segment,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_syn_as_linux_loopback_shows_it() {
    // Captured on Linux 6.18 with tcpdump, a connection to 127.0.0.1; the checksum field holds the
    // pseudo-header's sum.
    let octets = b"\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\
        \x45\x00\x00\x3c\x4a\x55\x40\x00\x40\x06\xf2\x64\x7f\x00\x00\x01\x7f\x00\x00\x01\
        \xeb\x9c\x41\x1a\x36\x7b\xd9\xef\x00\x00\x00\x00\xa0\x02\xff\xd7\xfe\x30\x00\x00\
        \x02\x04\xff\xd7\x04\x02\x08\x0a\xdd\x68\xec\x4c\x00\x00\x00\x00\x01\x03\x03\x0a";
    let segment = segment(LinkType::ETHERNET, octets);
    assert_eq!((segment.seq.0, segment.ack.0, segment.window), (0x367b_d9ef, 0, Some(65495)));
    assert_eq!((segment.flags, segment.text_len), (Flags::SYN, 0));
    assert_eq!(segment.checksum, Checksum::Offloaded);
    assert_eq!(
        segment.options.iter().collect::<Vec<_>>(),
        [
            TcpOption::MaximumSegmentSize(65495),
            TcpOption::SackPermitted,
            TcpOption::Timestamps { value: 0xdd68_ec4c, echo: 0 },
            TcpOption::NoOperation,
            TcpOption::WindowScale(10),
        ]
    );
}

#[test]
fn what_is_no_segment_is_told_apart() {
    let read = |link: u32, octets: &[u8]| decode(&frame(LinkType(link), octets)).unwrap();
    let text = tcp(0x010, &[], b"text");
    assert_eq!(read(1, &ethernet(&[], 0x0806, &[0; 28])), Decoded::NotTcp, "ARP");
    assert_eq!(read(101, &ipv4(17, &text)), Decoded::NotTcp, "UDP");
    assert_eq!(read(101, &ipv6(59, &[])), Decoded::NotTcp, "no next header");
    assert_eq!(read(147, &text), Decoded::UnsupportedLink(LinkType(147)));
    let mut later = ipv4(TCP, &text);
    later[7] = 3;
    assert_eq!(read(101, &later), Decoded::Fragment);
    later[9] = 17;
    assert_eq!(read(101, &later), Decoded::Fragment, "a fragment of what may be a tunnel");
    later[9] = 89;
    assert_eq!(read(101, &later), Decoded::NotTcp, "a fragment of something else");
    let mut tiny = ipv4(TCP, &text[..8]);
    tiny[6] = 0x20;
    assert_eq!(read(101, &tiny), Decoded::Fragment);
    let later6 = join(&[&[60, 0, 0, 8, 0, 0, 0, 1], &text]);
    assert_eq!(read(101, &ipv6(44, &later6)), Decoded::Fragment);
}

#[test]
fn an_aggregate_of_802_11_holds_several_packets() {
    let inner = |flags: u16| {
        let packet = ipv4(TCP, &tcp(flags, &[], b""));
        let llc = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        let len = u16::try_from(llc.len() + packet.len()).unwrap().to_be_bytes();
        let frame = join(&[&[1; 12], &len, &llc, &packet]);
        join(&[&frame, &vec![0; frame.len().next_multiple_of(4) - frame.len()]])
    };
    let header = [&[0x88, 0][..], &[0; 22], &[0x80, 0]].concat();
    let other = join(&[&[1; 12], &[0, 10], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 6, 0, 0]]);
    let octets = join(&[&header, &inner(2), &other, &inner(1)]);
    let whole = frame(LinkType(105), &octets);
    let mut decoder = Decoder::new(DEPTH);
    let flags = |decoded| match decoded {
        Some(Ok(Decoded::Segment(segment))) => segment.flags.0,
        other => panic!("{other:?}"),
    };
    assert_eq!(flags(Some(decoder.decode(&whole))), 2);
    assert_eq!(flags(decoder.decode_further(&whole, 1)), 1);
    assert_eq!(decoder.decode_further(&whole, 2), None);
    let cut = Frame { octets: &octets[..octets.len() - 50], ..whole };
    let error = decoder.decode_further(&cut, 1).unwrap().unwrap_err();
    assert!(matches!(error.fault, Fault::NotCaptured { .. }), "{error}");
    // One packet alone has no second.
    let single =
        join(&[&[0x08, 0], &[0; 22], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ipv4(TCP, &tcp(2, &[], b""))]);
    let single = frame(LinkType(105), &single);
    assert_eq!(flags(Some(decoder.decode(&single))), 2);
    assert_eq!(decoder.decode_further(&single, 1), None);
}

#[test]
fn an_error_says_where() {
    let octets = ethernet(&[0x8100], 0x86dd, &ipv6(TCP, &tcp(0x010, &[], b"")));
    let cut = Frame { octets: &octets[..70], ..frame(LinkType::ETHERNET, &octets) };
    let error = decode(&cut).unwrap_err();
    assert_eq!((error.layer, error.offset), (Layer::Tcp, 58));
    assert_eq!(error.fault, Fault::NotCaptured { needed: 14, got: 12 });
}

#[test]
fn a_large_packet_before_segmentation_has_the_length_of_its_frame() {
    let mut octets = ethernet(&[], 0x0800, &ipv4(TCP, &tcp(0x010, &[], &[7; 1000])));
    octets[16..18].fill(0);
    let snapped = Frame { octets: &octets[..96], wire_len: 180_054, ..frame(LinkType::ETHERNET, &octets) };
    let Ok(Decoded::Segment(segment)) = decode(&snapped) else { panic!() };
    assert_eq!((segment.text_len, segment.checksum), (180_000, Checksum::Unchecked));
}

#[test]
fn the_end_of_a_source_route_is_in_the_checksum() {
    // The packet is on its way to C; the sum is made for B, at the end of the route.
    let text = summed6(tcp(0x002, &[], b""));
    let mut octets = ipv6(43, &join(&[&[TCP, 2, 4, 1, 0, 0, 0, 0], &B6.octets(), &text]));
    octets[39] = 3;
    let segment = segment(LinkType::IPV6, &octets);
    assert_eq!((segment.destination.ip(), segment.checksum), (IpAddr::V6(B6), Checksum::Correct));
    octets[42] = 3;
    let Ok(Decoded::Segment(unknown)) = decode(&frame(LinkType::IPV6, &octets)) else { panic!() };
    assert_eq!(unknown.checksum, Checksum::Unchecked);
}

/// The kinds of the tunnels that the segment in `octets` came through.
fn kinds(octets: &[u8]) -> Vec<TunnelKind> {
    let segment = segment(LinkType::RAW, octets);
    segment.tunnel.map(|tunnel| tunnel.kinds().collect()).unwrap_or_default()
}

#[test]
fn ip_in_ip_of_both_versions() {
    use TunnelKind::{FourInFour, FourInSix, SixInFour, SixInSix};
    let (four, six) = (ipv4(TCP, &summed4(tcp(2, &[], b""))), ipv6(TCP, &summed6(tcp(2, &[], b""))));
    assert_eq!(kinds(&four), []);
    assert_eq!(kinds(&ipv4(4, &four)), [FourInFour]);
    assert_eq!(kinds(&ipv4(41, &six)), [SixInFour]);
    assert_eq!(kinds(&ipv6(4, &four)), [FourInSix]);
    assert_eq!(kinds(&ipv6(41, &six)), [SixInSix]);
    let inside = segment(LinkType::RAW, &ipv6(4, &ipv4(41, &six)));
    assert_eq!((inside.source.ip(), inside.checksum), (IpAddr::V6(A6), Checksum::Correct));
    assert_eq!(kinds(&ipv6(4, &ipv4(41, &six))), [FourInSix, SixInFour]);
}

#[test]
fn tunnels_are_looked_into_as_deep_as_asked_for() {
    let mut octets = ipv4(TCP, &tcp(2, &[], b""));
    for depth in 0..12 {
        let mut enough = Decoder::new(depth);
        assert!(matches!(enough.decode(&frame(LinkType::RAW, &octets)), Ok(Decoded::Segment(_))), "{depth}");
        octets = ipv4(4, &octets);
        assert_eq!(enough.decode(&frame(LinkType::RAW, &octets)), Ok(Decoded::TooDeep), "{depth}");
    }
}

/// What a random valid frame is made of.
#[derive(Clone, Debug)]
struct Made {
    six: bool,
    tags: Vec<u16>,
    flags: u16,
    options: Vec<u8>,
    text: Vec<u8>,
    padding: usize,
}

impl Made {
    fn octets(&self) -> Vec<u8> {
        let tcp = tcp(self.flags, &self.options, &self.text);
        let (ethertype, packet) =
            if self.six { (0x86dd, ipv6(TCP, &summed6(tcp))) } else { (0x0800, ipv4(TCP, &summed4(tcp))) };
        join(&[&ethernet(&self.tags, ethertype, &packet), &vec![0xee; self.padding]])
    }
}

fn made() -> impl Strategy<Value = Made> {
    let tags = proptest::collection::vec(prop::sample::select(vec![0x8100, 0x88a8, 0x9100]), 0..4);
    let octets = |most| proptest::collection::vec(any::<u8>(), 0..=most);
    (any::<bool>(), tags, 0u16..512, octets(40), octets(80), 0usize..40).prop_map(
        |(six, tags, flags, options, text, padding)| Made { six, tags, flags, options, text, padding },
    )
}

proptest! {
    #[test]
    fn what_was_put_in_comes_out(made in made()) {
        let segment = segment(LinkType::ETHERNET, &made.octets());
        let (from, to) = if made.six { (A6.into(), B6.into()) } else { (A4.into(), B4.into()) };
        prop_assert_eq!(segment.source, SocketAddr::new(from, 50498));
        prop_assert_eq!(segment.destination, SocketAddr::new(to, 6666));
        prop_assert_eq!(segment.flags, Flags(made.flags));
        prop_assert_eq!(usize::try_from(segment.text_len).unwrap(), made.text.len());
        prop_assert_eq!(segment.text.octets(), &made.text[..made.text.len().min(32)]);
        prop_assert!(segment.options.octets().starts_with(&made.options));
        prop_assert_eq!(segment.checksum, Checksum::Correct);
        prop_assert!(!segment.cut_short);
    }

    /// A shorter capture gives the same segment with less in it, or an error that blames the capture.
    #[test]
    fn no_prefix_is_misread(made in made(), keep in any::<prop::sample::Index>()) {
        let octets = made.octets();
        let whole = segment(LinkType::ETHERNET, &octets);
        let kept = keep.index(octets.len());
        let cut = Frame { octets: &octets[..kept], ..frame(LinkType::ETHERNET, &octets) };
        match decode(&cut) {
            Ok(Decoded::Segment(segment)) => {
                prop_assert_eq!((segment.source, segment.destination), (whole.source, whole.destination));
                prop_assert_eq!((segment.seq, segment.ack), (whole.seq, whole.ack));
                prop_assert_eq!((segment.flags, segment.text_len), (whole.flags, whole.text_len));
                prop_assert!(segment.window.is_none_or(|window| Some(window) == whole.window));
                prop_assert!(whole.options.octets().starts_with(segment.options.octets()));
                prop_assert!(whole.text.octets().starts_with(segment.text.octets()));
                prop_assert_eq!(segment.cut_short, segment.options.octets().len() < whole.options.octets().len()
                    || segment.window.is_none() || kept < octets.len() - made.padding - made.text.len());
            }
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(error) => {
                let blames_capture = matches!(error.fault, Fault::NotCaptured { needed, got } if got < needed);
                prop_assert!(blames_capture && error.offset <= kept, "{}", error);
            }
        }
    }

    #[test]
    fn random_octets_do_no_harm(octets in proptest::collection::vec(any::<u8>(), 0..200), wire_len in any::<u32>()) {
        for link in links() {
            let _ = decode(&Frame { wire_len, ..frame(link, &octets) });
        }
    }

    /// Nearly valid frames reach further in than random ones.
    #[test]
    fn damaged_frames_do_no_harm(
        made in made(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        keep in any::<prop::sample::Index>(),
    ) {
        let mut octets = made.octets();
        for (at, octet) in damage {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets.truncate(keep.index(octets.len()) + 1);
        let _ = decode(&frame(LinkType::ETHERNET, &octets));
        let _ = decode(&Frame { octets: octets.get(14..).unwrap_or(&[]), ..frame(LinkType::RAW, &octets) });
    }

    /// Extension headers of every kind, in any order, with any lengths.
    #[test]
    fn random_chains_do_no_harm(
        chain in proptest::collection::vec((prop::sample::select(vec![0u8, 43, 44, 51, 60, 135, 139, 140, 6, 59]), 0u8..4), 1..20),
        rest in proptest::collection::vec(any::<u8>(), 0..600),
        zero_length in any::<bool>(),
    ) {
        let mut octets = ipv6(chain[0].0, &rest);
        let mut at = 40;
        for (next, len) in &chain[1..] {
            if let Some(header) = octets.get_mut(at..at + 2) {
                header.copy_from_slice(&[*next, *len]);
            }
            at += 8 * (usize::from(*len) + 1);
        }
        if zero_length {
            octets[4..6].fill(0);
        }
        let _ = decode(&frame(LinkType::IPV6, &octets));
    }
}
