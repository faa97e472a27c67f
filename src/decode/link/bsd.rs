//! Headers that say little more than the address family, and none at all.
//!
//! In: a frame. Out: the IP packet.
//! Invariant: families have other numbers on other systems, and no number stands for two versions of IP.
//! Read: LINKTYPE_NULL, LOOP, ENC, PFLOG, IPNET and RAW at tcpdump.org.

use crate::decode::error::{Fault, Layer};
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;

/// The loopback of all but OpenBSD.
pub(super) fn null(frame: Rest<'_>) -> Read<'_> {
    let (family, rest) = frame.take(Layer::Null)?;
    Ok(of_family(in_host_order(family), rest))
}

/// OpenBSD's loopback.
pub(super) fn openbsd_loop(frame: Rest<'_>) -> Read<'_> {
    let (family, rest) = frame.take(Layer::Loop)?;
    Ok(of_family(u32::from_be_bytes(family), rest))
}

/// What IPsec has decrypted or is to encrypt: the family, the security parameters' index, and flags.
pub(super) fn enc(frame: Rest<'_>) -> Read<'_> {
    let ([a, b, c, d, ..], rest) = frame.take::<12>(Layer::Enc)?;
    Ok(of_family(in_host_order([a, b, c, d]), rest))
}

/// The packet filter's log: the header has its length first, which leaves out its padding to whole words.
pub(super) fn pflog(frame: Rest<'_>) -> Read<'_> {
    let ([len, family], _) = frame.take(Layer::Pflog)?;
    let (_, rest) = frame.split_claimed(usize::from(len).next_multiple_of(4), 4, Layer::Pflog)?;
    Ok(of_family(u32::from(family), rest))
}

/// Solaris between its zones, with two families of its own.
pub(super) fn ipnet(frame: Rest<'_>) -> Read<'_> {
    let ([_, family, ..], rest) = frame.take::<24>(Layer::Ipnet)?;
    Ok(match family {
        2 => Next::ipv4(rest),
        26 => Next::ipv6(rest),
        _ => Next::OTHER,
    })
}

/// IP that says itself of which version it is.
pub(super) fn raw(frame: Rest<'_>) -> Read<'_> {
    let ([first], _) = frame.take(Layer::Ip)?;
    match first >> 4 {
        4 => Ok(Next::ipv4(frame)),
        6 => Ok(Next::ipv6(frame)),
        version => Err(frame.error(Layer::Ip, Fault::Version(version))),
    }
}

/// The family is in the order of the machine that captured, which is not recorded. Families are small
/// numbers, so of both readings the smaller one is right.
fn in_host_order(family: [u8; 4]) -> u32 {
    u32::from_be_bytes(family).min(u32::from_le_bytes(family))
}

/// AF_INET is 2 everywhere; AF_INET6 is 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS, 10 on Linux.
fn of_family(family: u32, rest: Rest<'_>) -> Next<'_> {
    match family {
        2 => Next::ipv4(rest),
        10 | 24 | 28 | 30 => Next::ipv6(rest),
        _ => Next::OTHER,
    }
}
