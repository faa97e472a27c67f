//! A script as a capture file.
//!
//! In: a script. Out: the octets of a pcap or pcapng file.
//! Invariant: the same script gives the same octets, on every machine.
//! Read: draft-ietf-opsawg-pcap (pcap), draft-ietf-opsawg-pcapng (pcapng).

use crate::support::frame::{self, Built};
use crate::support::script::{Format, Link, Script};

/// When every capture starts: 2026-01-01T00:00:00Z, in nanoseconds since the epoch.
pub const START: u64 = 1_767_225_600_000_000_000;

const SNAP_LEN: u32 = 262_144;

/// The whole file.
pub fn octets(script: &Script) -> Vec<u8> {
    let frames: Vec<Built> = (0..script.frames.len()).map(|index| frame::build(script, index)).collect();
    let order = Order { big_endian: script.big_endian };
    match script.format {
        Format::Pcap => pcap(&frames, order, link_type(script.link), 0xa1b2_c3d4, 1_000),
        Format::PcapNano => pcap(&frames, order, link_type(script.link), 0xa1b2_3c4d, 1),
        Format::Pcapng => pcapng(script, &frames, order),
    }
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

    /// A time of pcapng, in halves, the higher one first.
    fn time(self, after_start: u64) -> Vec<u8> {
        let time = START + after_start;
        [self.four((time >> 32) as u32), self.four((time & 0xffff_ffff) as u32)].concat()
    }

    fn length(self, octets: usize) -> [u8; 4] {
        self.four(u32::try_from(octets).expect("fixtures are small"))
    }
}

/// `magic` tells the unit of time, which is `unit` nanoseconds.
fn pcap(frames: &[Built], order: Order, link_type: u32, magic: u32, unit: u64) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(order.four(magic));
    file.extend(order.two(2));
    file.extend(order.two(4));
    file.extend([0; 8]); // reserved
    file.extend(order.four(SNAP_LEN));
    file.extend(order.four(link_type));
    for frame in frames {
        let time = START + frame.time;
        let seconds = u32::try_from(time / 1_000_000_000).expect("fixtures end before 2106");
        let part = u32::try_from(time % 1_000_000_000 / unit).expect("less than a second");
        file.extend(order.four(seconds));
        file.extend(order.four(part));
        file.extend(order.length(frame.octets.len()));
        file.extend(order.length(frame.wire_len));
        file.extend(&frame.octets);
    }
    file
}

fn pcapng(script: &Script, frames: &[Built], order: Order) -> Vec<u8> {
    let section = [&order.four(0x1a2b_3c4d)[..], &order.two(1), &order.two(0), &[0xff; 8]].concat();
    let link = u16::try_from(link_type(script.link)).expect("link types have 16 bits");
    // Option 9, if_tsresol: times count nanoseconds; option 0 ends the list.
    let resolution = [&order.two(9)[..], &order.two(1), &[9, 0, 0, 0], &[0; 4]].concat();
    let interface = [&order.two(link)[..], &[0, 0], &order.four(SNAP_LEN), &resolution].concat();
    let mut file = block(order, 0x0a0d_0d0a, &section);
    for _ in 0..script.interfaces {
        file.extend(block(order, 1, &interface));
    }
    for frame in frames {
        let mut packet = order.four(frame.interface).to_vec();
        packet.extend(order.time(frame.time));
        packet.extend(order.length(frame.octets.len()));
        packet.extend(order.length(frame.wire_len));
        packet.extend(&frame.octets);
        packet.resize(packet.len().next_multiple_of(4), 0);
        file.extend(block(order, 6, &packet));
    }
    if let Some(drops) = script.drops {
        // Of the first interface, at the end; option 5 is isb_ifdrop.
        let end = frames.iter().map(|frame| frame.time).max().unwrap_or(0);
        let dropped = [&order.two(5)[..], &order.two(8), &order.eight(drops), &[0; 4]].concat();
        file.extend(block(order, 5, &[&[0; 4][..], &order.time(end), &dropped].concat()));
    }
    file
}

fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let len = order.length(body.len() + 12);
    [&order.four(kind)[..], &len, body, &len].concat()
}
