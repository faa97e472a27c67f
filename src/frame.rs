//! A captured frame, as `capture/` hands it on and `decode/` takes it.
//!
//! In: octets as they came from an interface or a file. Out: the same, borrowed, with number, time and link type.
//! Invariant: `octets` may be shorter than `wire_len` (the snap length); neither says anything about TCP.

use crate::time::Timestamp;

/// One captured frame, borrowed from the source that read it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Its number, from 1 over the whole input, as Wireshark counts.
    pub number: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// What its first octets are.
    pub link: LinkType,
    /// Which of the capture's interfaces saw it, where a file has several; 0 elsewhere.
    pub interface: u32,
    /// The octets captured.
    pub octets: &'a [u8],
    /// How many octets it had on the wire.
    pub wire_len: u32,
}

/// A link-layer header type, by its number in the registry of tcpdump.org (`LINKTYPE_...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: the address family in the host's order.
    pub const NULL: Self = Self(0);
    /// Ethernet; Linux loopback too.
    pub const ETHERNET: Self = Self(1);
    /// IP without a link header; version 4 or 6 by its first half octet.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: the address family in network order.
    pub const LOOP: Self = Self(108);
    /// Linux "cooked" capture, as `any` gave it.
    pub const LINUX_SLL: Self = Self(113);
    /// IPv4 without a link header.
    pub const IPV4: Self = Self(228);
    /// IPv6 without a link header.
    pub const IPV6: Self = Self(229);
    /// Linux "cooked" capture, second version, as `any` gives it now.
    pub const LINUX_SLL2: Self = Self(276);
}
