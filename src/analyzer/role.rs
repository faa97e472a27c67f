//! The two ends of a connection.
//!
//! In: nothing. Out: `Role`, and `Ends`, a pair indexed by it.
//! Invariant: the client is the end that opened first as far as the capture shows; everything that exists once for
//! each end is an `Ends`, so that no code mistakes one for the other by position.

use std::fmt;

use crate::analyzer::pack::{Pack, Packer, Unpacker, packed_enum};

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that opened actively, and first where both did.
    Client,
    /// The other.
    Server,
}

impl Role {
    /// The other end.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `client` or `server`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One of something for each end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends<T> {
    /// The client's.
    pub client: T,
    /// The server's.
    pub server: T,
}

impl<T> Ends<T> {
    /// That of `role`.
    pub const fn of(&self, role: Role) -> &T {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }

    /// That of `role`, to change.
    pub const fn of_mut(&mut self, role: Role) -> &mut T {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    /// Each end's in the place of the other's.
    pub const fn exchange(&mut self) {
        std::mem::swap(&mut self.client, &mut self.server);
    }

    /// The same shape with something made of each.
    pub fn map<U>(&self, make: impl Fn(&T) -> U) -> Ends<U> {
        Ends { client: make(&self.client), server: make(&self.server) }
    }
}

/// What whoever sent something has of `both`, of which the client's stands first, and what the other end has: by their places, so
/// that nothing branches on which that is.
#[inline(always)]
pub fn own_and_peer<T>(by_client: bool, both: &mut [T; 2]) -> Option<[&mut T; 2]> {
    let own = usize::from(!by_client);
    both.get_disjoint_mut([own, own ^ 1]).ok()
}

packed_enum!(Role { Client, Server });

impl<T: Pack> Pack for Ends<T> {
    fn pack(&self, to: &mut Packer) {
        self.client.pack(to);
        self.server.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self { client: T::unpack(from)?, server: T::unpack(from)? })
    }
}
