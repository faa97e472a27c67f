//! One TCP segment as octets of Ethernet and IPv4, cut at the snap length.
//!
//! In: addresses, numbers, flags, and how much text. Out: a frame whose lengths and checksums are right, also where the
//! text itself is cut off: it repeats one word, so its sum is known without it.
//! RFC 791 3.1, RFC 9293 3.1, RFC 7323 3.2.

/// What a capture keeps of each frame.
pub const SNAP: usize = 96;
pub const FIN: u8 = 0x01;
pub const SYN: u8 = 0x02;
pub const RST: u8 = 0x04;
pub const PSH: u8 = 0x08;
pub const ACK: u8 = 0x10;

const ETHERNET: usize = 14;
const IP: usize = 20;
const TCP: usize = 20;
/// The text of every segment repeats this octet.
const TEXT: u8 = b'x';

/// One end: an IPv4 address and a port.
#[derive(Clone, Copy)]
pub struct End {
    pub address: u32,
    pub port: u16,
}

/// The address of a client, by its number: all over the address space, as on the public network, since some tools' tables
/// hold addresses that begin alike in one chain.
pub fn client_address(number: u32) -> u32 {
    // An odd factor visits each address of a block of 2^30 once.
    0x0b00_0000 + (number.wrapping_mul(0x9e37_79b1) & 0x3fff_ffff)
}

/// Which options a segment carries.
#[derive(Clone, Copy, PartialEq)]
pub enum Options {
    None,
    /// Maximum segment size, SACK permitted and window scale; timestamps too where the values are given.
    Opening {
        stamps: Option<(u32, u32)>,
    },
    Stamps(u32, u32),
    /// With what has arrived beyond a gap: the first `count` blocks.
    Sack {
        stamps: (u32, u32),
        blocks: [(u32, u32); 3],
        count: usize,
    },
}

/// A segment to be written.
pub struct Segment {
    pub source: End,
    pub destination: End,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub window: u16,
    pub options: Options,
    pub text: u16,
}

/// A frame's first octets and its length on the wire.
pub struct Frame {
    pub octets: [u8; SNAP],
    pub captured: usize,
    pub wire: usize,
}

impl Segment {
    pub fn frame(&self, identification: u16) -> Frame {
        let mut octets = [TEXT; SNAP];
        let options = self.put_options(&mut octets[ETHERNET + IP + TCP..]);
        let tcp_len = TCP + options + usize::from(self.text);
        let wire = ETHERNET + IP + tcp_len;
        octets[..ETHERNET].copy_from_slice(&[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]);
        self.put_ip(&mut octets[ETHERNET..ETHERNET + IP], (IP + tcp_len) as u16, identification);
        self.put_tcp(&mut octets[ETHERNET + IP..ETHERNET + IP + TCP + options], tcp_len);
        // Ethernet fills a short frame with octets that are no part of the packet.
        let captured = wire.min(SNAP);
        Frame { octets, captured, wire }
    }

    fn put_ip(&self, at: &mut [u8], length: u16, identification: u16) {
        at[..4].copy_from_slice(&[0x45, 0, (length >> 8) as u8, length as u8]);
        at[4..6].copy_from_slice(&identification.to_be_bytes());
        at[6..12].copy_from_slice(&[0x40, 0, 64, 6, 0, 0]);
        at[12..16].copy_from_slice(&self.source.address.to_be_bytes());
        at[16..20].copy_from_slice(&self.destination.address.to_be_bytes());
        let sum = folded(words(at));
        at[10..12].copy_from_slice(&sum.to_be_bytes());
    }

    fn put_tcp(&self, at: &mut [u8], length: usize) {
        at[..2].copy_from_slice(&self.source.port.to_be_bytes());
        at[2..4].copy_from_slice(&self.destination.port.to_be_bytes());
        at[4..8].copy_from_slice(&self.seq.to_be_bytes());
        at[8..12].copy_from_slice(&self.ack.to_be_bytes());
        at[12] = (at.len() / 4 * 16) as u8;
        at[13] = self.flags;
        at[14..16].copy_from_slice(&self.window.to_be_bytes());
        at[16..20].fill(0);
        let pseudo =
            words(&self.source.address.to_be_bytes()) + words(&self.destination.address.to_be_bytes());
        let text = u32::from(self.text / 2) * u32::from_be_bytes([0, 0, TEXT, TEXT])
            + u32::from(self.text % 2) * u32::from_be_bytes([0, 0, TEXT, 0]);
        let sum = folded(words(at) + pseudo + 6 + length as u32 + text);
        at[16..18].copy_from_slice(&sum.to_be_bytes());
    }

    /// Writes the options and tells their length.
    fn put_options(&self, at: &mut [u8]) -> usize {
        match self.options {
            Options::None => 0,
            Options::Opening { stamps: None } => {
                at[..12].copy_from_slice(&[2, 4, 5, 180, 1, 1, 4, 2, 1, 3, 3, 7]);
                12
            }
            Options::Opening { stamps: Some((value, echo)) } => {
                at[..8].copy_from_slice(&[2, 4, 5, 180, 4, 2, 8, 10]);
                put_stamps(&mut at[8..16], value, echo);
                at[16..20].copy_from_slice(&[1, 3, 3, 7]);
                20
            }
            Options::Stamps(value, echo) => {
                at[..4].copy_from_slice(&[1, 1, 8, 10]);
                put_stamps(&mut at[4..12], value, echo);
                12
            }
            Options::Sack { stamps: (value, echo), blocks, count } => {
                at[..4].copy_from_slice(&[1, 1, 8, 10]);
                put_stamps(&mut at[4..12], value, echo);
                at[12..16].copy_from_slice(&[1, 1, 5, 2 + 8 * count as u8]);
                for (at, (first, behind)) in at[16..].chunks_exact_mut(8).zip(&blocks[..count]) {
                    put_stamps(at, *first, *behind);
                }
                16 + 8 * count
            }
        }
    }
}

fn put_stamps(at: &mut [u8], value: u32, echo: u32) {
    at[..4].copy_from_slice(&value.to_be_bytes());
    at[4..8].copy_from_slice(&echo.to_be_bytes());
}

fn words(octets: &[u8]) -> u32 {
    octets.chunks_exact(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1])).sum()
}

fn folded(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
