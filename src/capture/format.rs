//! What an input is, told by its first octets.
//!
//! In: an input from its beginning. Out: the reader that suits it, or what it is instead of a capture.
//! Invariant: nothing is believed of its name; four octets decide, and once more where it is compressed.

use crate::capture::classic::Classic;
use crate::capture::octets::Octets;
use crate::capture::pcapng::Pcapng;
use crate::capture::record::{Stop, Way};
use crate::capture::taker::Outlet;
#[cfg(feature = "unpack")]
use crate::capture::unpack::Unpacker;
#[cfg(feature = "unpack")]
use crate::capture::unpack::kind::Kind;

/// First octets of compressed files that are not unpacked here, what compressed them, and what undoes it.
#[cfg(feature = "unpack")]
const COMPRESSED: [(&[u8], &str, &str); 1] = [(&[0x1F, 0x9D], "compress", "zcat")];
#[cfg(not(feature = "unpack"))]
const COMPRESSED: [(&[u8], &str, &str); 7] = [
    (&[0x1F, 0x9D], "compress", "zcat"),
    (&[0x1F, 0x8B], "gzip", "zcat"),
    (&[0x28, 0xB5, 0x2F, 0xFD], "zstd", "zstdcat"),
    (&[0xFD, 0x37, 0x7A, 0x58], "xz", "xzcat"),
    (&[0x04, 0x22, 0x4D, 0x18], "lz4", "lz4cat"),
    (&[0x02, 0x21, 0x4C, 0x18], "lz4", "lz4cat"),
    (b"BZh", "bzip2", "bzcat"),
];

/// First octets of captures that others write.
const FOREIGN: [(&[u8], &str); 3] = [
    (b"snoo", "a snoop capture (Solaris)"),
    (b"GMBU", "a capture of Microsoft Network Monitor"),
    (b"RTSS", "a capture of Microsoft Network Monitor"),
];

/// What an input turned out to be.
pub enum Format {
    /// Nothing of it was read yet.
    NotYetKnown,
    /// Nothing was read yet of what is unpacked from it.
    #[cfg(feature = "unpack")]
    Unpacked(Kind),
    /// A pcap file.
    Classic(Classic),
    /// A pcapng file.
    Pcapng(Pcapng),
}

impl Format {
    /// Puts the frames that are held whole into `outlet`, and moves on past them. How many octets must be held for what
    /// follows; 0 is not known yet.
    pub fn walk(&mut self, octets: &mut Octets, outlet: &mut impl Outlet) -> Result<usize, Stop> {
        match self {
            Self::NotYetKnown => {
                *self = begin(octets)?;
                Ok(0)
            }
            #[cfg(feature = "unpack")]
            Self::Unpacked(kind) => {
                *self = begin_within(octets, *kind)?;
                Ok(0)
            }
            Self::Classic(classic) => classic.walk(octets, outlet),
            Self::Pcapng(pcapng) => pcapng.walk(octets, outlet),
        }
    }

    /// Decides by what is held, where the input has ended, what would be decided by more. Whether anything was.
    pub fn settle(&mut self, held: &[u8]) -> bool {
        match self {
            Self::Classic(classic) => classic.settle(held),
            _ => false,
        }
    }

    /// How many frames the input itself says were dropped.
    pub fn dropped(&self) -> Option<u64> {
        match self {
            Self::Pcapng(pcapng) => pcapng.dropped(),
            _ => None,
        }
    }

    /// Whether it is compressed, and what it holds is about to be told.
    pub const fn is_unpacked(&self) -> bool {
        #[cfg(feature = "unpack")]
        return matches!(self, Self::Unpacked(_));
        #[cfg(not(feature = "unpack"))]
        false
    }

    /// Where to go on behind a place that contradicts the format.
    pub fn find(&self, held: &[u8], has_ended: bool) -> Way {
        match self {
            Self::Classic(classic) => classic.find(held, has_ended),
            Self::Pcapng(pcapng) => pcapng.find(held, has_ended),
            _ => Way::Nowhere,
        }
    }
}

#[cfg(feature = "unpack")]
fn begin(octets: &mut Octets) -> Result<Format, Stop> {
    octets.ensure(4)?;
    match Kind::of(octets.held()) {
        Some(kind) => {
            octets.wrap(|reader| Box::new(Unpacker::new(kind, reader)));
            Ok(Format::Unpacked(kind))
        }
        None => recognize(octets),
    }
}

/// One compression is undone, and not another one in it.
#[cfg(feature = "unpack")]
fn begin_within(octets: &mut Octets, outer: Kind) -> Result<Format, Stop> {
    octets.ensure(4)?;
    match Kind::of(octets.held()) {
        Some(inner) => {
            let what = format!("{} data, in which there is {} data", outer.name(), inner.name());
            Err(Stop::NotACapture { what, convert: None })
        }
        None => recognize(octets),
    }
}

#[cfg(not(feature = "unpack"))]
fn begin(octets: &mut Octets) -> Result<Format, Stop> {
    recognize(octets)
}

fn recognize(octets: &mut Octets) -> Result<Format, Stop> {
    octets.ensure(4)?;
    let held = octets.held();
    if held.is_empty() {
        return Err(Stop::Empty);
    }
    match held.first_chunk() {
        Some(&start) if Classic::recognizes(start) => return Classic::begin(octets).map(Format::Classic),
        Some(&start) if Pcapng::recognizes(start) => return Ok(Format::Pcapng(Pcapng::default())),
        None if Classic::may_begin(held) || Pcapng::may_begin(held) => return Err(Stop::CutOff),
        _ => {}
    }
    if let Some((_, with, cat)) = COMPRESSED.iter().find(|(magic, ..)| held.starts_with(magic)) {
        return Err(Stop::Compressed { with, cat });
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| held.starts_with(magic)) {
        let convert = Some("editcap -F pcap - new.pcap");
        return Err(Stop::NotACapture { what: (*what).to_owned(), convert });
    }
    Err(Stop::NotACapture { what: described(held), convert: None })
}

/// What a file seems to be that no magic tells.
fn described(held: &[u8]) -> String {
    let start = held.get(..held.len().min(256)).unwrap_or_default();
    let printable = |octet: &u8| octet.is_ascii_graphic() || octet.is_ascii_whitespace();
    if start.iter().all(printable) {
        return "text".to_owned();
    }
    let octets: Vec<String> = start.iter().take(4).map(|octet| format!("{octet:02x}")).collect();
    format!("something that begins with {}", octets.join(" "))
}
