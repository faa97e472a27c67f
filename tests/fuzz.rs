//! The fuzz targets in every test run: each fixture as it is, then damaged in ways that are the same every time.
//!
//! In: the fixtures as seeds of each target (`fuzz/src/`). Out: a panic where something does not hold, and the input's
//! octets with it. `make fuzz` looks further and longer; this keeps the targets alive and what they found shut.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;

use targets::seeds::{Seed, all};
use targets::{decode_frame, read_capture, track_segments};

/// How often each seed is damaged.
const ROUNDS: u64 = 6;
/// Numbers at which bounds break.
const EDGES: [u32; 8] = [0, 1, 0x7f, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, u32::MAX];

#[test]
fn read_capture_stands() {
    damage(read_capture::run, |seed| &seed.read_capture);
}

#[test]
fn decode_frame_stands() {
    damage(decode_frame::run, |seed| &seed.decode_frame);
}

#[test]
fn track_segments_stands() {
    damage(track_segments::run, |seed| &seed.track_segments);
}

/// What runs have found, each in the folder of its target.
#[test]
fn what_was_found_stays_mended() {
    found("read_capture", read_capture::run);
    found("track_segments", track_segments::run);
}

fn found(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/finds").join(target);
    let files = std::fs::read_dir(&folder).expect("finds of this target");
    let mut count = 0;
    for file in files.map(|file| file.expect("a file").path()) {
        watched(run, &std::fs::read(&file).expect("octets"), &file.display().to_string());
        count += 1;
    }
    assert!(count > 0, "{target}: nothing in {}", folder.display());
}

fn damage(run: fn(&[u8]), of: fn(&Seed) -> &Vec<u8>) {
    let seeds = all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"));
    assert!(seeds.len() > 100, "the fixtures are there");
    let mut random = Random(1);
    for seed in &seeds {
        watched(run, of(seed), &seed.name);
        for _ in 0..ROUNDS {
            let other = of(&seeds[random.below(seeds.len())]);
            let mut octets = of(seed).clone();
            for _ in 0..=random.below(4) {
                random.damage(&mut octets, other);
            }
            watched(run, &octets, &seed.name);
        }
    }
}

/// Runs, and shows the input where that panics.
fn watched(run: fn(&[u8]), octets: &[u8], name: &str) {
    struct Shown<'a>(&'a [u8], &'a str);
    impl Drop for Shown<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                let hex: String = self.0.iter().map(|octet| format!("{octet:02x}")).collect();
                eprintln!("made of {}: {hex}", self.1);
            }
        }
    }
    let _shown = Shown(octets, name);
    run(octets);
}

/// SplitMix64: the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One change: a bit, an octet, a number at an edge in either order, a cut, a repetition, or another seed's end.
    fn damage(&mut self, octets: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(octets.len());
        let edge = EDGES[self.below(EDGES.len())];
        match self.below(8) {
            0 => octets.truncate(at),
            1 => octets.truncate(octets.len().saturating_sub(self.below(9))),
            2 => octets.splice(at.., other[self.below(other.len())..].iter().copied()).for_each(drop),
            3 => octets.extend_from_within(at..),
            4 => put(octets, at, &[self.next() as u8]),
            5 => octets.iter_mut().skip(at).take(1).for_each(|octet| *octet ^= 1 << (edge & 7)),
            6 => put(octets, at, &edge.to_be_bytes()[self.below(4)..]),
            _ => put(octets, at, &edge.to_le_bytes()[..1 + self.below(4)]),
        }
    }
}

fn put(octets: &mut [u8], at: usize, new: &[u8]) {
    octets.iter_mut().skip(at).zip(new).for_each(|(octet, new)| *octet = *new);
}
