//! Short texts: numbers, words and addresses that fit into a register or two.
//!
//! In: a number, a word, an IPv4 address. Out: its octets in an array of fixed size, spaces behind them, and how many count.
//! Invariant: the spaces are written, too, so that each copy has a fixed size; what comes next is written over them. Texts
//! are put together by shifting whole words: octets written one by one cannot be read back as a word without waiting.

use std::net::Ipv4Addr;

/// A text of at most `N` octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short<const N: usize> {
    /// The octets, and spaces behind them.
    pub octets: [u8; N],
    /// How many of them count.
    pub len: usize,
}

/// Numbers below this one fit into eight octets.
pub const EIGHT_DIGITS: u64 = 100_000_000;
/// Numbers below this one fit into eight octets with a mark in front.
pub const SEVEN_DIGITS: u64 = 10_000_000;

impl<const N: usize> Short<N> {
    /// `text`, as far as there is room: for words that are known when this is compiled.
    pub const fn of(text: &str) -> Self {
        Self::wrapped("", text, "")
    }

    /// The same with something before and behind it.
    pub const fn wrapped(before: &str, text: &str, behind: &str) -> Self {
        Self::joined(&[before, text, behind])
    }

    /// Some of them, one after the other.
    pub const fn joined(parts: &[&str]) -> Self {
        let (mut octets, mut len, mut part) = ([b' '; N], 0, 0);
        while part < parts.len() {
            let (text, mut at) = (parts[part].as_bytes(), 0);
            while at < text.len() && len < N {
                octets[len] = text[at];
                (at, len) = (at + 1, len + 1);
            }
            part += 1;
        }
        Self { octets, len }
    }
}

impl Short<4> {
    /// One of the numbers of an address, with a full stop behind it.
    #[inline(always)]
    pub const fn part(number: u8) -> Self {
        // What a table says might be any number, as the compiler sees it, unless it is cut off.
        let len = LENGTHS[number as usize] as usize % 8;
        Self { octets: NUMBERS[number as usize].to_le_bytes(), len }
    }
}

impl Short<8> {
    /// `number`, which is below `EIGHT_DIGITS`.
    #[inline(always)]
    pub const fn number(number: u64) -> Self {
        let (text, len) = digits(number);
        Self::held(text, len)
    }

    /// `number`, which is below `EIGHT_DIGITS`, for a place where nothing need stand behind it.
    #[inline(always)]
    pub const fn bare(number: u64) -> Self {
        let (text, len) = digits(number);
        Self { octets: text.to_le_bytes(), len }
    }

    /// `number`, which is below `SEVEN_DIGITS`, with `mark` in front.
    #[inline(always)]
    pub const fn marked(mark: u8, number: u64) -> Self {
        let (text, len) = digits(number);
        Self::held(text << 8 | mark as u64, len + 1)
    }

    /// A word of two to eight letters; of any other only a part.
    #[inline]
    pub fn word(word: &str) -> Self {
        let octets = word.as_bytes();
        let len = octets.len().min(8);
        // Where its first and its last part overlap they say the same.
        let text = match (octets.first_chunk(), octets.last_chunk(), octets) {
            (Some(first), Some(last), _) => {
                u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << (8 * len - 32)
            }
            (.., [first, .., last]) => {
                let middle = octets[len / 2];
                u64::from(*first) | u64::from(middle) << (len / 2 * 8) | u64::from(*last) << (8 * len - 8)
            }
            (.., [only]) => u64::from(*only),
            (.., []) => 0,
        };
        Self::held(text, len)
    }

    /// The two halves of an address.
    #[inline(always)]
    pub const fn address(address: Ipv4Addr) -> [Self; 2] {
        let [a, b, c, d] = address.octets();
        let (front, front_len) = joined(a, b);
        let (back, back_len) = joined(c, d);
        // Behind the last number stands no full stop.
        let len = back_len - 1;
        [Self::held(front, front_len), Self::held(back & !(u64::MAX << (8 * len)), len)]
    }

    /// The first `len` octets of `text`; the others are 0.
    #[inline(always)]
    const fn held(text: u64, len: usize) -> Self {
        // In two steps, since a shift by 64 is none.
        let behind = SPACES << (4 * len) << (4 * len);
        Self { octets: (text | behind).to_le_bytes(), len }
    }
}

/// Two numbers of an address, each with a full stop behind it, and how long that is.
#[inline(always)]
const fn joined(one: u8, other: u8) -> (u64, usize) {
    let (one, other) = (one as usize, other as usize);
    let (first, first_len) = (NUMBERS[one] as u64, LENGTHS[one] as usize);
    let (second, second_len) = (NUMBERS[other] as u64, LENGTHS[other] as usize);
    (first | second << (8 * first_len), first_len + second_len)
}

/// The digits of a number below `EIGHT_DIGITS`, and how many there are.
#[inline(always)]
const fn digits(number: u64) -> (u64, usize) {
    if number < 10 {
        return (b'0' as u64 + number, 1);
    }
    let values = eight_values(number);
    let leading = (values | 1 << 63).trailing_zeros() as usize / 8;
    ((values | ZEROS) >> (8 * leading), 8 - leading)
}

/// The digits of a number below `EIGHT_DIGITS`, zeros in front: an octet of a word each.
#[inline(always)]
pub const fn eight_digits(number: u64) -> u64 {
    eight_values(number) | ZEROS
}

/// The digits of a number below `SEVEN_DIGITS`, a point behind the first of the seven.
#[inline(always)]
pub const fn one_and_six_digits(number: u64) -> u64 {
    let digits = eight_digits(number);
    (digits >> 8 & 0xff) | (b'.' as u64) << 8 | (digits & !0xffff)
}

/// The values of the eight digits of a number, all computed at once.
#[inline(always)]
const fn eight_values(number: u64) -> u64 {
    // Fours, then twos, then ones: each step divides all parts by one multiplication, and leaves the rests beside them.
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - 10 * tens) << 8)
}

/// Eight digits of zero.
const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);
const SPACES: u64 = u64::from_le_bytes([b' '; 8]);

/// Each number of an IPv4 address with a full stop behind it, in the octets of a word.
const NUMBERS: [u32; 256] = {
    let mut all = [0; 256];
    let mut number = 0;
    while number < all.len() {
        let [a, b, c] = [number / 100, number / 10 % 10, number % 10];
        let [a, b, c] = [b'0' + a as u8, b'0' + b as u8, b'0' + c as u8];
        all[number] = u32::from_le_bytes(match LENGTHS[number] {
            2 => [c, b'.', 0, 0],
            3 => [b, c, b'.', 0],
            _ => [a, b, c, b'.'],
        });
        number += 1;
    }
    all
};

/// How long each of them is.
const LENGTHS: [u8; 256] = {
    let mut all = [4; 256];
    let mut number = 0;
    while number < 100 {
        all[number] = if number < 10 { 2 } else { 3 };
        number += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What it says, if there are spaces alone behind it.
    fn said<const N: usize>(short: Short<N>) -> String {
        let (text, behind) = short.octets.split_at(short.len);
        assert!(behind.iter().all(|octet| *octet == b' '), "{short:?}");
        str::from_utf8(text).unwrap().to_owned()
    }

    #[test]
    fn every_digit_at_every_place() {
        for step in [9, 90, 909, 10_001, 12_345, 99_991] {
            for number in (0..EIGHT_DIGITS).step_by(step * 37).chain([9, 10, 99, 100, EIGHT_DIGITS - 1]) {
                assert_eq!(eight_digits(number).to_le_bytes(), *format!("{number:08}").as_bytes());
                assert_eq!(said(Short::number(number)), number.to_string());
                let Short { octets, len } = Short::bare(number);
                assert_eq!(str::from_utf8(&octets[..len]).unwrap(), number.to_string());
                let number = number % SEVEN_DIGITS;
                let (whole, rest) = (number / 1_000_000, number % 1_000_000);
                assert_eq!(
                    one_and_six_digits(number).to_le_bytes(),
                    *format!("{whole}.{rest:06}").as_bytes()
                );
                assert_eq!(said(Short::marked(b':', number)), format!(":{number}"));
            }
        }
    }

    #[test]
    fn words_of_every_length() {
        for word in ["", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"] {
            assert_eq!([said(Short::word(word)), said(Short::<16>::of(word))], [word; 2]);
        }
        assert_eq!(said(Short::<2>::of("abc")), "ab");
    }

    #[test]
    fn every_number_of_an_address() {
        for octet in 0..=u8::MAX {
            for address in [Ipv4Addr::new(octet, 0, 10, octet), Ipv4Addr::new(100, octet, octet, 9)] {
                assert_eq!(Short::address(address).map(said).concat(), address.to_string());
            }
        }
    }

    proptest! {
        #[test]
        fn any_address(octets: [u8; 4]) {
            let address = Ipv4Addr::from(octets);
            prop_assert_eq!(Short::address(address).map(said).concat(), address.to_string());
        }
    }
}
