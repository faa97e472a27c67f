//! Sequence numbers, which wrap.
//!
//! In: raw 32-bit numbers from segments. Out: sums and serial comparisons that hold across the wrap.
//! Invariant: nothing here panics, and 0 is a number like any other; "not known" is an `Option` elsewhere.
//! There is no `Ord` and no `-` on purpose: serial numbers have no total order.
//! Read: RFC 9293 §3.4, RFC 1982.

use std::fmt;
use std::ops::Add;

/// A TCP sequence or acknowledgement number: 32 bits, wrapping (RFC 9293 §3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct SeqNumber(pub u32);

impl SeqNumber {
    /// How far `self` lies ahead of `other`, in octets; negative when it lies behind.
    ///
    /// At exactly 2^31 the direction is undefined (RFC 1982 §3.2); `i32::MIN` is returned both ways.
    pub const fn distance_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether `self` comes strictly before `other`; false both ways at the undefined distance of 2^31.
    pub const fn precedes(self, other: Self) -> bool {
        other.distance_from(self) > 0
    }

    /// Whether `self` comes before `other` or equals it.
    pub const fn precedes_or_equals(self, other: Self) -> bool {
        other.distance_from(self) >= 0
    }

    /// The later of the two.
    #[must_use]
    pub const fn later(self, other: Self) -> Self {
        if self.precedes(other) { other } else { self }
    }

    /// The number `count` octets back.
    #[must_use]
    pub const fn back(self, count: u32) -> Self {
        Self(self.0.wrapping_sub(count))
    }
}

impl Add<u32> for SeqNumber {
    type Output = Self;

    fn add(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }
}

impl fmt::Display for SeqNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn order_holds_across_the_wrap() {
        let last = SeqNumber(u32::MAX);
        assert_eq!(last + 1, SeqNumber(0));
        assert!(last.precedes(last + 1));
        assert!(!(last + 1).precedes(last));
        assert_eq!((last + 5).distance_from(last), 5);
        assert_eq!(last.distance_from(last + 5), -5);
        assert_eq!(last.later(SeqNumber(3)), SeqNumber(3));
        assert_eq!(SeqNumber(3).back(4), last);
    }

    #[test]
    fn half_the_space_away_is_neither_before_nor_after() {
        let far = SeqNumber(0) + (1 << 31);
        assert!(!SeqNumber(0).precedes(far));
        assert!(!far.precedes(SeqNumber(0)));
    }

    proptest! {
        #[test]
        fn adding_is_the_inverse_of_distance(start: u32, ahead in 0..i32::MAX) {
            let from = SeqNumber(start);
            let to = from + ahead.unsigned_abs();
            prop_assert_eq!(to.distance_from(from), ahead);
            prop_assert_eq!(to.back(ahead.unsigned_abs()), from);
            prop_assert_eq!(from.precedes(to), ahead > 0);
            prop_assert!(!to.precedes(from));
        }
    }
}
