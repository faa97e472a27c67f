//! MPLS: a stack of labels, and what it carries.
//!
//! In: the octets from the first label on. Out: IP, or the Ethernet frame of a pseudowire.
//! Invariant: nothing in the stack says what it carries. A load that begins with 4 or 6 is IP, as routers take it, unless it
//! cannot be; Ethernet is one that has a known EtherType in its place, with a control word before it or without.
//! Read: RFC 3032 §2.1, RFC 4385 §3, RFC 4448 §4.6, RFC 4928 §3.

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;
use crate::frame::LinkType;

/// What stands behind the bottom of the stack.
pub(super) fn stack(mut rest: Rest<'_>) -> Read<'_> {
    loop {
        let ([_, _, bottom, _], after) = rest.take(Layer::Mpls)?;
        rest = after;
        if bottom & 1 == 1 {
            break;
        }
    }
    let ([first], _) = rest.take(Layer::Mpls)?;
    Ok(match first >> 4 {
        4 if is_ip(rest) || !is_ethernet(rest) => Next::ipv4(rest),
        6 if is_ip(rest) || !is_ethernet(rest) => Next::ipv6(rest),
        // The pseudowire's own channel.
        1 => Next::OTHER,
        half => pseudowire(half, rest)?,
    })
}

/// A first half octet of 0 is that of a control word, or that of an address; any other is that of an address.
fn pseudowire(half: u8, rest: Rest<'_>) -> Read<'_> {
    // What tells one from the other has to be captured: a control word, a header, and the octet behind it.
    let _ = rest.split(rest.len().min(19), Layer::Mpls)?;
    if half != 0 {
        return Ok(if is_ethernet(rest) { Next::Link(LinkType::ETHERNET, rest) } else { Next::OTHER });
    }
    let ([_, _, _, _], behind) = rest.take(Layer::Mpls)?;
    let has_control_word = is_ethernet(behind) || !is_ethernet(rest);
    Ok(Next::Link(LinkType::ETHERNET, if has_control_word { behind } else { rest }))
}

/// Whether the lengths of an IP header fit the load: addresses may begin like one.
fn is_ip(rest: Rest<'_>) -> bool {
    let Some(&[first, _, high, low, high_6, low_6]) = rest.octets().first_chunk() else { return true };
    if first >> 4 == 6 {
        return usize::from(u16::from_be_bytes([high_6, low_6])).saturating_add(40) <= rest.len();
    }
    let len = usize::from(u16::from_be_bytes([high, low]));
    first & 0x0f >= 5 && (20..=rest.len()).contains(&len)
}

/// Whether an EtherType that is used every day stands where Ethernet has it, and IP of its version behind it.
fn is_ethernet(rest: Rest<'_>) -> bool {
    let Some(&[high, low, first]) = rest.octets().get(12..).and_then(|octets| octets.first_chunk()) else {
        return false;
    };
    match u16::from_be_bytes([high, low]) {
        0x0800 => first >> 4 == 4,
        0x86dd => first >> 4 == 6,
        0x0806 | 0x8100 | 0x88a8 | 0x9100 | 0x8847 | 0x8848 | 0x8863 | 0x8864 => true,
        _ => false,
    }
}
