//! Files that are cut off, damaged, or no captures: what is whole comes first, then one error; never a panic.

use std::fs;
use std::io::{self, Cursor};

use proptest::prelude::*;
use tcpshake::capture::error::CaptureError;
use tcpshake::capture::file::Files;

use crate::read_all;
use crate::writer::{Made, Order, syn};

/// One capture of every format, with a few frames each.
fn all_formats() -> Vec<Made> {
    let mut all = Vec::new();
    for order in Order::BOTH {
        for magic in [0xA1B2_C3D4, 0xA1B2_3C4D] {
            let mut made = Made::pcap(order, magic, 1);
            made.frame((1, 1), &syn(3), 57, &[]);
            made.frame((1, 2), &[], 57, &[]);
            made.frame((1, 3), &syn(0)[..33], 54, &[]);
            all.push(made);
        }
        let mut made = Made::pcapng(order);
        made.interface(1, 0, &[(9, vec![9])]);
        made.enhanced(0, 1, &syn(1), 55, true);
        made.block(4, &[3; 300], false);
        made.simple(&syn(2), 56);
        made.statistics(0, &[(5, 1)]);
        made.section(if order == Order::Big { Order::Little } else { Order::Big });
        made.interface(101, 0, &[]);
        made.obsolete(0, 9, &syn(0)[14..], 40);
        all.push(made);
    }
    all
}

fn read(octets: &[u8]) -> (Vec<crate::Kept>, Vec<CaptureError>) {
    read_all(&mut Files::from_reader("made", Cursor::new(octets.to_vec())))
}

#[test]
fn cut_at_every_octet() {
    for made in all_formats() {
        for cut in 0..=made.octets.len() {
            let (frames, errors) = read(&made.octets[..cut]);
            assert_eq!(frames.len(), made.frames_before(cut), "cut at {cut}");
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            if cut == 0 {
                assert_eq!(errors, ["made: empty"]);
            } else if made.may_end_at(cut) {
                assert!(errors.is_empty(), "cut at {cut}: {errors:?}");
            } else {
                let (begins, _) = made.parts.iter().find(|(place, _)| place.contains(&cut)).unwrap();
                let (count, octet) = (made.frames_before(cut), begins.start);
                let says =
                    format!("cut off after frame {count}: what begins at octet {octet} is not all there");
                assert_eq!(errors, [format!("made: {says}")], "cut at {cut}");
            }
        }
    }
}

#[test]
fn damage_is_told_with_its_place() {
    let mut long = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
    long.frame((1, 0), &syn(0), 54, &[]);
    let place = long.octets.len();
    long.octets.extend([[0; 4], [0; 4], u32::MAX.to_le_bytes(), [0; 4]].concat());
    long.octets.extend(vec![0; 1000]);
    let (frames, errors) = read(&long.octets);
    assert_eq!(frames.len(), 1);
    let says =
        format!("made: damaged after frame 1, at octet {place}: a frame that claims 4294967295 octets");
    assert_eq!(errors[0].to_string(), says);

    for (change, says) in [
        (4, "a block that claims 4294967295 octets"),
        (8, "a frame of interface 255, which nothing describes"),
        (20, "a frame longer than its block"),
        (88, "a block whose two lengths are 92 and 255"),
    ] {
        let mut made = Made::pcapng(Order::Little);
        made.interface(1, 0, &[]);
        let start = made.octets.len();
        made.enhanced(0, 1, &syn(5), 59, false);
        let field = if change == 4 { [255; 4] } else { [255, 0, 0, 0] };
        made.octets[start + change..start + change + 4].copy_from_slice(&field);
        let (frames, errors) = read(&made.octets);
        assert!(frames.is_empty());
        assert_eq!(errors[0].to_string(), format!("made: damaged after frame 0, at octet {start}: {says}"));
    }
}

#[test]
fn a_claimed_length_is_not_memory() {
    let mut made = Made::pcapng(Order::Little);
    made.interface(1, 0, &[]);
    let start = made.octets.len();
    // A block of 16 MiB that nobody needs, and that is not there.
    made.octets.extend([0xFF, 0x0100_0000].map(u32::to_le_bytes).concat());
    made.octets.extend(vec![0; 1 << 20]);
    let (_, errors) = read(&made.octets);
    let says = format!("made: cut off after frame 0: what begins at octet {start} is not all there");
    assert_eq!(errors[0].to_string(), says);
    made.octets[start + 4] = 4;
    let (_, errors) = read(&made.octets);
    let says = format!("made: damaged after frame 0, at octet {start}: a block that claims 16777220 octets");
    assert_eq!(errors[0].to_string(), says);
}

#[test]
fn what_is_no_capture_is_named() {
    for (octets, says, next) in [
        (&[0x1F, 0x9D, 0x90, 0, 0][..], "compressed (compress)", "zcat"),
        (b"#!/bin/sh\n", "not a pcap or pcapng capture, but text", "tcpdump -w"),
        (b"snoop\0\0\0", "not a pcap or pcapng capture, but a snoop capture (Solaris)", "editcap -F pcap"),
        (
            b"\x7FELF",
            "not a pcap or pcapng capture, but something that begins with 7f 45 4c 46",
            "tcpdump -w",
        ),
        (&[0xFF], "not a pcap or pcapng capture, but something that begins with ff", "tcpdump -w"),
    ] {
        let (frames, errors) = read(octets);
        assert_eq!((frames.len(), errors.len()), (0, 1));
        assert_eq!(errors[0].to_string(), format!("made: {says}"));
        assert!(errors[0].next_step().unwrap().contains(next), "{:?}", errors[0].next_step());
    }
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pcap");
    fs::write(&empty, []).unwrap();
    let paths = [folder.path().to_owned(), folder.path().join("none.pcap"), empty];
    let (_, errors) = read_all(&mut Files::new(paths.clone()));
    let ends = ["a directory, not a capture", "no such file or directory", "empty"];
    for ((error, path), end) in errors.iter().zip(&paths).zip(ends) {
        assert_eq!(error.to_string(), format!("{}: {end}", path.display()));
        assert!(error.next_step().is_some());
    }
    assert_eq!(errors.len(), 3);
}

#[test]
fn a_reader_that_fails_is_told_with_its_place() {
    struct Fails(Cursor<Vec<u8>>);
    impl io::Read for Fails {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            match self.0.read(space)? {
                0 => Err(io::Error::from_raw_os_error(5)),
                read => Ok(read),
            }
        }
    }
    let mut made = Made::pcap(Order::Big, 0xA1B2_C3D4, 1);
    made.frame((1, 0), &syn(0), 54, &[]);
    let (frames, errors) = read_all(&mut Files::from_reader("disk", Fails(Cursor::new(made.octets))));
    assert_eq!((frames.len(), errors.len()), (1, 1));
    assert!(
        errors[0].to_string().starts_with("disk: unreadable after frame 1, at octet 94: "),
        "{}",
        errors[0]
    );
}

proptest! {
    #[test]
    fn any_octets_end(octets in prop::collection::vec(any::<u8>(), 0..400), start in 0..6_usize) {
        let starts = [&[][..], &[0xD4, 0xC3, 0xB2, 0xA1], &[0xA1, 0xB2, 0x3C, 0x4D], &[0x34, 0xCD, 0xB2, 0xA1],
            b"\x0A\x0D\x0D\x0A\x1C\0\0\0\x4D\x3C\x2B\x1A\x01\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x1C\0\0\0",
            b"\x0A\x0D\x0D\x0A\0\0\0\x1C\x1A\x2B\x3C\x4D\0\x01\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\x1C"];
        let (_, errors) = read(&[starts[start], &octets].concat());
        prop_assert!(errors.len() <= 10);
    }

    #[test]
    fn any_change_of_an_octet_ends(which in 0..6_usize, at: prop::sample::Index, to: u8) {
        let mut octets = all_formats()[which].octets.clone();
        let at = at.index(octets.len());
        octets[at] = to;
        let (frames, errors) = read(&octets);
        prop_assert!(errors.len() <= 10, "eight places, what is not told of, and the end");
        prop_assert!(frames.iter().zip(1..).all(|(frame, number)| frame.number == number));
    }
}
