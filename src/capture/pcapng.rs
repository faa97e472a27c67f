//! pcapng files: blocks in sections, each section with a byte order and interfaces of its own.
//!
//! In: the octets of a file. Out: the places of its frames (enhanced, simple and obsolete packet blocks), and how
//! many frames the interface statistics say were dropped.
//! Invariant: a block is believed only when all of it is there and both its lengths agree; blocks that hold neither
//! frames nor what frames need are passed over unread, whatever their size.
//! Format: draft-ietf-opsawg-pcapng.

use pcap_parser::nom::IResult;
use pcap_parser::pcapng::{
    EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, PcapNGOption, SHB_MAGIC, SPB_MAGIC, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_interfacestatisticsblock_be, parse_interfacestatisticsblock_le,
};

use crate::capture::batch::{Batch, Place, Stamp};
use crate::capture::interface::Interface;
use crate::capture::octets::Octets;
use crate::capture::record::{LONGEST, Order, Stop, link_type};
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
/// The longest block of a kind that has options, which are all taken apart at once, in octets.
const LONGEST_DESCRIPTION: u32 = 1 << 20;

/// A pcapng file that is being read.
#[derive(Debug, Default)]
pub struct Pcapng {
    order: Order,
    /// Those of the current section.
    interfaces: Vec<Interface>,
    /// What the sections before the current one dropped.
    dropped_before: Option<u64>,
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

    /// Puts the frames of the blocks that are held whole into `batch`, and moves on past them. How many octets must be
    /// held for the next block; 0 is not known yet.
    pub fn walk(&mut self, octets: &mut Octets, batch: &mut Batch) -> Result<usize, Stop> {
        loop {
            let held = octets.held();
            if held.len() < 12 {
                return Ok(12);
            }
            // A section header's kind reads the same in both orders; it says which one holds from there on.
            let kind = self.order.u32_at(held, 0);
            if kind == SHB_MAGIC {
                self.choose_order(held)?;
            }
            let length = self.order.u32_at(held, 4);
            let longest = match kind {
                SPB_MAGIC | EPB_MAGIC | OBSOLETE_PACKET => LONGEST,
                SHB_MAGIC | IDB_MAGIC | ISB_MAGIC => LONGEST_DESCRIPTION,
                _ => u32::MAX,
            };
            if length < 12 || length > longest {
                return Err(Stop::Damaged(format!("a block that claims {length} octets")));
            }
            if longest == u32::MAX {
                octets.pass(u64::from(length));
                if octets.held().is_empty() {
                    return Ok(0);
                }
                continue;
            }
            let Some(block) = held.get(..length as usize) else { return Ok(length as usize) };
            let again = self.order.u32_at(block, block.len() - 4);
            if again != length {
                return Err(Stop::Damaged(format!("a block whose two lengths are {length} and {again}")));
            }
            self.read_block(kind, block, octets.start(), batch)?;
            octets.pass(u64::from(length));
        }
    }

    /// What the interface statistics say was dropped; `None` where there are none.
    pub fn dropped(&self) -> Option<u64> {
        let now = self.interfaces.iter().filter_map(|interface| interface.dropped);
        now.chain(self.dropped_before).reduce(u64::saturating_add)
    }

    fn choose_order(&mut self, start: &[u8]) -> Result<(), Stop> {
        self.order = match BYTE_ORDER_MARK {
            mark if mark == Order::Little.u32_at(start, 8) => Order::Little,
            mark if mark == Order::Big.u32_at(start, 8) => Order::Big,
            _ => return Err(Stop::Damaged("a section header without a byte order mark".to_owned())),
        };
        Ok(())
    }

    fn read_block(&mut self, kind: u32, block: &[u8], start: usize, batch: &mut Batch) -> Result<(), Stop> {
        let (place, stamp) = match kind {
            EPB_MAGIC => self.read_enhanced(block)?,
            SPB_MAGIC => self.read_simple(block)?,
            OBSOLETE_PACKET => self.read_obsolete(block)?,
            IDB_MAGIC => return self.read_interface(block),
            ISB_MAGIC => return self.read_statistics(block),
            _ => return self.begin_section(block),
        };
        batch.push(Place { start: start + place.start, ..place }, stamp);
        Ok(())
    }

    fn begin_section(&mut self, block: &[u8]) -> Result<(), Stop> {
        if block.len() < 28 {
            return Err(Stop::Damaged("a section header that cannot be read".to_owned()));
        }
        self.dropped_before = self.dropped();
        self.interfaces.clear();
        match self.order.u16_at(block, 12) {
            1 => Ok(()),
            other => Err(Stop::Damaged(format!("a section of pcapng version {other}; only 1 is known"))),
        }
    }

    fn read_interface(&mut self, block: &[u8]) -> Result<(), Stop> {
        let parse = match self.order {
            Order::Little => parse_interfacedescriptionblock_le,
            Order::Big => parse_interfacedescriptionblock_be,
        };
        let found = whole(parse(block), "an interface description that cannot be read")?;
        if self.interfaces.len() == MOST_INTERFACES {
            return Err(Stop::Damaged(format!("a section of more than {MOST_INTERFACES} interfaces")));
        }
        let resolution = option(&found.options, IF_TSRESOL).map_or(6, |[exponent]| exponent);
        let offset = option(&found.options, IF_TSOFFSET).map_or(0, |value| self.order.u64(value));
        let link = link_type(found.linktype.0.cast_unsigned());
        self.interfaces.push(Interface::new(link, found.snaplen, resolution, offset.cast_signed()));
        Ok(())
    }

    fn read_statistics(&mut self, block: &[u8]) -> Result<(), Stop> {
        let parse = match self.order {
            Order::Little => parse_interfacestatisticsblock_le,
            Order::Big => parse_interfacestatisticsblock_be,
        };
        let found = whole(parse(block), "interface statistics that cannot be read")?;
        let counts = [ISB_IFDROP, ISB_OSDROP].map(|code| option(&found.options, code));
        let dropped = counts.into_iter().flatten().map(|value| self.order.u64(value));
        let dropped = dropped.reduce(u64::saturating_add);
        // Statistics count from the start of the capture: the last ones hold. Those of no known interface say nothing.
        if let Some(interface) = self.interfaces.get_mut(found.if_id as usize) {
            interface.dropped = dropped.or(interface.dropped);
        }
        Ok(())
    }

    fn read_enhanced(&self, block: &[u8]) -> Result<(Place, Stamp), Stop> {
        let number = self.order.u32_at(block, 8);
        self.read_frame(block, number)
    }

    /// A simple block has no time (the epoch stands for it), and is of the first interface.
    fn read_simple(&self, block: &[u8]) -> Result<(Place, Stamp), Stop> {
        let interface = self.interface(0)?;
        let wire_len = self.order.u32_at(block, 8);
        let limit = if interface.snap_len == 0 { u32::MAX } else { interface.snap_len };
        let captured = wire_len.min(limit);
        if block.len() < 16 || captured as usize > block.len() - 16 {
            return Err(too_long());
        }
        let stamp = Stamp { time: Timestamp::default(), link: interface.link, interface: 0 };
        Ok((Place { start: 12, captured, wire_len }, stamp))
    }

    /// An obsolete block counts its interface in 16 bits, and has drops in the other 16; else it is as an enhanced one.
    fn read_obsolete(&self, block: &[u8]) -> Result<(Place, Stamp), Stop> {
        let number = self.order.u16_at(block, 8);
        self.read_frame(block, u32::from(number))
    }

    /// What enhanced and obsolete blocks share: time, lengths, the frame.
    fn read_frame(&self, block: &[u8], number: u32) -> Result<(Place, Stamp), Stop> {
        let [high, low, captured, wire_len] = [12, 16, 20, 24].map(|field| self.order.u32_at(block, field));
        if block.len() < 32 || captured as usize > block.len() - 32 {
            return Err(too_long());
        }
        let interface = self.interface(number)?;
        let stamp = Stamp { time: interface.time(high, low), link: interface.link, interface: number };
        Ok((Place { start: 28, captured, wire_len }, stamp))
    }

    fn interface(&self, number: u32) -> Result<&Interface, Stop> {
        let unknown = || Stop::Damaged(format!("a frame of interface {number}, which nothing describes"));
        self.interfaces.get(number as usize).ok_or_else(unknown)
    }
}

fn too_long() -> Stop {
    Stop::Damaged("a frame longer than its block".to_owned())
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
