//! Addresses and sockets as text.
//!
//! In: IPv4, IPv6. Out: the octets of their `Display`, without the formatting machinery.
//! Invariant: the same octets; tests hold them against the standard library.
//! Read: RFC 5952 (IPv6 as text).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use crate::report::buffer::{Buffer, Displayed, Put};
use crate::report::short::Short;

impl Put for Ipv4Addr {
    #[inline]
    fn put(&self, out: &mut Buffer) {
        let [front, back] = Short::address(*self);
        out.add((front, back));
    }
}

impl Put for Ipv6Addr {
    fn put(&self, out: &mut Buffer) {
        if let Some(mapped) = self.to_ipv4_mapped() {
            return out.add(("::ffff:", mapped));
        }
        let groups = self.segments();
        let zeros = longest_zeros(&groups);
        // One group of zeros alone is written as it is (RFC 5952 section 4.2.2).
        if zeros.len() < 2 {
            return put_groups(&groups, out);
        }
        put_groups(groups.get(..zeros.start).unwrap_or_default(), out);
        out.add("::");
        put_groups(groups.get(zeros.end..).unwrap_or_default(), out);
    }
}

/// The first of the longest runs of zeros.
fn longest_zeros(groups: &[u16]) -> Range<usize> {
    let (mut longest, mut current) = (0..0, 0..0);
    for (at, group) in groups.iter().enumerate() {
        let next = at.saturating_add(1);
        current = if *group == 0 { current.start..next } else { next..next };
        if current.len() > longest.len() {
            longest = current.clone();
        }
    }
    longest
}

/// Groups with colons between, each without zeros in front.
fn put_groups(groups: &[u16], out: &mut Buffer) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (count, group) in groups.iter().enumerate() {
        if count > 0 {
            out.add(":");
        }
        let [a, b, c, d] = [12, 8, 4, 0].map(|bits| DIGITS[usize::from((group >> bits) & 0xf)]);
        match group {
            0..0x10 => out.add([d]),
            0x10..0x100 => out.add([c, d]),
            0x100..0x1000 => out.add([b, c, d]),
            _ => out.add([a, b, c, d]),
        }
    }
}

impl Put for IpAddr {
    fn put(&self, out: &mut Buffer) {
        match self {
            Self::V4(address) => address.put(out),
            Self::V6(address) => address.put(out),
        }
    }
}

impl Put for SocketAddr {
    fn put(&self, out: &mut Buffer) {
        match self {
            Self::V4(socket) => (socket.ip(), Short::marked(b':', socket.port().into())).put(out),
            Self::V6(socket) if socket.scope_id() != 0 => Displayed(socket).put(out),
            Self::V6(socket) => ("[", socket.ip(), "]:", socket.port()).put(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::buffer::put;
    use proptest::prelude::*;

    #[test]
    fn every_number_of_an_address() {
        for octet in 0..=u8::MAX {
            for address in [Ipv4Addr::new(octet, 0, 10, octet), Ipv4Addr::new(100, octet, octet, 9)] {
                assert_eq!(put(address), address.to_string());
            }
        }
    }

    #[test]
    fn every_place_of_zeros() {
        for zeros in 0..=u8::MAX {
            for group in [1, 0x20, 0x300, 0xffff] {
                let mut groups = [group; 8];
                groups
                    .iter_mut()
                    .zip(0..)
                    .filter(|(_, at)| (zeros >> at) & 1 == 1)
                    .for_each(|(group, _)| *group = 0);
                let address = Ipv6Addr::from(groups);
                assert_eq!(put(address), address.to_string());
            }
        }
        let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
        assert_eq!(put(mapped), "::ffff:192.0.2.1");
    }

    proptest! {
        #[test]
        fn the_same_as_display(socket: SocketAddr, groups: [u16; 8]) {
            prop_assert_eq!(put(socket), socket.to_string());
            prop_assert_eq!(put(socket.ip()), socket.ip().to_string());
            let address = Ipv6Addr::from(groups);
            prop_assert_eq!(put(address), address.to_string());
        }
    }
}
