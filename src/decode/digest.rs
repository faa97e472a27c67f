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
/// Octets that any packet with a segment has.
const FRONT: usize = 2 * PAIR;

/// The digest of `octets`, of which another number `beside` makes another one.
#[inline(always)]
pub(super) fn of(octets: &[u8], beside: u32) -> u64 {
    let state = all_but_last(beginning(octets.len(), beside), octets);
    let [one, other] = match (octets.last_chunk(), octets.first_chunk::<WORD>(), octets.last_chunk::<WORD>())
    {
        (Some(pair), ..) => words(pair),
        (None, Some(first), Some(last)) => [u64::from_le_bytes(*first), u64::from_le_bytes(*last)],
        _ => [octets.iter().fold(0, |word, octet| word << 8 | u64::from(*octet)), 0],
    };
    mix(state, one, other)
}

/// The digest of a packet, of the first sixteen octets of which the bits of `kept` alone count.
#[inline(always)]
pub(super) fn of_packet(octets: &[u8], kept: [u8; PAIR]) -> u64 {
    let state = beginning(octets.len(), 0);
    match (octets.split_first_chunk(), octets.last_chunk()) {
        (Some((front, rest)), Some(last)) => {
            let [one, other] = words(last);
            mix(all_but_last(of_front(state, front, kept), rest), one, other)
        }
        _ => of_short(state, octets, kept),
    }
}

/// Multiplied, so that no few bits of the octets undo what is not in them.
#[inline(always)]
const fn beginning(len: usize, beside: u32) -> u64 {
    BEGINNING ^ (len as u64 ^ (beside as u64) << 32).wrapping_mul(KEY)
}

#[inline(always)]
fn of_front(state: u64, front: &[u8; FRONT], kept: [u8; PAIR]) -> u64 {
    let (Some(first), Some(second)) = (front.first_chunk(), front.last_chunk()) else { return state };
    let ([a, b], [c, d], [kept_a, kept_b]) = (words(first), words(second), words(&kept));
    mix(mix(state, a & kept_a, b & kept_b), c, d)
}

#[cold]
#[inline(never)]
fn of_short(state: u64, octets: &[u8], kept: [u8; PAIR]) -> u64 {
    let mut front = [0; FRONT];
    front.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
    of_front(state, &front, kept)
}

/// Pairs of words. The last one ends where the octets do, so that it needs no padding, and may begin in the one before.
#[inline(always)]
fn all_but_last(mut state: u64, mut octets: &[u8]) -> u64 {
    while octets.len() > PAIR
        && let Some((pair, behind)) = octets.split_first_chunk()
    {
        let [one, other] = words(pair);
        (state, octets) = (mix(state, one, other), behind);
    }
    state
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
            assert!(digests.insert(of(&all[..len], 0)) && digests.insert(of(&all[..len], 1)));
            count += 2;
            for bit in 0..8 * len {
                let mut other = all[..len].to_vec();
                other[bit / 8] ^= 1 << (bit % 8);
                digests.insert(of(&other, 0));
                count += 1;
            }
        }
        assert_eq!(digests.len(), count);
    }

    #[test]
    fn zeros_are_told_by_their_number() {
        let digests: BTreeSet<u64> = (0..100).map(|len| of(&vec![0; len], 0)).collect();
        assert_eq!(digests.len(), 100);
    }

    #[test]
    fn half_of_a_digest_is_one() {
        let mut halves = [BTreeSet::new(), BTreeSet::new()];
        for number in 0_u32..20_000 {
            let mut octets = [7; 40];
            octets[20..24].copy_from_slice(&number.to_be_bytes());
            let digest = of(&octets, 0);
            halves[0].insert(digest as u32);
            halves[1].insert((digest >> 32) as u32);
        }
        // Of so many numbers of 32 bits some few are the same by chance.
        assert!(halves.iter().all(|half| half.len() > 19_990), "{:?}", halves.map(|half| half.len()));
    }

    #[test]
    fn what_is_not_kept_does_not_count() {
        let mut kept = [0xff; PAIR];
        kept[9] = 0;
        for len in 10..60 {
            let octets = vec![1; len];
            for at in 0..len {
                let mut other = octets.clone();
                other[at] = 2;
                assert_eq!(of_packet(&octets, kept) == of_packet(&other, kept), at == 9, "{len} {at}");
            }
        }
    }
}
