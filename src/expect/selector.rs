//! Which connections an expectation speaks of.
//!
//! In: a connection. Out: whether it is meant.
//! Invariant: a selector reads what cannot change while a connection lives: its number and its sockets.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;

/// One condition on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// By its number, from 1, in order of first appearance.
    Connection(u64),
    /// By the port of either end.
    Port(u16),
    /// By the address, or the whole socket, of one end.
    End(Role, Address),
}

/// An address, with its port or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// The address alone: any port.
    Ip(IpAddr),
    /// Both.
    Socket(SocketAddr),
}

impl Selector {
    /// Whether `connection` is meant.
    pub fn selects(self, connection: &Connection) -> bool {
        let sockets = connection.sockets();
        match self {
            Self::Connection(id) => connection.id() == id,
            Self::Port(port) => sockets.client.port() == port || sockets.server.port() == port,
            Self::End(role, Address::Ip(ip)) => sockets.of(role).ip() == ip,
            Self::End(role, Address::Socket(socket)) => *sockets.of(role) == socket,
        }
    }
}

impl Address {
    /// Reads `192.0.2.1`, `192.0.2.1:6666`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:6666`.
    pub fn read(word: &str) -> Option<Self> {
        let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
        let ip = bare.parse().ok().filter(|ip: &IpAddr| bare == word || ip.is_ipv6());
        ip.map(Self::Ip).or_else(|| word.parse().ok().map(Self::Socket))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(id) => write!(f, "connection {id}"),
            Self::Port(port) => write!(f, "port {port}"),
            Self::End(role, address) => write!(f, "{role} {address}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A colon follows, so an address full of colons is put in brackets.
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Ip(ip) => write!(f, "{ip}"),
            Self::Socket(socket) => write!(f, "{socket}"),
        }
    }
}
