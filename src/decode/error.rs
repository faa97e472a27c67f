//! Why a frame could not be read.
//!
//! In: nothing. Out: an error that names the layer, the place in the frame, and the octets needed and got.
//! Invariant: an error blames either the capture (it ends too early) or the packet (it contradicts itself),
//! never both.

use std::fmt;

/// A frame that cannot be decoded: which header, where, and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{layer} at octet {offset}: {fault}")]
pub struct DecodeError {
    /// The header at fault.
    pub layer: Layer,
    /// Where that header begins, in octets from the start of the frame.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a header. All lengths are in octets, counted from where the header begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The capture ends inside it; a larger snap length would have kept it.
    #[error("the capture holds {got} of the {needed} octets needed")]
    NotCaptured {
        /// Octets needed.
        needed: usize,
        /// Octets captured.
        got: usize,
    },
    /// The packet or frame that carries it ends inside it.
    #[error("the packet has {got} of the {needed} octets needed")]
    TooShort {
        /// Octets needed.
        needed: usize,
        /// Octets that the packet has from here on.
        got: usize,
    },
    /// It claims to be shorter than its fixed part.
    #[error("it gives its length as {got} octets, which is less than {needed}")]
    HeaderLength {
        /// The least that it can have.
        needed: usize,
        /// What it claims to have.
        got: usize,
    },
    /// Its version is not the one announced by the layer below.
    #[error("its version is {0}")]
    Version(u8),
    /// A chain of extension headers longer than this.
    #[error("more than {0} extension headers stand before it")]
    TooManyHeaders(usize),
}

/// A header that `decode/` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Ethernet.
    Ethernet,
    /// IEEE 802.1Q or 802.1ad.
    Vlan,
    /// BSD loopback.
    Null,
    /// OpenBSD loopback.
    Loop,
    /// Linux cooked capture.
    LinuxSll,
    /// Linux cooked capture, second version.
    LinuxSll2,
    /// IEEE 802.2.
    Llc,
    /// SNAP, behind LLC.
    Snap,
    /// IEEE 802.5.
    TokenRing,
    /// FDDI.
    Fddi,
    /// IP over Fibre Channel.
    FibreChannel,
    /// IP over IEEE 1394.
    FireWire,
    /// IP over InfiniBand.
    InfiniBand,
    /// What a switch puts into Ethernet for its host.
    SwitchTag,
    /// Cisco's VN-Tag.
    VnTag,
    /// IEEE 802.1BR.
    ETag,
    /// IEEE 802.1ah.
    ITag,
    /// Cisco FabricPath.
    FabricPath,
    /// TRILL.
    Trill,
    /// Cisco's meta data.
    CiscoMetaData,
    /// IEEE 802.1AE.
    MacSec,
    /// A redundant ring's tag (IEC 62439-3).
    HsrTag,
    /// Network service header.
    Nsh,
    /// MPLS, with the control word of a pseudowire.
    Mpls,
    /// PPPoE.
    PppoE,
    /// PPP.
    Ppp,
    /// Cisco HDLC.
    CiscoHdlc,
    /// Frame Relay.
    FrameRelay,
    /// IEEE 802.11.
    Wifi,
    /// One of the frames of an A-MSDU.
    Aggregate,
    /// Radiotap.
    Radiotap,
    /// Prism.
    Prism,
    /// AVS.
    Avs,
    /// BSD's view into IPsec.
    Enc,
    /// The log of BSD's packet filter.
    Pflog,
    /// Solaris between its zones.
    Ipnet,
    /// Per-Packet Information.
    Ppi,
    /// Apple's PKTAP.
    Pktap,
    /// The log of Linux's packet filter.
    Nflog,
    /// What an Endace card records.
    Erf,
    /// Juniper's header of captured frames.
    Juniper,
    /// Another header that a capturing system puts before a frame.
    Capture,
    /// IP of a version that is not known yet.
    Ip,
    /// IP version 4.
    Ipv4,
    /// IP version 6.
    Ipv6,
    /// Any extension header, the authentication header among them.
    Extension,
    /// Generic routing encapsulation.
    Gre,
    /// What another tunnel puts before the packet that it carries.
    Tunnel,
    /// ICMP or ICMPv6.
    Icmp,
    /// TCP.
    Tcp,
}

impl fmt::Display for Layer {
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ethernet => "Ethernet header",
            Self::Vlan => "VLAN tag",
            Self::Null => "NULL header",
            Self::Loop => "LOOP header",
            Self::LinuxSll => "SLL header",
            Self::LinuxSll2 => "SLL2 header",
            Self::Llc => "LLC header",
            Self::Snap => "SNAP header",
            Self::TokenRing => "Token Ring header",
            Self::Fddi => "FDDI header",
            Self::FibreChannel => "Fibre Channel header",
            Self::FireWire => "IEEE 1394 header",
            Self::InfiniBand => "InfiniBand header",
            Self::SwitchTag => "switch tag",
            Self::VnTag => "VN-Tag",
            Self::ETag => "E-TAG",
            Self::ITag => "I-TAG",
            Self::FabricPath => "FabricPath header",
            Self::Trill => "TRILL header",
            Self::CiscoMetaData => "Cisco meta data header",
            Self::MacSec => "MACsec tag",
            Self::HsrTag => "HSR tag",
            Self::Nsh => "NSH",
            Self::Mpls => "MPLS label",
            Self::PppoE => "PPPoE header",
            Self::Ppp => "PPP header",
            Self::CiscoHdlc => "Cisco HDLC header",
            Self::FrameRelay => "Frame Relay header",
            Self::Wifi => "IEEE 802.11 header",
            Self::Aggregate => "A-MSDU subframe header",
            Self::Radiotap => "radiotap header",
            Self::Prism => "Prism header",
            Self::Avs => "AVS header",
            Self::Enc => "ENC header",
            Self::Pflog => "PFLOG header",
            Self::Ipnet => "IPNET header",
            Self::Ppi => "PPI header",
            Self::Pktap => "PKTAP header",
            Self::Nflog => "NFLOG header",
            Self::Erf => "ERF header",
            Self::Juniper => "Juniper header",
            Self::Capture => "capture header",
            Self::Ip => "IP header",
            Self::Ipv4 => "IPv4 header",
            Self::Ipv6 => "IPv6 header",
            Self::Extension => "extension header",
            Self::Gre => "GRE header",
            Self::Tunnel => "tunnel header",
            Self::Icmp => "ICMP header",
            Self::Tcp => "TCP header",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_and_what() {
        let error =
            DecodeError { layer: Layer::Tcp, offset: 34, fault: Fault::NotCaptured { needed: 14, got: 6 } };
        assert_eq!(error.to_string(), "TCP header at octet 34: the capture holds 6 of the 14 octets needed");
    }
}
