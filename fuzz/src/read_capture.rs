//! Any octets as a capture file.
//!
//! In: a file. Out: nothing. Holds: reading ends, frames are numbered without a gap, each error comes once, and it makes no
//! difference in which pieces the octets arrive, and whether frames are asked for one by one. Every frame is decoded, too.

use std::io::{self, Cursor, Read};

use tcpshake::capture::batch::Batch;
use tcpshake::capture::error::CaptureError;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next, Turn};
use tcpshake::decode::{DEPTH, Decoder};
use tcpshake::frame::Frame;

/// A small file can hold many frames once it is unpacked.
const MOST_TOLD: usize = 5000;
/// How captures begin: pcapng, and pcap in all its variants. How much is unpacked before an error depends on the pieces.
const PLAIN: [u32; 6] = [0x0A0D_0D0A, 0xA1B2_C3D4, 0xA1B2_3C4D, 0xA1B2_CD34, 0x1C00_01AC, 0x1C00_01AB];

pub fn run(octets: &[u8]) {
    let whole = || Files::from_reader("fuzz", Cursor::new(octets.to_vec()));
    let told = one_by_one(whole());
    assert_eq!(told, in_batches(whole()), "read in batches, something else is read");
    let is_plain = |start: &[u8; 4]| {
        PLAIN.iter().any(|magic| [magic.to_le_bytes(), magic.to_be_bytes()].contains(start))
    };
    if octets.first_chunk().is_some_and(is_plain) {
        let pieces = Pieces { octets: octets.to_vec(), at: 0, size: 1 + octets.len() % 13 };
        let in_pieces = one_by_one(Files::from_reader("fuzz", pieces));
        assert_eq!(told, in_pieces, "the pieces in which octets arrive change what is read");
    }
}

fn one_by_one(mut source: Files) -> Vec<String> {
    let mut account = Account::new();
    while account.told.len() < MOST_TOLD {
        match source.next_frame() {
            Ok(Next::Frame(frame)) => account.frame(&frame),
            Ok(Next::Quiet) => panic!("no reader was quiet"),
            Ok(Next::End) => {
                assert!(matches!(source.next_frame(), Ok(Next::End)), "something comes after the end");
                break;
            }
            Err(error) => account.error(&error),
        }
    }
    account.told
}

fn in_batches(mut source: Files) -> Vec<String> {
    let (mut account, mut batch) = (Account::new(), Batch::default());
    while account.told.len() < MOST_TOLD {
        match source.next_batch(&mut batch) {
            Ok(Turn::Frames) => {
                assert!(!batch.is_empty(), "a batch without a frame");
                batch.frames().for_each(|frame| account.frame(&frame));
            }
            Ok(Turn::Quiet) => panic!("no reader was quiet"),
            Ok(Turn::End) => break,
            Err(error) => account.error(&error),
        }
    }
    account.told.truncate(MOST_TOLD);
    account.told
}

/// What a source gave, in words.
struct Account {
    decoder: Decoder,
    told: Vec<String>,
    last_frame: u64,
    last_error: String,
}

impl Account {
    fn new() -> Self {
        Self { decoder: Decoder::new(DEPTH), told: Vec::new(), last_frame: 0, last_error: String::new() }
    }

    fn frame(&mut self, frame: &Frame<'_>) {
        let Frame { number, time, link, interface, octets, wire_len } = *frame;
        assert_eq!(number, self.last_frame + 1, "a gap in the numbers");
        self.last_frame = number;
        let sum: u64 =
            octets.iter().fold(0, |sum, octet| sum.wrapping_mul(31).wrapping_add(u64::from(*octet)));
        let (len, decoded) = (octets.len(), self.decoder.decode(frame));
        self.told
            .push(format!("{number} {time:?} {link:?} {interface} {len} {sum:x} {wire_len} {decoded:?}"));
    }

    fn error(&mut self, error: &CaptureError) {
        let says = error.to_string();
        assert!(!says.is_empty());
        assert!(self.last_error != says, "twice: {says}");
        self.last_error = says;
        // Its kind: how well it names what is no capture depends on how much of that has arrived.
        let kind = format!("{error:?}");
        self.told.push(kind.split(' ').next().unwrap_or_default().to_owned());
    }
}

/// Octets that arrive a few at a time.
struct Pieces {
    octets: Vec<u8>,
    at: usize,
    size: usize,
}

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.octets[self.at..].iter().zip(to).take(self.size);
        let count = read.map(|(octet, to)| *to = *octet).count();
        self.at += count;
        Ok(count)
    }
}
