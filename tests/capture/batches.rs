//! Frames by batches: the same ones in the same order, owned, and with the memory of those that came back.

use std::fs;
use std::io::Cursor;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use tcpshake::capture::batch::Batch;
use tcpshake::capture::error::CaptureError;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next, Turn};
use tcpshake::capture::taker::Taker;
use tcpshake::frame::Frame;

use crate::writer::{Made, Order, syn};
use crate::{Kept, read_all};

/// Files with frames of all lengths, more than fits into one chunk, with damage and a cut between.
fn files() -> Vec<Vec<u8>> {
    let mut first = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
    for number in 0..9000_u32 {
        let octets = syn(number as usize % 1400);
        first.frame((1, number), &octets, 1500, &[]);
    }
    let mut second = Made::pcapng(Order::Big);
    second.interface(1, 0, &[]);
    second.enhanced(0, 2_000_000, &vec![7; 3 << 20], 3 << 20, false);
    second.enhanced(5, 2_000_000, &syn(0), 54, false);
    for number in 0..3000 {
        second.enhanced(0, 3_000_000 + number, &syn(5), 59, false);
    }
    let cut = second.octets.len() - 3;
    second.octets.truncate(cut);
    vec![first.octets.clone(), second.octets, first.octets]
}

fn source(folder: &tempfile::TempDir) -> Files {
    let paths = files().into_iter().enumerate().map(|(number, octets)| {
        let path = folder.path().join(number.to_string());
        fs::write(&path, octets).unwrap();
        path
    });
    Files::new(paths)
}

fn kept(batch: &Batch) -> Vec<Kept> {
    batch.frames().map(|frame| keep(&frame)).collect()
}

fn keep(frame: &Frame<'_>) -> Kept {
    let Frame { number, time, link, octets, wire_len, .. } = *frame;
    Kept { number, time, link, octets: octets.to_vec(), wire_len }
}

/// Keeps what it takes in.
#[derive(Default)]
struct Keeping(Vec<Kept>);

impl Taker for Keeping {
    fn take(&mut self, frame: &Frame<'_>) {
        self.0.push(keep(frame));
    }
}

#[test]
fn batches_hold_what_single_frames_are() {
    let folder = tempfile::tempdir().unwrap();
    let (frames, errors) = read_all(&mut source(&folder));
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!((frames.len(), errors.len()), (9000 + 3000 + 9000, 3), "{errors:?}");
    let mut files = source(&folder);
    let (to_other, batches) = sync_channel::<Result<Batch, CaptureError>>(2);
    let (give_back, used) = channel::<Batch>();
    let other = thread::spawn(move || {
        let (mut all, mut told) = (Vec::new(), Vec::new());
        for message in batches {
            match message {
                Ok(batch) => {
                    assert_eq!(batch.len(), batch.frames().len());
                    assert!(batch.frame(batch.len()).is_none() && !batch.is_empty());
                    all.extend(kept(&batch));
                    give_back.send(batch).unwrap();
                }
                Err(error) => told.push((all.len(), error.to_string())),
            }
        }
        (all, told)
    });
    loop {
        let mut batch = used.try_recv().unwrap_or_default();
        match files.next_batch(&mut batch) {
            Ok(Turn::Frames) => to_other.send(Ok(batch)).unwrap(),
            Ok(Turn::Quiet) => {}
            Ok(Turn::End) => break,
            Err(error) => to_other.send(Err(error)).unwrap(),
        }
    }
    drop(to_other);
    let (all, told) = other.join().unwrap();
    assert!(all == frames, "the same frames");
    assert_eq!(told.iter().map(|(_, says)| says.clone()).collect::<Vec<_>>(), errors);
    let places: Vec<usize> = told.iter().map(|(frames, _)| *frames).collect();
    assert_eq!(places[..2], [9001, 12_000], "damage and cut come behind what lies before them");
    assert!(places[2] > 12_000, "the overlap is told behind the first frames that overlap");
    let statistics = files.statistics();
    assert_eq!((statistics.captured, statistics.damaged), (21_000, 1));
}

#[test]
fn frames_that_are_handed_on_at_once_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    source(&folder);
    // One file is handed on where it lies; of several it is known whether they overlap, first.
    for (names, places) in [(&["0"][..], &[][..]), (&["1"], &[1, 3000]), (&["0", "1", "0"], &[9001, 12_000])]
    {
        let source = || Files::new(names.iter().map(|name| folder.path().join(name)));
        let (frames, errors) = read_all(&mut source());
        let (mut files, mut taken, mut told) = (source(), Keeping::default(), Vec::new());
        loop {
            match files.next_frames(&mut taken) {
                Ok(Turn::Frames | Turn::Quiet) => {}
                Ok(Turn::End) => break,
                Err(error) => told.push((taken.0.len(), error.to_string())),
            }
        }
        assert!(taken.0 == frames, "{names:?}: the same frames");
        assert_eq!(files.statistics().captured, frames.len() as u64);
        assert!(
            told.iter().map(|(_, says)| says.clone()).eq(errors.iter().map(ToString::to_string)),
            "{told:?}"
        );
        assert!(told.iter().map(|(place, _)| place).take(2).eq(places), "{told:?}");
    }
}

#[test]
fn progress_counts_octets_as_they_are_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = source(&folder);
    let progress = files.progress();
    let total = self::files().iter().map(|octets| octets.len() as u64).sum();
    assert_eq!((progress.read(), progress.total()), (0, Some(total)));
    assert!(matches!(files.next_frame(), Ok(Next::Frame(_))));
    assert!(progress.read() > 0 && progress.read() < total);
    read_all(&mut files);
    assert_eq!(progress.read(), total);
    let pipe = Files::new(["-"]);
    assert_eq!(pipe.progress().total(), None);
}

#[test]
fn overlaps_are_told_of_a_few_files_and_counted_for_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [5, 1, 2, 3, 4, 4, 9].iter().enumerate().map(|(number, seconds)| {
        let mut made = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
        made.frame((*seconds, 0), &syn(0), 54, &[]);
        made.frame((*seconds, 1), &syn(0), 54, &[]);
        let path = folder.path().join(number.to_string());
        fs::write(&path, made.octets).unwrap();
        path
    });
    let mut paths: Vec<_> = paths.collect();
    // Frames without a time say nothing.
    let mut timeless = Made::pcapng(Order::Little);
    timeless.interface(1, 0, &[]);
    timeless.simple(&syn(0), 54);
    paths.push(folder.path().join("timeless"));
    fs::write(&paths[7], timeless.octets).unwrap();
    let (frames, errors) = read_all(&mut Files::new(paths));
    assert_eq!(frames.len(), 15);
    assert!(errors.iter().all(CaptureError::is_warning));
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let name = |number: &str| folder.path().join(number).display().to_string();
    for (told, number) in told.iter().zip(["1", "2", "3"]) {
        let says = format!("{}: begins before {} ends; ", name(number), name("0"));
        assert!(told.starts_with(&says), "{told}");
    }
    assert_eq!(told[3..], ["2 more files begin before one before them ends"]);
}

#[test]
fn a_reader_that_gives_little_is_not_waited_for() {
    /// Gives a frame at a time.
    struct Frames(std::vec::IntoIter<Vec<u8>>);
    impl std::io::Read for Frames {
        fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
            let part = self.0.next().unwrap_or_default();
            Cursor::new(part).read(space)
        }
    }
    let mut made = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
    for _ in 0..3 {
        made.frame((1, 0), &syn(0), 54, &[]);
    }
    let parts: Vec<Vec<u8>> =
        made.parts.iter().map(|(place, _)| made.octets[place.clone()].to_vec()).collect();
    let mut files = Files::from_reader("slow", Frames(parts.into_iter()));
    let mut batch = Batch::default();
    for number in 1..=3 {
        assert_eq!(files.next_batch(&mut batch).unwrap(), Turn::Frames);
        assert_eq!((batch.len(), batch.frame(0).unwrap().number), (1, number));
    }
    assert_eq!(files.next_batch(&mut batch).unwrap(), Turn::End);
}

#[test]
fn a_batch_is_bounded_though_a_long_frame_has_stretched_it() {
    let mut pcap = Made::pcap(Order::Little, 0xA1B2_C3D4, 1);
    pcap.octets[16..20].copy_from_slice(&u32::MAX.to_le_bytes());
    pcap.frame((1, 0), &vec![0; 5 << 20], 5 << 20, &[]);
    let mut pcapng = Made::pcapng(Order::Little);
    pcapng.interface(1, 0, &[]);
    pcapng.enhanced(0, 1, &vec![0; 5 << 20], 5 << 20, false);
    for _ in 0..180_000 {
        pcap.frame((1, 0), &[], 0, &[]);
        pcapng.simple(&[], 0);
    }
    for made in [pcap, pcapng] {
        let mut files = Files::from_reader("made", Cursor::new(made.octets));
        let mut batch = Batch::default();
        let mut all = 0;
        while files.next_batch(&mut batch).unwrap() == Turn::Frames {
            assert!(batch.len() <= 65_536);
            assert!(batch.frames().all(|frame| frame.number > all as u64));
            all += batch.len();
        }
        assert_eq!(all, 180_001);
    }
}
