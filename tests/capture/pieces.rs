//! It makes no difference in which pieces the octets of a file arrive: every variant of pcap, whole, cut and damaged.

use std::io::{self, Cursor, Read};

use proptest::prelude::*;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::FrameSource;

use crate::writer::{Made, Order, syn};
use crate::{Kept, read_all};

/// Magic numbers, and how long the frame headers are that may stand behind them, beyond 16 octets.
const VARIANTS: [(u32, usize); 8] = [
    (0xA1B2_C3D4, 0),
    (0xA1B2_C3D4, 8),
    (0xA1B2_C3D4, 4),
    (0xA1B2_CD34, 8),
    (0xA1B2_CD34, 12),
    (0xA1B2_3C4D, 0),
    (0x1C00_01AC, 0),
    (0x1C00_01AB, 0),
];

/// Octets that arrive in pieces of these lengths, again and again.
struct Pieces {
    octets: Cursor<Vec<u8>>,
    lengths: std::iter::Cycle<std::vec::IntoIter<usize>>,
}

impl Read for Pieces {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let count = self.lengths.next().unwrap_or(1).min(space.len());
        self.octets.read(&mut space[..count])
    }
}

/// Frames, errors in words, and how many places were damaged.
fn read(octets: &[u8], lengths: Option<&[usize]>) -> (Vec<Kept>, Vec<String>, u64) {
    let whole = Cursor::new(octets.to_vec());
    let mut source = match lengths {
        Some(lengths) => {
            let lengths: Vec<usize> = lengths.to_vec();
            Files::from_reader("made", Pieces { octets: whole, lengths: lengths.into_iter().cycle() })
        }
        None => Files::from_reader("made", whole),
    };
    let (frames, errors) = read_all(&mut source);
    (frames, errors.iter().map(ToString::to_string).collect(), source.statistics().damaged)
}

/// A file of that variant; `texts` are the lengths of its frames' texts, and every `odd`th frame is no packet of IP.
fn file(variant: usize, is_big: bool, texts: &[usize], odd: usize) -> Vec<u8> {
    let (magic, more) = VARIANTS[variant];
    let order = if is_big { Order::Big } else { Order::Little };
    let mut made = Made::pcap(order, magic, 1);
    if magic >> 8 == 0x001C_0001 {
        made.octets.extend([0; 4]);
    }
    for (number, text) in texts.iter().enumerate() {
        let mut octets = syn((*text).min(1400));
        octets.resize(syn(0).len() + text, 9);
        if (number + 1) % odd == 0 {
            octets[12..16].copy_from_slice(&[0x88, 0xcc, 2, 7]);
        }
        let time = (1_767_225_600, u32::try_from(number).unwrap());
        made.frame(time, &octets, u32::try_from(octets.len()).unwrap(), &vec![3; more]);
    }
    made.octets
}

/// Where to damage a file, as a part of its length, and by what.
type Damage = Vec<(prop::sample::Index, u8)>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_any_lengths(
        (variant, is_big) in (0..VARIANTS.len(), any::<bool>()),
        texts in prop::collection::vec(prop_oneof![0..40_usize, 0..1400_usize], 0..8),
        odd in 1..5_usize,
        damage in prop_oneof![Just(Damage::new()), prop::collection::vec(any::<(prop::sample::Index, u8)>(), 0..6)],
        cut in prop::option::of(any::<prop::sample::Index>()),
        lengths in prop::collection::vec(prop_oneof![1..20_usize, 1..2000_usize], 1..6),
    ) {
        let mut octets = file(variant, is_big, &texts, odd);
        for (at, value) in damage {
            // The magic number stays: what a file is called that is no capture depends on what of it is there.
            let at = 4 + at.index(octets.len() - 4);
            octets[at] = value;
        }
        if let Some(cut) = cut {
            octets.truncate(4 + cut.index(octets.len() - 4));
        }
        let whole = read(&octets, None);
        prop_assert_eq!(&read(&octets, Some(&lengths)), &whole);
        prop_assert_eq!(&read(&octets, Some(&[1])), &whole);
    }
}

/// More than one window holds of three frames, and damage farther from the end than what is looked at at once.
#[test]
fn of_long_files() {
    for (variant, _) in VARIANTS.iter().enumerate() {
        let mut octets =
            file(variant, false, &[200_000, 10, 200_000, 262_000, 262_000, 262_000, 7, 262_000], 1);
        let whole = read(&octets, None);
        assert_eq!(whole.0.len(), 8, "variant {variant}: {:?}", whole.1);
        for lengths in [[1], [4093], [100_000]] {
            assert_eq!(read(&octets, Some(&lengths)), whole, "variant {variant} in pieces of {lengths:?}");
        }
        let second = 28 + 16 + 200_054;
        octets[second..second + 60].fill(0xFF);
        let whole = read(&octets, None);
        assert!(whole.2 > 0, "variant {variant}: {:?}", whole.1);
        for lengths in [[4093], [100_000]] {
            assert_eq!(read(&octets, Some(&lengths)), whole, "variant {variant} in pieces of {lengths:?}");
        }
    }
}

/// The end lies within the last frame's header, behind a length that nothing has.
#[test]
fn of_files_that_end_in_a_header() {
    for variant in 0..VARIANTS.len() {
        let sound = file(variant, true, &[10, 20, 30, 40], 9);
        for (more, length) in (0..24).flat_map(|more| [(more, 0x55_u8), (more, 0)]) {
            let mut octets = sound.clone();
            let header = [[0x69, 0x55, 0xb9, 0], [0; 4], [length, 0, 0, 54], [0, 0, 0, 54], [0; 4], [0; 4]];
            octets.extend(header.as_flattened().iter().take(more));
            let whole = read(&octets, None);
            assert_eq!(read(&octets, Some(&[1])), whole, "variant {variant}, {more} more octets");
        }
    }
}

#[test]
fn the_first_frame_of_a_slow_pipe_is_shown_when_it_is_there() {
    let octets = file(0, false, &[0, 0], 9);
    let first = 24 + 16 + syn(0).len();
    // What comes behind it never comes.
    let (mut reader, mut writer) = io::pipe().unwrap();
    io::Write::write_all(&mut writer, &octets[..first]).unwrap();
    let mut source = Files::from_reader("slow", reader.by_ref().try_clone().unwrap());
    let next = source.next_frame().unwrap();
    assert!(matches!(next, tcpshake::capture::source::Next::Frame(frame) if frame.number == 1));
}
