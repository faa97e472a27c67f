//! Tunnels: what each kind's header leads to, near misses, and properties over damaged ones.

use std::net::IpAddr;

use crate::decode::samples::{A4, A6, B4, B6, TCP, ethernet, frame, ipv4, ipv6, join, summed4, summed6, tcp};
use crate::decode::{DEPTH, Decoded, Decoder};
use crate::frame::{Frame, LinkType};
use crate::segment::{Checksum, Segment};
use crate::tunnel::{Passage, TunnelKind};
use proptest::prelude::*;

const UDP: u8 = 17;
const GRE: u8 = 47;

fn decode(octets: &[u8]) -> Decoded {
    Decoder::new(DEPTH).decode(&frame(LinkType::RAW, octets)).unwrap_or(Decoded::NotTcp)
}

/// The tunnels on the way to the one segment that all tests send, which must come out whole.
fn way(octets: &[u8]) -> Vec<(TunnelKind, Option<u32>)> {
    let Decoded::Segment(segment) = decode(octets) else { return Vec::new() };
    assert_eq!((segment.text.octets(), segment.checksum), (&b"text"[..], Checksum::Correct));
    let ends = [segment.source.ip(), segment.destination.ip()];
    assert!(ends == [IpAddr::V4(A4), IpAddr::V4(B4)] || ends == [IpAddr::V6(A6), IpAddr::V6(B6)], "{ends:?}");
    segment
        .tunnel
        .map(|tunnel| tunnel.way().iter().map(|passage| (passage.kind, passage.id)).collect())
        .unwrap_or_default()
}

/// The segment in IPv4, in IPv6, and the first in Ethernet.
fn four() -> Vec<u8> {
    ipv4(TCP, &summed4(tcp(0x018, &[], b"text")))
}

fn six() -> Vec<u8> {
    ipv6(TCP, &summed6(tcp(0x018, &[], b"text")))
}

fn framed() -> Vec<u8> {
    ethernet(&[], 0x0800, &four())
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len() + 8).unwrap();
    let header = [0xc0u16.to_be_bytes(), port.to_be_bytes(), len.to_be_bytes(), [0; 2]].concat();
    ipv4(UDP, &join(&[&header, payload]))
}

fn gre(header: &[u8], payload: &[u8]) -> Vec<u8> {
    ipv4(GRE, &join(&[header, payload]))
}

#[test]
fn gre_with_every_optional_field() {
    use TunnelKind::Gre;
    assert_eq!(way(&gre(&[0, 0, 8, 0], &four())), [(Gre, None)]);
    assert_eq!(way(&gre(&[0, 0, 0x86, 0xdd], &six())), [(Gre, None)]);
    assert_eq!(way(&gre(&[0x80, 0, 8, 0, 0, 0, 0, 0], &four())), [(Gre, None)]);
    assert_eq!(way(&gre(&[0x20, 0, 8, 0, 0, 0, 0, 7], &four())), [(Gre, Some(7))]);
    assert_eq!(way(&gre(&[0xb0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1], &four())), [(Gre, Some(7))]);
    let route = [0x40, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 4, 192, 0, 2, 9, 0, 0, 0, 0];
    assert_eq!(way(&gre(&route, &four())), [(Gre, None)]);
    assert_eq!(way(&gre(&[0, 0, 0x65, 0x58], &framed())), [(Gre, None)]);
    assert_eq!(way(&gre(&[0, 0, 0x88, 0x0b], &join(&[&[0xff, 3, 0, 0x21], &four()]))), [(Gre, None)]);
    assert_eq!(way(&gre(&[0, 0, 0x88, 0x3e], &four())), [(Gre, None)], "WCCP");
    assert_eq!(way(&gre(&[0, 0, 0x88, 0x3e], &join(&[&[0, 1, 2, 3], &four()]))), [(Gre, None)], "WCCP 2");
    assert_eq!(way(&udp(4754, &join(&[&[0, 0, 8, 0], &four()]))), [(Gre, None)], "over UDP");
}

#[test]
fn gre_that_leads_nowhere() {
    assert_eq!(decode(&gre(&[0, 0, 0, 0], b"")), Decoded::NotTcp, "a sign of life");
    assert_eq!(decode(&gre(&[0, 2, 8, 0], &four())), Decoded::NotTcp, "version 2");
    let endless = [0x40, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    assert_eq!(decode(&gre(&endless, b"")), Decoded::NotTcp);
}

#[test]
fn a_virtual_subnet_is_told_from_a_key() {
    use TunnelKind::{Gre, Nvgre};
    let with_key = |key: [u8; 4]| way(&gre(&join(&[&[0x20, 0, 0x65, 0x58], &key]), &framed()));
    assert_eq!(with_key([0x00, 0x10, 0x00, 0x05]), [(Nvgre, Some(0x1000))]);
    assert_eq!(with_key([0x00, 0x0f, 0xff, 0x05]), [(Gre, Some(0x0f_ff05))], "reserved");
    assert_eq!(with_key([0xff, 0xff, 0xff, 0x05]), [(Gre, Some(0xffff_ff05))], "reserved");
    let numbered = join(&[&[0x30, 0, 0x65, 0x58, 0, 0x10, 0, 5, 0, 0, 0, 1], &framed()]);
    assert_eq!(way(&ipv4(GRE, &numbered)), [(Gre, Some(0x0010_0005))]);
}

#[test]
fn mirrored_frames() {
    use TunnelKind::{ErspanI, ErspanII, ErspanIII};
    assert_eq!(way(&gre(&[0, 0, 0x88, 0xbe], &framed())), [(ErspanI, None)]);
    let second = |version: u8| {
        join(&[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, version << 4, 1, 0, 9, 0, 0, 0, 0], &framed()])
    };
    assert_eq!(way(&ipv4(GRE, &second(1))), [(ErspanII, None)]);
    assert_eq!(way(&ipv4(GRE, &second(3))), []);
    let third = |end: [u8; 2], more: &[u8], inside: &[u8]| {
        let header = [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 9, 0, 0, 0, 0, 0, 0];
        way(&ipv4(GRE, &join(&[&header, &end, more, inside])))
    };
    assert_eq!(third([0, 0], &[], &framed()), [(ErspanIII, None)]);
    assert_eq!(third([0, 1], &[7; 8], &framed()), [(ErspanIII, None)]);
    assert_eq!(third([2 << 2, 0], &[], &six()), [(ErspanIII, None)]);
    assert_eq!(third([3 << 2, 0], &[], &four()), []);
}

#[test]
fn pptp_with_and_without_acknowledgement() {
    let inside = join(&[&[0xff, 3, 0, 0x21], &four()]);
    let [high, low] = u16::try_from(inside.len()).unwrap().to_be_bytes();
    let header = |bits: [u8; 2]| join(&[&bits, &[0x88, 0x0b, high, low, 0, 9, 0, 0, 0, 1]]);
    assert_eq!(way(&gre(&header([0x30, 0x01]), &inside)), [(TunnelKind::Pptp, None)]);
    let padded = join(&[&[0, 0, 0, 7], &inside, &[0; 9]]);
    assert_eq!(way(&gre(&header([0x30, 0x81]), &padded)), [(TunnelKind::Pptp, None)]);
    assert_eq!(decode(&gre(&[0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 1], b"")), Decoded::NotTcp);
}

#[test]
fn ethernet_and_mpls_over_ip() {
    use TunnelKind::{EtherIp, MplsInIp, MplsInUdp};
    assert_eq!(way(&ipv4(97, &join(&[&[0x30, 0], &framed()]))), [(EtherIp, None)]);
    assert_eq!(way(&ipv4(97, &join(&[&[0x20, 0], &framed()]))), []);
    assert_eq!(way(&ipv6(143, &framed())), [(EtherIp, None)]);
    let labelled = join(&[&[0, 1, 0, 64, 0, 2, 1, 64], &four()]);
    assert_eq!(way(&ipv4(137, &labelled)), [(MplsInIp, None)]);
    assert_eq!(way(&udp(6635, &labelled)), [(MplsInUdp, None)]);
}

#[test]
fn virtual_networks_over_udp() {
    use TunnelKind::{Geneve, Lisp, Vxlan, VxlanGpe};
    let vxlan = |flags: u8| join(&[&[flags, 0, 0, 0, 0, 0x12, 0x34, 0], &framed()]);
    assert_eq!(way(&udp(4789, &vxlan(0x08))), [(Vxlan, Some(0x1234))]);
    assert_eq!(way(&udp(8472, &vxlan(0x88))), [(Vxlan, Some(0x1234))], "with a group policy");
    assert_eq!(way(&udp(4789, &vxlan(0x00))), []);
    let gpe = |flags: u8, next: u8, inside: &[u8]| {
        way(&udp(4790, &join(&[&[flags, 0, 0, next, 0, 0, 7, 0], inside])))
    };
    assert_eq!(gpe(0x0c, 1, &four()), [(VxlanGpe, Some(7))]);
    assert_eq!(gpe(0x0c, 2, &six()), [(VxlanGpe, Some(7))]);
    assert_eq!(gpe(0x0c, 3, &framed()), [(VxlanGpe, Some(7))]);
    assert_eq!(gpe(0x08, 0, &framed()), [(VxlanGpe, Some(7))]);
    assert_eq!(gpe(0x1c, 1, &four()), [], "version 1");
    let geneve = |first: u8, kind: [u8; 2], options: &[u8], inside: &[u8]| {
        way(&udp(6081, &join(&[&[first, 0], &kind, &[0, 0, 7, 0], options, inside])))
    };
    assert_eq!(geneve(0, [0x65, 0x58], &[], &framed()), [(Geneve, Some(7))]);
    assert_eq!(geneve(2, [0x86, 0xdd], &[1, 2, 3, 1, 5, 6, 7, 8], &six()), [(Geneve, Some(7))]);
    assert_eq!(geneve(0x40, [0x65, 0x58], &[], &framed()), [], "version 1");
    assert_eq!(geneve(0x3f, [0x65, 0x58], &[], &framed()), [], "options longer than the packet");
    assert_eq!(way(&udp(4341, &join(&[&[0x80, 1, 2, 3, 0, 0, 0, 1], &six()]))), [(Lisp, None)]);
}

#[test]
fn gtp_with_extension_headers() {
    let gtp = |flags: u8, message: u8, optional: &[u8], inside: &[u8]| {
        let [high, low] = u16::try_from(optional.len() + inside.len()).unwrap().to_be_bytes();
        way(&udp(2152, &join(&[&[flags, message, high, low, 0, 0, 0, 9], optional, inside, &[0; 5]])))
    };
    let found = [(TunnelKind::GtpU, None)];
    assert_eq!(gtp(0x30, 255, &[], &four()), found);
    assert_eq!(gtp(0x30, 255, &[], &six()), found);
    assert_eq!(gtp(0x32, 255, &[0, 1, 0, 0], &four()), found);
    assert_eq!(gtp(0x34, 255, &[0, 0, 0, 0x85, 1, 0x10, 9, 0], &four()), found);
    assert_eq!(gtp(0x36, 255, &[0, 0, 0, 0x85, 1, 0x10, 9, 0x40, 2, 1, 2, 3, 4, 5, 6, 0], &four()), found);
    assert_eq!(gtp(0x34, 255, &[0, 0, 0, 0x85, 0, 0, 0, 0], &four()), [], "a length of 0");
    assert_eq!(gtp(0x30, 1, &[], &four()), [], "an echo request");
    assert_eq!(gtp(0x50, 255, &[], &four()), [], "version 2");
}

#[test]
fn ipv6_through_a_nat() {
    use TunnelKind::{Ayiya, Teredo};
    let teredo = |before: &[u8]| way(&udp(3544, &join(&[before, &six()])));
    let (authentication, origin) =
        ([0, 1, 2, 1, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0], [0, 0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(teredo(&[]), [(Teredo, None)]);
    assert_eq!(teredo(&origin), [(Teredo, None)]);
    assert_eq!(teredo(&authentication), [(Teredo, None)]);
    assert_eq!(teredo(&[&authentication[..], &origin].concat()), [(Teredo, None)]);
    assert_eq!(way(&udp(3544, &four())), [], "no IPv4");
    let ayiya = |operation: u8, next: u8, inside: &[u8]| {
        way(&udp(5072, &join(&[&[0x44, 0x52, operation, next, 0, 0, 0, 0], &[7; 16], &[8; 20], inside])))
    };
    assert_eq!(ayiya(0x11, 41, &six()), [(Ayiya, None)]);
    assert_eq!(ayiya(0x11, 4, &four()), [(Ayiya, None)]);
    assert_eq!(ayiya(0x10, 41, &six()), [], "no operation");
    assert_eq!(ayiya(0x11, 59, &six()), []);
}

#[test]
fn l2tp_of_both_versions() {
    use TunnelKind::{L2tp, L2tpV3};
    let inside = join(&[&[0xff, 3, 0, 0x21], &four()]);
    let message = |header: &[u8]| way(&udp(1701, &join(&[header, &inside])));
    assert_eq!(message(&[0, 2, 0, 1, 0, 2]), [(L2tp, None)]);
    let [high, low] = u16::try_from(inside.len() + 8).unwrap().to_be_bytes();
    assert_eq!(message(&[0x40, 2, high, low, 0, 1, 0, 2]), [(L2tp, None)]);
    assert_eq!(message(&[0x0a, 2, 0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 9, 9, 9]), [(L2tp, None)]);
    assert_eq!(message(&[0xc8, 2, high, low, 0, 1, 0, 2, 0, 0, 0, 0]), [], "a control message");
    let mut packet = four();
    let words = packet[..20].as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_be_bytes(*word)));
    let sum = words.sum::<u32>();
    let sum = !u16::try_from((sum & 0xffff) + (sum >> 16)).unwrap();
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    for before in 0..4 {
        let session = join(&[&[0, 0, 0, 9], &[5; 12][..before * 4], &ethernet(&[], 0x0800, &packet)]);
        assert_eq!(way(&ipv4(115, &session)), [(L2tpV3, None)], "{before} words");
        assert_eq!(way(&udp(1701, &join(&[&[0, 3, 0, 0], &session]))), [(L2tpV3, None)], "{before} words");
    }
    let control = join(&[&[0, 0, 0, 0], &ethernet(&[], 0x0800, &packet)]);
    assert_eq!(way(&ipv4(115, &control)), []);
}

#[test]
fn a_port_alone_makes_no_tunnel() {
    // As a name server's answer that happens to go to port 4789.
    let lengths =
        join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &ethernet(&[], 0x0800, &[0x45, 0, 0xff, 0xff, 0, 0, 0, 0])]);
    assert_eq!(decode(&udp(4789, &lengths)), Decoded::NotTcp);
    let version = join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &ethernet(&[], 0x0800, &[0x55; 40])]);
    assert_eq!(decode(&udp(4789, &version)), Decoded::NotTcp);
    for port in PORTS {
        for payload in [&b""[..], b"\0", b"GET / HTTP/1.1\r\n\r\n", &[0xff; 60], &[0; 60]] {
            assert_eq!(decode(&udp(port, payload)), Decoded::NotTcp, "{port}");
        }
    }
}

#[test]
fn a_capture_that_ends_inside_the_tunnel_is_cut_and_not_something_else() {
    let octets = udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &framed()]));
    let cut = |kept: usize| {
        Decoder::new(DEPTH).decode(&Frame { octets: &octets[..kept], ..frame(LinkType::RAW, &octets) })
    };
    // 20 IPv4, 8 UDP, 8 VXLAN, 14 Ethernet, 20 IPv4, 20 TCP.
    let reads = (28..=octets.len()).map(|kept| match cut(kept) {
        Ok(Decoded::Segment(Segment { text_len: 4, .. })) => 's',
        Ok(Decoded::NotTcp) => '-',
        Err(_) => '!',
        other => panic!("{other:?}"),
    });
    assert_eq!(reads.collect::<String>(), "-".repeat(23) + &"!".repeat(33) + &"s".repeat(11));
}

#[test]
fn what_each_direction_numbers_for_itself_is_no_part_of_the_way() {
    let [one, other] = [A4, B4].map(IpAddr::V4);
    let gtp = |teid: u8| {
        udp(2152, &join(&[&[0x30, 255, 0, u8::try_from(four().len()).unwrap(), 0, 0, 0, teid], &four()]))
    };
    for octets in [gtp(1), gtp(2)] {
        let Decoded::Segment(segment) = decode(&octets) else { panic!() };
        let tunnel = segment.tunnel.unwrap();
        assert_eq!(tunnel.way(), [Passage::new(TunnelKind::GtpU, other, one, None)]);
    }
}

#[test]
fn the_same_way_is_one_value() {
    let mut decoder = Decoder::new(DEPTH);
    let mut read = |octets: &[u8]| match decoder.decode(&frame(LinkType::RAW, octets)) {
        Ok(Decoded::Segment(segment)) => segment.tunnel.unwrap(),
        other => panic!("{other:?}"),
    };
    let (first, other) = (read(&ipv4(4, &four())), read(&ipv4(41, &six())));
    assert!(std::sync::Arc::ptr_eq(&first, &read(&ipv4(4, &four()))));
    assert_ne!(first, other);
}

const PORTS: [u16; 12] = [1701, 2152, 3544, 4341, 4754, 4789, 4790, 5072, 6081, 6635, 8472, 9];
const PROTOCOLS: [u8; 10] = [4, 41, 47, 97, 115, 137, 143, 17, 1, 51];

/// One whole packet of every kind.
fn every_kind() -> Vec<Vec<u8>> {
    let inside = join(&[&[0xff, 3, 0, 0x21], &four()]);
    vec![
        ipv4(4, &four()),
        ipv6(4, &ipv4(41, &six())),
        gre(
            &[0xf0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 8, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0],
            &four(),
        ),
        gre(&[0x20, 0, 0x65, 0x58, 0, 0x10, 0, 5], &framed()),
        gre(&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 9, 0, 0, 0, 0], &framed()),
        gre(
            &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 7, 7, 7, 7, 7, 7, 7, 7],
            &framed(),
        ),
        gre(&[0x30, 0x81, 0x88, 0x0b, 0, 68, 0, 9, 0, 0, 0, 1, 0, 0, 0, 7], &inside),
        ipv4(97, &join(&[&[0x30, 0], &framed()])),
        ipv4(137, &join(&[&[0, 1, 1, 64], &four()])),
        udp(1701, &join(&[&[0x4a, 2, 0, 83, 0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 9, 9, 9], &inside])),
        udp(2152, &join(&[&[0x36, 255, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0x85, 1, 0x10, 9, 0], &four()])),
        udp(
            3544,
            &join(&[&[0, 1, 2, 1, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0], &[0, 0, 1, 2, 3, 4, 5, 6], &six()]),
        ),
        udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &framed()])),
        udp(4790, &join(&[&[12, 0, 0, 1, 0, 0, 7, 0], &four()])),
        udp(5072, &join(&[&[0x44, 0x52, 0x11, 41, 0, 0, 0, 0], &[7; 36], &six()])),
        udp(6081, &join(&[&[2, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 1, 5, 6, 7, 8], &framed()])),
    ]
}

#[test]
fn every_kind_is_whole_before_it_is_damaged() {
    for octets in every_kind() {
        assert!(!way(&octets).is_empty(), "{octets:x?}");
    }
}

proptest! {
    /// Anything over any protocol and port that may be a tunnel, several deep.
    #[test]
    fn random_tunnels_do_no_harm(
        protocols in proptest::collection::vec(prop::sample::select(PROTOCOLS.to_vec()), 1..5),
        port in prop::sample::select(PORTS.to_vec()),
        octets in proptest::collection::vec(any::<u8>(), 0..200),
        depth in 0usize..4,
    ) {
        let innermost = udp(port, &octets);
        let octets = protocols.into_iter().fold(innermost, |inside, protocol| ipv4(protocol, &inside));
        let _ = Decoder::new(depth).decode(&frame(LinkType::RAW, &octets));
    }

    /// What is nearly right reaches further in.
    #[test]
    fn damaged_tunnels_do_no_harm(
        kind in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        keep in any::<prop::sample::Index>(),
        wire_len in any::<u32>(),
    ) {
        let mut octets = kind.get(&every_kind()).clone();
        for (at, octet) in damage {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets.truncate(keep.index(octets.len()) + 1);
        let mut decoder = Decoder::new(DEPTH);
        let _ = decoder.decode(&frame(LinkType::RAW, &octets));
        let _ = decoder.decode(&Frame { wire_len, ..frame(LinkType::RAW, &octets) });
    }

    /// A shorter capture of any of them gives the same segment, an error that blames the capture, or no tunnel.
    #[test]
    fn no_prefix_of_a_tunnel_is_misread(kind in any::<prop::sample::Index>(), keep in any::<prop::sample::Index>()) {
        let octets = kind.get(&every_kind()).clone();
        let Decoded::Segment(whole) = decode(&octets) else { panic!() };
        let kept = keep.index(octets.len());
        let cut = Frame { octets: &octets[..kept], ..frame(LinkType::RAW, &octets) };
        match Decoder::new(DEPTH).decode(&cut) {
            Ok(Decoded::Segment(segment)) => {
                prop_assert_eq!((segment.source, segment.seq, segment.flags), (whole.source, whole.seq, whole.flags));
                prop_assert_eq!((segment.text_len, segment.tunnel), (whole.text_len, whole.tunnel));
            }
            Ok(other) => prop_assert_eq!(other, Decoded::NotTcp),
            Err(error) => prop_assert!(error.offset <= kept, "{}", error),
        }
    }
}
