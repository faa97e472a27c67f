//! pcapng files: blocks in sections, each section with a byte order and interfaces of its own.
//!
//! In: the octets of a file. Out: the place of its next frame (enhanced, simple and obsolete packet blocks), and how
//! many frames the interface statistics say were dropped.
//! Invariant: a block is believed only when all of it is there and both its lengths agree; blocks that hold neither
//! frames nor what frames need are passed over unread, whatever their size.
//! Format: draft-ietf-opsawg-pcapng.

use pcap_parser::nom::IResult;
use pcap_parser::pcapng::{
    EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, PcapNGOption, SHB_MAGIC, SPB_MAGIC, parse_enhancedpacketblock_be,
    parse_enhancedpacketblock_le, parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le,
    parse_interfacestatisticsblock_be, parse_interfacestatisticsblock_le, parse_sectionheaderblock,
    parse_simplepacketblock_be, parse_simplepacketblock_le,
};

use crate::capture::octets::Octets;
use crate::capture::record::{LONGEST, Part, Record, Stop, link_type};
use crate::frame::LinkType;
use crate::time::Timestamp;

/// The packet block of the first drafts; still found in old files.
const OBSOLETE_PACKET: u32 = 2;
/// The section header's byte order mark, in its own order.
const BYTE_ORDER_MARK: u32 = 0x1A2B_3C4D;
/// Options, by their numbers.
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;
/// More interfaces than this in one section are damage.
const MOST_INTERFACES: usize = 65_536;

/// A pcapng file that is being read.
#[derive(Debug, Default)]
pub struct Pcapng {
    big_endian: bool,
    /// Those of the current section.
    interfaces: Vec<Interface>,
    /// What the sections before the current one dropped.
    dropped_before: Option<u64>,
}

/// What an interface description says that frames need.
#[derive(Debug)]
struct Interface {
    link: LinkType,
    /// 0 is no limit.
    snap_len: u32,
    /// As the option has it: a negative power of 10, or of 2 where the top bit is set.
    resolution: u8,
    /// Seconds to add to every stamp.
    offset: i64,
    /// By its last statistics.
    dropped: Option<u64>,
}

impl Pcapng {
    /// Whether a file that begins so is a pcapng file.
    pub fn recognizes(start: [u8; 4]) -> bool {
        u32::from_le_bytes(start) == SHB_MAGIC
    }

    /// Whether these few octets may be the beginning of a pcapng file.
    pub fn may_begin(start: &[u8]) -> bool {
        SHB_MAGIC.to_le_bytes().starts_with(start)
    }

    /// The next block. The current place is where it begins.
    pub fn next_part(&mut self, octets: &mut Octets) -> Result<Part, Stop> {
        if !octets.ensure(8)? {
            return if octets.held().is_empty() { Ok(Part::End) } else { Err(Stop::CutOff) };
        }
        // A section header's kind reads the same in both orders; it says which one holds from there on.
        let kind = self.u32_at(octets.held(), 0);
        if kind == SHB_MAGIC {
            if !octets.ensure(12)? {
                return Err(Stop::CutOff);
            }
            self.choose_order(octets.held())?;
        }
        let length = self.u32_at(octets.held(), 4);
        let wanted =
            matches!(kind, SHB_MAGIC | IDB_MAGIC | OBSOLETE_PACKET | SPB_MAGIC | ISB_MAGIC | EPB_MAGIC);
        if length < 12 || (wanted && length > LONGEST) {
            return Err(Stop::Damaged(format!("a block that claims {length} octets")));
        }
        if !wanted {
            octets.pass(u64::from(length));
            return Ok(Part::Other);
        }
        let whole = length as usize;
        if !octets.ensure(whole)? {
            return Err(Stop::CutOff);
        }
        let block = octets.held().get(..whole).unwrap_or_default();
        let again = self.u32_at(block, whole - 4);
        if again != length {
            return Err(Stop::Damaged(format!("a block whose two lengths are {length} and {again}")));
        }
        let part = self.read_block(kind, block)?;
        octets.pass(u64::from(length));
        Ok(part)
    }

    /// What the interface statistics say was dropped; `None` where there are none.
    pub fn dropped(&self) -> Option<u64> {
        let now = self.interfaces.iter().filter_map(|interface| interface.dropped);
        now.chain(self.dropped_before).reduce(u64::saturating_add)
    }

    fn choose_order(&mut self, start: &[u8]) -> Result<(), Stop> {
        let mark: [u8; 4] = start.get(8..12).and_then(|mark| mark.try_into().ok()).unwrap_or_default();
        self.big_endian = match BYTE_ORDER_MARK {
            order if order == u32::from_le_bytes(mark) => false,
            order if order == u32::from_be_bytes(mark) => true,
            _ => return Err(Stop::Damaged("a section header without a byte order mark".to_owned())),
        };
        Ok(())
    }

    fn read_block(&mut self, kind: u32, block: &[u8]) -> Result<Part, Stop> {
        match kind {
            SHB_MAGIC => self.begin_section(block).map(|()| Part::Other),
            IDB_MAGIC => self.read_interface(block).map(|()| Part::Other),
            ISB_MAGIC => self.read_statistics(block).map(|()| Part::Other),
            EPB_MAGIC => self.read_enhanced(block).map(Part::Frame),
            SPB_MAGIC => self.read_simple(block).map(Part::Frame),
            _ => self.read_obsolete(block).map(Part::Frame),
        }
    }

    fn begin_section(&mut self, block: &[u8]) -> Result<(), Stop> {
        self.dropped_before = self.dropped();
        self.interfaces.clear();
        let section = whole(parse_sectionheaderblock(block), "a section header that cannot be read")?;
        match section.major_version {
            1 => Ok(()),
            other => Err(Stop::Damaged(format!("a section of pcapng version {other}; only 1 is known"))),
        }
    }

    fn read_interface(&mut self, block: &[u8]) -> Result<(), Stop> {
        let parse = if self.big_endian {
            parse_interfacedescriptionblock_be
        } else {
            parse_interfacedescriptionblock_le
        };
        let found = whole(parse(block), "an interface description that cannot be read")?;
        if self.interfaces.len() == MOST_INTERFACES {
            return Err(Stop::Damaged(format!("a section of more than {MOST_INTERFACES} interfaces")));
        }
        let resolution = option(&found.options, IF_TSRESOL).map_or(6, |[exponent]| exponent);
        let offset = option(&found.options, IF_TSOFFSET).map_or(0, |value| self.u64_of(value));
        self.interfaces.push(Interface {
            link: link_type(found.linktype.0.cast_unsigned()),
            snap_len: found.snaplen,
            resolution,
            offset: offset.cast_signed(),
            dropped: None,
        });
        Ok(())
    }

    fn read_statistics(&mut self, block: &[u8]) -> Result<(), Stop> {
        let parse = if self.big_endian {
            parse_interfacestatisticsblock_be
        } else {
            parse_interfacestatisticsblock_le
        };
        let found = whole(parse(block), "interface statistics that cannot be read")?;
        let counts = [ISB_IFDROP, ISB_OSDROP].map(|code| option(&found.options, code));
        let dropped = counts.into_iter().flatten().map(|value| self.u64_of(value));
        let dropped = dropped.reduce(u64::saturating_add);
        // Statistics count from the start of the capture: the last ones hold. Those of no known interface say nothing.
        if let Some(interface) = self.interfaces.get_mut(found.if_id as usize) {
            interface.dropped = dropped.or(interface.dropped);
        }
        Ok(())
    }

    fn read_enhanced(&self, block: &[u8]) -> Result<Record, Stop> {
        let parse = if self.big_endian { parse_enhancedpacketblock_be } else { parse_enhancedpacketblock_le };
        let found = whole(parse(block), "a frame longer than its block")?;
        let interface = self.interface(found.if_id)?;
        Ok(Record {
            time: interface.time(found.ts_high, found.ts_low),
            link: interface.link,
            interface: found.if_id,
            place: 28..28 + found.caplen as usize,
            wire_len: found.origlen,
        })
    }

    /// A simple block has no time (the epoch stands for it), and is of the first interface.
    fn read_simple(&self, block: &[u8]) -> Result<Record, Stop> {
        let parse = if self.big_endian { parse_simplepacketblock_be } else { parse_simplepacketblock_le };
        let found = whole(parse(block), "a frame longer than its block")?;
        let interface = self.interface(0)?;
        let limit = if interface.snap_len == 0 { u32::MAX } else { interface.snap_len };
        let captured = found.origlen.min(limit) as usize;
        if captured > found.data.len() {
            return Err(Stop::Damaged("a frame longer than its block".to_owned()));
        }
        Ok(Record {
            time: Timestamp::default(),
            link: interface.link,
            interface: 0,
            place: 12..12 + captured,
            wire_len: found.origlen,
        })
    }

    /// pcap-parser knows no obsolete packet block: interface (16 bits), drops (16), time, lengths, the frame.
    fn read_obsolete(&self, block: &[u8]) -> Result<Record, Stop> {
        let captured = self.u32_at(block, 20) as usize;
        if block.len() < 32 || captured > block.len() - 32 {
            return Err(Stop::Damaged("a frame longer than its block".to_owned()));
        }
        let both = self.u32_at(block, 8);
        let number = if self.big_endian { both >> 16 } else { both & 0xFFFF };
        let interface = self.interface(number)?;
        Ok(Record {
            time: interface.time(self.u32_at(block, 12), self.u32_at(block, 16)),
            link: interface.link,
            interface: number,
            place: 28..28 + captured,
            wire_len: self.u32_at(block, 24),
        })
    }

    fn interface(&self, number: u32) -> Result<&Interface, Stop> {
        let unknown = || Stop::Damaged(format!("a frame of interface {number}, which nothing describes"));
        self.interfaces.get(number as usize).ok_or_else(unknown)
    }

    /// The number at `offset` in the section's byte order; 0 beyond the end.
    fn u32_at(&self, octets: &[u8], offset: usize) -> u32 {
        let field = octets.get(offset..).and_then(|rest| rest.first_chunk().copied()).unwrap_or_default();
        if self.big_endian { u32::from_be_bytes(field) } else { u32::from_le_bytes(field) }
    }

    fn u64_of(&self, value: [u8; 8]) -> u64 {
        if self.big_endian { u64::from_be_bytes(value) } else { u64::from_le_bytes(value) }
    }
}

impl Interface {
    /// A stamp in this interface's units, as nanoseconds; what lies outside the range becomes its border.
    fn time(&self, high: u32, low: u32) -> Timestamp {
        let units = u128::from(high) << 32 | u128::from(low);
        let exponent = u32::from(self.resolution & 0x7F);
        let nanoseconds = match (self.resolution & 0x80 == 0, exponent) {
            (true, ..=9) => units * 10_u128.pow(9 - exponent),
            (true, ..=47) => units / 10_u128.pow(exponent - 9),
            (true, _) => 0,
            (false, _) => (units * 1_000_000_000) >> exponent,
        };
        let shift = i128::from(self.offset) * 1_000_000_000;
        let moved = i128::try_from(nanoseconds).unwrap_or(i128::MAX).saturating_add(shift);
        Timestamp(u64::try_from(moved.max(0)).unwrap_or(u64::MAX))
    }
}

/// A block that its parser took; a parser that wants more than the whole block has found damage.
fn whole<T, E>(parsed: IResult<&[u8], T, E>, otherwise: &str) -> Result<T, Stop> {
    parsed.map(|(_, block)| block).map_err(|_| Stop::Damaged(otherwise.to_owned()))
}

/// The value of an option, where it is there and of the right size. (The parser's own accessors take every value for
/// little-endian.)
fn option<const SIZE: usize>(options: &[PcapNGOption<'_>], code: u16) -> Option<[u8; SIZE]> {
    let found = options.iter().find(|option| option.code.0 == code)?;
    found.as_bytes().ok()?.try_into().ok()
}
