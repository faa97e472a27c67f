//! IEEE 802.11, and the headers that say how a frame was received.
//!
//! In: a frame. Out: what its LLC header announces, or the first packet of an aggregate.
//! Invariant: only whole data frames in clear are looked into: protected frames and fragments are other traffic.
//! Read: IEEE 802.11-2020 §9.2.3, §9.2.4 and §9.3.2, radiotap.org, LINKTYPE_IEEE802_11_* at tcpdump.org.

use crate::decode::error::Layer;
use crate::decode::link::next::{Next, Read};
use crate::decode::rest::Rest;

/// Frames of one aggregate that are looked at: it has 11,454 octets at the most (IEEE 802.11 §9.3.2).
const MOST_LOOKED_AT: usize = 1024;

/// An 802.11 frame.
pub(super) fn frame(rest: Rest<'_>) -> Read<'_> {
    data_frame(rest, false)
}

/// Radiotap: version, padding, its length, and what it holds; all in little-endian order.
pub(super) fn radiotap(rest: Rest<'_>) -> Read<'_> {
    const PADDED: u8 = 0x20;
    let ([_, _, low, high], _) = rest.take(Layer::Radiotap)?;
    let len = usize::from(u16::from_le_bytes([low, high]));
    let (header, rest) = rest.split_claimed(len, 8, Layer::Radiotap)?;
    data_frame(rest, radiotap_flags(header) & PADDED != 0)
}

/// Prism's header has one length; drivers give the one of AVS this link type, too, and it says so itself.
pub(super) fn prism(rest: Rest<'_>) -> Read<'_> {
    let ([a, b, c, _], _) = rest.take(Layer::Prism)?;
    if [a, b, c] == [0x80, 0x21, 0x10] {
        return avs(rest);
    }
    let (_, rest) = rest.split(144, Layer::Prism)?;
    data_frame(rest, false)
}

/// AVS: a magic number and a length.
pub(super) fn avs(rest: Rest<'_>) -> Read<'_> {
    let ([_, _, _, _, a, b, c, d], _) = rest.take(Layer::Avs)?;
    let len = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let (_, rest) = rest.split_claimed(len, 8, Layer::Avs)?;
    data_frame(rest, false)
}

/// The field of flags, which a time of eight octets may stand before; 0 where there is none.
///
/// The words that say which fields are there go on as long as their highest bit is set.
fn radiotap_flags(header: &[u8]) -> u8 {
    const TIME: u8 = 0x01;
    const FLAGS: u8 = 0x02;
    let Some((fixed, words)) = header.split_at_checked(4) else { return 0 };
    let is_last = |word: &[u8]| word.last().is_none_or(|octet| octet & 0x80 == 0);
    let Some(more) = words.chunks_exact(4).position(is_last) else { return 0 };
    let has = words.first().copied().unwrap_or(0);
    if has & FLAGS == 0 {
        return 0;
    }
    let fields = fixed.len().saturating_add(more.saturating_add(1).saturating_mul(4));
    // A field stands at a multiple of its size.
    let at = if has & TIME == 0 { fields } else { fields.next_multiple_of(8).saturating_add(8) };
    header.get(at).copied().unwrap_or(0)
}

/// `padded`: the card has filled up the header to whole words.
fn data_frame(rest: Rest<'_>, padded: bool) -> Read<'_> {
    const TO_AND_FROM: u8 = 0x03;
    const MORE_FRAGMENTS: u8 = 0x04;
    const PROTECTED: u8 = 0x40;
    const ORDER: u8 = 0x80;
    const AGGREGATE: u8 = 0x80;
    let ([control, flags], _) = rest.take(Layer::Wifi)?;
    // Version 0, type 2 (data), and not one of the subtypes that carry nothing.
    let (is_data, is_qos) = (control & 0x4f == 0x08, control & 0x80 != 0);
    if !is_data || flags & (PROTECTED | MORE_FRAGMENTS) != 0 {
        return Ok(Next::OTHER);
    }
    let (header, after) = rest.take::<24>(Layer::Wifi)?;
    let [.., fragment, _] = header;
    if fragment & 0x0f != 0 {
        return Ok(Next::OTHER);
    }
    let has_four = flags & TO_AND_FROM == TO_AND_FROM;
    let (_, after) = after.split(if has_four { 6 } else { 0 }, Layer::Wifi)?;
    let (quality, after) = if is_qos {
        let ([quality, _], after) = after.take(Layer::Wifi)?;
        let high_throughput = if flags & ORDER == 0 { 0 } else { 4 };
        (quality, after.split(high_throughput, Layer::Wifi)?.1)
    } else {
        (0, after)
    };
    // A fourth address and a service class leave half a word each.
    let (_, after) = after.split(if padded && has_four != is_qos { 2 } else { 0 }, Layer::Wifi)?;
    Ok(if quality & AGGREGATE == 0 { Next::Llc(after) } else { Next::Aggregate(after) })
}

/// An aggregate (A-MSDU): frames one after another, each with addresses and length, filled up to whole words.
/// Of those that hold IP the one with the number `nth` is read, from 0. The standard has no room for so many as are looked at.
pub(super) fn aggregate(mut rest: Rest<'_>, mut nth: usize) -> Read<'_> {
    for _ in 0..MOST_LOOKED_AT {
        if rest.len() == 0 {
            break;
        }
        let ([.., high, low], inner) = rest.take::<14>(Layer::Aggregate)?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        let inner = inner.with_len(len.min(inner.len()));
        let holds_ip = matches!(
            inner.octets(),
            [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00, ..] | [0xaa, 0xaa, 0x03, 0, 0, 0, 0x86, 0xdd, ..]
        );
        match nth.checked_sub(usize::from(holds_ip)) {
            None => return Ok(Next::Llc(inner)),
            Some(left) => nth = left,
        }
        // The last one is not filled up.
        let whole = len.saturating_add(14).next_multiple_of(4).min(rest.len());
        (_, rest) = rest.split(whole, Layer::Aggregate)?;
    }
    Ok(Next::OTHER)
}
