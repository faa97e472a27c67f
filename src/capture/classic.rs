//! pcap files: one header, then frames, each behind a header of its own.
//!
//! In: the octets of a file. Out: the places of its frames.
//! Both byte orders, times in micro- or nanoseconds, and the variants that Wireshark reads (`variant`).
//! Invariant: a frame is given only when all of it is there. Behind damage only frames that follow each other, at
//! about the time of the last one, are believed.
//! Format: draft-ietf-opsawg-pcap.

use crate::capture::batch::Stamp;
use crate::capture::octets::Octets;
use crate::capture::record::{LONGEST, Order, Stop, Way, link_type};
use crate::capture::taker::Outlet;
use crate::capture::variant::{Chain, DAY, FIELDS, Fields, PLAUSIBLE, Proof, Variant};
use crate::frame::LinkType;
use crate::time::Timestamp;

/// What AIX calls link types (as interfaces, RFC 1573) in its version 2.2, which counts nanoseconds. Others had no use
/// for these numbers at the time of that version.
const AIX: [(u32, LinkType); 4] =
    [(6, LinkType::ETHERNET), (9, LinkType(6)), (15, LinkType(10)), (24, LinkType::NULL)];

/// A pcap file that is being read.
#[derive(Debug)]
pub struct Classic {
    variant: Variant,
    link: LinkType,
    /// Octets of each frame's header; 0 until the first frame is there.
    frame_header: usize,
    /// Nanoseconds in one unit of the fraction.
    unit: u64,
    lengths: Lengths,
    /// The longest frame that is believed: more than is plausible only where the file's snap length says so.
    longest: u32,
    /// The last frame's.
    seconds: Option<u32>,
}

/// In which order the two lengths of a frame stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    /// What was captured, then what was on the wire.
    CapturedFirst,
    /// The other way round, as before version 2.3.
    WireFirst,
    /// In version 2.3 some did it so and some so; more than there was cannot be captured.
    Either,
}

impl Classic {
    /// Whether a file that begins so is a pcap file.
    pub fn recognizes(start: [u8; 4]) -> bool {
        Variant::of(start).is_some()
    }

    /// Whether these few octets may be the beginning of a pcap file.
    pub fn may_begin(start: &[u8]) -> bool {
        Variant::may_begin(start)
    }

    /// Reads the file's header.
    pub fn begin(octets: &mut Octets) -> Result<Self, Stop> {
        let variant = octets.held().first_chunk().and_then(|start| Variant::of(*start));
        let variant = variant.ok_or_else(|| Stop::damaged("the file's header cannot be read"))?;
        if !octets.ensure(variant.file_header)? {
            return Err(Stop::CutOff);
        }
        let header = octets.held();
        let [major, minor] = [4, 6].map(|field| variant.order.u16_at(header, field));
        let [snap_len, link] = [16, 20].map(|field| variant.order.u32_at(header, field));
        octets.pass(variant.file_header);
        let aix = AIX.iter().find(|(theirs, _)| (major, minor, link) == (2, 2, *theirs));
        let lengths = match (major, minor) {
            (2, 3) => Lengths::Either,
            (2, 2) if aix.is_some() => Lengths::Either,
            (2, ..3) | (543, _) => Lengths::WireFirst,
            _ => Lengths::CapturedFirst,
        };
        Ok(Self {
            variant,
            link: aix.map_or_else(|| link_type(link), |(_, link)| *link),
            // The patched variants all say that they are version 2.4.
            frame_header: if lengths == Lengths::CapturedFirst { 0 } else { FIELDS },
            unit: if variant.has_nanoseconds || aix.is_some() { 1 } else { 1000 },
            lengths,
            longest: snap_len.clamp(PLAUSIBLE, LONGEST),
            seconds: None,
        })
    }

    /// Puts the frames that are held whole into `outlet`, and moves on past them. How many octets must be held for the
    /// next one.
    pub fn walk(&mut self, octets: &mut Octets, outlet: &mut impl Outlet) -> Result<usize, Stop> {
        let held = octets.held();
        if self.frame_header == 0 {
            match self.variant.frame_header(held, self.link, false) {
                Ok(octets) => self.frame_header = octets,
                Err(needed) => return Ok(needed),
            }
        }
        let at = (octets.start(), self.frame_header, self.link);
        // The common files apart, so that nothing is asked for each frame of theirs.
        let (passed, next) = match (self.variant.order, self.lengths, at) {
            (Order::Little, Lengths::CapturedFirst, (start, FIELDS, LinkType::ETHERNET)) => {
                let at = (start, FIELDS, LinkType::ETHERNET);
                self.frames(held, at, outlet, |header| Fields::of(Order::Little, header))
            }
            (order, lengths, at) => {
                let fields = |header: &_| lengths.in_order(Fields::of(order, header));
                self.frames(held, at, outlet, fields)
            }
        };
        octets.pass(passed);
        next
    }

    /// Decides by what is held, which is all that there is, what would be decided by more. Whether anything was.
    pub fn settle(&mut self, held: &[u8]) -> bool {
        let is_open = self.frame_header == 0;
        if is_open {
            self.frame_header = self.variant.frame_header(held, self.link, true).unwrap_or(FIELDS);
        }
        is_open
    }

    /// The frames in `held`, which begins at `start` in the window; and the octets of a frame's header, and its link type.
    #[inline(always)]
    fn frames(
        &mut self,
        held: &[u8],
        (start, frame_header, link): (usize, usize, LinkType),
        outlet: &mut impl Outlet,
        fields: impl Fn(&[u8; FIELDS]) -> Fields,
    ) -> (usize, Result<usize, Stop>) {
        let (unit, longest) = (self.unit, self.longest);
        // Within so much no frame that is there is too long: that is asked of one alone that is not. The first one is
        // there if it is held; behind them it goes on with the next call.
        let near = held.get(..frame_header + longest as usize).unwrap_or(held);
        let (mut rest, mut last) = (near, None);
        let next = loop {
            let Some(header) = rest.first_chunk::<FIELDS>() else { break Ok(FIELDS) };
            let Fields { seconds, fraction, captured, wire_len } = fields(header);
            let whole = frame_header.saturating_add(captured as usize);
            let Some((frame, behind)) = rest.split_at_checked(whole).filter(|_| !outlet.is_full()) else {
                break if captured > longest { Err(too_long(captured)) } else { Ok(whole) };
            };
            let octets = frame.get(frame_header..).unwrap_or_default();
            let time = Timestamp(u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * unit);
            let start = start + (near.len() - rest.len()) + frame_header;
            outlet.put(octets, start, wire_len, Stamp { time, link, interface: 0 });
            (rest, last) = (behind, Some(header));
        };
        self.seconds = last.map(|header| fields(header).seconds).or(self.seconds);
        (near.len() - rest.len(), next)
    }

    /// Where frames go on behind a place that is none; `has_ended` says that nothing follows what is held.
    pub fn find(&self, held: &[u8], has_ended: bool) -> Way {
        for at in 1..=held.len() {
            match self.goes_on(held.get(at..).unwrap_or_default(), has_ended) {
                Chain::Sound => return Way::At(at),
                // The place itself was judged: the search goes on behind it.
                Chain::Needs(octets) => return Way::Unclear { pass: at - 1, hold: octets + 1 },
                Chain::Cut | Chain::Broken => {}
            }
        }
        if has_ended { Way::Nowhere } else { Way::Unclear { pass: 0, hold: 1 + FIELDS } }
    }

    fn goes_on(&self, rest: &[u8], has_ended: bool) -> Chain {
        if let Some(header) = rest.first_chunk::<FIELDS>() {
            let found = self.lengths.in_order(Fields::of(self.variant.order, header));
            if self.seconds.is_some_and(|last| found.seconds.abs_diff(last) > DAY) {
                return Chain::Broken;
            }
        }
        self.variant.chain(rest, self.frame_header.max(FIELDS), Proof::Needed, has_ended)
    }
}

/// Apart, so that its words are no matter to the other frames.
#[cold]
fn too_long(captured: u32) -> Stop {
    Stop::damaged(format!("a frame that claims {captured} octets"))
}

impl Lengths {
    const fn in_order(self, fields: Fields) -> Fields {
        let Fields { captured, wire_len, .. } = fields;
        match self {
            Self::WireFirst => Fields { captured: wire_len, wire_len: captured, ..fields },
            Self::Either if captured > wire_len => {
                Fields { captured: wire_len, wire_len: captured, ..fields }
            }
            Self::Either | Self::CapturedFirst => fields,
        }
    }
}
