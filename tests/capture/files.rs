//! Whole files of every format give their frames as they were written.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use tcpshake::capture::error::CaptureError;
use tcpshake::capture::file::Files;
use tcpshake::capture::save::Savefile;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::time::Timestamp;

use crate::read_all;
use crate::writer::{Made, Order, syn};

const SECOND: u64 = 1_000_000_000;

fn read(made: &Made) -> Vec<crate::Kept> {
    let mut source = Files::from_reader("made", io::Cursor::new(made.octets.clone()));
    let (frames, errors) = read_all(&mut source);
    assert!(errors.is_empty(), "{errors:?}");
    frames
}

#[test]
fn pcap_in_both_orders_and_units() {
    for order in Order::BOTH {
        for (magic, unit) in [(0xA1B2_C3D4, 1000), (0xA1B2_3C4D, 1)] {
            let mut made = Made::pcap(order, magic, 1);
            made.frame((1, 999_999), &syn(5), 59, &[]);
            made.frame((u32::MAX, 0), &syn(0)[..20], 1500, &[]);
            made.frame((3, 0), &[], 60, &[]);
            let frames = read(&made);
            assert_eq!(frames.iter().map(|frame| frame.number).collect::<Vec<_>>(), [1, 2, 3]);
            assert_eq!(frames[0].time, Timestamp(SECOND + 999_999 * unit));
            assert_eq!((&frames[0].octets, frames[0].wire_len), (&syn(5), 59));
            assert_eq!(frames[1].time, Timestamp(u64::from(u32::MAX) * SECOND));
            assert_eq!((frames[1].octets.len(), frames[1].wire_len), (20, 1500));
            assert_eq!((frames[2].octets.len(), frames[2].wire_len), (0, 60));
            assert!(frames.iter().all(|frame| frame.link == LinkType::ETHERNET));
        }
    }
}

#[test]
fn pcap_with_longer_frame_headers() {
    let mut made = Made::pcap(Order::Little, 0xA1B2_CD34, 1);
    made.frame((1, 2), &syn(1), 55, &[9; 8]);
    made.frame((1, 3), &syn(2), 56, &[9; 8]);
    let frames = read(&made);
    assert_eq!((frames[0].octets.clone(), frames[1].octets.clone()), (syn(1), syn(2)));
}

#[test]
fn pcap_of_ixia_and_of_old_versions() {
    for order in Order::BOTH {
        for (magic, time) in [(0x1C00_01AC, SECOND + 7), (0x1C00_01AB, SECOND + 7_000)] {
            let mut made = Made::pcap(order, magic, 1);
            // The length of all frames, which this reader has no use for.
            made.octets.extend([0xFF; 4]);
            made.frame((1, 7), &syn(1), 55, &[]);
            made.frame((1, 7), &syn(2)[..40], 56, &[]);
            let frames = read(&made);
            assert_eq!((frames.len(), frames[0].time.0, frames[1].octets.len()), (2, time, 40), "{magic:x}");
        }
        for (major, minor, swapped) in
            [(2, 1, true), (2, 2, true), (2, 3, true), (2, 3, false), (543, 0, true)]
        {
            let mut made = Made::pcap(order, 0xA1B2_C3D4, 1);
            made.octets[4..8].copy_from_slice(&[order.u16(major), order.u16(minor)].concat());
            for text in 0..3 {
                made.frame((1, 0), &syn(text)[..30], 1500, &[]);
                if swapped {
                    let header = made.octets.len() - 30 - 16;
                    made.octets[header + 8..header + 16].rotate_left(4);
                }
            }
            let lengths: Vec<_> =
                read(&made).iter().map(|frame| (frame.octets.len(), frame.wire_len)).collect();
            assert_eq!(lengths, [(30, 1500); 3], "{major}.{minor}");
        }
    }
}

#[test]
fn pcap_of_aix() {
    for (theirs, link) in [(6, 1), (9, 6), (15, 10), (24, 0)] {
        let mut made = Made::pcap(Order::Big, 0xA1B2_C3D4, theirs);
        made.octets[6..8].copy_from_slice(&[0, 2]);
        made.frame((1, 7), &syn(0)[..40], 54, &[]);
        made.frame((1, 8), &syn(0), 54, &[]);
        let frames = read(&made);
        assert_eq!(
            (frames[0].link, frames[0].time.0, frames[0].octets.len()),
            (LinkType(link), SECOND + 7, 40)
        );
        assert_eq!(frames[1].wire_len, 54);
    }
}

#[test]
fn the_link_type_is_without_the_check_sequence_and_without_local_numbers() {
    for (field, link) in [(0x5400_0001, 1), (12, 101), (14, 101), (101, 101), (276, 276), (0xF000_0071, 113)]
    {
        let mut made = Made::pcap(Order::Big, 0xA1B2_C3D4, field);
        made.frame((1, 0), &[0x45], 1, &[]);
        assert_eq!(read(&made)[0].link, LinkType(link), "{field:#x}");
    }
}

#[test]
fn pcapng_with_interfaces_sections_and_all_kinds_of_frames() {
    let mut made = Made::pcapng(Order::Little);
    for order in [Order::Little, Order::Big, Order::Little] {
        made.section(order);
        made.interface(1, 0, &[]);
        made.interface(101, 20, &[(2, b"tun0".to_vec()), (9, vec![9])]);
        made.interface(276, 0, &[(9, vec![0x80 | 10]), (14, order.u64(1000).to_vec())]);
        made.interface(113, 0, &[(9, vec![12]), (14, order.u64((-2_i64).cast_unsigned()).to_vec())]);
        made.block(4, &[1; 40], false);
        made.enhanced(0, 5_000_001, &syn(1), 55, false);
        made.enhanced(1, 5_000_000_001, &syn(2), 1400, true);
        made.block(0x8000_0000, &[], false);
        made.enhanced(2, 3 * 1024 + 512, &syn(3), 57, false);
        made.obsolete(3, 7_000_000_000_000, &syn(4), 58);
        made.simple(&syn(3), 57);
        made.block(0x0BAD, &[1, 2, 3, 4], false);
    }
    let frames = read(&made);
    assert_eq!(frames.len(), 15);
    for (index, five) in frames.chunks(5).enumerate() {
        let links: Vec<u32> = five.iter().map(|frame| frame.link.0).collect();
        assert_eq!(links, [1, 101, 276, 113, 1], "section {index}");
        let times: Vec<u64> = five.iter().map(|frame| frame.time.0).collect();
        assert_eq!(times, [5_000_001_000, 5_000_000_001, 1003 * SECOND + SECOND / 2, 5 * SECOND, 0]);
        let texts: Vec<usize> = five.iter().map(|frame| frame.octets.len() - syn(0).len()).collect();
        assert_eq!(texts, [1, 2, 3, 4, 3]);
        assert_eq!(five[1].wire_len, 1400);
        assert_eq!(five[0].number, index as u64 * 5 + 1);
    }
}

#[test]
fn a_simple_block_is_cut_by_the_snap_length() {
    for order in Order::BOTH {
        let mut made = Made::pcapng(order);
        made.interface(1, 30, &[]);
        made.simple(&syn(0)[..30], 54);
        let frames = read(&made);
        assert_eq!((frames[0].octets.len(), frames[0].wire_len), (30, 54));
    }
}

#[test]
fn drops_come_from_the_last_statistics_of_each_interface() {
    let mut made = Made::pcapng(Order::Big);
    made.interface(1, 0, &[]);
    made.interface(1, 0, &[]);
    made.statistics(0, &[(4, 100), (5, 3), (7, 1)]);
    made.statistics(0, &[(4, 200), (5, 5), (7, 2)]);
    made.statistics(1, &[(4, 200)]);
    made.statistics(9, &[(5, 1000)]);
    made.section(Order::Little);
    made.interface(1, 0, &[]);
    made.enhanced(0, 1, &syn(0), 54, false);
    made.statistics(0, &[(7, 10)]);
    let twice = [made.octets.clone(), made.octets.clone()].concat();
    let mut source = Files::from_reader("made", io::Cursor::new(twice));
    let (frames, errors) = read_all(&mut source);
    assert_eq!((frames.len(), errors.len()), (2, 0));
    assert_eq!(source.statistics().dropped, Some(34));
    assert_eq!(source.statistics().captured, 2);

    let mut silent = Made::pcap(Order::Big, 0xA1B2_C3D4, 1);
    silent.frame((1, 1), &syn(0), 54, &[]);
    let mut source = Files::from_reader("silent", io::Cursor::new(silent.octets));
    read_all(&mut source);
    assert_eq!(source.statistics().dropped, None);
}

#[test]
fn several_files_are_one_input_and_a_fault_stops_only_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
    one.frame((1, 0), &syn(1), 55, &[]);
    one.frame((2, 0), &syn(2), 56, &[]);
    let mut two = Made::pcapng(Order::Big);
    two.interface(101, 0, &[]);
    two.enhanced(0, 3_000_000, &syn(3)[14..], 43, false);
    let paths =
        ["a.pcap", "missing.pcap", "b.pcapng", "cut.pcap", "c.pcap"].map(|name| folder.path().join(name));
    fs::write(&paths[0], &one.octets).unwrap();
    fs::write(&paths[2], &two.octets).unwrap();
    fs::write(&paths[3], &one.octets[..one.octets.len() - 1]).unwrap();
    fs::write(&paths[4], &one.octets).unwrap();
    let (frames, errors) = read_all(&mut Files::new(paths));
    assert_eq!(frames.iter().map(|frame| frame.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(frames.iter().map(|frame| frame.link.0).collect::<Vec<_>>(), [1, 1, 101, 1, 1, 1]);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors[0].ends_with("missing.pcap: no such file or directory"), "{errors:?}");
    let cut = format!("cut off after frame 4: what begins at octet {} is not all there", 24 + 16 + 55);
    for (error, name) in errors[1..].iter().zip(["cut.pcap", "cut.pcap", "c.pcap"]) {
        assert!(error.starts_with(&format!("{}: ", folder.path().join(name).display())), "{errors:?}");
    }
    assert!(errors[2].ends_with(&cut), "{errors:?}");
    // Those of b.pcapng are the latest; each file is told of once.
    assert!(
        [1, 3]
            .iter()
            .all(|at| errors[*at].contains("begins before ") && errors[*at].contains("b.pcapng ends"))
    );
    assert_eq!(errors.len(), 4);
}

#[test]
fn what_is_saved_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saved.pcap");
    let mut file = Savefile::create(&path, LinkType::LINUX_SLL2).unwrap();
    let octets = syn(9);
    let time = Timestamp(1_700_000_000_123_456_789);
    let frame =
        Frame { number: 7, time, link: LinkType::LINUX_SLL2, interface: 0, octets: &octets, wire_len: 2000 };
    file.write(&frame).unwrap();
    file.write(&Frame { octets: &[], ..frame }).unwrap();
    let other = file.write(&Frame { link: LinkType::ETHERNET, ..frame }).unwrap_err();
    assert!(other.to_string().ends_with("one link type: this one 276, the frame 1"), "{other}");
    file.flush().unwrap();
    let (frames, errors) = read_all(&mut Files::new([&path]));
    assert!(errors.is_empty());
    assert_eq!((frames[0].time, frames[0].wire_len, &frames[0].octets), (time, 2000, &octets));
    assert_eq!((frames.len(), frames[1].octets.len(), frames[1].number), (2, 0, 2));
}

#[test]
fn what_cannot_be_written_is_told() {
    struct Gone;
    impl io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let refused = |file: Result<Savefile, CaptureError>| file.err().unwrap();
    assert!(refused(Savefile::begin("standard output", Gone, LinkType::ETHERNET)).is_broken_pipe());
    let folder = refused(Savefile::create(Path::new("/"), LinkType::ETHERNET));
    assert!(folder.to_string().starts_with("/: ") && !folder.is_broken_pipe(), "{folder}");
    if Path::new("/dev/full").exists() {
        let full = refused(Savefile::create(Path::new("/dev/full"), LinkType::ETHERNET));
        assert_eq!(full.to_string(), "/dev/full: no space left on device");
    }
}

#[test]
fn a_pipe_is_read_as_it_comes() {
    /// Gives one part at a time; between them, as a signal would, an interruption.
    struct Pipe(std::vec::IntoIter<Vec<u8>>, bool);
    impl Read for Pipe {
        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let Some(part) = self.0.next() else { return Ok(0) };
            space[..part.len()].copy_from_slice(&part);
            Ok(part.len())
        }
    }
    let mut made = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
    made.frame((1, 0), &syn(1), 55, &[]);
    made.frame((2, 0), &syn(2), 56, &[]);
    let parts: Vec<Vec<u8>> =
        made.parts.iter().map(|(place, _)| made.octets[place.clone()].to_vec()).collect();
    let mut source = Files::from_reader("pipe", Pipe(parts.into_iter(), false));
    let mut seen = Vec::new();
    loop {
        match source.next_frame().unwrap() {
            Next::Frame(frame) => seen.push(format!("{}", frame.octets.len() - 54)),
            Next::Quiet => seen.push("quiet".to_owned()),
            Next::End => break,
        }
    }
    assert_eq!(seen, ["quiet", "quiet", "1", "quiet", "2", "quiet"], "no frame waits for the one after it");
}
