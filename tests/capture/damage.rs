//! Damage is passed over where the format shows the way on, told with its place, and counted.

use std::io::Cursor;

use tcpshake::capture::error::CaptureError;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::FrameSource;

use crate::writer::{Made, Order, syn};
use crate::{Kept, read_all};

/// Frames, errors in words, and how many places were counted.
fn read(octets: &[u8]) -> (Vec<Kept>, Vec<String>, u64) {
    let mut source = Files::from_reader("made", Cursor::new(octets.to_vec()));
    let (frames, errors) = read_all(&mut source);
    assert!(errors.iter().all(|error| !error.is_warning() && error.next_step().is_some()));
    (frames, errors.iter().map(ToString::to_string).collect(), source.statistics().damaged)
}

/// The lengths of their text, which tell the frames apart.
fn texts(frames: &[Kept]) -> Vec<usize> {
    frames.iter().map(|frame| frame.octets.len() - syn(0).len()).collect()
}

/// A pcapng file with an interface and so many frames, with texts of 0, 1, 2 ... octets.
fn pcapng(order: Order, frames: usize) -> Made {
    let mut made = Made::pcapng(order);
    made.interface(1, 0, &[]);
    for text in 0..frames {
        let octets = syn(text);
        made.enhanced(0, 1_000_000, &octets, u32::try_from(octets.len()).unwrap(), false);
    }
    made
}

fn pcap(frames: usize) -> Made {
    let mut made = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
    for text in 0..frames {
        let octets = syn(text);
        made.frame((1_767_225_600, 5), &octets, u32::try_from(octets.len()).unwrap(), &[]);
    }
    made
}

#[test]
fn a_block_that_is_wrong_inside_is_passed_by_its_length() {
    for order in Order::BOTH {
        let made = pcapng(order, 5);
        let third = made.parts[4].0.clone();
        for (field, value, says) in [
            (8, 7, "a frame of interface 7, which nothing describes"),
            (20, 10_000, "a frame longer than its block"),
        ] {
            let mut octets = made.octets.clone();
            octets[third.start + field..third.start + field + 4].copy_from_slice(&order.u32(value));
            let (frames, errors, damaged) = read(&octets);
            assert_eq!((texts(&frames), damaged), (vec![0, 1, 3, 4], 1));
            let (start, length) = (third.start, third.len());
            let place = format!("made: damaged after frame 2, at octet {start}: {says}");
            assert_eq!(errors, [format!("{place}; went on {length} octets further")]);
            assert_eq!(frames[2].number, 3, "what is not read has no number");
        }
    }
}

#[test]
fn behind_a_block_without_a_length_the_next_one_is_looked_for() {
    for order in Order::BOTH {
        let made = pcapng(order, 6);
        let third = made.parts[4].0.clone();
        for length in [0, 11, 48, 17 << 20, u32::MAX] {
            let mut octets = made.octets.clone();
            octets[third.start + 4..third.start + 8].copy_from_slice(&order.u32(length));
            let (frames, errors, damaged) = read(&octets);
            assert_eq!((texts(&frames), damaged), (vec![0, 1, 3, 4, 5], 1), "{length}: {errors:?}");
            assert!(errors[0].ends_with(&format!("; went on {} octets further", third.len())), "{errors:?}");
        }
        // Octets lost, and octets that do not belong there.
        let mut octets = made.octets.clone();
        octets.drain(third.start + 10..third.end + 21);
        assert_eq!(texts(&read(&octets).0), [0, 1, 4, 5]);
        let mut octets = made.octets.clone();
        octets.splice(third.start..third.start, [0xAA; 1003]);
        let (frames, _, damaged) = read(&octets);
        assert_eq!((texts(&frames), damaged), (vec![0, 1, 2, 3, 4, 5], 1));
    }
}

#[test]
fn where_the_description_of_an_interface_may_be_lost_only_a_new_section_will_do() {
    let one = pcapng(Order::Little, 3);
    let two = pcapng(Order::Big, 2);
    let both = [one.octets.clone(), two.octets.clone()].concat();
    // The description's length, the header's byte order mark, the header's version.
    for (at, what) in [(one.parts[1].0.start + 4, 0xFF), (8, 0), (12, 2)] {
        let mut octets = both.clone();
        octets[at] = what;
        let (frames, errors, damaged) = read(&octets);
        assert_eq!((texts(&frames), damaged), (vec![0, 1], 1), "octet {at}: {errors:?}");
    }
    // One that is damaged inside keeps its number, and so do the others.
    let mut made = Made::pcapng(Order::Little);
    made.block(1, &[1, 0, 0, 0], false);
    made.interface(101, 0, &[]);
    made.enhanced(0, 1, &syn(0), 54, false);
    made.enhanced(1, 2, &syn(1)[14..], 41, false);
    let (frames, errors, damaged) = read(&made.octets);
    assert_eq!((frames.len(), frames[0].link.0, damaged), (1, 101, 2));
    assert!(errors[1].contains("a frame of interface 0, whose description is damaged"), "{errors:?}");
}

#[test]
fn frames_of_pcap_are_found_again_where_they_follow_each_other() {
    let made = pcap(8);
    let third = made.parts[3].0.clone();
    let mut octets = made.octets.clone();
    octets[third.start + 8..third.start + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let (frames, errors, damaged) = read(&octets);
    assert_eq!((texts(&frames), damaged), (vec![0, 1, 3, 4, 5, 6, 7], 1), "{errors:?}");
    assert!(errors[0].ends_with(&format!("; went on {} octets further", third.len())), "{errors:?}");
    // Zeros, as a disk that was full leaves them, are no frames.
    let mut octets = made.octets.clone();
    octets.splice(third.start..third.start, [0xFF; 2000].into_iter().chain([0; 9001]));
    let (frames, errors, damaged) = read(&octets);
    assert_eq!((texts(&frames), damaged), (vec![0, 1, 2, 3, 4, 5, 6, 7], 1), "{errors:?}");
}

#[test]
fn what_only_looks_like_frames_is_not_believed() {
    let mut made = pcap(3);
    let place = made.octets.len();
    made.octets.extend([0xFF; 16]);
    // Frames a week later, of no octets, longer than they were: none of them is proof.
    for _ in 0..3 {
        made.frame((1_767_225_600 + 700_000, 5), &syn(0), 54, &[]);
        made.frame((1_767_225_600, 5), &[], 54, &[]);
        made.frame((1_767_225_600, 5), &syn(0), 50, &[]);
    }
    let (frames, errors, damaged) = read(&made.octets);
    assert_eq!((frames.len(), damaged), (3, 1));
    let says =
        format!("made: damaged after frame 3, at octet {place}: a frame that claims 4294967295 octets");
    assert_eq!(errors, [says]);
}

#[test]
fn the_way_on_may_be_far() {
    let mut made = pcapng(Order::Little, 2);
    let rest = pcapng(Order::Little, 4).octets[48..].to_vec();
    made.octets.extend(vec![0x11; 5 << 20]);
    made.octets.extend(&rest);
    assert_eq!(read(&made.octets).0.len(), 6);
    let mut made = pcap(2);
    let rest = pcap(4).octets[24..].to_vec();
    made.octets.extend(vec![0xEE; 5 << 20]);
    made.octets.extend(&rest);
    let (frames, errors, _) = read(&made.octets);
    assert_eq!(texts(&frames), [0, 1, 0, 1, 2, 3], "{errors:?}");
}

#[test]
fn of_many_places_a_few_are_told_and_all_counted() {
    let mut made = Made::pcapng(Order::Little);
    made.interface(1, 0, &[]);
    for _ in 0..1000 {
        made.enhanced(9, 1, &syn(0), 54, false);
    }
    made.enhanced(0, 1, &syn(0), 54, false);
    let (frames, errors, damaged) = read(&made.octets);
    assert_eq!((frames.len(), errors.len(), damaged), (1, 9, 1000));
    assert_eq!(errors[8], "made: damaged at 992 more places");
}

#[test]
fn every_number_is_a_bound() {
    // Interfaces in a section.
    let mut made = Made::pcapng(Order::Little);
    for _ in 0..65_537 {
        made.interface(1, 0, &[]);
    }
    made.enhanced(65_535, 1, &syn(0), 54, false);
    let (frames, errors, _) = read(&made.octets);
    assert!(frames.len() == 1 && errors.len() == 1, "{errors:?}");
    assert!(errors[0].contains("a section of more than 65536 interfaces; went on 20 octets"), "{errors:?}");
    // Octets of a description, of a frame.
    let mut made = Made::pcapng(Order::Little);
    made.interface(1, 0, &[(2, vec![7; 60_000])]);
    made.enhanced(0, 1, &syn(0), 54, false);
    made.block(1, &vec![0; 1 << 20], false);
    made.enhanced(0, 1, &syn(1), 55, false);
    let (frames, errors, _) = read(&made.octets);
    assert_eq!(texts(&frames), [0, 1]);
    assert!(errors[0].contains("a block that claims 1048588 octets; went on 1048588 octets"), "{errors:?}");
    let mut made = Made::pcap(Order::Big, 0xA1B2_C3D4, 1);
    made.frame((1, 0), &vec![0; 262_144], 262_144, &[]);
    made.frame((1, 0), &vec![0; 262_145], 262_145, &[]);
    let (frames, errors, _) = read(&made.octets);
    assert_eq!(frames.len(), 1);
    assert!(errors[0].contains("a frame that claims 262145 octets"), "{errors:?}");
    // More where the file's own snap length says so; the format's bound is 16 MiB.
    made.octets[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(read(&made.octets).0.len(), 2);
    made.frame((1, 0), &vec![0; (16 << 20) + 1], 9, &[]);
    assert_eq!(read(&made.octets).0.len(), 2);
}

#[test]
fn a_simple_block_needs_an_interface_and_keeps_its_snap_length() {
    let mut made = Made::pcapng(Order::Little);
    made.simple(&syn(0), 54);
    made.interface(1, 20, &[]);
    made.simple(&syn(0)[..20], 54);
    // Its block has room for 20 octets, and not for the 54 that an interface without a limit would have kept.
    made.section(Order::Big);
    made.interface(1, 0, &[]);
    made.simple(&syn(0)[..20], 54);
    made.simple(&syn(0), 54);
    let (frames, errors, damaged) = read(&made.octets);
    assert_eq!(frames.iter().map(|frame| frame.octets.len()).collect::<Vec<_>>(), [20, 54]);
    assert!(errors[0].contains("a frame of interface 0, which nothing describes"), "{errors:?}");
    assert!(errors[1].contains("a frame longer than its block"), "{errors:?}");
    assert_eq!(damaged, 2);
}

#[test]
fn damage_comes_between_the_frames_around_it() {
    let made = pcapng(Order::Little, 4);
    let mut octets = made.octets.clone();
    octets[made.parts[4].0.start + 8] = 9;
    let mut source = Files::from_reader("made", Cursor::new(octets));
    let mut order = Vec::new();
    loop {
        match source.next_frame() {
            Ok(tcpshake::capture::source::Next::Frame(frame)) => order.push(frame.number.to_string()),
            Ok(tcpshake::capture::source::Next::Quiet) => {}
            Ok(tcpshake::capture::source::Next::End) => break,
            Err(CaptureError::Damaged { frame, .. }) => order.push(format!("damage after {frame}")),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(order, ["1", "2", "damage after 2", "3"]);
}
