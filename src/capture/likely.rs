//! What is likely a packet.
//!
//! In: the octets of a frame, by its link type. Out: whether IP stands where the usual frames of that type have it.
//! Invariant: true is hardly ever chance; false says nothing.

use crate::frame::LinkType;

/// Whether a packet of IP follows the link header, and its lengths fit a frame of `wire_len` octets.
pub fn is_ip(link: LinkType, frame: &[u8], wire_len: u32) -> bool {
    // Where the EtherType stands, and where the packet begins.
    let (number, start) = match link {
        LinkType::ETHERNET => (Some(12), 14),
        LinkType::LINUX_SLL => (Some(14), 16),
        LinkType::LINUX_SLL2 => (Some(0), 20),
        LinkType::NULL | LinkType::LOOP => (None, 4),
        LinkType::RAW => (None, 0),
        _ => return false,
    };
    let Some(packet) = frame.get(start..) else { return false };
    let room = (wire_len as usize).saturating_sub(start);
    let is = |wanted: [u8; 2]| {
        number.is_none_or(|at| frame.get(at..).is_some_and(|rest| rest.starts_with(&wanted)))
    };
    // Without a link header nothing pads a packet.
    let fits = |len: usize| if start == 0 { len == room } else { len <= room };
    match *packet {
        [first @ 0x45..=0x4f, _, high, low, ..] => {
            let len = usize::from(u16::from_be_bytes([high, low]));
            is([0x08, 0x00]) && len >= usize::from(first & 15) * 4 && fits(len)
        }
        [0x60..=0x6f, _, _, _, high, low, ..] => {
            is([0x86, 0xdd]) && fits(usize::from(u16::from_be_bytes([high, low])) + 40)
        }
        _ => false,
    }
}
