//! Filters in tcpdump's language, asked of frames that come from files.
//!
//! In: the text of a filter, then frames. Out: whether each passes, as `tcpdump -r` would say.
//! Invariant: the text is checked before any frame comes; one program for each link type, compiled when its first
//! frame comes; lengths in a filter are those on the wire.

use std::io::{self, Write};
use std::os::fd::AsRawFd;

use pcap::{Activated, Capture, Offline};

use crate::capture::bpf::{self, Instruction};
use crate::capture::error::CaptureError;
use crate::capture::libpcap::{system_number, words_of};
use crate::frame::{Frame, LinkType};

/// What libpcap says of a filter that, for this link type, no frame can pass.
const REJECTS_ALL: &str = "expression rejects all packets";

/// So many kinds of frames a filter is compiled for: each takes a handle of libpcap, time and memory, and an input
/// made for it could have thousands.
const MOST_KINDS: usize = 64;

/// A filter for frames of any link type.
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    /// Few: kinds of frames in one input. An empty program lets nothing pass.
    programs: Vec<(Kind, Vec<Instruction>)>,
    /// Which of them was asked last: mostly it is the one to ask.
    last: usize,
    has_refused: bool,
}

/// What programs differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    link: LinkType,
    /// The byte order of the machine that captured, where frames depend on it.
    big_endian: bool,
}

impl Kind {
    /// BSD loopback frames begin with a small number of four octets in the order of the machine that captured.
    fn of(frame: &Frame<'_>) -> Self {
        let big_endian = frame.link == LinkType::NULL && frame.octets.starts_with(&[0, 0]);
        Self { link: frame.link, big_endian }
    }
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
        let try_for = |link| compile(text, Kind { link, big_endian: false });
        match try_for(LinkType::ETHERNET) {
            Ok(_) => {}
            Err(_) if others.iter().any(|link| try_for(*link).is_ok()) => {}
            Err(cause) => return Err(CaptureError::BadFilter { filter: text.to_owned(), cause }),
        }
        Ok(Self { text: text.to_owned(), programs: Vec::new(), last: 0, has_refused: false })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `frame` passes.
    ///
    /// # Errors
    ///
    /// `FilterNotForLink` with the first frame of a link type for which the filter makes no sense, `FilterForTooMany` with
    /// the first one beyond `MOST_KINDS` kinds; those that follow are answered false.
    pub fn passes(&mut self, frame: &Frame<'_>) -> Result<bool, CaptureError> {
        let kind = Kind::of(frame);
        let is_last = self.programs.get(self.last).is_some_and(|(known, _)| *known == kind);
        if !is_last {
            match self.programs.iter().position(|(known, _)| *known == kind) {
                Some(at) => self.last = at,
                None if self.programs.len() < MOST_KINDS => self.compile(kind)?,
                None if self.has_refused => return Ok(false),
                None => {
                    self.has_refused = true;
                    return Err(CaptureError::FilterForTooMany {
                        filter: self.text.clone(),
                        most: MOST_KINDS,
                    });
                }
            }
        }
        let program = self.programs.get(self.last).map_or(&[][..], |(_, program)| program);
        Ok(bpf::passes(program, frame.octets, frame.wire_len))
    }

    /// Adds the program for frames of one more kind; an empty one where there is none.
    fn compile(&mut self, kind: Kind) -> Result<(), CaptureError> {
        let (program, error) = match compile(&self.text, kind) {
            Ok(program) => (program, None),
            Err(cause) if cause == REJECTS_ALL => (Vec::new(), None),
            Err(cause) => (Vec::new(), Some(cause)),
        };
        self.last = self.programs.len();
        self.programs.push((kind, program));
        error.map_or(Ok(()), |cause| {
            Err(CaptureError::FilterNotForLink { filter: self.text.clone(), link: kind.link, cause })
        })
    }
}

/// libpcap's program for `text`; or libpcap's words.
fn compile(text: &str, kind: Kind) -> Result<Vec<Instruction>, String> {
    match offline_handle(kind) {
        Some(handle) => compile_with(&handle, text),
        None => match Capture::dead(system_number(kind.link)) {
            Ok(handle) => compile_with(&handle, text),
            Err(error) => Err(words_of(&error)),
        },
    }
}

fn compile_with<T: Activated>(handle: &Capture<T>, text: &str) -> Result<Vec<Instruction>, String> {
    let program = handle.compile(text, true).map_err(|error| words_of(&error))?;
    let instructions = program.get_instructions().iter().map(|one| one.to_string().parse());
    instructions.collect::<Result<_, ()>>().map_err(|()| "libpcap's program cannot be read".to_owned())
}

/// A handle that libpcap takes for a file's, on an empty capture in a pipe.
///
/// A "dead" handle will not do: libpcap compiles for it as for a live capture on this machine, which finds no IPv6 in
/// a BSD loopback's frames and takes `inbound` for a question to the kernel. `None` where pipes have no path.
fn offline_handle(kind: Kind) -> Option<Capture<Offline>> {
    // The version is two numbers of 16 bits, 2 and 4, the first one first in either order.
    let version = if kind.big_endian { 0x0002_0004 } else { 0x0004_0002 };
    let fields = [0xA1B2_C3D4, version, 0, 0, 262_144, kind.link.0];
    let header = if kind.big_endian { fields.map(u32::to_be_bytes) } else { fields.map(u32::to_le_bytes) };
    let (reader, mut writer) = io::pipe().ok()?;
    writer.write_all(&header.concat()).ok()?;
    drop(writer);
    Capture::from_file(format!("/dev/fd/{}", reader.as_raw_fd())).ok()
}
