//! One ICMP error about a TCP segment: what `decode/` makes of a frame and the analyzer joins to an attempt.
//!
//! In: an ICMP or ICMPv6 error with the beginning of the packet that it quotes. Out: an owned, small value.
//! Invariant: only errors that quote a TCP header come here, and of that header only what is always quoted: both ports
//! and SEG.SEQ (64 bits, RFC 792).
//! Read: RFC 792, RFC 4443 §3.1, RFC 1122 §4.2.3.9.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::seq::SeqNumber;
use crate::time::Timestamp;
use crate::tunnel::Tunnel;

/// An ICMP error that quotes a TCP segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// The number of the frame that carried it.
    pub frame: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// Who sent it: a router, a firewall, or the host itself.
    pub reporter: IpAddr,
    /// Its type; `reporter` tells whether it is ICMP's or ICMPv6's.
    pub kind: u8,
    /// Its code.
    pub code: u8,
    /// The socket that sent the segment quoted.
    pub source: SocketAddr,
    /// The socket that the segment quoted was sent to.
    pub destination: SocketAddr,
    /// SEG.SEQ of the segment quoted.
    pub seq: SeqNumber,
    /// The tunnels that the segment quoted is in; `None` where there are none.
    pub tunnel: Option<Arc<Tunnel>>,
}

impl IcmpError {
    /// What its code says, for an error that says that the destination cannot be reached.
    pub const fn meaning(&self) -> &'static str {
        match (self.reporter.is_ipv4(), self.code) {
            (true, 0) => "network unreachable",
            (true, 1) => "host unreachable",
            (true, 2) => "protocol unreachable",
            (true, 3) | (false, 4) => "port unreachable",
            (true, 9 | 10 | 13) | (false, 1) => "forbidden by a firewall",
            (false, 0) => "no route",
            (false, 3) => "address unreachable",
            _ => "unreachable",
        }
    }

    /// `ICMP`, or `ICMPv6`.
    pub const fn protocol(&self) -> &'static str {
        if self.reporter.is_ipv4() { "ICMP" } else { "ICMPv6" }
    }

    /// Whether it says that the destination cannot be reached. That a packet is too large, which ICMP says by a code of the
    /// same type (RFC 1191 §4), says nothing of the destination.
    pub const fn says_unreachable(&self) -> bool {
        const TOO_LARGE: u8 = 4;
        match self.reporter {
            IpAddr::V4(_) => self.kind == 3 && self.code != TOO_LARGE,
            IpAddr::V6(_) => self.kind == 1,
        }
    }
}
