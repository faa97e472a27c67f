//! How values are packed that are none of the analyzer's own.
//!
//! In: numbers, lists, boxes, addresses, options, ICMP errors. Out: what `pack.rs` says.
//! Invariant: as there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};
use std::num::NonZero;

use crate::analyzer::pack::{Pack, Packer, Unpacker, packed};
use crate::icmp::IcmpError;
use crate::options::Options;

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Pack for $number {
            fn pack(&self, to: &mut Packer) {
                to.number(u64::from(*self));
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                from.number()?.try_into().ok()
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64);

impl Pack for i64 {
    fn pack(&self, to: &mut Packer) {
        to.signed(*self);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.signed()
    }
}

impl Pack for bool {
    fn pack(&self, to: &mut Packer) {
        to.truth(*self);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.truth()
    }
}

impl Pack for NonZero<u64> {
    fn pack(&self, to: &mut Packer) {
        self.get().pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Self::new(from.number()?)
    }
}

impl<T: Pack> Pack for Box<T> {
    fn pack(&self, to: &mut Packer) {
        self.as_ref().pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        T::unpack(from).map(Self::new)
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, to: &mut Packer) {
        to.number(u64::try_from(self.len()).unwrap_or(u64::MAX));
        self.iter().for_each(|value| value.pack(to));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let len = from.number()?;
        (0..len).map(|_| T::unpack(from)).collect()
    }
}

impl Pack for String {
    fn pack(&self, to: &mut Packer) {
        to.number(u64::try_from(self.len()).unwrap_or(u64::MAX));
        to.octets(self.as_bytes());
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let len = from.number()?;
        let octets = (0..len).map(|_| from.octet()).collect::<Option<Vec<u8>>>()?;
        Self::from_utf8(octets).ok()
    }
}

/// Numbers of which most are 0.
impl<T: Pack + Copy + Default + PartialEq, const LEN: usize> Pack for [T; LEN] {
    fn pack(&self, to: &mut Packer) {
        for value in self {
            Some(*value).filter(|value| *value != T::default()).pack(to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let mut all = [T::default(); LEN];
        for value in &mut all {
            *value = Option::<T>::unpack(from)?.unwrap_or_default();
        }
        Some(all)
    }
}

impl<A: Pack, B: Pack> Pack for (A, B) {
    fn pack(&self, to: &mut Packer) {
        self.0.pack(to);
        self.1.pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some((A::unpack(from)?, B::unpack(from)?))
    }
}

impl Pack for Ipv4Addr {
    fn pack(&self, to: &mut Packer) {
        to.octets(&self.octets());
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.octets::<4>().map(Self::from)
    }
}

impl Pack for Ipv6Addr {
    fn pack(&self, to: &mut Packer) {
        to.octets(&self.octets());
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.octets::<16>().map(Self::from)
    }
}

impl Pack for IpAddr {
    fn pack(&self, to: &mut Packer) {
        to.truth(self.is_ipv6());
        match self {
            Self::V4(address) => address.pack(to),
            Self::V6(address) => address.pack(to),
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(if from.truth()? {
            Self::V6(Ipv6Addr::unpack(from)?)
        } else {
            Self::V4(Ipv4Addr::unpack(from)?)
        })
    }
}

impl Pack for SocketAddrV4 {
    fn pack(&self, to: &mut Packer) {
        self.ip().pack(to);
        self.port().pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self::new(Ipv4Addr::unpack(from)?, u16::unpack(from)?))
    }
}

impl Pack for Options {
    fn pack(&self, to: &mut Packer) {
        to.octet(self.count());
        to.octets(self.octets());
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let mut octets = [0; Self::MOST];
        let octets = octets.get_mut(..from.octet()?.into())?;
        for octet in octets.iter_mut() {
            *octet = from.octet()?;
        }
        Some(Self::new(octets))
    }
}

/// Without flow label and scope, which no capture gives a socket.
impl Pack for SocketAddr {
    fn pack(&self, to: &mut Packer) {
        self.ip().pack(to);
        self.port().pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Self::new(IpAddr::unpack(from)?, u16::unpack(from)?))
    }
}

// Once it has found its connection, the tunnels that it was in say nothing more.
packed!(IcmpError { frame, time, reporter, kind, code, source, destination, seq } default { tunnel });
