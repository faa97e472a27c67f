//! Digests: numbers by which the same octets are known again.
//!
//! In: octets, and what they are told apart by besides. Out: 64 bits.
//! Invariant: every octet counts, and how many there are. Nothing about it is secret: who makes a capture can make two
//! packets of one digest, and misleads by it about these alone.

/// From the digits of pi.
const BEGINNING: u64 = 0x243F_6A88_85A3_08D3;
const KEY: u64 = 0x1319_8A2E_0370_7345;

/// What is read at once.
const WORD: usize = 8;
const PAIR: usize = 2 * WORD;

/// The digest of `octets`, of which other numbers `before` and `beside` them make another one. What stands before is laid
/// upon the first word, which is to be something that seldom changes along with it.
#[inline(always)]
pub(super) fn of(before: u64, octets: &[u8], beside: u32) -> u64 {
    let state = all_but_last(before ^ beginning(octets.len(), beside), octets);
    match octets.last_chunk() {
        Some(pair) => mix_pair(state, pair),
        None => mix_few(state, octets),
    }
}

/// Of less than a pair.
#[inline(always)]
fn mix_few(state: u64, octets: &[u8]) -> u64 {
    match (octets.first_chunk(), octets.last_chunk()) {
        (Some(first), Some(last)) => mix(state, u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => mix(state, octets.iter().fold(0, |word, octet| word << 8 | u64::from(*octet)), 0),
    }
}

/// Multiplied, so that no few bits of the octets undo what is not in them.
#[inline(always)]
const fn beginning(len: usize, beside: u32) -> u64 {
    (len as u64).wrapping_mul(KEY) ^ (beside as u64).wrapping_add(1).wrapping_mul(BEGINNING)
}

/// Pairs of words. The last one ends where the octets do, so that it needs no padding, and may begin in the one before.
#[inline(always)]
fn all_but_last(mut state: u64, mut octets: &[u8]) -> u64 {
    while octets.len() > 2 * PAIR
        && let Some((two, behind)) = octets.split_first_chunk::<{ 2 * PAIR }>()
    {
        (state, octets) = (two.as_chunks().0.iter().fold(state, mix_pair), behind);
    }
    match octets.first_chunk() {
        Some(pair) if octets.len() > PAIR => mix_pair(state, pair),
        _ => state,
    }
}

#[inline(always)]
const fn mix_pair(state: u64, pair: &[u8; PAIR]) -> u64 {
    let [one, other] = words(pair);
    mix(state, one, other)
}

/// The two halves of a product, one upon the other: each of them has something of all bits.
#[inline(always)]
const fn mix(state: u64, one: u64, other: u64) -> u64 {
    let product = ((one ^ state) as u128).wrapping_mul((other ^ KEY) as u128);
    product as u64 ^ (product >> 64) as u64
}

#[inline(always)]
const fn words(pair: &[u8; PAIR]) -> [u64; 2] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = *pair;
    [u64::from_le_bytes([a, b, c, d, e, f, g, h]), u64::from_le_bytes(rest)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_bit_and_the_length_count() {
        let all: Vec<u8> = (0..80).map(|octet: u8| octet.wrapping_mul(37)).collect();
        let mut digests = BTreeSet::new();
        let mut count = 0;
        for len in 0..all.len() {
            assert!(digests.insert(of(0, &all[..len], 0)) && digests.insert(of(0, &all[..len], 1)));
            count += 2;
            for bit in 0..8 * len {
                let mut other = all[..len].to_vec();
                other[bit / 8] ^= 1 << (bit % 8);
                digests.insert(of(0, &other, 0));
                count += 1;
            }
        }
        assert_eq!(digests.len(), count);
    }

    #[test]
    fn what_stands_before_counts() {
        for len in 0..80 {
            let digests: BTreeSet<u64> =
                (0..65).map(|bit| of(1_u64.checked_shl(bit).unwrap_or(0), &vec![7; len], 0)).collect();
            assert_eq!(digests.len(), 65, "{len}");
        }
    }

    #[test]
    fn zeros_are_told_by_their_number() {
        let digests: BTreeSet<u64> = (0..100).map(|len| of(0, &vec![0; len], 0)).collect();
        assert_eq!(digests.len(), 100);
    }

    #[test]
    fn half_of_a_digest_is_one() {
        let mut halves = [BTreeSet::new(), BTreeSet::new()];
        for number in 0_u32..20_000 {
            let mut octets = [7; 40];
            octets[20..24].copy_from_slice(&number.to_be_bytes());
            let digest = of(0, &octets, 0);
            halves[0].insert(digest as u32);
            halves[1].insert((digest >> 32) as u32);
        }
        // Of so many numbers of 32 bits some few are the same by chance.
        assert!(halves.iter().all(|half| half.len() > 19_990), "{:?}", halves.map(|half| half.len()));
    }
}
