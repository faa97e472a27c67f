//! Every kind of compression, whole, in several members, cut at every octet, damaged, and out of proportion.

use std::io::{Cursor, Read, Write};

use flate2::write::GzEncoder;
use liblzma::stream::{Check, Filters, LzmaOptions, Stream};
use proptest::prelude::*;

use super::*;
use crate::capture::unpack::kind::MAGICS;

/// What is compressed in these tests: neither all alike nor all different.
fn text(octets: usize) -> Vec<u8> {
    (0..octets).map(|at| if at % 7 < 5 { (at % 251) as u8 } else { (at / 9 % 256) as u8 }).collect()
}

fn pack(kind: Kind, text: &[u8]) -> Vec<u8> {
    match kind {
        Kind::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Kind::Zstd => {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
            encoder.include_checksum(true).unwrap();
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Kind::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new().content_checksum(true);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Kind::OldLz4 => {
            let blocks = text.chunks(8 << 20).map(lz4_flex::block::compress);
            let framed =
                blocks.flat_map(|block| [(block.len() as u32).to_le_bytes().to_vec(), block].concat());
            [0x02, 0x21, 0x4C, 0x18].into_iter().chain(framed).collect()
        }
        Kind::Xz => {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        Kind::Bzip2 => {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
    }
}

/// What can be unpacked, and the error behind it.
fn unpack(packed: &[u8]) -> (Vec<u8>, Option<String>) {
    let kind = Kind::of(packed).expect("compressed");
    unpack_from(kind, Box::new(Cursor::new(packed.to_vec())))
}

fn unpack_from(kind: Kind, reader: Box<dyn Read + Send>) -> (Vec<u8>, Option<String>) {
    let mut unpacker = Unpacker::new(kind, reader);
    let mut all = Vec::new();
    let mut space = [0; 5000];
    loop {
        match unpacker.read(&mut space) {
            Ok(0) => return (all, None),
            Ok(read) => all.extend(&space[..read]),
            Err(error) => return (all, Some(error.to_string())),
        }
    }
}

const KINDS: [Kind; 6] = [Kind::Gzip, Kind::Zstd, Kind::Lz4, Kind::OldLz4, Kind::Xz, Kind::Bzip2];

#[test]
fn every_kind_is_told_by_its_first_octets_and_unpacked() {
    for kind in KINDS {
        for length in [0, 1, 300_000] {
            let packed = pack(kind, &text(length));
            assert_eq!(Kind::of(&packed), Some(kind));
            assert_eq!(unpack(&packed), (text(length), None), "{kind:?}, {length} octets");
        }
    }
}

#[test]
fn members_follow_each_other_and_may_differ() {
    for kind in KINDS {
        let member = pack(kind, &text(70_000));
        // An old lz4 frame does not say where it ends.
        let behind = if kind == Kind::OldLz4 { Vec::new() } else { pack(Kind::Gzip, b"gzip") };
        let skipped = [&[0x53, 0x2A, 0x4D, 0x18, 5, 0, 0, 0][..], b"hello"].concat();
        let all = [skipped.clone(), member.clone(), skipped, member, behind].concat();
        let (unpacked, error) = unpack(&all);
        if kind == Kind::OldLz4 {
            assert_eq!(&unpacked[..70_000], text(70_000), "{error:?}");
            continue;
        }
        assert_eq!(error, None, "{kind:?}");
        assert_eq!(unpacked, [text(70_000), text(70_000), b"gzip".to_vec()].concat(), "{kind:?}");
    }
    for kind in [Kind::Gzip, Kind::Xz] {
        let filled = [pack(kind, b"one"), vec![0; 8], pack(kind, b"two"), vec![0; 512]].concat();
        assert_eq!(unpack(&filled), (b"onetwo".to_vec(), None), "{kind:?}");
    }
}

#[test]
fn what_lies_before_a_cut_is_given() {
    for kind in KINDS {
        let packed = pack(kind, &text(3_000));
        let near_the_ends = |cut: &usize| *cut < 24 || *cut + 24 > packed.len() || cut.is_multiple_of(16);
        for cut in (4..packed.len()).filter(near_the_ends) {
            let (unpacked, error) = unpack(&packed[..cut]);
            assert!(text(3_000).starts_with(&unpacked), "{kind:?} cut at {cut}");
            let says = format!("the {} data ends too early", kind.name());
            if kind == Kind::OldLz4 && error.is_none() {
                // Only a cut before a block's length looks like an end.
                assert!(cut < 8, "cut at {cut}");
                continue;
            }
            assert_eq!(error, Some(says), "{kind:?} cut at {cut}");
        }
    }
    // These two give all that their octets determine.
    for kind in [Kind::Gzip, Kind::Xz] {
        let packed = pack(kind, &text(300_000));
        let (unpacked, _) = unpack(&packed[..packed.len() - 20]);
        assert!(unpacked.len() > 290_000, "{kind:?}: {}", unpacked.len());
    }
}

#[test]
fn damage_and_what_follows_are_told() {
    for kind in KINDS.into_iter().filter(|kind| *kind != Kind::OldLz4) {
        let mut packed = pack(kind, &text(200_000));
        let middle = packed.len() / 2;
        packed[middle] ^= 0x55;
        let (_, error) = unpack(&packed);
        let says = format!("the {} data is damaged (", kind.name());
        let error = error.unwrap_or_default();
        let is_told = error.starts_with(&says) || error == format!("the {} data ends too early", kind.name());
        assert!(is_told, "{kind:?}: {error}");
        let followed = [pack(kind, b"one"), b"something else".to_vec()].concat();
        let says = format!("the {} data is followed by something else", kind.name());
        assert_eq!(unpack(&followed), (b"one".to_vec(), Some(says)), "{kind:?}");
    }
}

#[test]
fn the_systems_errors_come_through_and_interruptions_do_not() {
    /// Stops half way with an error of the system; interrupted at every other read.
    struct Fails(Cursor<Vec<u8>>, bool);
    impl Read for Fails {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            match self.0.read(space)? {
                0 => Err(io::Error::from_raw_os_error(5)),
                read => Ok(read),
            }
        }
    }
    for kind in KINDS {
        let packed = pack(kind, &text(30_000));
        let half = packed[..packed.len() / 2].to_vec();
        let mut unpacker = Unpacker::new(kind, Box::new(Fails(Cursor::new(half), false)));
        let error = io::copy(&mut unpacker, &mut io::sink()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(5), "{kind:?}: {error}");
        assert_eq!(unpacker.read(&mut [0; 9]).unwrap(), 0, "told once");
    }
}

#[test]
fn windows_that_are_too_wide_are_refused() {
    // Made without an encoder of such a window, which would need eleven times as much: the header alone decides.
    let small =
        Stream::new_stream_encoder(Filters::new().lzma2(&LzmaOptions::new_preset(1).unwrap()), Check::Crc32);
    let mut packed = Vec::new();
    liblzma::read::XzEncoder::new_stream(&b"text"[..], small.unwrap()).read_to_end(&mut packed).unwrap();
    // Behind the stream's header (12 octets) stands the block's: size, flags, filter, size of its property, property.
    assert_eq!(packed[12..16], [2, 0, 0x21, 1]);
    packed[16] = 37;
    let mut crc = flate2::Crc::new();
    crc.update(&packed[12..20]);
    packed[20..24].copy_from_slice(&crc.sum().to_le_bytes());
    let (unpacked, error) = unpack(&packed);
    assert!(unpacked.is_empty() && error.unwrap().starts_with("the xz data is damaged ("));

    // A zstd frame whose header claims a window of 1 GiB (2 to the power of 10 + 20), with one empty last block.
    let wide = [0x28, 0xB5, 0x2F, 0xFD, 0, 20 << 3, 1, 0, 0];
    let (unpacked, error) = unpack(&wide);
    assert!(unpacked.is_empty() && error.unwrap().starts_with("the zstd data is damaged ("));
    let narrow = [0x28, 0xB5, 0x2F, 0xFD, 0, 17 << 3, 1, 0, 0];
    assert_eq!(unpack(&narrow), (Vec::new(), None), "128 MiB are followed");
}

#[test]
fn a_bomb_is_unpacked_in_steps() {
    for kind in KINDS {
        let packed = pack(kind, &vec![0; 5 << 20]);
        assert!(packed.len() < (5 << 20) / 200, "{kind:?}: {}", packed.len());
        let mut unpacker = Unpacker::new(kind, Box::new(Cursor::new(packed)));
        let mut space = vec![0; 1 << 20];
        let mut total = 0;
        loop {
            let read = unpacker.read(&mut space).unwrap();
            assert!(read <= STEP);
            total += read;
            if read == 0 {
                break;
            }
        }
        assert_eq!(total, 5 << 20, "{kind:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_change_of_octets_ends(
        which in 0..KINDS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut packed = pack(KINDS[which], &text(5000));
        for (at, to) in changes {
            let at = 4 + at.index(packed.len() - 4);
            packed[at] = to;
        }
        let (unpacked, _) = unpack_from(KINDS[which], Box::new(Cursor::new(packed)));
        prop_assert!(unpacked.len() < 64 << 20);
    }

    #[test]
    fn any_octets_end(which in 0..KINDS.len(), octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_, magic) = MAGICS[which];
        unpack(&[magic, &octets].concat());
    }
}
