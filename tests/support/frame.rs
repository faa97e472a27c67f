//! A script's segments as frames.
//!
//! In: a script and the place of one of its segments. Out: the octets that a tap would have captured.
//! Invariant: deterministic; every length and checksum is right unless the script says otherwise.
//! Read: RFC 791, RFC 8200, RFC 9293 §3.1, and the link-layer header types of tcpdump.org.

use std::net::{IpAddr, SocketAddr};

use tcpshake::segment::Flags;

use crate::support::notation::TcpChecksum;
use crate::support::script::{IpForm, Line, Link, Script, Tap};

/// One frame, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Nanoseconds after the capture's start.
    pub time: u64,
    /// What is captured of it.
    pub octets: Vec<u8>,
    /// How many octets it has on the wire.
    pub wire_len: usize,
}

const TCP: u8 = 6;
/// Ethernet's least frame, its check sequence not counted.
const LEAST_FRAME: usize = 60;

/// The frame of the segment at `index`, from 0.
pub fn build(script: &Script, index: usize) -> Built {
    let line = &script.segments[index];
    let (source, destination) = (script.socket(line.from), script.socket(line.to));
    let segment = tcp(line, source, destination);
    let packet = match (source.ip(), destination.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            ipv4(script, line, index, &[from.octets(), to.octets()].concat(), &segment)
        }
        (from, to) => ipv6(script, line, &[wide(from), wide(to)].concat(), &segment),
    };
    let mut octets = [link(script, line, source.is_ipv4()), packet].concat();
    if line.marks.padded && octets.len() < LEAST_FRAME {
        octets.resize(LEAST_FRAME, 0);
    }
    let wire_len = octets.len();
    octets.truncate(line.marks.snap.unwrap_or(wire_len));
    Built { time: line.time, octets, wire_len }
}

fn wide(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

fn tcp(line: &Line, source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
    let mut options = line.options.clone();
    // Linux fills with "no operation" too; packetdrill leaves this to the script.
    options.resize(options.len().next_multiple_of(4), 1);
    let words = u16::try_from((20 + options.len()) / 4).expect("the parser bounds the options");
    let mut segment = Vec::new();
    segment.extend(source.port().to_be_bytes());
    segment.extend(destination.port().to_be_bytes());
    segment.extend(line.seq.to_be_bytes());
    segment.extend(line.ack.to_be_bytes());
    segment.extend((words << 12 | line.flags.0).to_be_bytes());
    segment.extend(line.window.to_be_bytes());
    segment.extend([0; 4]); // checksum, urgent pointer
    segment.extend(options);
    segment.extend(&line.text);
    let pseudo = pseudo_header(source.ip(), destination.ip(), segment.len());
    let offloaded = fold(sum(&pseudo));
    let correct = !fold(sum(&pseudo) + sum(&segment));
    let checksum = match line.marks.checksum {
        TcpChecksum::Correct => correct,
        TcpChecksum::Offloaded => offloaded,
        TcpChecksum::Wrong => wrong(correct, offloaded),
    };
    segment[16..18].copy_from_slice(&checksum.to_be_bytes());
    segment
}

/// A checksum that is neither right nor the sum over the pseudo-header.
fn wrong(correct: u16, offloaded: u16) -> u16 {
    let changed = correct ^ 0x0101;
    if changed == offloaded { correct ^ 0x0202 } else { changed }
}

fn pseudo_header(source: IpAddr, destination: IpAddr, len: usize) -> Vec<u8> {
    let len = u32::try_from(len).expect("a segment is shorter than 64 KiB");
    let addresses = match (source, destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => [from.octets(), to.octets()].concat(),
        (from, to) => [wide(from), wide(to)].concat(),
    };
    // The two versions order length, zeros and protocol differently, which a sum does not see.
    [&addresses[..], &len.to_be_bytes(), &[0, 0, 0, TCP]].concat()
}

fn ipv4(script: &Script, line: &Line, index: usize, addresses: &[u8], segment: &[u8]) -> Vec<u8> {
    let options: &[u8] = match script.ip {
        IpForm::Plain => &[],
        IpForm::Extended => &[148, 4, 0, 0], // router alert (RFC 2113)
    };
    let header_len = 20 + options.len();
    let true_len = u16::try_from(header_len + segment.len()).expect("a packet is shorter than 64 KiB");
    let version_and_words = 0x40 | u8::try_from(header_len / 4).expect("at most 15 words");
    let mut header = vec![version_and_words, 0];
    header.extend(line.marks.total_len.unwrap_or(true_len).to_be_bytes());
    header.extend(identification(line, index).to_be_bytes());
    header.extend([0x40, 0]); // do not fragment
    header.extend([line.marks.ttl.unwrap_or(64), TCP, 0, 0]);
    header.extend(addresses);
    header.extend(options);
    let checksum = !fold(sum(&header));
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    [&header, segment].concat()
}

/// Counted from 1, as if one host sent all; 0 on a SYN+ACK, as Linux sends it.
fn identification(line: &Line, index: usize) -> u16 {
    let answer = line.flags.has(Flags::SYN.with(Flags::ACK));
    let counted = u16::try_from(index + 1).expect("fewer than 65,535 segments");
    line.marks.id.unwrap_or(if answer { 0 } else { counted })
}

fn ipv6(script: &Script, line: &Line, addresses: &[u8], segment: &[u8]) -> Vec<u8> {
    const HOP_BY_HOP: u8 = 0;
    const DESTINATION: u8 = 60;
    // Each extension header is eight octets: next header, length 0, and six octets of PadN.
    let (first, extensions): (u8, Vec<u8>) = match script.ip {
        IpForm::Plain => (TCP, Vec::new()),
        IpForm::Extended => {
            (HOP_BY_HOP, [[DESTINATION, 0, 1, 4, 0, 0, 0, 0], [TCP, 0, 1, 4, 0, 0, 0, 0]].concat())
        }
    };
    let len = u16::try_from(extensions.len() + segment.len()).expect("a packet is shorter than 64 KiB");
    let fixed = [&[0x60, 0, 0, 0][..], &len.to_be_bytes(), &[first, line.marks.ttl.unwrap_or(64)]].concat();
    [&fixed, addresses, &extensions, segment].concat()
}

fn link(script: &Script, line: &Line, version_4: bool) -> Vec<u8> {
    let protocol: [u8; 2] = if version_4 { [0x08, 0x00] } else { [0x86, 0xdd] };
    let ethernet = |tags: &[u8]| [&mac(line.to)[..], &mac(line.from), tags, &protocol].concat();
    // Packet types of the cooked formats: 4 sent by us, 0 to us, 3 to someone else.
    let direction = match script.tap {
        Tap::Near(letter) if letter == line.from => 4,
        Tap::Near(_) => 0,
        Tap::Middle => 3,
    };
    match script.link {
        Link::Ethernet => ethernet(&[]),
        Link::Vlan => ethernet(&[0x81, 0x00, 0, 10]),
        Link::QinQ => ethernet(&[0x88, 0xa8, 0, 100, 0x81, 0x00, 0, 10]),
        Link::Null => {
            let family: u32 = if version_4 { 2 } else { 30 }; // macOS
            if script.big_endian { family.to_be_bytes().to_vec() } else { family.to_le_bytes().to_vec() }
        }
        Link::Loop => (if version_4 { 2_u32 } else { 24 }).to_be_bytes().to_vec(), // OpenBSD
        Link::Raw => Vec::new(),
        Link::Sll => [&[0, direction, 0, 1, 0, 6][..], &mac(line.from), &[0, 0], &protocol].concat(),
        Link::Sll2 => {
            [&protocol[..], &[0, 0, 0, 0, 0, 2, 0, 1, direction, 6], &mac(line.from), &[0, 0]].concat()
        }
    }
}

/// From the range for documentation (RFC 7042 §2.1.2).
fn mac(letter: char) -> [u8; 6] {
    let last = u8::try_from(letter).map_or(0, |letter| letter - b'A' + 1);
    [0x00, 0x00, 0x5e, 0x00, 0x53, last]
}

/// The Internet checksum's sum, not yet folded (RFC 1071).
fn sum(octets: &[u8]) -> u32 {
    octets.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low))).sum()
}

fn fold(mut sum: u32) -> u16 {
    while let high @ 1.. = sum >> 16 {
        sum = (sum & 0xffff) + high;
    }
    sum as u16
}
