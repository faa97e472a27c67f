//! Any octets as frames of any link type.
//!
//! In: frames, each behind its link type, its length, and how many octets of it were not captured (16 bits each).
//! Out: nothing. Holds: decoding the same frame says the same, and cutting it shorter never makes another segment of it.

use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::time::Timestamp;

use super::octets::Octets;

const MOST_FRAMES: u64 = 32;

pub fn run(octets: &[u8]) {
    let mut octets = Octets(octets);
    let [mut one, mut other] = [Decoder::new(DEPTH), Decoder::new(DEPTH)];
    for number in 1..=MOST_FRAMES {
        let (Some(link), Some(len), Some(missing)) = (octets.u16(), octets.u16(), octets.u16()) else {
            return;
        };
        let captured = octets.up_to(usize::from(len));
        let frame = Frame {
            number,
            time: Timestamp(number * 1_000_000),
            link: LinkType(u32::from(link)),
            interface: 0,
            octets: captured,
            wire_len: captured.len() as u32 + u32::from(missing),
        };
        assert_eq!(one.decode(&frame), other.decode(&frame), "the same frame, another answer");
        let alone = |frame: &Frame<'_>| Decoder::new(DEPTH).decode(frame);
        let decoded = alone(&frame);
        for cut in [captured.len() / 2, captured.len().saturating_sub(1), captured.len().min(60)] {
            let cut = Frame { octets: &captured[..cut], ..frame };
            if let (Ok(Decoded::Segment(whole)), Ok(Decoded::Segment(cut))) = (&decoded, &alone(&cut)) {
                let said = [whole, cut]
                    .map(|segment| (segment.source, segment.destination, segment.seq, segment.flags));
                assert_eq!(said[0], said[1], "cut shorter, another segment");
                assert_eq!(whole.text_len, cut.text_len, "cut shorter, another length");
            }
        }
    }
}

/// Frames as `run` reads them.
pub fn encode(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut encoded = Vec::new();
    for frame in frames.iter().take(MOST_FRAMES as usize) {
        let captured = &frame.octets[..frame.octets.len().min(usize::from(u16::MAX))];
        let missing = (frame.wire_len as usize).saturating_sub(captured.len()).min(usize::from(u16::MAX));
        for number in [frame.link.0 as u16, captured.len() as u16, missing as u16] {
            encoded.extend(number.to_le_bytes());
        }
        encoded.extend(captured);
    }
    encoded
}
