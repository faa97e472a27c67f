//! Fragments: orders, overlaps, bounds, and whole frames in pieces.

use super::*;
use crate::decode::error::DecodeError;
use crate::decode::samples::{A4, A6, B4, TCP, frame, ipv4, ipv6, join, rest, summed4, summed6, tcp};
use crate::decode::{DEPTH, Decoded, Decoder};
use crate::frame::{Frame, LinkType};
use crate::segment::{Checksum, Flags, Segment};
use proptest::prelude::*;

const OPTIONS: &[u8] = &[2, 4, 5, 0xb4, 1, 1, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7];

fn seconds(seconds: u64) -> Timestamp {
    Timestamp::new(seconds, 0)
}

fn key(identification: u32) -> Key {
    Key {
        ends: (A4.into(), B4.into()),
        protocol: Some(IpNextHeaderProtocols::Tcp),
        identification,
        tunnel: None,
    }
}

fn piece(offset: usize, more: bool, octets: &[u8]) -> Piece<'_> {
    Piece { identification: 0, offset, more, protocol: IpNextHeaderProtocols::Tcp, payload: rest(octets) }
}

/// What becomes of pieces, all of one packet.
fn fates(pieces: &[(usize, bool, &[u8])]) -> Vec<Fate> {
    let mut fragments = Fragments::default();
    let add = |(offset, more, octets): &(usize, bool, &[u8])| {
        fragments.add(seconds(1), &key(1), &piece(*offset, *more, octets))
    };
    pieces.iter().map(add).collect()
}

fn whole(octets: &[u8]) -> Fate {
    Fate::Completes(Whole {
        protocol: IpNextHeaderProtocols::Tcp,
        octets: octets.to_vec(),
        len: octets.len(),
        begun: None,
    })
}

#[test]
fn any_order_makes_the_same_packet() {
    let (a, b, c) = ((0, true, &b"01234567"[..]), (8, true, &b"89abcdef"[..]), (16, false, &b"ghi"[..]));
    for order in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
        assert_eq!(fates(&order), [Fate::Waits, Fate::Waits, whole(b"0123456789abcdefghi")]);
    }
}

#[test]
fn a_repetition_changes_nothing() {
    let (a, b) = ((0, true, &b"01234567"[..]), (8, false, &b"89"[..]));
    assert_eq!(fates(&[a, a, b, b]), [Fate::Waits, Fate::Waits, whole(b"0123456789"), Fate::Read(true)]);
}

#[test]
fn what_overlaps_or_contradicts_is_worthless() {
    let first = (0, true, &b"0123456789abcdef"[..]);
    let bad: [&[(usize, bool, &[u8])]; 9] = [
        &[first, (8, false, b"89abcdef")],
        &[(8, false, b"89abcdef"), first],
        &[first, (0, true, b"0123456789abcdeX")],
        &[first, (0, true, b"01234567")],
        &[(16, false, b"gh"), (24, false, b"ij")],
        &[(16, false, b"gh"), (24, true, b"01234567")],
        &[(24, true, b"01234567"), (16, false, b"gh")],
        &[(0, true, b"0123456"), (8, false, b"8")],
        &[(65_528, false, b"01234567"), first],
    ];
    for pieces in bad {
        let mut fragments = Fragments::default();
        for (offset, more, octets) in pieces {
            fragments.add(seconds(1), &key(1), &piece(*offset, *more, octets));
        }
        assert_eq!(
            fragments.add(seconds(1), &key(1), &piece(0, true, b"01234567")),
            Fate::Worthless,
            "{pieces:?}"
        );
        assert_eq!((fragments.never_whole(), fragments.octets), (1, 0), "{pieces:?}");
        let other = fragments.add(seconds(1), &key(2), &piece(0, true, b"01234567"));
        assert_eq!((other, fragments.never_whole()), (Fate::Waits, 2), "another packet is another matter");
    }
}

#[test]
fn a_packet_is_waited_for_as_long_as_a_receiver_waits() {
    for (late, fate, unread) in [(30, whole(b"0123456789"), 0), (31, Fate::Waits, 2)] {
        let mut fragments = Fragments::default();
        fragments.add(seconds(100), &key(1), &piece(0, true, b"01234567"));
        assert_eq!(fragments.add(seconds(100 + late), &key(1), &piece(8, false, b"89")), fate, "{late}");
        assert_eq!(fragments.never_whole(), unread, "{late}");
    }
}

#[test]
fn time_that_steps_back_gives_nothing_up() {
    let mut fragments = Fragments::default();
    fragments.add(seconds(100), &key(1), &piece(0, true, b"01234567"));
    assert_eq!(fragments.add(seconds(1), &key(1), &piece(8, false, b"89")), whole(b"0123456789"));
}

#[test]
fn memory_is_bounded_and_what_is_given_up_is_counted() {
    let octets = [7; 1_400];
    let mut fragments = Fragments::default();
    for number in 0..10_000 {
        fragments.add(seconds(1), &key(number), &piece(1_400, true, &octets));
        assert!(fragments.held.len() <= MOST_PACKETS && fragments.order.len() <= MOST_PACKETS);
        assert!(fragments.octets <= MOST_OCTETS);
    }
    assert_eq!(fragments.never_whole(), 10_000);
    // Packets in the smallest pieces there are.
    let mut fragments = Fragments::default();
    for number in 0..100_000_u32 {
        let at = usize::try_from(number % 8_000).unwrap() * 8 + 8;
        fragments.add(seconds(1), &key(number / 8_000), &piece(at, true, &[7; 8]));
        assert!(fragments.octets <= MOST_OCTETS);
    }
    assert!(fragments.held.values().all(|held| matches!(held.state, State::Waiting(_))));
    assert_eq!(fragments.never_whole(), 13);
}

#[test]
fn one_number_used_again_and_again_is_bounded_too() {
    let mut fragments = Fragments::default();
    for _ in 0..10_000 {
        fragments.add(seconds(1), &key(1), &piece(0, true, b"01234567"));
        fragments.note_read(&key(1), true);
        assert!(fragments.order.len() <= MOST_PACKETS);
    }
    assert_eq!((fragments.octets, fragments.never_whole()), (0, 0));
}

/// An IPv4 packet as fragments of `size` octets.
fn pieces4(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
    let (header, payload) = packet.split_at(20);
    let last = payload.len().div_ceil(size) - 1;
    let make = |(index, part): (usize, &[u8])| {
        let mut octets = join(&[header, part]);
        let bits = u16::try_from(index * size / 8).unwrap() | if index < last { 0x2000 } else { 0 };
        octets[6..8].copy_from_slice(&bits.to_be_bytes());
        let len = u16::try_from(octets.len()).unwrap();
        octets[2..4].copy_from_slice(&len.to_be_bytes());
        octets
    };
    payload.chunks(size).enumerate().map(make).collect()
}

/// What stands behind an IPv6 header, as fragments of `size` octets.
fn pieces6(next: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let last = payload.len().div_ceil(size) - 1;
    let make = |(index, part): (usize, &[u8])| {
        let bits = u16::try_from(index * size).unwrap() | u16::from(index < last);
        ipv6(44, &join(&[&[next, 0], &bits.to_be_bytes(), &[0, 0, 0, 9], part]))
    };
    payload.chunks(size).enumerate().map(make).collect()
}

fn reads(frames: &[Vec<u8>]) -> Vec<Result<Decoded, DecodeError>> {
    let mut decoder = Decoder::new(DEPTH);
    frames.iter().map(|octets| decoder.decode(&frame(LinkType::RAW, octets))).collect()
}

/// The segments among what was read; everything else must be a fragment.
fn segments(reads: &[Result<Decoded, DecodeError>]) -> Vec<Segment> {
    let segments = reads.iter().filter_map(|read| match read {
        Ok(Decoded::Segment(segment)) => Some(segment.clone()),
        Ok(Decoded::Fragment) => None,
        other => panic!("{other:?}"),
    });
    segments.collect()
}

/// The one segment among what was read.
fn only(reads: &[Result<Decoded, DecodeError>]) -> Segment {
    let [segment] = segments(reads).try_into().unwrap();
    segment
}

#[test]
fn a_header_that_spans_fragments_is_read_with_the_last_of_them() {
    let text = tcp(0x018, OPTIONS, b"hello, world\n");
    let (four, six) = (ipv4(TCP, &summed4(text.clone())), summed6(text));
    for mut frames in [pieces4(&four, 8), pieces4(&four, 24), pieces6(TCP, &six, 8), pieces6(TCP, &six, 40)] {
        let forward = only(&reads(&frames));
        frames.reverse();
        for segment in [forward, only(&reads(&frames))] {
            assert_eq!((segment.text_len, segment.text.octets()), (13, &b"hello, world\n"[..]));
            assert!(segment.options.octets().starts_with(OPTIONS));
            assert_eq!((segment.checksum, segment.cut_short), (Checksum::Correct, false));
        }
    }
}

#[test]
fn a_first_fragment_with_the_whole_header_is_read_at_once_and_the_rest_when_it_is_there() {
    let text: Vec<u8> = (0..100).collect();
    let frames = pieces4(&ipv4(TCP, &summed4(tcp(0x019, &[], &text))), 64);
    let forward = reads(&frames);
    assert!(matches!(forward[0], Ok(Decoded::Segment(_))));
    let [first, rest] = segments(&forward).try_into().unwrap();
    assert_eq!((first.seq.0, first.text_len, first.checksum), (100, 44, Checksum::Unchecked));
    assert_eq!((rest.seq.0, rest.text_len, rest.checksum), (144, 56, Checksum::Correct));
    assert_eq!(rest.text.octets(), &text[44..76]);
    // The FIN stands behind all text.
    assert_eq!((first.flags, rest.flags), (Flags(0x018), Flags(0x019)));
    let backwards: Vec<_> = frames.into_iter().rev().collect();
    let segment = only(&reads(&backwards));
    assert_eq!((segment.text_len, segment.checksum), (100, Checksum::Correct), "the whole is there");
}

#[test]
fn a_syn_with_text_in_fragments_is_numbered_as_it_is() {
    let frames = pieces4(&ipv4(TCP, &summed4(tcp(0x002, &[], &[7; 40]))), 40);
    let [syn, rest] = segments(&reads(&frames)).try_into().unwrap();
    assert_eq!((syn.flags, syn.text_len, rest.flags, rest.text_len), (Flags::SYN, 20, Flags(0), 20));
    assert_eq!(rest.seq, syn.end());
}

#[test]
fn a_first_fragment_with_nothing_but_the_header_waits() {
    let frames = pieces4(&ipv4(TCP, &summed4(tcp(0x019, OPTIONS, b"text"))), 48);
    let segment = only(&reads(&frames));
    assert_eq!((segment.flags, segment.text_len), (Flags(0x019), 4));
}

#[test]
fn a_reset_is_read_at_once_and_for_all() {
    let frames = pieces4(&ipv4(TCP, &summed4(tcp(0x014, &[], &[7; 40]))), 40);
    assert_eq!(only(&reads(&frames)).flags, Flags(0x014));
}

#[test]
fn extension_headers_behind_the_fragment_header_are_read_when_they_are_whole() {
    let chain =
        join(&[&[60, 1, 1, 12], &[0; 12], &[TCP, 0, 1, 4, 0, 0, 0, 0], &summed6(tcp(2, OPTIONS, b""))]);
    for size in [8, 16, 24, 32, 64] {
        let segment = only(&reads(&pieces6(60, &chain, size)));
        assert_eq!((segment.source.ip(), segment.checksum), (IpAddr::V6(A6), Checksum::Correct), "{size}");
    }
}

#[test]
fn fragments_of_a_tunnel_and_in_a_tunnel() {
    let inner = ipv4(TCP, &summed4(tcp(0x018, OPTIONS, b"hello")));
    let outer = pieces4(&ipv4(47, &join(&[&[0x20, 0, 8, 0, 0, 0, 0, 7], &inner])), 32);
    let kinds = |segment: &Segment| segment.tunnel.as_ref().unwrap().kinds().count();
    let segment = only(&reads(&outer));
    assert_eq!((kinds(&segment), segment.checksum), (1, Checksum::Correct));
    // Both at once: the inner packet in pieces, each of which travels in pieces.
    let both = (10..).zip(pieces4(&inner, 16)).flat_map(|(number, part)| {
        let mut packet = ipv4(4, &part);
        packet[5] = number;
        pieces4(&packet, 16)
    });
    let both: Vec<_> = both.collect();
    let segment = only(&reads(&both));
    assert_eq!(
        (kinds(&segment), segment.checksum, segment.text.octets()),
        (1, Checksum::Correct, &b"hello"[..])
    );
}

#[test]
fn the_first_fragment_of_a_tunnel_is_enough_where_all_headers_are_in_it() {
    let inner = ipv4(TCP, &summed4(tcp(0x018, OPTIONS, &[b'x'; 100])));
    let frames = pieces4(&ipv4(4, &inner), 80);
    let reads = reads(&frames);
    let segment = only(&reads);
    assert!(matches!(reads[0], Ok(Decoded::Segment(_))));
    assert_eq!(segment.text_len, 100, "the inner packet's length says it");
}

#[test]
fn fragments_of_something_else_are_something_else() {
    let frames = pieces4(&ipv4(17, &[0xff; 1_000]), 400);
    assert!(reads(&frames).iter().all(|read| *read == Ok(Decoded::NotTcp)));
    let frames = pieces6(17, &[0xff; 1_000], 400);
    assert!(reads(&frames).iter().all(|read| *read == Ok(Decoded::NotTcp)));
    let frames = pieces4(&ipv4(1, &[0xff; 1_000]), 400);
    assert!(reads(&frames).iter().all(|read| *read == Ok(Decoded::NotTcp)));
}

#[test]
fn the_same_numbers_elsewhere_are_another_packet() {
    let text = summed4(tcp(2, OPTIONS, b""));
    let frames = pieces4(&ipv4(TCP, &text), 24);
    let mut other = frames[1].clone();
    other[19] ^= 1;
    assert_eq!(reads(&[frames[0].clone(), other]), [Ok(Decoded::Fragment), Ok(Decoded::Fragment)]);
    let inside = ipv4(4, &frames[1]);
    assert_eq!(reads(&[frames[0].clone(), inside]), [Ok(Decoded::Fragment), Ok(Decoded::Fragment)]);
}

#[test]
fn what_the_capture_has_cut_is_not_waited_for() {
    let frames = pieces4(&ipv4(TCP, &summed4(tcp(2, OPTIONS, &[7; 60]))), 80);
    let cut = |kept: usize| {
        Decoder::new(DEPTH).decode(&Frame { octets: &frames[0][..kept], ..frame(LinkType::RAW, &frames[0]) })
    };
    assert!(matches!(cut(50), Ok(Decoded::Segment(segment)) if segment.cut_short));
    assert!(cut(30).is_err());
    let mut decoder = Decoder::new(DEPTH);
    let _ = decoder.decode(&Frame { octets: &frames[0][..30], ..frame(LinkType::RAW, &frames[0]) });
    assert_eq!(decoder.decode(&frame(LinkType::RAW, &frames[1])), Ok(Decoded::Fragment));
    assert_eq!(decoder.never_whole(), 0, "the error said it");
}

#[test]
fn packets_that_never_become_whole_are_counted() {
    let frames = pieces4(&ipv4(TCP, &summed4(tcp(2, OPTIONS, b""))), 8);
    for missing in 0..frames.len() {
        let mut decoder = Decoder::new(DEPTH);
        for (_, octets) in frames.iter().enumerate().filter(|(index, _)| *index != missing) {
            assert_eq!(decoder.decode(&frame(LinkType::RAW, octets)), Ok(Decoded::Fragment));
        }
        assert_eq!(decoder.never_whole(), 1);
    }
}

proptest! {
    /// However a packet is cut up and in whichever order its fragments come, the same is read as from the whole.
    #[test]
    fn whole_or_in_pieces_is_the_same(
        text in proptest::collection::vec(any::<u8>(), 0..200),
        cuts in proptest::collection::btree_set(1usize..30, 1..6),
        six in any::<bool>(),
        order in any::<u64>(),
    ) {
        let segment = tcp(0x018, OPTIONS, &text);
        let payload = if six { summed6(segment) } else { summed4(segment) };
        let whole = if six { ipv6(TCP, &payload) } else { ipv4(TCP, &payload) };
        let mut bounds: Vec<usize> = cuts.into_iter().map(|cut| cut * 8).filter(|cut| *cut < payload.len()).collect();
        bounds.insert(0, 0);
        bounds.push(payload.len());
        let mut frames: Vec<_> = bounds.windows(2).map(|bound| {
            let (from, to) = (bound[0], bound[1]);
            let (bits, more, part) = (u16::try_from(from).unwrap(), to < payload.len(), &payload[from..to]);
            if six {
                return ipv6(44, &join(&[&[TCP, 0], &(bits | u16::from(more)).to_be_bytes(), &[0, 0, 0, 9], part]));
            }
            let mut octets = ipv4(TCP, part);
            octets[6..8].copy_from_slice(&((bits / 8) | (u16::from(more) << 13)).to_be_bytes());
            octets
        }).collect();
        // All but a first fragment that is read at once.
        let mut order = order;
        for at in (1..frames.len()).rev() {
            frames.swap(at, usize::try_from(order % (at as u64 + 1)).unwrap());
            order /= 7;
        }
        let expected = only(&reads(&[whole]));
        let read = segments(&reads(&frames));
        let flags = read.iter().fold(Flags::default(), |flags, segment| flags.with(segment.flags));
        prop_assert_eq!(flags, expected.flags);
        prop_assert_eq!(read.iter().map(|segment| segment.text_len).sum::<u32>(), expected.text_len);
        let first = read.iter().min_by_key(|segment| segment.seq.0).unwrap();
        prop_assert_eq!((first.source, first.seq, first.window), (expected.source, expected.seq, expected.window));
        prop_assert!(read.len() <= 2 && read.iter().all(|segment| segment.options == expected.options));
        prop_assert_eq!(read.last().unwrap().checksum, Checksum::Correct);
    }

    /// Fragments of anything, from few packets so that they meet.
    #[test]
    fn random_fragments_do_no_harm(
        frames in proptest::collection::vec(
            (0u8..2, any::<u16>(), prop::sample::select(vec![6u8, 17, 4, 41, 44, 47, 60]), proptest::collection::vec(any::<u8>(), 0..60), 0u64..60),
            1..30,
        ),
        six in any::<bool>(),
    ) {
        let mut decoder = Decoder::new(DEPTH);
        let count = frames.len() as u64;
        for (number, bits, protocol, payload, time) in frames {
            // Low offsets, so that they meet.
            let bits = bits & 0x203f;
            let octets = if six {
                let bits = bits.rotate_left(3);
                ipv6(44, &join(&[&[protocol, 0], &bits.to_be_bytes(), &[0, 0, 0, number], &payload]))
            } else {
                let mut octets = ipv4(protocol, &payload);
                octets[4] = number;
                octets[6..8].copy_from_slice(&bits.to_be_bytes());
                octets
            };
            let _ = decoder.decode(&Frame { time: seconds(time), ..frame(LinkType::RAW, &octets) });
        }
        prop_assert!(decoder.never_whole() <= count);
    }
}
