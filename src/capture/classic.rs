//! pcap files: one header, then frames, each behind a header of its own.
//!
//! In: the octets of a file. Out: the places of its frames.
//! Both byte orders, times in micro- or nanoseconds, and the longer frame headers of an old Linux variant.
//! Invariant: a frame is given only when all of it is there.
//! Format: draft-ietf-opsawg-pcap.

use crate::capture::batch::{Batch, Place, Stamp};
use crate::capture::octets::Octets;
use crate::capture::record::{LONGEST, Order, Stop, link_type};
use crate::frame::LinkType;
use crate::time::Timestamp;

/// How pcap files begin, in big-endian order: microseconds, nanoseconds, longer frame headers.
const MICROSECONDS: u32 = 0xA1B2_C3D4;
const NANOSECONDS: u32 = 0xA1B2_3C4D;
const MODIFIED: u32 = 0xA1B2_CD34;
const MAGICS: [u32; 3] = [MICROSECONDS, NANOSECONDS, MODIFIED];

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
    order: Order,
    /// Octets of each frame's header.
    frame_header: usize,
    /// Nanoseconds in one unit of the fraction.
    unit: u64,
}

impl Classic {
    /// Whether a file that begins so is a pcap file.
    pub fn recognizes(start: [u8; 4]) -> bool {
        [Order::Little, Order::Big].iter().any(|order| MAGICS.contains(&order.u32(start)))
    }

    /// Whether these few octets may be the beginning of a pcap file.
    pub fn may_begin(start: &[u8]) -> bool {
        let begins =
            |magic: u32| magic.to_le_bytes().starts_with(start) || magic.to_be_bytes().starts_with(start);
        MAGICS.into_iter().any(begins)
    }

    /// Reads the file's header.
    pub fn begin(octets: &mut Octets) -> Result<Self, Stop> {
        if !octets.ensure(FILE_HEADER)? {
            return Err(Stop::CutOff);
        }
        let header = octets.held();
        let is_big = MAGICS.contains(&Order::Big.u32_at(header, 0));
        let order = if is_big { Order::Big } else { Order::Little };
        let magic = order.u32_at(header, 0);
        let classic = Self {
            link: link_type(order.u32_at(header, 20)),
            order,
            frame_header: if magic == MODIFIED { LONG_FRAME_HEADER } else { FRAME_HEADER },
            unit: if magic == NANOSECONDS { 1 } else { 1000 },
        };
        octets.pass(FILE_HEADER as u64);
        Ok(classic)
    }

    /// Puts the frames that are held whole into `batch`, and moves on past them. How many octets must be held for the
    /// next one; 0 is not known yet.
    pub fn walk(&self, octets: &mut Octets, batch: &mut Batch) -> Result<usize, Stop> {
        // The two orders apart, so that none is asked for each field.
        let (passed, next) = match self.order {
            Order::Little => self.frames::<false>(octets.held(), octets.start(), batch),
            Order::Big => self.frames::<true>(octets.held(), octets.start(), batch),
        };
        octets.pass(passed as u64);
        next
    }

    fn frames<const BIG: bool>(
        &self,
        held: &[u8],
        start: usize,
        batch: &mut Batch,
    ) -> (usize, Result<usize, Stop>) {
        let order = if BIG { Order::Big } else { Order::Little };
        let mut at = 0;
        loop {
            let rest = held.get(at..).unwrap_or_default();
            let Some(header) = rest.first_chunk::<FRAME_HEADER>() else { return (at, Ok(self.frame_header)) };
            let [seconds, fraction, captured, wire_len] =
                [0, 4, 8, 12].map(|field| order.u32_at(header, field));
            if captured > LONGEST {
                return (at, Err(Stop::Damaged(format!("a frame that claims {captured} octets"))));
            }
            let whole = self.frame_header + captured as usize;
            if rest.len() < whole {
                return (at, Ok(whole));
            }
            let time = Timestamp(u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * self.unit);
            let place = Place { start: start + at + self.frame_header, captured, wire_len };
            batch.push(place, Stamp { time, link: self.link, interface: 0 });
            at += whole;
        }
    }
}
