//! Sockets and socket pairs as numbers.
//!
//! In: one socket, or two in any order, and the tunnels that they are in. Out: a hash; of a pair the same for both orders.
//! Invariant: seeded anew in each process, so that nobody can make a capture whose pairs all collide.

use std::hash::{BuildHasher, Hasher};
use std::net::{SocketAddr, SocketAddrV4};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::analyzer::pack::{Pack, Packer, Unpacker};
use crate::analyzer::role::Ends;
use crate::jot::number;
use crate::segment::Segment;
use crate::tunnel::Tunnel;

/// Hashes sockets and socket pairs.
#[derive(Clone, Debug, Default)]
pub struct SocketHasher(RandomState);

impl SocketHasher {
    /// The hash of the pair of a segment.
    pub fn of(&self, segment: &Segment) -> u64 {
        self.of_pair(segment.source, segment.destination, segment.tunnel.as_ref())
    }

    /// The hash of one socket.
    pub fn of_socket(&self, socket: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> u64 {
        self.of_pair(socket, socket, tunnel)
    }

    /// The hash of the pair of two IPv4 sockets that are in no tunnel.
    ///
    /// The sockets are put in an order, and each meets a key of its own: in a product of two that met the same, bits can be
    /// exchanged between the sockets so that it stays the same, whatever the key.
    #[inline(always)]
    pub fn of_ipv4(&self, one: SocketAddrV4, other: SocketAddrV4) -> u64 {
        finish(self.0.build_hasher(), one, other)
    }

    /// The hash of the pair of `one` and `other`.
    pub fn of_pair(&self, one: SocketAddr, other: SocketAddr, tunnel: Option<&Arc<Tunnel>>) -> u64 {
        let mut hasher = self.0.build_hasher();
        if let Some(tunnel) = tunnel {
            hasher.write_u64(tunnel.digest());
        }
        if let (SocketAddr::V4(one), SocketAddr::V4(other)) = (one, other) {
            return finish(hasher, one, other);
        }
        let [one, other] = [one, other].map(|socket| (wide(socket), socket.port()));
        for (address, port) in [one.min(other), one.max(other)] {
            hasher.write_u128(address);
            hasher.write_u16(port);
        }
        hasher.finish()
    }
}

#[inline(always)]
fn finish(mut hasher: impl Hasher, one: SocketAddrV4, other: SocketAddrV4) -> u64 {
    let [one, other] = [one, other].map(number);
    hasher.write_u64(one.min(other));
    hasher.write_u64(one.max(other));
    hasher.finish()
}

/// The sockets of a connection, in little room where both are IPv4's.
#[derive(Clone, Debug)]
pub enum Sockets {
    /// IPv4: the client's and the server's.
    V4(SocketAddrV4, SocketAddrV4),
    /// IPv6.
    V6(Box<Ends<SocketAddr>>),
}

impl Sockets {
    /// Those of `client` and `server`.
    pub fn new(client: SocketAddr, server: SocketAddr) -> Self {
        match (client, server) {
            (SocketAddr::V4(client), SocketAddr::V4(server)) => Self::V4(client, server),
            _ => Self::V6(Box::new(Ends { client, server })),
        }
    }

    /// Both.
    pub fn both(&self) -> Ends<SocketAddr> {
        match self {
            Self::V4(client, server) => Ends { client: (*client).into(), server: (*server).into() },
            Self::V6(both) => **both,
        }
    }

    /// Whether both are one.
    pub fn is_one(&self) -> bool {
        match self {
            Self::V4(client, server) => client == server,
            Self::V6(both) => both.client == both.server,
        }
    }

    /// Whether the client's stands before the server's.
    pub fn is_client_first(&self) -> bool {
        match self {
            Self::V4(client, server) => number(*client) < number(*server),
            Self::V6(both) => both.client < both.server,
        }
    }

    /// Whether the client's is `socket`.
    pub fn is_client(&self, socket: SocketAddr) -> bool {
        match (self, socket) {
            (Self::V4(client, _), SocketAddr::V4(socket)) => *client == socket,
            (Self::V4(..), _) => false,
            (Self::V6(both), _) => both.client == socket,
        }
    }

    /// Whether they are these two, either way round.
    pub fn are(&self, one: SocketAddr, other: SocketAddr) -> bool {
        match (self, one, other) {
            (Self::V4(client, server), SocketAddr::V4(one), SocketAddr::V4(other)) => {
                let (own, theirs) = ((number(*client), number(*server)), (number(one), number(other)));
                own == theirs || own == (theirs.1, theirs.0)
            }
            (Self::V4(..), ..) => false,
            (Self::V6(both), ..) => {
                let own = (both.client, both.server);
                own == (one, other) || own == (other, one)
            }
        }
    }

    /// Takes the client for the server.
    pub fn exchange(&mut self) {
        match self {
            Self::V4(client, server) => std::mem::swap(client, server),
            Self::V6(both) => both.exchange(),
        }
    }
}

impl Pack for Sockets {
    fn pack(&self, to: &mut Packer) {
        to.truth(matches!(self, Self::V4(..)));
        match self {
            Self::V4(client, server) => {
                client.pack(to);
                server.pack(to);
            }
            Self::V6(both) => both.pack(to),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(if from.truth()? {
            Self::V4(SocketAddrV4::unpack(from)?, SocketAddrV4::unpack(from)?)
        } else {
            Self::V6(Box::unpack(from)?)
        })
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
    fn sockets_are_what_they_were_made_of() {
        for (client, server) in [("192.0.2.1:1", "192.0.2.2:2"), ("[2001:db8::1]:1", "192.0.2.2:2")] {
            let (client, server): (SocketAddr, SocketAddr) =
                (client.parse().unwrap(), server.parse().unwrap());
            let mut sockets = Sockets::new(client, server);
            assert!(sockets.is_client(client) && !sockets.is_client(server));
            assert!(sockets.are(client, server) && sockets.are(server, client));
            assert!(!sockets.are(client, client));
            sockets.exchange();
            assert_eq!(sockets.both(), Ends { client: server, server: client });
        }
    }

    /// Bits that two sockets exchange leave the sum, the product and the difference of both what they were, or nearly.
    #[test]
    fn pairs_that_exchange_bits_between_their_sockets_do_not_collide() {
        let socket = |address: u32, port: u16| SocketAddrV4::new(address.into(), port);
        let mut low_bits = std::collections::HashMap::new();
        for hasher in std::iter::repeat_with(SocketHasher::default).take(100) {
            for (i, j) in (16..31).flat_map(|i| (16..31).map(move |j| (i, j))).filter(|(i, j)| i != j) {
                let (one, other) = (0x0900_0000, 0x0900_0000 ^ 1 << i ^ 1 << j);
                let (exchanged, left) = (one ^ 1 << i, other ^ 1 << i);
                let ports = [1000, 1000 ^ (1 << (i - 16)) ^ (1 << (j - 16))];
                let hash = hasher.of_ipv4(socket(one, ports[0]), socket(other, ports[1]));
                let again = hasher.of_ipv4(
                    socket(exchanged, ports[0] ^ 1 << (i - 16)),
                    socket(left, ports[1] ^ 1 << (i - 16)),
                );
                assert_ne!(hash, again, "{i} {j}");
                *low_bits.entry((hash ^ again) & 0xff).or_insert(0_u32) += 1;
            }
        }
        // 21,000 in 256 places: about 82 each.
        assert!(low_bits.values().all(|count| *count < 400), "{low_bits:?}");
    }

    #[test]
    fn the_order_of_the_sockets_does_not_matter() {
        let hasher = SocketHasher::default();
        for (one, other) in [("192.0.2.1:1", "192.0.2.2:2"), ("[2001:db8::1]:1", "[2001:db8::2]:2")] {
            let (one, other) = (one.parse().unwrap(), other.parse().unwrap());
            assert_eq!(hasher.of_pair(one, other, None), hasher.of_pair(other, one, None));
            if let (SocketAddr::V4(one), SocketAddr::V4(other)) = (one, other) {
                assert_eq!(hasher.of_pair(one.into(), other.into(), None), hasher.of_ipv4(other, one));
            }
            assert_ne!(hasher.of_pair(one, other, None), hasher.of_socket(one, None));
        }
    }
}
