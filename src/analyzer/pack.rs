//! Values as few octets: what is held of a connection that has been quiet for a while.
//!
//! In: values, field by field. Out: octets, and from them the same values again.
//! Invariant: unpacking what was packed gives an equal value; octets that nothing packed give `None`, never a panic. This
//! is no format: nothing reads it but the process that wrote it.
//! Times and sequence numbers are written as their distance from the last one of their kind, numbers in as many octets as
//! they need (seven bits each), and truth values eight to an octet.

use crate::seq::SeqNumber;
use crate::time::{Moment, Timestamp};

/// What can be packed.
pub trait Pack: Sized {
    /// Writes the value.
    fn pack(&self, to: &mut Packer);

    /// Reads one; `None` where the octets are none of ours.
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self>;
}

/// Writes values.
#[derive(Debug, Default)]
pub struct Packer {
    octets: Vec<u8>,
    last: Last,
}

/// Reads them.
#[derive(Debug)]
pub struct Unpacker<'a> {
    octets: &'a [u8],
    at: usize,
    last: Last,
}

/// What the next value is told by.
#[derive(Debug, Default)]
struct Last {
    time: u64,
    number: u32,
    /// Where the octet with the last truth value is, and how many it has.
    bits: Option<(usize, u32)>,
}

impl Packer {
    /// The octets of `value`, written into this packer's own room.
    pub fn pack(&mut self, value: &impl Pack) -> Box<[u8]> {
        self.pack_with(|to| value.pack(to))
    }

    /// Those that `write` writes.
    pub fn pack_with(&mut self, write: impl FnOnce(&mut Self)) -> Box<[u8]> {
        self.octets.clear();
        self.last = Last::default();
        write(self);
        self.octets.as_slice().into()
    }

    /// Writes an unsigned number.
    pub fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.octets.push((number & 0x7F) as u8 | 0x80);
            number >>= 7;
        }
        self.octets.push(number as u8);
    }

    /// Writes a signed number.
    pub fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63).cast_unsigned());
    }

    /// Writes a truth value.
    pub fn truth(&mut self, is_true: bool) {
        let (at, used) = self.last.bits.filter(|(_, used)| *used < 8).unwrap_or_else(|| {
            self.octets.push(0);
            (self.octets.len().saturating_sub(1), 0)
        });
        if let Some(octet) = self.octets.get_mut(at) {
            *octet |= u8::from(is_true) << used;
        }
        self.last.bits = Some((at, used.wrapping_add(1)));
    }

    /// Writes one octet.
    pub fn octet(&mut self, octet: u8) {
        self.octets.push(octet);
    }

    /// Writes some at once.
    pub fn octets(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }
}

impl<'a> Unpacker<'a> {
    /// The value that was packed as `octets`.
    pub fn unpack<T: Pack>(octets: &'a [u8]) -> Option<T> {
        T::unpack(&mut Self::of(octets))
    }

    /// What reads `octets` from the first on.
    pub fn of(octets: &'a [u8]) -> Self {
        Self { octets, at: 0, last: Last::default() }
    }

    /// Reads an unsigned number.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            number |= u64::from(octet & 0x7F) << shift;
            if octet & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Reads a signed number.
    pub fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg())
    }

    /// Reads a truth value.
    pub fn truth(&mut self) -> Option<bool> {
        let (at, used) = match self.last.bits.filter(|(_, used)| *used < 8) {
            Some(bits) => bits,
            None => {
                self.octet()?;
                (self.at.saturating_sub(1), 0)
            }
        };
        self.last.bits = Some((at, used.wrapping_add(1)));
        self.octets.get(at).map(|octet| octet >> used & 1 == 1)
    }

    /// Reads one octet.
    pub fn octet(&mut self) -> Option<u8> {
        let octet = self.octets.get(self.at).copied();
        self.at = self.at.saturating_add(1);
        octet
    }

    /// Reads some at once.
    pub fn octets<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        let octets = self.octets.get(self.at..)?.first_chunk().copied();
        self.at = self.at.saturating_add(LEN);
        octets
    }
}

impl Pack for SeqNumber {
    fn pack(&self, to: &mut Packer) {
        to.signed(i64::from(self.0.wrapping_sub(to.last.number).cast_signed()));
        to.last.number = self.0;
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let distance = i32::try_from(from.signed()?).ok()?;
        from.last.number = from.last.number.wrapping_add(distance.cast_unsigned());
        Some(Self(from.last.number))
    }
}

impl Pack for Timestamp {
    fn pack(&self, to: &mut Packer) {
        to.signed(self.0.wrapping_sub(to.last.time).cast_signed());
        to.last.time = self.0;
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let distance = from.signed()?;
        from.last.time = from.last.time.wrapping_add(distance.cast_unsigned());
        Some(Self(from.last.time))
    }
}

impl Pack for Moment {
    fn pack(&self, to: &mut Packer) {
        self.get().pack(to);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(Option::<Timestamp>::unpack(from)?.map_or(Self::NEVER, Self::at))
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, to: &mut Packer) {
        to.truth(self.is_some());
        if let Some(value) = self {
            value.pack(to);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        Some(if from.truth()? { Some(T::unpack(from)?) } else { None })
    }
}

/// Makes a struct packed field by field; a field that is missing here does not compile. Those after `default` are not
/// packed, and come back as their defaults.
macro_rules! packed {
    ($name:ident { $($field:ident),* $(,)? } $(default { $($left:ident),* $(,)? })?) => {
        impl crate::analyzer::pack::Pack for $name {
            fn pack(&self, to: &mut crate::analyzer::pack::Packer) {
                let Self { $($field,)* $($($left: _,)*)? } = self;
                $(crate::analyzer::pack::Pack::pack($field, to);)*
            }

            fn unpack(from: &mut crate::analyzer::pack::Unpacker<'_>) -> Option<Self> {
                $(let $field = crate::analyzer::pack::Pack::unpack(from)?;)*
                Some(Self { $($field,)* $($($left: Default::default(),)*)? })
            }
        }
    };
}

/// Makes an enum without fields packed, by the place of each variant in the list.
macro_rules! packed_enum {
    ($name:ident { $($variant:ident),* $(,)? }) => {
        impl crate::analyzer::pack::Pack for $name {
            fn pack(&self, to: &mut crate::analyzer::pack::Packer) {
                // Told apart by the compiler: one that is missing here does not compile.
                match self {
                    $(Self::$variant => to.octet(Self::$variant as u8),)*
                }
            }

            fn unpack(from: &mut crate::analyzer::pack::Unpacker<'_>) -> Option<Self> {
                let octet = from.octet()?;
                [$(Self::$variant),*].into_iter().find(|variant| *variant as u8 == octet)
            }
        }
    };
}

pub(crate) use {packed, packed_enum};

#[cfg(test)]
mod tests;
