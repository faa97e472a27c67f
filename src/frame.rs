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
    /// IEEE 802.5 Token Ring.
    pub const IEEE802_5: Self = Self(6);
    /// PPP, in HDLC-like framing or without.
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// The same as `RAW`, as most systems number it themselves.
    pub const RAW_BSD: Self = Self(12);
    /// The same as `RAW`, as OpenBSD numbers it itself.
    pub const RAW_OPENBSD: Self = Self(14);
    /// PPP in HDLC-like framing, or Cisco's.
    pub const PPP_HDLC: Self = Self(50);
    /// PPPoE.
    pub const PPP_ETHER: Self = Self(51);
    /// What ATM carries: LLC or an NLPID.
    pub const ATM_RFC1483: Self = Self(100);
    /// IP without a link header; version 4 or 6 by its first half octet.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// Frame Relay.
    pub const FRELAY: Self = Self(107);
    /// OpenBSD loopback: the address family in network order.
    pub const LOOP: Self = Self(108);
    /// BSD's view into IPsec.
    pub const ENC: Self = Self(109);
    /// Linux "cooked" capture, as `any` gave it.
    pub const LINUX_SLL: Self = Self(113);
    /// The log of BSD's packet filter.
    pub const PFLOG: Self = Self(117);
    /// IEEE 802.11 behind a Prism header.
    pub const IEEE802_11_PRISM: Self = Self(119);
    /// IP over Fibre Channel.
    pub const IP_OVER_FC: Self = Self(122);
    /// IEEE 802.11 behind a radiotap header.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// IP over IEEE 1394 (FireWire).
    pub const APPLE_IP_OVER_IEEE1394: Self = Self(138);
    /// IEEE 802.11 behind an AVS header.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// PPP with the direction in place of the address.
    pub const PPP_PPPD: Self = Self(166);
    /// Ethernet behind Juniper's header.
    pub const JUNIPER_ETHER: Self = Self(178);
    /// PPP behind Juniper's header.
    pub const JUNIPER_PPP: Self = Self(179);
    /// Frame Relay behind Juniper's header.
    pub const JUNIPER_FRELAY: Self = Self(180);
    /// Cisco HDLC behind Juniper's header.
    pub const JUNIPER_CHDLC: Self = Self(181);
    /// Any link type behind Per-Packet Information.
    pub const PPI: Self = Self(192);
    /// What an Endace card records, behind its header.
    pub const ERF: Self = Self(197);
    /// PPP behind an octet for the direction.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// Cisco HDLC behind an octet for the direction.
    pub const C_HDLC_WITH_DIR: Self = Self(205);
    /// Frame Relay behind an octet for the direction.
    pub const FRELAY_WITH_DIR: Self = Self(206);
    /// MPLS.
    pub const MPLS: Self = Self(219);
    /// Solaris between its zones.
    pub const IPNET: Self = Self(226);
    /// IPv4 without a link header.
    pub const IPV4: Self = Self(228);
    /// IPv6 without a link header.
    pub const IPV6: Self = Self(229);
    /// The log of Linux's packet filter.
    pub const NFLOG: Self = Self(239);
    /// Ethernet behind netANALYZER's header.
    pub const NETANALYZER: Self = Self(240);
    /// Ethernet with its preamble behind netANALYZER's header.
    pub const NETANALYZER_TRANSPARENT: Self = Self(241);
    /// IP over InfiniBand.
    pub const IPOIB: Self = Self(242);
    /// Any link type behind Apple's PKTAP header.
    pub const PKTAP: Self = Self(258);
    /// Ethernet on a passive optical network, with its preamble.
    pub const EPON: Self = Self(259);
    /// Ethernet that may be interrupted, with its preamble.
    pub const ETHERNET_MPACKET: Self = Self(274);
    /// Linux "cooked" capture, second version, as `any` gives it now.
    pub const LINUX_SLL2: Self = Self(276);
    /// Ethernet with a Broadcom switch's tag.
    pub const DSA_TAG_BRCM: Self = Self(281);
    /// Ethernet behind a Broadcom switch's tag.
    pub const DSA_TAG_BRCM_PREPEND: Self = Self(282);
    /// Ethernet with a Marvell switch's tag.
    pub const DSA_TAG_DSA: Self = Self(284);
    /// Ethernet with a Marvell switch's tag behind an EtherType.
    pub const DSA_TAG_EDSA: Self = Self(285);
}
