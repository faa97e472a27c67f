//! pcapng files: blocks in sections, each section with a byte order and interfaces of its own.
//!
//! In: the octets of a file. Out: the places of its frames (enhanced, simple and obsolete packet blocks), and how
//! many frames the interface statistics say were dropped.
//! Invariant: a block is believed only when all of it is there and both its lengths agree, those too that hold neither
//! frames nor what frames need and are passed over.
//! Format: draft-ietf-opsawg-pcapng.

use pcap_parser::nom::IResult;
use pcap_parser::pcapng::{
    EPB_MAGIC, IDB_MAGIC, ISB_MAGIC, PcapNGOption, SHB_MAGIC, SPB_MAGIC, parse_interfacedescriptionblock_be,
    parse_interfacedescriptionblock_le, parse_interfacestatisticsblock_be, parse_interfacestatisticsblock_le,
};

use crate::capture::batch::Stamp;
use crate::capture::interface::Interface;
use crate::capture::octets::Octets;
use crate::capture::record::{Damage, LONGEST, Order, Stop, Way, link_type};
use crate::capture::taker::Outlet;
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
/// Octets that are held at least to look for a block.
const LEAST_HELD: usize = 4096;
/// The longest block of a kind that has options, which are all taken apart at once, in octets.
const LONGEST_DESCRIPTION: u32 = 1 << 20;

/// A frame whose length is more than its block can hold.
const TOO_LONG: &str = "a frame longer than its block";

/// A pcapng file that is being read.
#[derive(Debug, Default)]
pub struct Pcapng {
    order: Order,
    /// Those of the current section; `None` where a description is damaged, so that the others keep their numbers.
    interfaces: Vec<Option<Interface>>,
    /// Whether the current section has had a frame: before that, what is lost may be the description of an interface.
    has_frames: bool,
    /// What the sections before the current one dropped.
    dropped_before: Option<u64>,
}

/// Where a frame lies in its block.
struct Place {
    start: usize,
    captured: u32,
    wire_len: u32,
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

    /// Puts the frames of the blocks that are held whole into `outlet`, and moves on past them. How many octets must be
    /// held for the next block; 0 is not known yet.
    pub fn walk(&mut self, octets: &mut Octets, outlet: &mut impl Outlet) -> Result<usize, Stop> {
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
                SHB_MAGIC | IDB_MAGIC | ISB_MAGIC => LONGEST_DESCRIPTION,
                _ => LONGEST,
            };
            if length < 12 || length > longest {
                return Err(Stop::damaged(format!("a block that claims {length} octets")));
            }
            let whole = held.get(..length as usize).filter(|_| !outlet.is_full());
            let Some(block) = whole else { return Ok(length as usize) };
            let again = self.order.u32_at(block, block.len() - 4);
            if again != length {
                return Err(Stop::damaged(format!("a block whose two lengths are {length} and {again}")));
            }
            self.read_block(kind, block, octets.start(), outlet)?;
            octets.pass(length as usize);
        }
    }

    /// What the interface statistics say was dropped; `None` where there are none.
    pub fn dropped(&self) -> Option<u64> {
        let now = self.interfaces.iter().flatten().filter_map(|interface| interface.dropped);
        now.chain(self.dropped_before).reduce(u64::saturating_add)
    }

    /// Where blocks go on behind a place that is none; `has_ended` says that nothing follows what is held.
    pub fn find(&self, held: &[u8], has_ended: bool) -> Way {
        let mut at = 1;
        while let Some(rest) = held.get(at..).filter(|rest| rest.len() >= 12) {
            match self.length_if_block(rest) {
                // A block is believed by both its lengths.
                Some(length) if rest.len() < length && !has_ended => {
                    return Way::Unclear { pass: at - 1, hold: length + 1 };
                }
                Some(length) if self.order_of(rest).u32_at(rest, length - 4) as usize == length => {
                    return Way::At(at);
                }
                _ => at += 1,
            }
        }
        if has_ended { Way::Nowhere } else { Way::Unclear { pass: at - 1, hold: LEAST_HELD } }
    }

    /// The length of a block that may begin so. Where an interface's description may be lost, frames would be taken
    /// for another's: only a new section will do.
    fn length_if_block(&self, rest: &[u8]) -> Option<usize> {
        let order = self.order_of(rest);
        let least = match order.u32_at(rest, 0) {
            SHB_MAGIC if order.u32_at(rest, 8) == BYTE_ORDER_MARK => 28,
            SHB_MAGIC => return None,
            EPB_MAGIC | OBSOLETE_PACKET if self.has_frames => 32,
            SPB_MAGIC if self.has_frames => 16,
            ISB_MAGIC if self.has_frames => 24,
            _ => return None,
        };
        let length = order.u32_at(rest, 4);
        let fits = (least..=LONGEST_DESCRIPTION).contains(&length) && length.is_multiple_of(4);
        fits.then_some(length as usize)
    }

    /// The byte order of a block that begins so: a section header brings its own.
    fn order_of(&self, rest: &[u8]) -> Order {
        let is_section = Order::Little.u32_at(rest, 0) == SHB_MAGIC;
        let other = if self.order == Order::Little { Order::Big } else { Order::Little };
        if is_section && other.u32_at(rest, 8) == BYTE_ORDER_MARK { other } else { self.order }
    }

    fn choose_order(&mut self, start: &[u8]) -> Result<(), Stop> {
        self.order = match BYTE_ORDER_MARK {
            mark if mark == Order::Little.u32_at(start, 8) => Order::Little,
            mark if mark == Order::Big.u32_at(start, 8) => Order::Big,
            _ => {
                self.has_frames = false;
                return Err(Stop::damaged("a section header without a byte order mark"));
            }
        };
        Ok(())
    }

    fn read_block(
        &mut self,
        kind: u32,
        block: &[u8],
        start: usize,
        outlet: &mut impl Outlet,
    ) -> Result<(), Stop> {
        let read = match kind {
            EPB_MAGIC => self.read_enhanced(block),
            SPB_MAGIC => self.read_simple(block),
            OBSOLETE_PACKET => self.read_obsolete(block),
            IDB_MAGIC => return self.read_interface(block).map_err(|cause| in_block(cause, block)),
            ISB_MAGIC => return self.read_statistics(block).map_err(|cause| in_block(cause, block)),
            // Of a section that cannot be read nothing can: the next one is to be looked for.
            SHB_MAGIC => return self.begin_section(block).map_err(Stop::damaged),
            _ => return Ok(()),
        };
        let (place, stamp) = read.map_err(|cause| in_block(cause, block))?;
        self.has_frames = true;
        let Place { start: behind, captured, wire_len } = place;
        let octets = block.get(behind..behind + captured as usize).unwrap_or_default();
        outlet.put(octets, start + behind, wire_len, stamp);
        Ok(())
    }

    fn begin_section(&mut self, block: &[u8]) -> Result<(), String> {
        self.dropped_before = self.dropped();
        self.interfaces.clear();
        self.has_frames = false;
        if block.len() < 28 {
            return Err("a section header that cannot be read".to_owned());
        }
        match self.order.u16_at(block, 12) {
            1 => Ok(()),
            other => Err(format!("a section of pcapng version {other}; only 1 is known")),
        }
    }

    fn read_interface(&mut self, block: &[u8]) -> Result<(), String> {
        let parse = match self.order {
            Order::Little => parse_interfacedescriptionblock_le,
            Order::Big => parse_interfacedescriptionblock_be,
        };
        if self.interfaces.len() == MOST_INTERFACES {
            return Err(format!("a section of more than {MOST_INTERFACES} interfaces"));
        }
        self.interfaces.push(None);
        let found = whole(parse(block), "an interface description that cannot be read")?;
        let resolution = option(&found.options, IF_TSRESOL).map_or(6, |[exponent]| exponent);
        let offset = option(&found.options, IF_TSOFFSET).map_or(0, |value| self.order.u64(value));
        let link = link_type(found.linktype.0.cast_unsigned());
        let interface = Interface::new(link, found.snaplen, resolution, offset.cast_signed());
        if let Some(last) = self.interfaces.last_mut() {
            *last = Some(interface);
        }
        Ok(())
    }

    fn read_statistics(&mut self, block: &[u8]) -> Result<(), String> {
        let parse = match self.order {
            Order::Little => parse_interfacestatisticsblock_le,
            Order::Big => parse_interfacestatisticsblock_be,
        };
        let found = whole(parse(block), "interface statistics that cannot be read")?;
        let counts = [ISB_IFDROP, ISB_OSDROP].map(|code| option(&found.options, code));
        let dropped = counts.into_iter().flatten().map(|value| self.order.u64(value));
        let dropped = dropped.reduce(u64::saturating_add);
        // Statistics count from the start of the capture: the last ones hold. Those of no known interface say nothing.
        if let Some(Some(interface)) = self.interfaces.get_mut(found.if_id as usize) {
            interface.dropped = dropped.or(interface.dropped);
        }
        Ok(())
    }

    fn read_enhanced(&self, block: &[u8]) -> Result<(Place, Stamp), String> {
        let number = self.order.u32_at(block, 8);
        self.read_frame(block, number)
    }

    /// A simple block has no time (the epoch stands for it), and is of the first interface.
    fn read_simple(&self, block: &[u8]) -> Result<(Place, Stamp), String> {
        let interface = self.interface(0)?;
        let wire_len = self.order.u32_at(block, 8);
        let limit = if interface.snap_len == 0 { u32::MAX } else { interface.snap_len };
        let captured = wire_len.min(limit);
        if block.len() < 16 || captured as usize > block.len() - 16 {
            return Err(TOO_LONG.to_owned());
        }
        let stamp = Stamp { time: Timestamp::default(), link: interface.link, interface: 0 };
        Ok((Place { start: 12, captured, wire_len }, stamp))
    }

    /// An obsolete block counts its interface in 16 bits, and has drops in the other 16; else it is as an enhanced one.
    fn read_obsolete(&self, block: &[u8]) -> Result<(Place, Stamp), String> {
        let number = self.order.u16_at(block, 8);
        self.read_frame(block, u32::from(number))
    }

    /// What enhanced and obsolete blocks share: time, lengths, the frame.
    fn read_frame(&self, block: &[u8], number: u32) -> Result<(Place, Stamp), String> {
        let [high, low, captured, wire_len] = [12, 16, 20, 24].map(|field| self.order.u32_at(block, field));
        if block.len() < 32 || captured as usize > block.len() - 32 {
            return Err(TOO_LONG.to_owned());
        }
        let interface = self.interface(number)?;
        let stamp = Stamp { time: interface.time(high, low), link: interface.link, interface: number };
        Ok((Place { start: 28, captured, wire_len }, stamp))
    }

    fn interface(&self, number: u32) -> Result<&Interface, String> {
        match self.interfaces.get(number as usize) {
            Some(Some(interface)) => Ok(interface),
            Some(None) => Err(format!("a frame of interface {number}, whose description is damaged")),
            None => Err(format!("a frame of interface {number}, which nothing describes")),
        }
    }
}

/// A block that is framed well, and wrong inside.
fn in_block(cause: String, block: &[u8]) -> Stop {
    Stop::Damaged(Damage { cause, length: u32::try_from(block.len()).ok() })
}

/// A block that its parser took; a parser that wants more than the whole block has found damage.
fn whole<T, E>(parsed: IResult<&[u8], T, E>, otherwise: &str) -> Result<T, String> {
    parsed.map(|(_, block)| block).map_err(|_| otherwise.to_owned())
}

/// The value of an option, where it is there and of the right size. (The parser's own accessors take every value for
/// little-endian.)
fn option<const SIZE: usize>(options: &[PcapNGOption<'_>], code: u16) -> Option<[u8; SIZE]> {
    let found = options.iter().find(|option| option.code.0 == code)?;
    found.as_bytes().ok()?.try_into().ok()
}
