//! A script as a capture file.
//!
//! In: a script. Out: the octets of a pcap or pcapng file.
//! Invariant: the same script gives the same octets, on every machine.
//! Read: draft-ietf-opsawg-pcap (pcap), draft-ietf-opsawg-pcapng (pcapng).

use crate::support::container::{Block, Format, Stamps};
use crate::support::frame::{self, Built};
use crate::support::script::{Link, Script};

/// When every capture starts: 2026-01-01T00:00:00Z, in nanoseconds since the epoch.
pub const START: u64 = 1_767_225_600_000_000_000;

const SNAP_LEN: u32 = 262_144;

/// The whole file.
pub fn octets(script: &Script) -> Vec<u8> {
    let built = |index| {
        let frame = frame::build(script, index);
        match script.parts.links.get(frame.interface as usize) {
            Some(link) => frame::build(&Script { link: *link, ..script.clone() }, index),
            None => frame,
        }
    };
    let frames: Vec<Built> = (0..script.frames.len()).map(built).collect();
    match script.format {
        Format::Pcapng => sections(script, &frames),
        _ => pcap(script, &frames),
    }
}

/// When the frame at `index` was captured, as the file says it: simple packet blocks have no time.
pub fn time(script: &Script, index: usize) -> u64 {
    let is_timed = block_of(script, index) != Block::Simple;
    if is_timed { START + script.frames[index].time } else { 0 }
}

/// The number of a link layer in the registry of tcpdump.org.
pub const fn link_type(link: Link) -> u32 {
    match link {
        Link::Null => 0,
        Link::Ethernet | Link::Vlan | Link::QinQ => 1,
        Link::Raw => 101,
        Link::Loop => 108,
        Link::Sll => 113,
        Link::Sll2 => 276,
        Link::Other(number) => number,
    }
}

/// The order in which a file's own numbers stand.
#[derive(Clone, Copy)]
struct Order {
    big_endian: bool,
}

impl Order {
    fn two(self, number: u16) -> [u8; 2] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn four(self, number: u32) -> [u8; 4] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn eight(self, number: u64) -> [u8; 8] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    /// A stamp of pcapng, in halves, the higher one first.
    fn halves(self, stamp: u64) -> Vec<u8> {
        [self.four((stamp >> 32) as u32), self.four((stamp & 0xffff_ffff) as u32)].concat()
    }

    fn length(self, octets: usize) -> [u8; 4] {
        self.four(u32::try_from(octets).expect("fixtures are small"))
    }
}

fn pcap(script: &Script, frames: &[Built]) -> Vec<u8> {
    let (order, format) = (Order { big_endian: script.big_endian }, script.format);
    let (magic, unit) = format.magic();
    let body = frames.iter().flat_map(|frame| pcap_frame(frame, order, format, unit)).collect::<Vec<u8>>();
    let mut file = Vec::new();
    file.extend(order.four(magic));
    file.extend(order.two(2));
    file.extend(order.two(if format == Format::Old { 2 } else { 4 }));
    file.extend([0; 8]); // reserved
    file.extend(order.four(SNAP_LEN));
    file.extend(order.four(link_type(script.link)));
    if format == Format::Ixia {
        file.extend(order.length(body.len()));
    }
    [file, body].concat()
}

/// A frame with its header; times count in units of so many nanoseconds.
fn pcap_frame(frame: &Built, order: Order, format: Format, unit: u64) -> Vec<u8> {
    let time = START + frame.time;
    let seconds = u32::try_from(time / 1_000_000_000).expect("fixtures end before 2106");
    let part = u32::try_from(time % 1_000_000_000 / unit).expect("less than a second");
    let mut lengths = [frame.octets.len(), frame.wire_len];
    if format == Format::Old {
        lengths.reverse();
    }
    let times = [seconds, part].map(|field| order.four(field)).concat();
    [times, lengths.map(|length| order.length(length)).concat(), format.more().to_vec(), frame.octets.clone()]
        .concat()
}

/// The frames, spread over as many sections as there are to be, in turn in one byte order and the other.
fn sections(script: &Script, frames: &[Built]) -> Vec<u8> {
    let each = frames.len().div_ceil(script.parts.sections.max(1)).max(1);
    let mut order = Order { big_endian: script.big_endian };
    let (mut file, mut number) = (Vec::new(), 0);
    for frames in frames.chunks(each) {
        file.extend(section(script, frames, order, number));
        number += frames.len();
        order.big_endian = !order.big_endian;
    }
    file
}

/// A section; `number` frames stand before it.
fn section(script: &Script, frames: &[Built], order: Order, number: usize) -> Vec<u8> {
    let header = [&order.four(0x1a2b_3c4d)[..], &order.two(1), &order.two(0), &[0xff; 8]].concat();
    let mut file = block(order, 0x0a0d_0d0a, &header);
    for interface in 0..script.interfaces as usize {
        file.extend(interface_block(script, order, interface));
    }
    for (frame, number) in frames.iter().zip(number..) {
        let kind = block_of(script, number);
        let stamp = stamps(script, frame.interface as usize).of(START + frame.time);
        file.extend(packet_block(order, kind, frame, stamp));
    }
    if let Some(drops) = script.drops {
        // Of the first interface, at the end; option 5 is isb_ifdrop.
        let end = frames.iter().map(|frame| frame.time).max().unwrap_or(0);
        let dropped = [&order.two(5)[..], &order.two(8), &order.eight(drops), &[0; 4]].concat();
        let end = order.halves(stamps(script, 0).of(START + end));
        file.extend(block(order, 5, &[&[0; 4][..], &end, &dropped].concat()));
    }
    file
}

fn block_of(script: &Script, index: usize) -> Block {
    let kinds = &script.parts.blocks;
    kinds.get(index % kinds.len().max(1)).copied().unwrap_or(Block::Enhanced)
}

fn stamps(script: &Script, interface: usize) -> Stamps {
    script.parts.stamps.get(interface).copied().unwrap_or(Stamps { resolution: 9, offset: 0 })
}

fn interface_block(script: &Script, order: Order, interface: usize) -> Vec<u8> {
    let link = script.parts.links.get(interface).copied().unwrap_or(script.link);
    let link = u16::try_from(link_type(link)).expect("link types have 16 bits");
    let Stamps { resolution, offset } = stamps(script, interface);
    // Option 9 is if_tsresol, option 14 if_tsoffset; option 0 ends the list.
    let mut options = [&order.two(9)[..], &order.two(1), &[resolution, 0, 0, 0]].concat();
    if offset != 0 {
        options.extend([&order.two(14)[..], &order.two(8), &order.eight(offset.cast_unsigned())].concat());
    }
    options.extend([0; 4]);
    block(order, 1, &[&order.two(link)[..], &[0, 0], &order.four(SNAP_LEN), &options].concat())
}

fn packet_block(order: Order, kind: Block, frame: &Built, stamp: u64) -> Vec<u8> {
    let lengths = [order.length(frame.octets.len()), order.length(frame.wire_len)].concat();
    let (kind, fields) = match kind {
        Block::Enhanced => (6, [order.four(frame.interface).to_vec(), order.halves(stamp), lengths].concat()),
        Block::Simple => (3, order.length(frame.wire_len).to_vec()),
        Block::Obsolete => {
            let interface = u16::try_from(frame.interface).expect("few interfaces");
            // No drops, as far as is known.
            let first = [order.two(interface), order.two(0xffff)].concat();
            (2, [first, order.halves(stamp), lengths].concat())
        }
    };
    let mut body = [fields, frame.octets.clone()].concat();
    body.resize(body.len().next_multiple_of(4), 0);
    block(order, kind, &body)
}

fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let len = order.length(body.len() + 12);
    [&order.four(kind)[..], &len, body, &len].concat()
}
