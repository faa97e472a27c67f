//! Filters in tcpdump's language, asked of frames that come from files.
//!
//! In: the text of a filter, then frames. Out: whether each passes, as `tcpdump -r` would say.
//! Invariant: the text is checked before any frame comes; one program for each link type, compiled when its first
//! frame comes; lengths in a filter are those on the wire.

use pcap::Capture;

use crate::capture::bpf::{self, Instruction};
use crate::capture::error::CaptureError;
use crate::capture::libpcap::{system_number, words_of};
use crate::frame::{Frame, LinkType};

/// What libpcap says of a filter that, for this link type, no frame can pass.
const REJECTS_ALL: &str = "expression rejects all packets";

/// A filter for frames of any link type.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    /// Few: link types in one input. An empty program lets nothing pass.
    programs: Vec<(LinkType, Vec<Instruction>)>,
}

impl Filter {
    /// From a filter's text; the empty one lets everything pass.
    ///
    /// Names of hosts, networks and services in it are looked up, as tcpdump does.
    ///
    /// # Errors
    ///
    /// `BadFilter`, with libpcap's words, where the text is a filter for no kind of frame that is known here.
    pub fn new(text: &str) -> Result<Self, CaptureError> {
        // Some filters are for one link layer alone (`ifindex 3`, `wlan host ...`); Ethernet's message is the one
        // to show, as tcpdump would.
        let others = [LinkType::LINUX_SLL2, LinkType::NULL, LinkType::RAW, LinkType(105), LinkType(127)];
        match compile(text, LinkType::ETHERNET) {
            Ok(_) => {}
            Err(_) if others.iter().any(|link| compile(text, *link).is_ok()) => {}
            Err(cause) => return Err(CaptureError::BadFilter { filter: text.to_owned(), cause }),
        }
        Ok(Self { text: text.to_owned(), programs: Vec::new() })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `frame` passes.
    ///
    /// # Errors
    ///
    /// `FilterNotForLink` with the first frame of a link type for which the filter makes no sense; those that follow
    /// are answered false.
    pub fn passes(&mut self, frame: &Frame<'_>) -> Result<bool, CaptureError> {
        if let Some((_, program)) = self.programs.iter().find(|(link, _)| *link == frame.link) {
            return Ok(bpf::passes(program, frame.octets, frame.wire_len));
        }
        let (program, error) = match compile(&self.text, frame.link) {
            Ok(program) => (program, None),
            Err(cause) if cause == REJECTS_ALL => (Vec::new(), None),
            Err(cause) => (Vec::new(), Some(cause)),
        };
        let passes = bpf::passes(&program, frame.octets, frame.wire_len);
        self.programs.push((frame.link, program));
        match error {
            None => Ok(passes),
            Some(cause) => {
                Err(CaptureError::FilterNotForLink { filter: self.text.clone(), link: frame.link, cause })
            }
        }
    }
}

/// libpcap's program for `text`; or libpcap's words.
fn compile(text: &str, link: LinkType) -> Result<Vec<Instruction>, String> {
    let words = |error| words_of(&error);
    let handle = Capture::dead(system_number(link)).map_err(words)?;
    let program = handle.compile(text, true).map_err(words)?;
    let instructions = program.get_instructions().iter().map(|one| one.to_string().parse());
    instructions.collect::<Result<_, ()>>().map_err(|()| "libpcap's program cannot be read".to_owned())
}
