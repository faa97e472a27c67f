//! The digits of numbers below a thousand, three at a time.
//!
//! In: numbers. Out: their digits, looked up: numbers are divided into groups of three, as people do.
//! Invariant: what a table says is what the standard library prints; tests hold every number against it.

use crate::report::short::Short;

/// Numbers below this one have six digits at the most.
pub const SIX_DIGITS: u64 = 1_000_000;

/// Three digits, zeros in front.
#[derive(Clone, Copy, Debug)]
pub struct Three(u32);

/// What is known of each number below 1,000; there is a little more room, so that a remainder by 1,024 is in it.
struct Known {
    /// Its digits, and an octet more.
    digits: [u32; 1 << 10],
    /// How long a second's fraction is, `0.` in front, whose last group but for zeros it is: as the first of its groups, and
    /// as the second. Nothing stands behind a point alone.
    ends: [[u8; 2]; 1 << 10],
}

static KNOWN: Known = {
    let mut all = Known { digits: [0; 1 << 10], ends: [[1, 0]; 1 << 10] };
    let mut number = 0;
    while number < 1_000 {
        let [a, b, c] = [number / 100, number / 10 % 10, number % 10];
        let text = [b'0' + a as u8, b'0' + b as u8, b'0' + c as u8, 0];
        all.digits[number] = u32::from_le_bytes(text);
        all.ends[number] = match (a, b, c) {
            (0, 0, 0) => [1, 0],
            (_, 0, 0) => [3, 6],
            (_, _, 0) => [4, 7],
            _ => [5, 8],
        };
        number += 1;
    }
    all
};

impl Three {
    /// Those of `number`, which is below 1,000.
    #[inline(always)]
    pub fn of(number: u32) -> Self {
        Self(KNOWN.digits[number as usize % KNOWN.digits.len()])
    }

    /// The digits, and behind them an octet to be written over.
    #[inline(always)]
    pub const fn octets(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// The same in a word.
    #[inline(always)]
    pub const fn word(self) -> u64 {
        self.0 as u64
    }
}

/// How long a fraction is that ends with this group: as its first, or as its second.
#[inline(always)]
fn ends(number: u32) -> [usize; 2] {
    KNOWN.ends[number as usize % KNOWN.ends.len()].map(usize::from)
}

/// A span of whole microseconds, less than a second, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Fraction {
    /// Six decimals in two groups.
    pub groups: [Three; 2],
    /// How long it is with `0.` in front, and without the zeros at its end.
    pub len: usize,
}

impl Fraction {
    /// So many nanoseconds, if they are such a span.
    #[inline(always)]
    pub fn of(nanoseconds: u64) -> Option<Self> {
        // Times the inverse of 125 modulo 2^64, by 8: the quotient where 1,000 divides the number, and else one that is far
        // too large. So one comparison asks for both.
        let micros = nanoseconds.wrapping_mul(0x1cac_0831_26e9_78d5).rotate_right(3);
        if micros >= SIX_DIGITS {
            return None;
        }
        let micros = micros as u32;
        let (front, back) = (micros / 1_000, micros % 1_000);
        let ([first, _], [_, second]) = (ends(front), ends(back));
        Some(Self { groups: [front, back].map(Three::of), len: if second == 0 { first } else { second } })
    }
}

/// Nanoseconds beyond a second in three groups of digits.
#[inline(always)]
pub fn nine_digits(nanoseconds: u32) -> [Three; 3] {
    groups(nanoseconds).map(Three::of)
}

/// Nanoseconds beyond a second, cut at the microsecond: six decimals in the octets of a word.
#[inline(always)]
pub fn six_decimals(nanoseconds: u32) -> u64 {
    let [millis, micros, _] = nine_digits(nanoseconds);
    millis.word() | micros.word() << 24
}

#[inline(always)]
const fn groups(nanoseconds: u32) -> [u32; 3] {
    let (millis, rest) = (nanoseconds / 1_000_000, nanoseconds % 1_000_000);
    [millis % 1_000, rest / 1_000, rest % 1_000]
}

/// A span of less than ten seconds, in seconds, with as many decimals as it needs.
#[inline(always)]
pub fn seconds(nanoseconds: u64) -> Short<16> {
    let (whole, beyond) = (nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000);
    let groups = groups(beyond as u32);
    let [millis, micros, nanos] = groups.map(|group| u128::from(Three::of(group).word()));
    let text = u128::from(u64::from(b'0') + whole % 10) | u128::from(b'.') << 8;
    let len = match groups.map(ends) {
        [[first, _], [_, 0], [_, 0]] => first,
        [_, [_, second], [_, 0]] => second,
        [.., [_, last]] => last + 3,
    };
    Short { octets: (text | millis << 16 | micros << 40 | nanos << 64).to_le_bytes(), len }
}

/// A number that has nine digits, or ten: the first of these, 0 where there are nine, and the others.
#[inline(always)]
pub fn ten_digits(number: u32) -> (u8, [Three; 3]) {
    let (millions, rest) = (number / 1_000_000, number % 1_000_000);
    // A thousandth, as far as there are millions. As a division it would be made of the number itself once more.
    let first = (millions * 8_389) >> 23;
    (first as u8, [Three::of(millions - first * 1_000), Three::of(rest / 1_000), Three::of(rest % 1_000)])
}

/// Six digits of a number below `SIX_DIGITS`, zeros in front, in the octets of a word.
#[inline(always)]
fn two_groups(number: u32) -> u64 {
    Three::of(number / 1_000).word() | Three::of(number % 1_000).word() << 24
}

/// A number below `SIX_DIGITS`, as text in a word of spaces.
#[derive(Clone, Copy, Debug)]
pub struct Six {
    /// Its digits, each beside a space: nothing where none is.
    beside: u64,
    /// How many bits have been cut off in front.
    cut: u32,
}

impl Six {
    /// That of `number`, if it is below `SIX_DIGITS`.
    #[inline(always)]
    pub fn of(number: u64) -> Option<Self> {
        (number < SIX_DIGITS).then(|| Self::below(number as u32))
    }

    /// That of `number`, which is below `SIX_DIGITS`.
    #[inline(always)]
    pub fn below(number: u32) -> Self {
        const DIGITS: u64 = u64::from_le_bytes([b'0', b'0', b'0', b'0', b'0', b'0', 0, 0]);
        const BESIDE: u64 = u64::from_le_bytes([b' ', b' ', b' ', b' ', b' ', b' ', 0, 0]);
        let text = two_groups(number);
        // The last digit is kept, though it were 0.
        let cut = (text ^ DIGITS | 1 << 40).trailing_zeros() & !7;
        Self { beside: (text ^ BESIDE) >> cut, cut }
    }

    /// How long it is.
    #[inline(always)]
    pub const fn width(self) -> usize {
        6 - self.cut as usize / 8
    }

    /// The text.
    #[inline(always)]
    pub const fn text(self) -> [u8; 8] {
        (self.beside ^ SPACES).to_le_bytes()
    }

    /// The text with a mark in front.
    #[inline(always)]
    pub const fn marked(self, mark: u8) -> [u8; 8] {
        (self.beside << 8 ^ SPACES ^ (mark ^ b' ') as u64).to_le_bytes()
    }
}

/// A word of spaces.
const SPACES: u64 = u64::from_le_bytes([b' '; 8]);

/// A number below `SIX_DIGITS`, 0 excepted.
#[inline(always)]
pub fn six_digits(number: u32) -> Short<8> {
    const ZEROS: u64 = u64::from_le_bytes(*b"000000\0\0");
    let number = number % SIX_DIGITS as u32;
    let text = two_groups(number);
    let leading = (text ^ ZEROS).trailing_zeros() & !7;
    Short { octets: (text >> leading).to_le_bytes(), len: 6 - (leading / 8) as usize }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(groups: impl IntoIterator<Item = Three>) -> String {
        let digits = groups.into_iter().flat_map(|group| group.octets().into_iter().take(3));
        digits.map(char::from).collect()
    }

    #[test]
    fn every_number_of_six_digits() {
        for number in 1..SIX_DIGITS as u32 {
            let Short { octets, len } = six_digits(number);
            assert_eq!(str::from_utf8(&octets[..len]).unwrap(), number.to_string());
            let Fraction { groups, len } = Fraction::of(u64::from(number) * 1_000).unwrap();
            let text = format!("0.{}", said(groups));
            let six = Six::of(number.into()).unwrap();
            assert_eq!(str::from_utf8(&six.text()).unwrap(), format!("{number:<8}"));
            assert_eq!(
                (str::from_utf8(&six.marked(b':')).unwrap(), six.width()),
                (&*format!(":{number:<7}"), number.to_string().len())
            );
            assert_eq!((text.len(), &text[..len]), (8, (f64::from(number) / 1e6).to_string().as_str()));
        }
    }

    #[test]
    fn nothing_and_more_than_six_digits() {
        assert_eq!(Six::of(0).map(|six| (six.text(), six.width())), Some((*b"0       ", 1)));
        assert!([SIX_DIGITS, u64::MAX].into_iter().all(|number| Six::of(number).is_none()));
    }

    #[test]
    fn what_is_no_fraction_is_none() {
        assert_eq!(Fraction::of(0).map(|fraction| fraction.len), Some(1));
        assert!(
            [1, 999, 1_001, 999_999_999, 1_000_000_000, u64::MAX]
                .into_iter()
                .all(|n| Fraction::of(n).is_none())
        );
    }

    proptest! {
        #[test]
        fn any_span(nanoseconds: u64, bits in 0_u32..64) {
            let nanoseconds = nanoseconds >> bits;
            let is_fraction = nanoseconds < 1_000_000_000 && nanoseconds % 1_000 == 0;
            prop_assert_eq!(Fraction::of(nanoseconds).is_some(), is_fraction);
        }

        #[test]
        fn any_number_in_groups(number in 100_000_000_u32.., nanoseconds in 0_u32..1_000_000_000) {
            let (first, groups) = ten_digits(number);
            prop_assert_eq!(format!("{first}{}", said(groups)), format!("{number:010}"));
            prop_assert_eq!(said(nine_digits(nanoseconds)), format!("{nanoseconds:09}"));
            let decimals = six_decimals(nanoseconds).to_le_bytes();
            prop_assert_eq!(str::from_utf8(&decimals[..6]).unwrap(), format!("{:06}", nanoseconds / 1_000));
        }
    }
}
