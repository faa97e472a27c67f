//! The file formats of captures, and what a script may ask of them.
//!
//! In: the directives `format`, `interfaces`, `stamps`, `blocks`, `sections`. Out: what the file is to be like.
//! Invariant: what a format cannot hold is an error.

use crate::support::notation;
use crate::support::script::Link;

/// A capture file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// pcap, times in microseconds.
    Pcap,
    /// pcap, times in nanoseconds.
    PcapNano,
    /// pcap with longer frame headers, of the patch of 1999-10-29 (and a magic number of its own).
    Modified,
    /// The same with frame headers still longer, of the patch of 1999-09-15.
    ModifiedLong,
    /// pcap with longer frame headers, of the patch of 1999-04-17 (and the common magic number).
    Patched,
    /// pcap with four more octets in frame headers.
    Nokia,
    /// Ixia's pcap, made by software: four more octets in the file's header.
    Ixia,
    /// pcap before version 2.3: the lengths of a frame in the other order.
    Old,
    /// pcapng, times in nanoseconds.
    Pcapng,
}

/// The formats by their names.
const FORMATS: [(&str, Format); 9] = [
    ("pcap", Format::Pcap),
    ("pcap-nano", Format::PcapNano),
    ("pcap-modified", Format::Modified),
    ("pcap-modified-long", Format::ModifiedLong),
    ("pcap-patched", Format::Patched),
    ("pcap-nokia", Format::Nokia),
    ("pcap-ixia", Format::Ixia),
    ("pcap-old", Format::Old),
    ("pcapng", Format::Pcapng),
];

impl Format {
    /// `NAME [big-endian]`.
    pub fn read(value: &str) -> Result<(Self, bool), String> {
        let (name, order) = value.split_once(' ').unwrap_or((value, ""));
        let Some((_, format)) = FORMATS.into_iter().find(|(known, _)| *known == name) else {
            let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
            return Err(format!("`format: {name}` is none of: {}", names.join(", ")));
        };
        match order.trim() {
            "" => Ok((format, false)),
            "big-endian" => Ok((format, true)),
            other => Err(format!("`{other}` is not `big-endian`")),
        }
    }

    /// The magic number, and the nanoseconds in a unit of time.
    pub const fn magic(self) -> (u32, u64) {
        match self {
            Self::PcapNano => (0xa1b2_3c4d, 1),
            Self::Modified | Self::ModifiedLong => (0xa1b2_cd34, 1000),
            Self::Ixia => (0x1c00_01ab, 1000),
            Self::Pcap | Self::Patched | Self::Nokia | Self::Old => (0xa1b2_c3d4, 1000),
            Self::Pcapng => (0x0a0d_0d0a, 1),
        }
    }

    /// What stands in a frame's header behind the lengths: an interface, a protocol, a type, a processor, or padding.
    pub const fn more(self) -> &'static [u8] {
        match self {
            Self::Modified | Self::Patched => &[0, 0, 0, 1, 8, 0, 4, 0],
            Self::ModifiedLong => &[0, 0, 0, 1, 8, 0, 4, 0, 1, 0, 0, 0],
            Self::Nokia => &[0xde, 0xad, 0xbe, 0xef],
            _ => &[],
        }
    }
}

/// What a script asks of a pcapng file beyond the common one.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// The link layer of each interface; the script's own where there are none.
    pub links: Vec<Link>,
    /// How each interface counts time; in nanoseconds where nothing is said.
    pub stamps: Vec<Stamps>,
    /// The kinds of blocks that frames are in, in turn; enhanced ones where nothing is said.
    pub blocks: Vec<Block>,
    /// How many sections the frames are spread over, each in the other byte order; 0 stands for one.
    pub sections: usize,
}

/// How an interface counts time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamps {
    /// As the option `if_tsresol` has it.
    pub resolution: u8,
    /// Seconds that are left out of each stamp, and stand in the option `if_tsoffset`.
    pub offset: i64,
}

impl Stamps {
    /// The stamp of a time in nanoseconds since the epoch.
    pub fn of(self, time: u64) -> u64 {
        let time = u128::try_from(i128::from(time) - i128::from(self.offset) * 1_000_000_000).expect("later");
        let exponent = u32::from(self.resolution & 0x7f);
        let units = if self.resolution & 0x80 == 0 { 10_u128.pow(exponent) } else { 1 << exponent };
        u64::try_from(time * units / 1_000_000_000).expect("64 bits hold the stamp")
    }
}

/// A kind of block that holds a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// The common one.
    Enhanced,
    /// Without time, of the first interface.
    Simple,
    /// Of the first drafts.
    Obsolete,
}

impl Parts {
    /// Takes in a directive of pcapng.
    pub fn directive(&mut self, name: &str, value: &str) -> Result<(), String> {
        let words = value.split_whitespace();
        match name {
            "links" => self.links = words.map(Link::named).collect::<Result<_, _>>()?,
            "stamps" => self.stamps = words.map(stamps).collect::<Result<_, _>>()?,
            "blocks" => self.blocks = words.map(block).collect::<Result<_, _>>()?,
            _ => self.sections = notation::number(value)?,
        }
        Ok(())
    }

    /// Whether anything is asked for.
    pub const fn has_any(&self) -> bool {
        !self.links.is_empty() || !self.stamps.is_empty() || !self.blocks.is_empty() || self.sections > 0
    }
}

/// `10^-N` or `2^-N`, and `+SECONDS` or `-SECONDS` behind a comma.
fn stamps(word: &str) -> Result<Stamps, String> {
    let wrong = || format!("`{word}` is not like 10^-6, 2^-10 or 10^-9,-3600");
    let (unit, offset) = word.split_once(',').unwrap_or((word, "0"));
    let exponent = |digits: &str| digits.parse().ok().filter(|exponent| *exponent < 64_u8);
    let resolution = match (unit.strip_prefix("10^-"), unit.strip_prefix("2^-")) {
        (Some(digits), _) => exponent(digits),
        (_, Some(digits)) => exponent(digits).map(|exponent| 0x80 | exponent),
        _ => None,
    };
    let offset = offset.parse().map_err(|_| wrong())?;
    Ok(Stamps { resolution: resolution.ok_or_else(wrong)?, offset })
}

fn block(word: &str) -> Result<Block, String> {
    match word {
        "enhanced" => Ok(Block::Enhanced),
        "simple" => Ok(Block::Simple),
        "obsolete" => Ok(Block::Obsolete),
        _ => Err(format!("`{word}` is none of: enhanced, simple, obsolete")),
    }
}
