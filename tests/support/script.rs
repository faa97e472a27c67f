//! A whole script.
//!
//! In: a `.seg` file. Out: what it shows, how it is captured, its frames, and what is expected.
//! Invariant: whatever cannot be read is an error that names file, line and cause; nothing is passed over.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use crate::support::container::{Format, Parts};
use crate::support::expect::{Expectation, Expected};
use crate::support::header::Word;
use crate::support::icmp::Report;
use crate::support::notation::{Written, hexadecimal, number};
use crate::support::reader::Reader;

/// One script.
#[derive(Debug, Clone)]
pub struct Script {
    /// Its file, from the fixtures' folder on.
    pub path: PathBuf,
    /// The sentences at its head.
    pub shows: String,
    /// Where the capture is made.
    pub tap: Tap,
    /// The tools that show nothing of its segments; the head says why.
    pub not_shown_by: Vec<String>,
    /// The link layer.
    pub link: Link,
    /// What stands between the link header and the IP packet.
    pub header: Vec<Word>,
    /// What stands behind the IP packet.
    pub trailer: Vec<u8>,
    /// What else stands in the IP header.
    pub ip: IpForm,
    /// The file format of its capture.
    pub format: Format,
    /// Whether the capture's numbers stand in big-endian order.
    pub big_endian: bool,
    /// How many interfaces the capture has; more than one in pcapng alone.
    pub interfaces: u32,
    /// What else is asked of a pcapng file.
    pub parts: Parts,
    /// How many frames the capture says it lost, in pcapng alone.
    pub drops: Option<u64>,
    /// The sockets, by letter.
    pub sockets: BTreeMap<char, SocketAddr>,
    /// The frames in order of capture.
    pub frames: Vec<Frame>,
    /// What is expected of the connections, and of the capture.
    pub expectations: Vec<Expectation>,
}

/// One frame of a script.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The line it stands in.
    pub number: usize,
    /// Nanoseconds after the capture's start.
    pub time: u64,
    /// What it is.
    pub carries: Carries,
}

/// What a frame carries.
#[derive(Debug, Clone)]
pub enum Carries {
    /// A segment, and what it should be observed as.
    Segment(Box<Written>, Expected),
    /// An ICMP error about a segment.
    Icmp(Box<Report>),
    /// Octets as they are, and the interface that saw them.
    Raw(Vec<u8>, u32),
}

/// A segment of a script, with its place.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The line it stands in.
    pub number: usize,
    /// Nanoseconds after the capture's start.
    pub time: u64,
    /// What is written of it.
    pub segment: &'a Written,
    /// What it should be observed as.
    pub expected: &'a Expected,
}

impl Frame {
    /// Its segment, where it carries one.
    pub fn segment(&self) -> Option<Line<'_>> {
        match &self.carries {
            Carries::Segment(segment, expected) => {
                Some(Line { number: self.number, time: self.time, segment, expected })
            }
            Carries::Icmp(_) | Carries::Raw(..) => None,
        }
    }
}

/// Where a capture is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tap {
    /// At the socket with this letter.
    Near(char),
    /// Between the ends.
    Middle,
}

/// A link layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Ethernet.
    Ethernet,
    /// Ethernet with one VLAN tag.
    Vlan,
    /// Ethernet with two VLAN tags.
    QinQ,
    /// BSD loopback.
    Null,
    /// OpenBSD loopback.
    Loop,
    /// No link header.
    Raw,
    /// Linux cooked capture.
    Sll,
    /// Linux cooked capture, second version.
    Sll2,
    /// Any other, by its number: what stands there is for `header:` lines or raw frames to say.
    Other(u32),
}

impl Link {
    /// By the name that directives have for it.
    pub fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "ethernet" => Self::Ethernet,
            "vlan" => Self::Vlan,
            "qinq" => Self::QinQ,
            "null" => Self::Null,
            "loop" => Self::Loop,
            "raw" => Self::Raw,
            "sll" => Self::Sll,
            "sll2" => Self::Sll2,
            other => match other.strip_prefix("dlt ") {
                Some(number) => Self::Other(crate::support::notation::number(number)?),
                None => {
                    return Err(format!(
                        "`link: {name}` is none of: ethernet, vlan, qinq, null, loop, raw, sll, sll2, dlt N"
                    ));
                }
            },
        })
    }
}

/// What stands between the fixed IP header and TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IpForm {
    /// Nothing.
    Plain,
    /// An IPv4 option (router alert), or IPv6 hop-by-hop and destination options.
    Extended,
    /// With an authentication header (RFC 4302).
    Authenticated,
    /// IPv6 with every extension header that hides nothing of the ends.
    Chained,
    /// IPv6 with its length in a hop-by-hop option where the payload is longer than 65,535 octets (RFC 2675).
    Jumbo,
    /// IPv6 with one extension header: its number, and its octets behind the one that says what follows.
    Header(u8, Vec<u8>),
}

impl IpForm {
    /// Whether the TCP checksum is made of other addresses than those of the packet: shim6's payload header.
    pub fn hides_ends(&self) -> bool {
        matches!(self, Self::Header(140, octets) if octets.get(1).is_some_and(|octet| octet & 0x80 != 0))
    }

    /// By its words in a script.
    pub fn read(words: &str) -> Result<Self, String> {
        Ok(match words.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["extended"] => Self::Extended,
            ["authenticated"] => Self::Authenticated,
            ["chained"] => Self::Chained,
            ["jumbo"] => Self::Jumbo,
            ["header", of, octets @ ..] if !octets.is_empty() => {
                Self::Header(number(of)?, hexadecimal(&octets.concat())?)
            }
            _ => {
                let forms = "extended, authenticated, chained, jumbo, header N HEX ...";
                return Err(format!("`ip: {words}` is none of: {forms}"));
            }
        })
    }
}

/// Why a script cannot be read.
#[derive(Debug)]
pub struct ScriptError {
    path: PathBuf,
    line: usize,
    cause: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fixtures/{}:{}: {}", self.path.display(), self.line, self.cause)
    }
}

impl Script {
    /// Reads the script in that file.
    pub fn load(path: &Path) -> Result<Self, ScriptError> {
        let name = path.strip_prefix(crate::support::root()).unwrap_or(path);
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(name, &text),
            Err(error) => Err(ScriptError { path: name.to_owned(), line: 0, cause: error.to_string() }),
        }
    }

    /// Reads the text of a script; `path` is only named in errors.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ScriptError> {
        let mut reader = Reader::new(path);
        let mut last = 0;
        for (number, line) in (1..).zip(text.lines()) {
            last = number;
            let error = |cause| ScriptError { path: path.to_owned(), line: number, cause };
            reader.line(number, line.trim()).map_err(error)?;
        }
        reader.done().map_err(|cause| ScriptError { path: path.to_owned(), line: last, cause })
    }

    /// The capture that belongs to this script: the same name beside it.
    pub fn capture_path(&self) -> PathBuf {
        let extension = if self.format == Format::Pcapng { "pcapng" } else { "pcap" };
        crate::support::root().join(self.path.with_extension(extension))
    }

    /// Its segments, in order of capture.
    pub fn segments(&self) -> impl Iterator<Item = Line<'_>> {
        self.frames.iter().filter_map(Frame::segment)
    }

    /// Whether that tool shows its segments.
    pub fn is_shown_by(&self, tool: &str) -> bool {
        self.not_shown_by.iter().all(|other| other != tool)
    }

    /// The address and port of the socket with that letter, which [`Script::parse`] has checked to exist.
    pub fn socket(&self, letter: char) -> SocketAddr {
        self.sockets[&letter]
    }

    /// `fixtures/FILE:LINE`, as compilers name a place.
    pub fn place(&self, line: usize) -> String {
        format!("fixtures/{}:{line}", self.path.display())
    }
}
