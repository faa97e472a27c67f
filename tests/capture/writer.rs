//! Captures of every format, written octet by octet, independently of the code under test.

use std::ops::Range;

/// A byte order to write in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    pub const BOTH: [Self; 2] = [Self::Little, Self::Big];

    pub fn u16(self, value: u16) -> [u8; 2] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    pub fn u64(self, value: u64) -> [u8; 8] {
        if self == Self::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }
}

/// A capture that is being made, and where its parts end.
#[derive(Clone, Debug)]
pub struct Made {
    pub octets: Vec<u8>,
    pub order: Order,
    /// The place of each part (header, frame, block); whether it holds a frame.
    pub parts: Vec<(Range<usize>, bool)>,
}

impl Made {
    /// A pcap file; `magic` 0xA1B2C3D4 is microseconds, 0xA1B23C4D nanoseconds, 0xA1B2CD34 longer frame headers.
    pub fn pcap(order: Order, magic: u32, link_field: u32) -> Self {
        let mut made = Self { octets: Vec::new(), order, parts: Vec::new() };
        let header = [
            &order.u32(magic)[..],
            &order.u16(2),
            &order.u16(4),
            &[0; 8],
            &order.u32(262_144),
            &order.u32(link_field),
        ];
        made.add(&header.concat(), false);
        made
    }

    /// A frame of a pcap file; `more` stands at the end of its header.
    pub fn frame(&mut self, time: (u32, u32), octets: &[u8], wire_len: u32, more: &[u8]) {
        let order = self.order;
        let captured = u32::try_from(octets.len()).expect("a short frame");
        let fields = [time.0, time.1, captured, wire_len].map(|field| order.u32(field)).concat();
        self.add(&[&fields, more, octets].concat(), true);
    }

    /// A pcapng file with its first section.
    pub fn pcapng(order: Order) -> Self {
        let mut made = Self { octets: Vec::new(), order, parts: Vec::new() };
        made.section(order);
        made
    }

    pub fn section(&mut self, order: Order) {
        self.order = order;
        let body = [&order.u32(0x1A2B_3C4D)[..], &order.u16(1), &order.u16(0), &[0xFF; 8]].concat();
        self.block(0x0A0D_0D0A, &body, false);
    }

    pub fn interface(&mut self, link: u16, snap_len: u32, options: &[(u16, Vec<u8>)]) {
        let order = self.order;
        let body = [&order.u16(link)[..], &[0; 2], &order.u32(snap_len), &self.options(options)].concat();
        self.block(1, &body, false);
    }

    pub fn enhanced(&mut self, interface: u32, stamp: u64, octets: &[u8], wire_len: u32, comment: bool) {
        let options = if comment { self.options(&[(1, b"a comment".to_vec())]) } else { Vec::new() };
        let body = [
            self.fields(&[interface]),
            self.stamp_and_lengths(stamp, octets, wire_len),
            padded(octets),
            options,
        ];
        self.block(6, &body.concat(), true);
    }

    pub fn obsolete(&mut self, interface: u16, stamp: u64, octets: &[u8], wire_len: u32) {
        let order = self.order;
        let first = [order.u16(interface), order.u16(0)].concat();
        let body = [first, self.stamp_and_lengths(stamp, octets, wire_len), padded(octets)];
        self.block(2, &body.concat(), true);
    }

    pub fn simple(&mut self, octets: &[u8], wire_len: u32) {
        let body = [self.fields(&[wire_len]), padded(octets)].concat();
        self.block(3, &body, true);
    }

    pub fn statistics(&mut self, interface: u32, dropped: &[(u16, u64)]) {
        let order = self.order;
        let options: Vec<_> =
            dropped.iter().map(|(code, count)| (*code, order.u64(*count).to_vec())).collect();
        let body = [self.fields(&[interface, 0, 0]), self.options(&options)].concat();
        self.block(5, &body, false);
    }

    pub fn block(&mut self, kind: u32, body: &[u8], frame: bool) {
        let length = u32::try_from(body.len() + 12).expect("a short block");
        let whole = [self.fields(&[kind, length]), body.to_vec(), self.fields(&[length])].concat();
        self.add(&whole, frame);
    }

    /// How many whole frames lie in the first `cut` octets.
    pub fn frames_before(&self, cut: usize) -> usize {
        self.parts.iter().filter(|(place, frame)| *frame && place.end <= cut).count()
    }

    /// Whether a part ends exactly there.
    pub fn may_end_at(&self, cut: usize) -> bool {
        self.parts.iter().any(|(place, _)| place.end == cut)
    }

    fn add(&mut self, part: &[u8], frame: bool) {
        let start = self.octets.len();
        self.octets.extend(part);
        self.parts.push((start..self.octets.len(), frame));
    }

    fn fields(&self, fields: &[u32]) -> Vec<u8> {
        fields.iter().flat_map(|field| self.order.u32(*field)).collect()
    }

    fn stamp_and_lengths(&self, stamp: u64, octets: &[u8], wire_len: u32) -> Vec<u8> {
        let (high, low) = ((stamp >> 32) as u32, stamp as u32);
        self.fields(&[high, low, u32::try_from(octets.len()).expect("a short frame"), wire_len])
    }

    fn options(&self, options: &[(u16, Vec<u8>)]) -> Vec<u8> {
        if options.is_empty() {
            return Vec::new();
        }
        let mut out = Vec::new();
        for (code, value) in options {
            let length = u16::try_from(value.len()).expect("a short option");
            out.extend([self.order.u16(*code), self.order.u16(length)].concat());
            out.extend(padded(value));
        }
        out.extend([0; 4]);
        out
    }
}

fn padded(octets: &[u8]) -> Vec<u8> {
    let mut padded = octets.to_vec();
    padded.resize(octets.len().next_multiple_of(4), 0);
    padded
}

/// A TCP segment over IPv4 in an Ethernet frame: SYN from port 1025 to 6666, and so many octets of text.
pub fn syn(text: usize) -> Vec<u8> {
    let total = u16::try_from(40 + text).expect("a short segment");
    let ip =
        [&[0x45, 0][..], &total.to_be_bytes(), &[0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]];
    let tcp =
        [&[4, 1, 0x1A, 0x0A, 0, 0, 0, 100, 0, 0, 0, 0, 0x50, 2, 0xFF, 0xFF, 0, 0, 0, 0][..], &vec![7; text]];
    [vec![2; 12], vec![8, 0], ip.concat(), tcp.concat()].concat()
}
