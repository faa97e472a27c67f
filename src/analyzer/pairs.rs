//! Sockets and socket pairs as numbers.
//!
//! In: one socket, or two in any order, and the tunnels that they are in. Out: a hash; of a pair the same for both orders.
//! Invariant: seeded anew in each process, so that nobody can make a capture whose pairs all collide.

use std::hash::{BuildHasher, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::tunnel::Tunnel;

/// Hashes sockets and socket pairs.
#[derive(Clone, Debug, Default)]
pub struct SocketHasher(RandomState);

impl SocketHasher {
    /// The hash of one socket.
    pub fn of(&self, socket: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> u64 {
        self.of_pair(socket, socket, tunnel)
    }

    /// The hash of the pair of `one` and `other`.
    pub fn of_pair(&self, one: SocketAddr, other: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> u64 {
        let mut hasher = self.0.build_hasher();
        if let Some(tunnel) = tunnel {
            hasher.write_u64(tunnel.digest());
        }
        if let (SocketAddr::V4(one), SocketAddr::V4(other)) = (one, other) {
            let [one, other] =
                [one, other].map(|socket| u64::from(socket.ip().to_bits()) << 16 | u64::from(socket.port()));
            hasher.write_u64(one.min(other));
            hasher.write_u64(one.max(other));
            return hasher.finish();
        }
        let [one, other] = [one, other].map(|socket| (wide(socket), socket.port()));
        for (address, port) in [one.min(other), one.max(other)] {
            hasher.write_u128(address);
            hasher.write_u16(port);
        }
        hasher.finish()
    }
}

fn wide(socket: SocketAddr) -> u128 {
    match socket {
        SocketAddr::V4(socket) => socket.ip().to_ipv6_mapped().to_bits(),
        SocketAddr::V6(socket) => socket.ip().to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_sockets_does_not_matter() {
        let hasher = SocketHasher::default();
        for (one, other) in [("192.0.2.1:1", "192.0.2.2:2"), ("[2001:db8::1]:1", "[2001:db8::2]:2")] {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(hasher.of_pair(one, other, None), hasher.of_pair(other, one, None));
            assert_ne!(hasher.of_pair(one, other, None), hasher.of(one, None));
        }
    }
}
