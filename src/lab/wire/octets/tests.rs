//! Checksums and fields, and octets that are nothing of the kind.

use super::*;
use crate::lab::wire::fault::{Forged, Side};
use crate::lab::wire::flow::Target;
use crate::lab::wire::forge::forge;
use crate::seq::SeqNumber;
use proptest::prelude::*;

fn segment(is_ipv6: bool, text: &[u8]) -> Vec<u8> {
    let [source, destination] = [1, 2].map(|number: u16| {
        let ipv6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number);
        let ipv4 = Ipv4Addr::new(192, 0, 2, number as u8);
        let address: std::net::IpAddr = if is_ipv6 { ipv6.into() } else { ipv4.into() };
        std::net::SocketAddr::new(address, 6666)
    });
    let number = SeqNumber(7);
    let target = Target { source, destination, rcv_nxt: number, snd_nxt: number, edge: number };
    let forged = Forged { text: text.to_vec(), ..Forged::new(Flags::ACK) };
    forge(&forged, &target, Side::Server).unwrap()
}

fn tcp_of(frame: &[u8]) -> TcpPacket<'_> {
    let at = carried(frame).unwrap().at;
    TcpPacket::new(&frame[at]).unwrap()
}

/// A datagram with an unfinished checksum.
fn datagram(text: &[u8]) -> Vec<u8> {
    let mut frame = segment(false, &[]);
    frame.truncate(IP_AT + IPV4_HEADER);
    let len = 8 + text.len() as u16;
    {
        let mut packet = MutableIpv4Packet::new(&mut frame[IP_AT..]).unwrap();
        packet.set_next_level_protocol(IpNextHeaderProtocols::Udp);
        packet.set_total_length(20 + len);
    }
    frame.extend([0x1a, 0x0a, 0x1a, 0x0a, 0, len as u8, 0x12, 0x34]);
    frame.extend(text);
    frame
}

#[test]
fn the_checksum_of_a_datagram_is_the_sum_by_hand() {
    let mut frame = datagram(&[0x01, 0x02, 0x03]);
    finish(&mut frame);
    // Pseudo-header c000 0201 c000 0202 0011 000b, header 1a0a 1a0a 000b, text 0102 0300.
    let sum: u32 =
        [0xc000, 0x0201, 0xc000, 0x0202, 0x0011, 0x000b, 0x1a0a, 0x1a0a, 0x000b, 0x0102, 0x0300_u32]
            .iter()
            .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let wanted = !(folded as u16 + (folded >> 16) as u16);
    assert_eq!(frame[40..42], wanted.to_be_bytes());
}

#[test]
fn a_fragment_stays_as_it_is() {
    let mut frame = segment(false, b"hello");
    frame[50] ^= 1;
    for (first, second) in [(0x20, 0), (0, 1)] {
        [frame[20], frame[21]] = [first, second];
        let before = frame.clone();
        finish(&mut frame);
        assert_eq!(frame, before);
    }
    [frame[20], frame[21]] = [0x40, 0];
    let before = frame.clone();
    finish(&mut frame);
    assert_ne!(frame, before, "'do not fragment' makes no fragment");
}

#[test]
fn each_field_is_altered_and_nothing_else() {
    for is_ipv6 in [false, true] {
        let before = segment(is_ipv6, b"hello");
        let mut frame = before.clone();
        let all = Flags(0x1ff);
        let changes =
            [Change::Seq(-8), Change::Ack(1), Change::Window(9), Change::Flags(all), Change::Ttl(3)];
        alter(&mut frame, &changes);
        let (was, is) = (tcp_of(&before), tcp_of(&frame));
        assert_eq!((is.get_sequence(), is.get_acknowledgement(), is.get_window()), (u32::MAX, 8, 9));
        assert_eq!((is.get_flags(), is.get_reserved(), is.get_data_offset()), (0xff, 1, 5));
        assert_eq!((is.get_source(), &frame[frame.len() - 5..]), (was.get_source(), &b"hello"[..]));
        assert_eq!(frame[if is_ipv6 { 21 } else { 22 }], 3);
        let right = is.get_checksum();
        alter(&mut frame, &[Change::Checksum]);
        assert_ne!(tcp_of(&frame).get_checksum(), right);
        finish(&mut frame);
        assert_eq!(tcp_of(&frame).get_checksum(), right);
    }
}

#[test]
fn the_segment_size_is_found_among_other_options() {
    let mut frame = segment(false, &[3, 3, 7, 1, 2, 4, 5, 180, 0, 2, 4, 0]);
    let at = carried(&frame).unwrap().at;
    MutableTcpPacket::new(&mut frame[at.clone()]).unwrap().set_data_offset(8);
    alter(&mut frame, &[Change::Mss(536)]);
    assert_eq!(frame[at][20..], [3, 3, 7, 1, 2, 4, 2, 24, 0, 2, 4, 0]);
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<i32>().prop_map(Change::Seq),
        any::<i32>().prop_map(Change::Ack),
        any::<u16>().prop_map(Change::Mss),
        any::<u8>().prop_map(Change::Ttl),
        any::<u16>().prop_map(|bits| Change::Flags(Flags(bits))),
        Just(Change::Checksum),
    ]
}

proptest! {
    #[test]
    fn any_octets_are_borne(
        is_ipv6: bool,
        text in prop::collection::vec(any::<u8>(), 0..80),
        damage in prop::collection::vec((12..140_usize, any::<u8>()), 0..6),
        len in 0..160_usize,
        changes in prop::collection::vec(change(), 0..4),
    ) {
        let mut frame = segment(is_ipv6, &text);
        for (at, octet) in damage {
            if let Some(place) = frame.get_mut(at) {
                *place = octet;
            }
        }
        frame.truncate(len);
        let before = frame.len();
        alter(&mut frame, &changes);
        finish(&mut frame);
        let once = frame.clone();
        finish(&mut frame);
        prop_assert_eq!(&frame, &once);
        prop_assert_eq!(frame.len(), before);
    }
}
