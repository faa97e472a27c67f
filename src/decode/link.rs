//! Link headers: what stands before the IP packet.
//!
//! In: a whole frame and its link type. Out: the IP packet, or that it is none, or that the link type is not
//! known.
//! Invariant: a link header says which protocol follows and nothing else; its own lengths are not used
//! (Ethernet pads).
//! A new link type is an arm in `network` and a function of ten lines.
//! Read: the registry of link types at tcpdump.org, IEEE 802.3 §3.2.6, IEEE 802.1Q §9.

use pnet::packet::ethernet::{EtherType, EtherTypes, EthernetPacket};
use pnet::packet::sll::SLLPacket;
use pnet::packet::sll2::SLL2Packet;
use pnet::packet::vlan::VlanPacket;

use crate::decode::error::{DecodeError, Fault, Layer};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// What a link header announces.
#[derive(Clone, Copy, Debug)]
pub(super) enum Network<'a> {
    /// An IPv4 packet.
    Ipv4(Rest<'a>),
    /// An IPv6 packet.
    Ipv6(Rest<'a>),
    /// Something that is not IP.
    Other,
    /// A link type that is not read here.
    Unsupported,
}

/// Two more numbers for raw IP: what systems call it themselves, as some files have it (DLT_RAW).
const RAW_BSD: LinkType = LinkType(12);
const RAW_OPENBSD: LinkType = LinkType(14);

/// The packet behind the link header of `frame`.
pub(super) fn network(link: LinkType, frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    match link {
        LinkType::ETHERNET => ethernet(frame),
        LinkType::NULL => null(frame),
        LinkType::LOOP => openbsd_loop(frame),
        LinkType::RAW | RAW_BSD | RAW_OPENBSD => raw(frame),
        LinkType::IPV4 => Ok(Network::Ipv4(frame)),
        LinkType::IPV6 => Ok(Network::Ipv6(frame)),
        LinkType::LINUX_SLL => linux_sll(frame),
        LinkType::LINUX_SLL2 => linux_sll2(frame),
        _ => Ok(Network::Unsupported),
    }
}

fn ethernet(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let (header, rest) = frame.view(14, Layer::Ethernet, EthernetPacket::new)?;
    behind(header.get_ethertype(), rest)
}

/// The family is in the order of the machine that captured, which is not recorded. Families are small
/// numbers, so of both readings the smaller one is right.
fn null(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let (family, rest) = frame.view(4, Layer::Null, |octets| octets.first_chunk().copied())?;
    let (big, little) = (u32::from_be_bytes(family), u32::from_le_bytes(family));
    Ok(of_family(big.min(little), rest))
}

fn openbsd_loop(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let (family, rest) = frame.view(4, Layer::Loop, |octets| octets.first_chunk().copied())?;
    Ok(of_family(u32::from_be_bytes(family), rest))
}

fn raw(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let (first, _) = frame.view(1, Layer::Ip, |octets| octets.first().copied())?;
    match first >> 4 {
        4 => Ok(Network::Ipv4(frame)),
        6 => Ok(Network::Ipv6(frame)),
        version => Err(frame.error(Layer::Ip, Fault::Version(version))),
    }
}

fn linux_sll(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let (header, rest) = frame.view(16, Layer::LinuxSll, SLLPacket::new)?;
    cooked(header.get_link_layer_address_type(), header.get_protocol(), rest)
}

fn linux_sll2(frame: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    let (header, rest) = frame.view(20, Layer::LinuxSll2, SLL2Packet::new)?;
    cooked(header.get_arphrd_type(), header.get_protocol_type(), rest)
}

/// On Frame Relay, 802.11 with radiotap and netlink the protocol of a cooked frame is not an EtherType.
fn cooked(hardware: u16, protocol: EtherType, rest: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    const FRAD: u16 = 770;
    const RADIOTAP: u16 = 803;
    const NETLINK: u16 = 824;
    match hardware {
        FRAD | RADIOTAP | NETLINK => Ok(Network::Other),
        _ => behind(protocol, rest),
    }
}

/// What an EtherType announces, behind any number of VLAN tags.
///
/// A number below 0x0600 is the length of an IEEE 802.3 frame and falls to `Other`.
fn behind(mut ethertype: EtherType, mut rest: Rest<'_>) -> Result<Network<'_>, DecodeError> {
    // 0x9200 is, like 0x9100, an older number for the outer of two tags.
    while matches!(ethertype, EtherTypes::Vlan | EtherTypes::PBridge | EtherTypes::QinQ | EtherType(0x9200)) {
        let (tag, inner) = rest.view(4, Layer::Vlan, VlanPacket::new)?;
        (ethertype, rest) = (tag.get_ethertype(), inner);
    }
    Ok(match ethertype {
        EtherTypes::Ipv4 => Network::Ipv4(rest),
        EtherTypes::Ipv6 => Network::Ipv6(rest),
        _ => Network::Other,
    })
}

/// AF_INET is 2 everywhere; AF_INET6 is 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS, 10 on Linux.
fn of_family(family: u32, rest: Rest<'_>) -> Network<'_> {
    match family {
        2 => Network::Ipv4(rest),
        10 | 24 | 28 | 30 => Network::Ipv6(rest),
        _ => Network::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::samples::{ethernet, frame, join};

    const PACKET: &[u8] = &[0xaa, 0xbb, 0xcc];

    /// "4", "6", "-" (not IP), "?" (not supported), and for IP how many octets stood before it.
    fn read(link: u32, octets: &[u8]) -> (char, usize) {
        let link = LinkType(link);
        let before = |rest: Rest<'_>| octets.len() - rest.octets().len();
        match network(link, Rest::new(&frame(link, octets))).unwrap() {
            Network::Ipv4(rest) => ('4', before(rest)),
            Network::Ipv6(rest) => ('6', before(rest)),
            Network::Other => ('-', 0),
            Network::Unsupported => ('?', 0),
        }
    }

    fn error(link: u32, octets: &[u8]) -> DecodeError {
        let link = LinkType(link);
        network(link, Rest::new(&frame(link, octets))).unwrap_err()
    }

    #[test]
    fn ethernet_and_its_tags() {
        assert_eq!(read(1, &ethernet(&[], 0x0800, PACKET)), ('4', 14));
        assert_eq!(read(1, &ethernet(&[], 0x86dd, PACKET)), ('6', 14));
        assert_eq!(read(1, &ethernet(&[], 0x0806, PACKET)), ('-', 0), "ARP");
        assert_eq!(read(1, &ethernet(&[0x8100], 0x0800, PACKET)), ('4', 18));
        assert_eq!(read(1, &ethernet(&[0x88a8, 0x8100], 0x86dd, PACKET)), ('6', 22));
        assert_eq!(read(1, &ethernet(&[0x9200, 0x9100, 0x88a8, 0x8100, 0x8100], 0x0800, PACKET)), ('4', 34));
        assert_eq!(read(1, &ethernet(&[0x8100], 0x0806, PACKET)), ('-', 0));
    }

    #[test]
    fn an_ieee_802_3_length_is_not_ip() {
        for length in [0, 3, 0x04, 0x05dc, 0x05ff] {
            assert_eq!(read(1, &ethernet(&[], length, PACKET)), ('-', 0));
        }
    }

    #[test]
    fn a_tag_without_its_end_is_malformed() {
        let octets = ethernet(&[0x8100, 0x8100], 0x8100, &[0, 1, 8]);
        let fault = Fault::TooShort { needed: 4, got: 3 };
        assert_eq!(error(1, &octets), DecodeError { layer: Layer::Vlan, offset: 22, fault });
        assert_eq!(error(1, &[0; 13]).layer, Layer::Ethernet);
    }

    #[test]
    fn bsd_loopback_in_both_orders() {
        for (family, version) in [(2, '4'), (24, '6'), (28, '6'), (30, '6'), (10, '6')] {
            assert_eq!(read(0, &join(&[&[family, 0, 0, 0], PACKET])), (version, 4));
            assert_eq!(read(0, &join(&[&[0, 0, 0, family], PACKET])), (version, 4));
            assert_eq!(read(108, &join(&[&[0, 0, 0, family], PACKET])), (version, 4));
            assert_eq!(read(108, &join(&[&[family, 0, 0, 0], PACKET])), ('-', 0), "LOOP has one order");
        }
        assert_eq!(read(0, &join(&[&[0, 0, 0, 7], PACKET])), ('-', 0));
        assert_eq!((error(0, &[2, 0, 0]).layer, error(108, &[]).layer), (Layer::Null, Layer::Loop));
    }

    #[test]
    fn raw_ip_by_its_version() {
        for link in [101, 12, 14] {
            assert_eq!(read(link, &[0x45, 0]), ('4', 0));
            assert_eq!(read(link, &[0x60, 0]), ('6', 0));
            assert_eq!(error(link, &[0x50, 0]).fault, Fault::Version(5));
            assert_eq!(error(link, &[]).fault, Fault::TooShort { needed: 1, got: 0 });
        }
        assert_eq!((read(228, &[0]), read(229, &[0])), (('4', 0), ('6', 0)));
    }

    #[test]
    fn linux_cooked() {
        let sll = |hardware: u16, rest: &[u8]| {
            let [high, low] = hardware.to_be_bytes();
            join(&[&[0, 0, high, low, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0], rest, PACKET])
        };
        assert_eq!(read(113, &sll(772, &[0x08, 0x00])), ('4', 16));
        assert_eq!(read(113, &sll(1, &[0x86, 0xdd])), ('6', 16));
        assert_eq!(read(113, &sll(1, &[0x00, 0x04])), ('-', 0), "802.2");
        assert_eq!(read(113, &sll(1, &[0x81, 0x00, 0, 42, 0x86, 0xdd])), ('6', 20));
        assert_eq!(read(113, &sll(824, &[0x08, 0x00])), ('-', 0), "netlink");
        assert_eq!(error(113, &[0; 15]).layer, Layer::LinuxSll);
    }

    #[test]
    fn linux_cooked_second_version() {
        let sll2 = |protocol: [u8; 2], hardware: u16, rest: &[u8]| {
            let [high, low] = hardware.to_be_bytes();
            let header = [0, 0, 0, 0, 0, 3, high, low, 4, 6, 1, 2, 3, 4, 5, 6, 0, 0];
            join(&[&protocol, &header, rest, PACKET])
        };
        assert_eq!(read(276, &sll2([0x08, 0x00], 772, &[])), ('4', 20));
        assert_eq!(read(276, &sll2([0x86, 0xdd], 1, &[])), ('6', 20));
        assert_eq!(read(276, &sll2([0x08, 0x06], 1, &[])), ('-', 0), "ARP");
        assert_eq!(read(276, &sll2([0x88, 0xa8], 1, &[0, 1, 0x81, 0x00, 0, 2, 0x08, 0x00])), ('4', 28));
        assert_eq!(read(276, &sll2([0x08, 0x00], 803, &[])), ('-', 0), "802.11 with radiotap");
        assert_eq!(error(276, &[0; 19]).layer, Layer::LinuxSll2);
    }

    #[test]
    fn other_link_types_are_not_supported() {
        for link in [105, 127, 147, u32::MAX] {
            assert_eq!(read(link, &[0; 40]), ('?', 0));
        }
    }
}
