//! What stands around the IP packet of every frame, octet by octet: any encapsulation.
//!
//! In: the words of `header:` and `trailer:` lines. Out: the octets, with their lengths and sums filled in.
//! Invariant: a length counts what follows its field up to the end of the IP packet, so that no number in a script
//! depends on the length of a segment.
//! Read: RFC 791 §3.1, RFC 8200 §3, RFC 768.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::support::frame::{fold, mac, sum};
use crate::support::notation::{hexadecimal, number};

/// A word of a header line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The socket that sends the frames it stands in; every frame where there is none.
    pub sender: Option<char>,
    item: Item,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Octets(Vec<u8>),
    /// The Ethernet address of the socket that the frame is from, or for.
    From,
    To,
    /// The EtherType, or the number in PPP, of the script's own IP packet.
    Ether,
    Ppp,
    /// How many octets follow, and something more or less.
    Length(Width, i64),
    /// The frame's number.
    Count(Width),
    /// The checksum of the IPv4 header in whose checksum field it stands.
    Ipv4Sum,
    /// Whole headers.
    Ipv4(Ipv4Addr, Ipv4Addr, u8),
    Ipv6(Ipv6Addr, Ipv6Addr, u8),
    Udp(u16, u16),
}

/// How wide a number is, and in which order it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Width {
    octets: usize,
    little: bool,
}

/// What the words are to be filled in with.
pub struct Around<'a> {
    /// The frame's number, from 1.
    pub number: usize,
    /// The sockets that the frame is from and for.
    pub ends: (char, char),
    /// The IP packet.
    pub packet: &'a [u8],
}

/// The words of a line.
pub fn words(sender: Option<char>, line: &str) -> Result<Vec<Word>, String> {
    line.split_whitespace().map(|word| Ok(Word { sender, item: item(word)? })).collect()
}

fn item(word: &str) -> Result<Item, String> {
    if let Some((name, arguments)) = word.strip_suffix(')').and_then(|word| word.split_once('(')) {
        return whole(name, &arguments.split(',').collect::<Vec<_>>())
            .ok_or_else(|| format!("`{word}` is none of: ipv4(FROM,TO,N), ipv6(FROM,TO,N), udp(FROM,TO)"));
    }
    let cut = word.find(['+', '-']).unwrap_or(word.len());
    let (name, more) = word.split_at(cut);
    let is_length = name.starts_with("len");
    if !more.is_empty() && !is_length {
        return Err(format!("`{word}`: only a length can be more or less"));
    }
    match name {
        "none" => return Ok(Item::Octets(Vec::new())),
        "from" => return Ok(Item::From),
        "to" => return Ok(Item::To),
        "ether" => return Ok(Item::Ether),
        "ppp" => return Ok(Item::Ppp),
        "ipv4sum" => return Ok(Item::Ipv4Sum),
        _ => {}
    }
    if is_length && let Some(width) = width(&name[3..]) {
        return Ok(Item::Length(width, if more.is_empty() { 0 } else { number(more)? }));
    }
    match name.strip_prefix("count").and_then(width) {
        Some(width) => Ok(Item::Count(width)),
        None => Ok(Item::Octets(hexadecimal(name)?)),
    }
}

/// `8`, `16`, `24` or `32` bits, with `le` for the little end first.
fn width(word: &str) -> Option<Width> {
    let bits = word.strip_suffix("le").unwrap_or(word);
    let octets = match bits {
        "8" => 1,
        "16" => 2,
        "24" => 3,
        "32" => 4,
        _ => return None,
    };
    Some(Width { octets, little: bits.len() < word.len() })
}

fn whole(name: &str, arguments: &[&str]) -> Option<Item> {
    match (name, arguments) {
        ("ipv4", [from, to, next]) => {
            Some(Item::Ipv4(from.parse().ok()?, to.parse().ok()?, next.parse().ok()?))
        }
        ("ipv6", [from, to, next]) => {
            Some(Item::Ipv6(from.parse().ok()?, to.parse().ok()?, next.parse().ok()?))
        }
        ("udp", [from, to]) => Some(Item::Udp(from.parse().ok()?, to.parse().ok()?)),
        _ => None,
    }
}

/// The octets of `words` that stand in this frame.
pub fn octets(words: &[Word], around: &Around<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    let (mut lengths, mut sums) = (Vec::new(), Vec::new());
    let is_here = |word: &&Word| word.sender.is_none_or(|sender| sender == around.ends.0);
    for word in words.iter().filter(is_here) {
        let at = octets.len();
        let sixteen = Width { octets: 2, little: false };
        match &word.item {
            Item::Length(width, more) => lengths.push((at, *width, *more)),
            Item::Ipv4Sum => sums.push(at),
            Item::Ipv4(..) => {
                lengths.push((at + 2, sixteen, 4));
                sums.push(at + 10);
            }
            // What follows its length field has 34 octets of the header itself.
            Item::Ipv6(..) => lengths.push((at + 4, sixteen, -34)),
            Item::Udp(..) => lengths.push((at + 4, sixteen, 6)),
            _ => {}
        }
        octets.extend(unfilled(&word.item, around));
    }
    let end = octets.len() + around.packet.len();
    for (at, width, more) in lengths {
        let len = i64::try_from(end - at - width.octets).expect("a frame is short") + more;
        fill(&mut octets[at..], width, u64::try_from(len).expect("a length is not negative"));
    }
    for at in sums {
        let header = at.checked_sub(10).expect("ipv4sum stands behind 10 octets of an IPv4 header");
        let len = usize::from(octets[header] & 15) * 4;
        let sum = !fold(sum(&octets[header..header + len]));
        octets[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    }
    octets
}

/// An item's octets, zeros where a length or a sum is to stand.
fn unfilled(item: &Item, around: &Around<'_>) -> Vec<u8> {
    let is_ipv6 = around.packet.first().is_some_and(|first| first >> 4 == 6);
    match item {
        Item::Octets(octets) => octets.clone(),
        Item::From => mac(around.ends.0).to_vec(),
        Item::To => mac(around.ends.1).to_vec(),
        Item::Ether => (if is_ipv6 { [0x86, 0xdd] } else { [0x08, 0x00] }).to_vec(),
        Item::Ppp => vec![0, if is_ipv6 { 0x57 } else { 0x21 }],
        Item::Length(width, _) => vec![0; width.octets],
        Item::Count(width) => {
            let mut octets = vec![0; width.octets];
            fill(&mut octets, *width, around.number as u64);
            octets
        }
        Item::Ipv4Sum => vec![0; 2],
        Item::Ipv4(from, to, next) => {
            [&[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, *next, 0, 0], &from.octets()[..], &to.octets()].concat()
        }
        Item::Ipv6(from, to, next) => {
            [&[0x60, 0, 0, 0, 0, 0, *next, 64], &from.octets()[..], &to.octets()].concat()
        }
        Item::Udp(from, to) => [&from.to_be_bytes()[..], &to.to_be_bytes(), &[0; 4]].concat(),
    }
}

fn fill(place: &mut [u8], width: Width, value: u64) {
    let octets = value.to_be_bytes();
    let (above, octets) = octets.split_at(8 - width.octets);
    assert!(above.iter().all(|octet| *octet == 0), "{value} does not fit into {} octets", width.octets);
    place[..width.octets].copy_from_slice(octets);
    if width.little {
        place[..width.octets].reverse();
    }
}
