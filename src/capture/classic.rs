//! pcap files: one header, then frames, each behind a header of its own.
//!
//! In: the octets of a file. Out: the place of its next frame.
//! Both byte orders, times in micro- or nanoseconds, and the longer frame headers of an old Linux variant.
//! Invariant: a frame is given only when all of it is there.
//! Format: draft-ietf-opsawg-pcap.

use pcap_parser::{PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_header};

use crate::capture::octets::Octets;
use crate::capture::record::{LONGEST, Part, Record, Stop, link_type};
use crate::frame::LinkType;
use crate::time::Timestamp;

/// How pcap files begin: microseconds, nanoseconds, longer frame headers; then the first two in the other byte order.
const MAGICS: [[u8; 4]; 5] = [
    [0xD4, 0xC3, 0xB2, 0xA1],
    [0x4D, 0x3C, 0xB2, 0xA1],
    [0x34, 0xCD, 0xB2, 0xA1],
    [0xA1, 0xB2, 0xC3, 0xD4],
    [0xA1, 0xB2, 0x3C, 0x4D],
];
/// Octets in a file's header.
const FILE_HEADER: usize = 24;
/// Octets in a frame's header.
const FRAME_HEADER: usize = 16;
/// Octets in a frame's header of the variant that adds interface, protocol and packet type.
const LONG_FRAME_HEADER: usize = 24;

/// A pcap file that is being read.
#[derive(Debug)]
pub struct Classic {
    link: LinkType,
    big_endian: bool,
    /// Octets of each frame's header.
    frame_header: usize,
    /// Nanoseconds in one unit of the fraction.
    unit: u64,
}

impl Classic {
    /// Whether a file that begins so is a pcap file.
    pub fn recognizes(start: [u8; 4]) -> bool {
        MAGICS.contains(&start)
    }

    /// Whether these few octets may be the beginning of a pcap file.
    pub fn may_begin(start: &[u8]) -> bool {
        MAGICS.iter().any(|magic| magic.starts_with(start))
    }

    /// Reads the file's header.
    pub fn begin(octets: &mut Octets) -> Result<Self, Stop> {
        if !octets.ensure(FILE_HEADER)? {
            return Err(Stop::CutOff);
        }
        let (_, header) = parse_pcap_header(octets.held())
            .map_err(|_| Stop::Damaged("the file's header cannot be read".to_owned()))?;
        octets.pass(FILE_HEADER as u64);
        Ok(Self::described_by(&header))
    }

    fn described_by(header: &PcapHeader) -> Self {
        Self {
            link: link_type(header.network.0.cast_unsigned()),
            big_endian: header.is_bigendian(),
            frame_header: if header.is_modified_format() { LONG_FRAME_HEADER } else { FRAME_HEADER },
            unit: if header.is_nanosecond_precision() { 1 } else { 1000 },
        }
    }

    /// The next frame. The current place is where its header begins.
    pub fn next_part(&self, octets: &mut Octets) -> Result<Part, Stop> {
        if !octets.ensure(self.frame_header)? {
            return if octets.held().is_empty() { Ok(Part::End) } else { Err(Stop::CutOff) };
        }
        let captured = self.captured(octets.held());
        if captured > LONGEST {
            return Err(Stop::Damaged(format!("a frame that claims {captured} octets")));
        }
        let whole = self.frame_header + captured as usize;
        if !octets.ensure(whole)? {
            return Err(Stop::CutOff);
        }
        let parse = if self.big_endian { parse_pcap_frame_be } else { parse_pcap_frame };
        let (_, frame) =
            parse(octets.held()).map_err(|_| Stop::Damaged("a frame's header cannot be read".to_owned()))?;
        let fraction = u64::from(frame.ts_usec) * self.unit;
        let record = Record {
            time: Timestamp(u64::from(frame.ts_sec) * 1_000_000_000 + fraction),
            link: self.link,
            interface: 0,
            place: self.frame_header..whole,
            wire_len: frame.origlen,
        };
        octets.pass(whole as u64);
        Ok(Part::Frame(record))
    }

    /// The captured length in a frame's header.
    fn captured(&self, header: &[u8]) -> u32 {
        let field = header.get(8..12).and_then(|field| field.try_into().ok()).unwrap_or_default();
        if self.big_endian { u32::from_be_bytes(field) } else { u32::from_le_bytes(field) }
    }
}
