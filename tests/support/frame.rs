//! A script's lines as frames.
//!
//! In: a script and the place of one of its frames. Out: the octets that a tap would have captured.
//! Invariant: deterministic; every length and checksum is right unless the script says otherwise.
//! Read: RFC 791, RFC 792, RFC 4443, RFC 8200, RFC 9293 §3.1, and the link-layer header types of tcpdump.org.

use std::net::IpAddr;

use tcpshake::segment::Flags;

use crate::support::header::{self, Around};
use crate::support::icmp::Report;
use crate::support::notation::{Marks, TcpChecksum, Written};
use crate::support::script::{Carries, IpForm, Link, Script, Tap};

/// One frame, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Nanoseconds after the capture's start.
    pub time: u64,
    /// The interface that saw it.
    pub interface: u32,
    /// What is captured of it.
    pub octets: Vec<u8>,
    /// How many octets it has on the wire.
    pub wire_len: usize,
}

const ICMP: u8 = 1;
const TCP: u8 = 6;
const ICMPV6: u8 = 58;
/// Ethernet's least frame, its check sequence not counted.
const LEAST_FRAME: usize = 60;

/// The frame at `index`, from 0.
pub fn build(script: &Script, index: usize) -> Built {
    let frame = &script.frames[index];
    let (ends, marks, packet) = match &frame.carries {
        Carries::Segment(segment, _) => {
            ((segment.from, segment.to), &segment.marks, tcp_packet(script, segment, index + 1).0)
        }
        Carries::Icmp(report) => {
            ((report.from, report.to), &report.marks, icmp_packet(script, report, index + 1))
        }
        Carries::Raw(octets, interface) => {
            let (interface, octets, wire_len) = (*interface, octets.clone(), octets.len());
            return Built { time: frame.time, interface, octets, wire_len };
        }
    };
    let around = Around { number: index + 1, ends, packet: &packet };
    let inner = [header::octets(&script.header, &around), packet, script.trailer.clone()].concat();
    // Of what stands outermost behind the link header.
    let is_ipv4 = inner.first().is_none_or(|first| first >> 4 == 4);
    let mut octets = [link(script, ends, is_ipv4), inner].concat();
    if marks.padded && octets.len() < LEAST_FRAME {
        octets.resize(LEAST_FRAME, 0);
    }
    let wire_len = octets.len();
    octets.truncate(marks.snap.unwrap_or(wire_len));
    Built { time: frame.time, interface: marks.interface, octets, wire_len }
}

/// The IP packet that carries a segment, and how long its IP header is.
fn tcp_packet(script: &Script, segment: &Written, frame: usize) -> (Vec<u8>, usize) {
    let ends = [script.socket(segment.from).ip(), script.socket(segment.to).ip()];
    let octets = tcp(script, segment);
    // Counted from 1, as if one host sent all; 0 on a SYN+ACK, as Linux sends it.
    let answer = segment.flags.has(Flags::SYN.with(Flags::ACK));
    let packet = ip(script, ends, TCP, &segment.marks, if answer { 0 } else { frame }, &octets);
    let header_len = packet.len() - octets.len();
    (packet, header_len)
}

fn icmp_packet(script: &Script, report: &Report, frame: usize) -> Vec<u8> {
    let ends = [script.socket(report.from).ip(), script.socket(report.to).ip()];
    let (quoted, header_len) = tcp_packet(script, &report.quoted.segment, report.quoted.frame);
    let quoted = &quoted[..quoted.len().min(header_len + report.quote)];
    let mut message = [&[report.kind, report.code, 0, 0][..], &report.rest.to_be_bytes(), quoted].concat();
    let (protocol, pseudo) = match ends[0] {
        IpAddr::V4(_) => (ICMP, Vec::new()),
        IpAddr::V6(_) => (ICMPV6, pseudo_header(ends, ICMPV6, message.len())),
    };
    let correct = !fold(sum(&pseudo) + sum(&message));
    let is_correct = report.marks.checksum == TcpChecksum::Correct;
    let checksum = if is_correct { correct } else { correct ^ 0x0101 };
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    ip(script, ends, protocol, &report.marks, frame, &message)
}

fn wide(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

fn tcp(script: &Script, line: &Written) -> Vec<u8> {
    let (source, destination) = (script.socket(line.from), script.socket(line.to));
    let mut options = line.options.clone();
    // Linux fills with "no operation" too; packetdrill leaves this to the script.
    options.resize(options.len().next_multiple_of(4), 1);
    let words = u16::try_from((20 + options.len()) / 4).expect("the parser bounds the options");
    let mut segment = Vec::new();
    segment.extend(source.port().to_be_bytes());
    segment.extend(destination.port().to_be_bytes());
    segment.extend(line.seq.to_be_bytes());
    segment.extend(line.ack.unwrap_or(0).to_be_bytes());
    segment.extend((words << 12 | line.flags.0).to_be_bytes());
    segment.extend(line.window.to_be_bytes());
    segment.extend([0; 4]); // checksum, urgent pointer
    segment.extend(options);
    segment.extend(&line.text);
    let pseudo = pseudo_header([source.ip(), destination.ip()], TCP, segment.len());
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

fn pseudo_header(ends: [IpAddr; 2], protocol: u8, len: usize) -> Vec<u8> {
    let len = u32::try_from(len).expect("a segment is shorter than 64 KiB");
    // The two versions order length, zeros and protocol differently, which a sum does not see.
    [&addresses(ends)[..], &len.to_be_bytes(), &[0, 0, 0, protocol]].concat()
}

fn addresses(ends: [IpAddr; 2]) -> Vec<u8> {
    match ends {
        [IpAddr::V4(from), IpAddr::V4(to)] => [from.octets(), to.octets()].concat(),
        [from, to] => [wide(from), wide(to)].concat(),
    }
}

/// `payload` behind its IP header; `counted` is the identification where the script gives none.
fn ip(
    script: &Script,
    ends: [IpAddr; 2],
    protocol: u8,
    marks: &Marks,
    counted: usize,
    payload: &[u8],
) -> Vec<u8> {
    let (form, addresses) = (&script.ip, addresses(ends));
    if ends[0].is_ipv6() {
        return ipv6(form, protocol, marks, &addresses, payload);
    }
    let counted = u16::try_from(counted).expect("fewer than 65,535 frames");
    ipv4(form, protocol, marks, marks.id.unwrap_or(counted), &addresses, payload)
}

/// The protocol number of the authentication header.
const AUTHENTICATION: u8 = 51;

fn ipv4(form: &IpForm, protocol: u8, marks: &Marks, id: u16, addresses: &[u8], payload: &[u8]) -> Vec<u8> {
    let options: &[u8] = match form {
        IpForm::Extended => &[148, 4, 0, 0], // router alert (RFC 2113)
        _ => &[],
    };
    let (protocol, payload) = match form {
        IpForm::Authenticated => (AUTHENTICATION, [&authentication(protocol), payload].concat()),
        _ => (protocol, payload.to_vec()),
    };
    let header_len = 20 + options.len();
    let true_len = u16::try_from(header_len + payload.len()).expect("a packet is shorter than 64 KiB");
    let version_and_words = 0x40 | u8::try_from(header_len / 4).expect("at most 15 words");
    let mut header = vec![version_and_words, 0];
    header.extend(marks.total_len.unwrap_or(true_len).to_be_bytes());
    header.extend(id.to_be_bytes());
    header.extend([0x40, 0]); // do not fragment
    header.extend([marks.ttl.unwrap_or(64), protocol, 0, 0]);
    header.extend(addresses);
    header.extend(options);
    let checksum = !fold(sum(&header));
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    [header, payload].concat()
}

fn ipv6(form: &IpForm, protocol: u8, marks: &Marks, addresses: &[u8], payload: &[u8]) -> Vec<u8> {
    const HOP_BY_HOP: u8 = 0;
    const DESTINATION: u8 = 60;
    // Each extension header is eight octets: next header, length 0, and six octets of PadN.
    let (first, extensions): (u8, Vec<u8>) = match form {
        IpForm::Extended => {
            (HOP_BY_HOP, [[DESTINATION, 0, 1, 4, 0, 0, 0, 0], [protocol, 0, 1, 4, 0, 0, 0, 0]].concat())
        }
        IpForm::Authenticated => (AUTHENTICATION, authentication(protocol).to_vec()),
        IpForm::Chained => (HOP_BY_HOP, chain(protocol)),
        IpForm::Jumbo if payload.len() > usize::from(u16::MAX) => {
            let len = u32::try_from(payload.len() + 8).expect("a jumbogram is shorter than 4 GiB");
            (HOP_BY_HOP, [&[protocol, 0, 0xc2, 4][..], &len.to_be_bytes()].concat())
        }
        IpForm::Header(number, octets) => (*number, [&[protocol], &octets[..]].concat()),
        IpForm::Plain | IpForm::Jumbo => (protocol, Vec::new()),
    };
    // A jumbogram has none here.
    let len = u16::try_from(extensions.len() + payload.len()).unwrap_or(0);
    let fixed = [&[0x60, 0, 0, 0][..], &len.to_be_bytes(), &[first, marks.ttl.unwrap_or(64)]].concat();
    [&fixed, addresses, &extensions, payload].concat()
}

/// Hop-by-hop options, a routing header with no stops left, destination options, authentication, HIP, mobility.
fn chain(protocol: u8) -> Vec<u8> {
    let hop_by_hop = [43, 0, 1, 4, 0, 0, 0, 0];
    let routing =
        [&[60, 2, 2, 0, 0, 0, 0, 0][..], &[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]].concat();
    let destination = [AUTHENTICATION, 0, 1, 4, 0, 0, 0, 0];
    let hip = [[135, 4, 1, 0x21, 0, 0, 0, 0].as_slice(), &[0; 32]].concat();
    let mobility = [protocol, 0, 0, 0, 0, 0, 0, 0];
    [&hop_by_hop[..], &routing, &destination, &authentication(139), &hip, &mobility].concat()
}

/// An authentication header with 96 bits of proof, as most have.
fn authentication(next: u8) -> [u8; 24] {
    let mut header = [0; 24];
    (header[0], header[1], header[7], header[11]) = (next, 4, 1, 1);
    header[12..].fill(0xab);
    header
}

fn link(script: &Script, (from, to): (char, char), version_4: bool) -> Vec<u8> {
    let protocol: [u8; 2] = if version_4 { [0x08, 0x00] } else { [0x86, 0xdd] };
    let ethernet = |tags: &[u8]| [&mac(to)[..], &mac(from), tags, &protocol].concat();
    // Packet types of the cooked formats: 4 sent by us, 0 to us, 3 to someone else.
    let direction = match script.tap {
        Tap::Near(letter) if letter == from => 4,
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
        Link::Raw | Link::Other(_) => Vec::new(),
        Link::Sll => [&[0, direction, 0, 1, 0, 6][..], &mac(from), &[0, 0], &protocol].concat(),
        Link::Sll2 => [&protocol[..], &[0, 0, 0, 0, 0, 2, 0, 1, direction, 6], &mac(from), &[0, 0]].concat(),
    }
}

/// From the range for documentation (RFC 7042 §2.1.2).
pub fn mac(letter: char) -> [u8; 6] {
    let last = u8::try_from(letter).map_or(0, |letter| letter - b'A' + 1);
    [0x00, 0x00, 0x5e, 0x00, 0x53, last]
}

/// The Internet checksum's sum, not yet folded (RFC 1071).
pub fn sum(octets: &[u8]) -> u32 {
    octets.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low))).sum()
}

pub fn fold(mut sum: u32) -> u16 {
    while let high @ 1.. = sum >> 16 {
        sum = (sum & 0xffff) + high;
    }
    sum as u16
}
