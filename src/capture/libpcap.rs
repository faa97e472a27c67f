//! libpcap's own words and numbers, in this project's.
//!
//! In: errors and link types as the `pcap` crate has them. Out: messages to show, link types of the registry.
//! Invariant: the two directions of the numbers undo each other.

use pcap::Linktype;

use crate::frame::LinkType;

/// What libpcap says, without what the `pcap` crate puts before it.
pub fn words_of(error: &pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(words) => words.clone(),
        other => other.to_string(),
    }
}

/// The number by which this system's libpcap knows a link type of the registry; few differ.
pub fn system_number(link: LinkType) -> Linktype {
    match link {
        LinkType::RAW if cfg!(target_os = "openbsd") => Linktype(14),
        LinkType::RAW => Linktype(12),
        LinkType::LOOP if cfg!(target_os = "openbsd") => Linktype(12),
        LinkType(number) => Linktype(number.cast_signed()),
    }
}

/// The registry's number for a link type of this system's libpcap.
pub fn registry_number(link: Linktype) -> LinkType {
    let known = [LinkType::RAW, LinkType::LOOP].into_iter().find(|known| system_number(*known) == link);
    known.unwrap_or(LinkType(link.0.cast_unsigned()))
}
