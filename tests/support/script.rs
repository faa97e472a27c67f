//! A whole script.
//!
//! In: a `.seg` file. Out: what it shows, how it is captured, its segments, and what is expected.
//! Invariant: whatever cannot be read is an error that names file, line and cause; nothing is passed over.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use tcpshake::segment::Flags;

use crate::support::expect::{self, Expectation, Expected};
use crate::support::notation::{self, Marks};
use crate::support::token;

/// One script.
#[derive(Debug, Clone)]
pub struct Script {
    /// Its file, from the fixtures' folder on.
    pub path: PathBuf,
    /// The sentences at its head.
    pub shows: String,
    /// Where the capture is made.
    pub tap: Tap,
    /// The link layer.
    pub link: Link,
    /// What else stands in the IP header.
    pub ip: IpForm,
    /// The file format of its capture.
    pub format: Format,
    /// Whether the capture's numbers stand in big-endian order.
    pub big_endian: bool,
    /// The sockets, by letter.
    pub sockets: BTreeMap<char, SocketAddr>,
    /// The segments in order of capture.
    pub segments: Vec<Line>,
    /// What is expected of the connections.
    pub expectations: Vec<Expectation>,
}

/// One segment of a script.
#[derive(Debug, Clone)]
pub struct Line {
    /// The line it stands in.
    pub number: usize,
    /// Nanoseconds after the capture's start.
    pub time: u64,
    /// The letter of the socket that sends.
    pub from: char,
    /// The letter of the socket that it is sent to.
    pub to: char,
    /// All nine control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: u32,
    /// SEG.ACK; 0 without the ACK bit.
    pub ack: u32,
    /// SEG.WND.
    pub window: u16,
    /// The option octets, not yet padded.
    pub options: Vec<u8>,
    /// The text.
    pub text: Vec<u8>,
    /// What is done to the frame that carries it.
    pub marks: Marks,
    /// What it should be observed as.
    pub expected: Expected,
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
}

/// What stands between the fixed IP header and TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpForm {
    /// Nothing.
    Plain,
    /// An IPv4 option (router alert), or IPv6 hop-by-hop and destination options.
    Extended,
}

/// A capture file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// pcap, times in microseconds.
    Pcap,
    /// pcap, times in nanoseconds.
    PcapNano,
    /// pcapng, times in nanoseconds.
    Pcapng,
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

    /// The address and port of the socket with that letter, which [`Script::parse`] has checked to exist.
    pub fn socket(&self, letter: char) -> SocketAddr {
        self.sockets[&letter]
    }

    /// `fixtures/FILE:LINE`, as compilers name a place.
    pub fn place(&self, line: usize) -> String {
        format!("fixtures/{}:{line}", self.path.display())
    }
}

/// What has been read so far.
struct Reader {
    script: Script,
    tap: Option<Tap>,
    /// The capture time of the last segment, signed so that a step back before the start is seen as such.
    clock: i64,
    /// Whether only comments have been read.
    heading: bool,
}

impl Reader {
    fn new(path: &Path) -> Self {
        let script = Script {
            path: path.to_owned(),
            shows: String::new(),
            tap: Tap::Middle,
            link: Link::Ethernet,
            ip: IpForm::Plain,
            format: Format::Pcap,
            big_endian: false,
            sockets: BTreeMap::new(),
            segments: Vec::new(),
            expectations: Vec::new(),
        };
        Self { script, tap: None, clock: 0, heading: true }
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        if let Some(comment) = line.strip_prefix('#') {
            return self.comment(comment.trim());
        }
        self.heading &= line.is_empty();
        if line.is_empty() {
            return Ok(());
        }
        if line.starts_with(['+', '-']) {
            return self.segment(number, line);
        }
        if let Some(expectation) = line.strip_prefix('=') {
            let about = expect::of_connection(expectation)?;
            self.script.expectations.push(Expectation { line: number, about });
            return Ok(());
        }
        if !self.script.segments.is_empty() {
            return Err("directives and sockets stand before the first segment".to_owned());
        }
        match line.split_once(':') {
            Some((name @ ("link" | "ip" | "format"), value)) => self.directive(name, value.trim()),
            _ => self.socket(line),
        }
    }

    fn comment(&mut self, comment: &str) -> Result<(), String> {
        if let Some(place) = comment.strip_prefix("tap:") {
            let words: Vec<&str> = place.split_whitespace().collect();
            self.tap = Some(match words.as_slice() {
                ["in", "the", "middle"] => Tap::Middle,
                ["near", letter] if letter.len() == 1 => Tap::Near(letter.chars().next().unwrap_or('A')),
                _ => return Err("the tap is `near A`, `near B` or `in the middle`".to_owned()),
            });
        } else if self.heading {
            let gap = if self.script.shows.is_empty() { "" } else { " " };
            self.script.shows.extend([gap, comment]);
        }
        Ok(())
    }

    fn directive(&mut self, name: &str, value: &str) -> Result<(), String> {
        let script = &mut self.script;
        match (name, value) {
            ("link", "ethernet") => script.link = Link::Ethernet,
            ("link", "vlan") => script.link = Link::Vlan,
            ("link", "qinq") => script.link = Link::QinQ,
            ("link", "null") => script.link = Link::Null,
            ("link", "loop") => script.link = Link::Loop,
            ("link", "raw") => script.link = Link::Raw,
            ("link", "sll") => script.link = Link::Sll,
            ("link", "sll2") => script.link = Link::Sll2,
            ("ip", "extended") => script.ip = IpForm::Extended,
            ("format", value) => {
                let (format, order) = value.split_once(' ').unwrap_or((value, ""));
                script.format = match format {
                    "pcap" => Format::Pcap,
                    "pcap-nano" => Format::PcapNano,
                    "pcapng" => Format::Pcapng,
                    _ => return Err(format!("`format: {format}` is none of: pcap, pcap-nano, pcapng")),
                };
                script.big_endian = match order.trim() {
                    "" => false,
                    "big-endian" => true,
                    other => return Err(format!("`{other}` is not `big-endian`")),
                };
            }
            ("link", _) => {
                return Err(format!(
                    "`link: {value}` is none of: ethernet, vlan, qinq, null, loop, raw, sll, sll2"
                ));
            }
            _ => return Err(format!("`{name}: {value}` is not `ip: extended`")),
        }
        Ok(())
    }

    fn socket(&mut self, line: &str) -> Result<(), String> {
        let wrong = || {
            format!(
                "`{line}` is neither a segment, a directive, `= ...` nor a socket such as `A 192.0.2.1:50000`"
            )
        };
        let (letter, address) = line.split_once(' ').ok_or_else(wrong)?;
        let &[letter @ b'A'..=b'Z'] = letter.as_bytes() else { return Err(wrong()) };
        let address: SocketAddr = address.trim().parse().map_err(|_| wrong())?;
        match self.script.sockets.insert(char::from(letter), address) {
            None => Ok(()),
            Some(_) => Err(format!("socket {} stands here twice", char::from(letter))),
        }
    }

    fn segment(&mut self, number: usize, line: &str) -> Result<(), String> {
        let columns = token::columns(line);
        let Some((written, expected)) = columns.split_first() else { return Ok(()) };
        let written = notation::segment(&token::tokens(written)?)?;
        for letter in [written.from, written.to] {
            if !self.script.sockets.contains_key(&letter) {
                return Err(format!("socket {letter} has no address"));
            }
        }
        if self.script.socket(written.from).is_ipv4() != self.script.socket(written.to).is_ipv4() {
            return Err("one end has an IPv4 address, the other an IPv6 address".to_owned());
        }
        self.clock += written.delta;
        let time = u64::try_from(self.clock).map_err(|_| "the time lies before the start".to_owned())?;
        if self.script.format == Format::Pcap && time % 1_000 != 0 {
            return Err("the file format keeps microseconds; this time is finer".to_owned());
        }
        self.script.segments.push(Line {
            number,
            time,
            from: written.from,
            to: written.to,
            flags: written.flags,
            seq: written.seq,
            ack: written.ack.unwrap_or(0),
            window: written.window,
            options: written.options,
            text: written.text,
            marks: written.marks,
            expected: expect::of_segment(expected, written.from == written.to)?,
        });
        Ok(())
    }

    fn done(mut self) -> Result<Script, String> {
        if self.script.shows.is_empty() {
            return Err("the script does not open with a sentence on what it shows".to_owned());
        }
        self.script.tap = self.tap.ok_or("the head lacks `# tap: ...`")?;
        if self.script.segments.is_empty() {
            return Err("the script has no segments".to_owned());
        }
        if self.script.expectations.is_empty() {
            return Err("the script expects nothing of its connections".to_owned());
        }
        Ok(self.script)
    }
}
