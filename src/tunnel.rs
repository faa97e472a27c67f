//! The way of a packet through tunnels: what stood between the link layer and the IP packet that carries TCP.
//!
//! In: the tunnels as `decode/` meets them, outermost first. Out: a value that is the same for both directions, so that
//! it can be a part of a connection's identity.
//! Invariant: of a tunnel only that is kept which both directions share: the outer addresses without their order, and
//! identifiers of the tunnel as a whole. What each direction numbers for itself (TEID, call and session ids) is not.
//! Read: RFC 7348 §5 (VNI), RFC 2890 §2.1 (GRE key), RFC 2637 §4.1 (call ids), 3GPP TS 29.281 §5.1 (TEID).

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

/// A kind of tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TunnelKind {
    /// IPv4 in IPv4 (RFC 2003).
    FourInFour,
    /// IPv6 in IPv4 (RFC 4213).
    SixInFour,
    /// IPv4 in IPv6 (RFC 2473).
    FourInSix,
    /// IPv6 in IPv6 (RFC 2473).
    SixInSix,
    /// Generic routing encapsulation (RFC 2784, 2890).
    Gre,
    /// A mirrored frame of a Cisco switch, without a header of its own.
    ErspanI,
    /// The same with a header.
    ErspanII,
    /// The same with a longer one.
    ErspanIII,
    /// Ethernet in GRE, with a virtual subnet (RFC 7637).
    Nvgre,
    /// PPP in GRE (RFC 2637).
    Pptp,
    /// Ethernet in UDP, with a virtual network (RFC 7348).
    Vxlan,
    /// The same for any protocol.
    VxlanGpe,
    /// The same with options (RFC 8926).
    Geneve,
    /// IP in UDP on mobile networks (3GPP TS 29.281).
    GtpU,
    /// IPv6 in UDP through a NAT (RFC 4380).
    Teredo,
    /// IP in UDP with a signature, as tunnel brokers had it.
    Ayiya,
    /// PPP in UDP (RFC 2661).
    L2tp,
    /// Layer 2 over IP or UDP (RFC 3931).
    L2tpV3,
    /// MPLS in IP (RFC 4023).
    MplsInIp,
    /// MPLS in UDP (RFC 7510).
    MplsInUdp,
    /// IP in UDP between sites (RFC 6830).
    Lisp,
    /// Ethernet in IP, with a header (RFC 3378) or without (RFC 8986).
    EtherIp,
}

impl TunnelKind {
    /// All kinds.
    pub const ALL: [Self; 22] = [
        Self::FourInFour,
        Self::SixInFour,
        Self::FourInSix,
        Self::SixInSix,
        Self::Gre,
        Self::ErspanI,
        Self::ErspanII,
        Self::ErspanIII,
        Self::Nvgre,
        Self::Pptp,
        Self::Vxlan,
        Self::VxlanGpe,
        Self::Geneve,
        Self::GtpU,
        Self::Teredo,
        Self::Ayiya,
        Self::L2tp,
        Self::L2tpV3,
        Self::MplsInIp,
        Self::MplsInUdp,
        Self::Lisp,
        Self::EtherIp,
    ];

    /// Its name, as the records have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FourInFour => "ipip",
            Self::SixInFour => "6in4",
            Self::FourInSix => "4in6",
            Self::SixInSix => "6in6",
            Self::Gre => "gre",
            Self::ErspanI => "erspan-1",
            Self::ErspanII => "erspan-2",
            Self::ErspanIII => "erspan-3",
            Self::Nvgre => "nvgre",
            Self::Pptp => "pptp",
            Self::Vxlan => "vxlan",
            Self::VxlanGpe => "vxlan-gpe",
            Self::Geneve => "geneve",
            Self::GtpU => "gtp-u",
            Self::Teredo => "teredo",
            Self::Ayiya => "ayiya",
            Self::L2tp => "l2tp",
            Self::L2tpV3 => "l2tp-v3",
            Self::MplsInIp => "mpls-in-ip",
            Self::MplsInUdp => "mpls-in-udp",
            Self::Lisp => "lisp",
            Self::EtherIp => "etherip",
        }
    }
}

impl fmt::Display for TunnelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One tunnel on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Passage {
    /// What it is.
    pub kind: TunnelKind,
    /// Its two ends, the lower address first.
    ends: (IpAddr, IpAddr),
    /// What both directions call it by: the virtual network, or the key of GRE.
    pub id: Option<u32>,
}

impl Passage {
    /// A tunnel between two ends, in either direction.
    pub fn new(kind: TunnelKind, one: IpAddr, other: IpAddr, id: Option<u32>) -> Self {
        Self { kind, ends: if one <= other { (one, other) } else { (other, one) }, id }
    }

    /// Its two ends, the lower address first.
    pub const fn ends(&self) -> (IpAddr, IpAddr) {
        self.ends
    }
}

/// All tunnels on the way, and a digest of them: comparing is exact, hashing costs nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tunnel {
    digest: u64,
    way: Box<[Passage]>,
}

impl Tunnel {
    /// The way through these tunnels, outermost first.
    pub fn new(way: &[Passage]) -> Self {
        let mut hasher = DefaultHasher::new();
        way.hash(&mut hasher);
        Self { digest: hasher.finish(), way: way.into() }
    }

    /// The tunnels, outermost first.
    pub const fn way(&self) -> &[Passage] {
        &self.way
    }

    /// Their kinds, outermost first.
    pub fn kinds(&self) -> impl Iterator<Item = TunnelKind> {
        self.way.iter().map(|passage| passage.kind)
    }

    /// A digest of the way, made once.
    pub const fn digest(&self) -> u64 {
        self.digest
    }
}

#[allow(clippy::derived_hash_with_manual_eq, reason = "equal ways have equal digests")]
impl Hash for Tunnel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn tunnel(from: IpAddr, to: IpAddr, id: Option<u32>) -> Tunnel {
        Tunnel::new(&[Passage::new(TunnelKind::Vxlan, from, to, id)])
    }

    #[test]
    fn both_directions_are_one_way() {
        let (there, back) = (tunnel(ONE, OTHER, Some(7)), tunnel(OTHER, ONE, Some(7)));
        assert_eq!((&there, there.digest()), (&back, back.digest()));
    }

    #[test]
    fn another_network_or_another_end_is_another_way() {
        let tunnel_7 = tunnel(ONE, OTHER, Some(7));
        assert_ne!(tunnel_7, tunnel(ONE, OTHER, Some(8)));
        assert_ne!(tunnel_7, tunnel(ONE, OTHER, None));
        assert_ne!(tunnel_7, tunnel(ONE, ONE, Some(7)));
    }

    #[test]
    fn every_kind_has_a_name_of_its_own_in_kebab_case() {
        let names: BTreeSet<_> = TunnelKind::ALL.map(TunnelKind::as_str).into_iter().collect();
        assert_eq!(names.len(), TunnelKind::ALL.len());
        let is_kebab =
            |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(names.iter().all(is_kebab), "{names:?}");
    }
}
