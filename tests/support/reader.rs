//! Reads a script, line by line.
//!
//! In: its lines. Out: the script. Invariant: nothing is passed over; what the file format cannot hold is an error.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use crate::support::container::{Format, Parts};
use crate::support::expect::{self, Expectation};
use crate::support::header;
use crate::support::icmp::{self, About, Quoted};
use crate::support::notation::{self, Marks};
use crate::support::script::{Carries, Frame, IpForm, Link, Script, Tap};
use crate::support::token::{self, Token};

/// The tools that a script may say do not show its segments.
const TOOLS: [&str; 3] = ["tcpdump", "tshark", "tcptrace"];

/// What has been read so far.
pub struct Reader {
    script: Script,
    tap: Option<Tap>,
    /// The capture time of the last frame, signed so that a step back before the start is seen as such.
    clock: i64,
    /// Whether only comments have been read.
    heading: bool,
}

impl Reader {
    /// Nothing read yet; `path` is only named in errors.
    pub fn new(path: &Path) -> Self {
        let script = Script {
            path: path.to_owned(),
            shows: String::new(),
            tap: Tap::Middle,
            not_shown_by: Vec::new(),
            link: Link::Ethernet,
            header: Vec::new(),
            trailer: Vec::new(),
            ip: IpForm::Plain,
            format: Format::Pcap,
            big_endian: false,
            interfaces: 1,
            parts: Parts::default(),
            drops: None,
            sockets: BTreeMap::new(),
            frames: Vec::new(),
            expectations: Vec::new(),
        };
        Self { script, tap: None, clock: 0, heading: true }
    }

    /// Takes in a line.
    pub fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        if let Some(comment) = line.strip_prefix('#') {
            return self.comment(comment.trim());
        }
        self.heading &= line.is_empty();
        if line.is_empty() {
            return Ok(());
        }
        if line.starts_with(['+', '-']) {
            return self.frame(number, line);
        }
        if let Some(expectation) = line.strip_prefix('=') {
            let about = expect::of_connection(expectation)?;
            self.script.expectations.push(Expectation { line: number, about });
            return Ok(());
        }
        if !self.script.frames.is_empty() {
            return Err("directives and sockets stand before the first frame".to_owned());
        }
        match line.split_once(':') {
            Some((
                name @ ("link" | "ip" | "format" | "interfaces" | "drops" | "links" | "stamps" | "blocks"
                | "sections"),
                value,
            )) => self.directive(name, value.trim()),
            Some((name, value)) if name == "trailer" || name.starts_with("header") => {
                self.around(name, value)
            }
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
        } else if let Some(rest) = comment.strip_prefix("not shown by ") {
            let (tools, reason) = rest.split_once(':').unwrap_or((rest, ""));
            for tool in tools.split(',').map(str::trim) {
                if !TOOLS.contains(&tool) {
                    return Err(format!("`{tool}` is none of: {}", TOOLS.join(", ")));
                }
                self.script.not_shown_by.push(tool.to_owned());
            }
            if reason.trim().is_empty() {
                return Err("`not shown by TOOL: REASON` lacks its reason".to_owned());
            }
        } else if self.heading {
            let gap = if self.script.shows.is_empty() { "" } else { " " };
            self.script.shows.extend([gap, comment]);
        }
        Ok(())
    }

    fn directive(&mut self, name: &str, value: &str) -> Result<(), String> {
        let script = &mut self.script;
        match (name, value) {
            ("link", name) => script.link = Link::named(name)?,
            ("ip", value) => script.ip = IpForm::read(value)?,
            ("format", value) => (script.format, script.big_endian) = Format::read(value)?,
            ("interfaces", count) => script.interfaces = notation::number(count)?,
            ("drops", count) => script.drops = Some(notation::number(count)?),
            _ => script.parts.directive(name, value)?,
        }
        Ok(())
    }

    /// `header: ...`, `header A: ...` for the frames that A sends, `trailer: HEX`.
    fn around(&mut self, name: &str, value: &str) -> Result<(), String> {
        let sender = match name.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["trailer"] => {
                for word in value.split_whitespace() {
                    self.script.trailer.extend(notation::hexadecimal(word)?);
                }
                return Ok(());
            }
            ["header"] => None,
            ["header", letter] => Some(notation::letter(letter)?),
            _ => return Err(format!("`{name}:` is none of: header, header LETTER, trailer")),
        };
        self.script.header.extend(header::words(sender, value)?);
        Ok(())
    }

    fn socket(&mut self, line: &str) -> Result<(), String> {
        let wrong = || {
            format!(
                "`{line}` is neither a frame, a directive, `= ...` nor a socket such as `A 192.0.2.1:50000`"
            )
        };
        let (letter, address) = line.split_once(' ').ok_or_else(wrong)?;
        let &[letter @ b'A'..=b'Z'] = letter.as_bytes() else { return Err(wrong()) };
        // A router needs no port; 0 stands for none.
        let address = address.trim();
        let bare = address.parse::<IpAddr>().map(|address| SocketAddr::new(address, 0));
        let address = address.parse().or(bare).map_err(|_| wrong())?;
        match self.script.sockets.insert(char::from(letter), address) {
            None => Ok(()),
            Some(_) => Err(format!("socket {} stands here twice", char::from(letter))),
        }
    }

    fn frame(&mut self, number: usize, line: &str) -> Result<(), String> {
        let columns = token::columns(line);
        let Some((written, columns)) = columns.split_first() else { return Ok(()) };
        let tokens = token::tokens(written)?;
        let raw = notation::raw(&tokens)?;
        let is_segment = raw.is_none() && !icmp::is_one(&tokens);
        if !is_segment && columns.iter().any(|column| !column.is_empty()) {
            return Err("only a segment has a label and states".to_owned());
        }
        let (delta, carries) = match raw {
            Some((delta, octets, interface)) => (delta, Carries::Raw(octets, interface)),
            None if is_segment => self.segment(&tokens, columns)?,
            None => self.icmp(&tokens)?,
        };
        self.clock += delta;
        let time = u64::try_from(self.clock).map_err(|_| "the time lies before the start".to_owned())?;
        if time % self.script.format.magic().1 != 0 {
            return Err("the file format keeps microseconds; this time is finer".to_owned());
        }
        self.script.frames.push(Frame { number, time, carries });
        self.check_place()
    }

    fn segment(&self, tokens: &[Token], columns: &[&str]) -> Result<(i64, Carries), String> {
        let written = notation::segment(tokens)?;
        self.check_ends(written.from, written.to, true)?;
        self.check_marks(written.from, &written.marks)?;
        let expected = expect::of_segment(columns, written.from == written.to)?;
        Ok((written.delta, Carries::Segment(Box::new(written), expected)))
    }

    fn icmp(&self, tokens: &[Token]) -> Result<(i64, Carries), String> {
        let written = icmp::read(tokens)?;
        self.check_ends(written.from, written.to, false)?;
        let quoted = match &written.about {
            About::Frame(frame) => {
                let line = frame.checked_sub(1).and_then(|index| self.script.frames.get(index)?.segment());
                let line = line.ok_or_else(|| format!("frame {frame} is no segment above this line"))?;
                Quoted { segment: line.segment.clone(), frame: *frame }
            }
            About::Segment(segment) => {
                self.check_ends(segment.from, segment.to, true)?;
                Quoted { segment: (**segment).clone(), frame: self.script.frames.len() + 1 }
            }
        };
        self.check_ends(written.from, quoted.segment.from, false)?;
        let report = written.resolve(quoted, self.script.socket(written.from).is_ipv6())?;
        self.check_marks(report.from, &report.marks)?;
        Ok((written.delta, Carries::Icmp(Box::new(report))))
    }

    /// Both have addresses of one version, and ports where they are to have them.
    fn check_ends(&self, from: char, to: char, ports: bool) -> Result<(), String> {
        for letter in [from, to] {
            let socket = self.script.sockets.get(&letter);
            let socket = socket.ok_or_else(|| format!("socket {letter} has no address"))?;
            if ports && socket.port() == 0 {
                return Err(format!("socket {letter} has no port"));
            }
        }
        if self.script.socket(from).is_ipv4() != self.script.socket(to).is_ipv4() {
            return Err("one end has an IPv4 address, the other an IPv6 address".to_owned());
        }
        Ok(())
    }

    fn check_marks(&self, from: char, marks: &Marks) -> Result<(), String> {
        if self.script.socket(from).is_ipv6() && (marks.id.is_some() || marks.total_len.is_some()) {
            return Err("`id` and `iplen` are fields of IPv4".to_owned());
        }
        Ok(())
    }

    /// The last frame has a place in the capture.
    fn check_place(&self) -> Result<(), String> {
        let Some(frame) = self.script.frames.last() else { return Ok(()) };
        let interface = match &frame.carries {
            Carries::Segment(segment, _) => segment.marks.interface,
            Carries::Icmp(report) => report.marks.interface,
            Carries::Raw(_, interface) => *interface,
        };
        if interface >= self.script.interfaces {
            return Err(format!("interface {interface} of {}, counted from 0", self.script.interfaces));
        }
        match (self.script.link, &frame.carries) {
            (Link::Other(_), Carries::Segment(..) | Carries::Icmp(_)) if self.script.header.is_empty() => {
                Err("`link: dlt N` without a `header:` takes raw frames alone".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The whole script.
    pub fn done(mut self) -> Result<Script, String> {
        if self.script.shows.is_empty() {
            return Err("the script does not open with a sentence on what it shows".to_owned());
        }
        self.script.tap = self.tap.ok_or("the head lacks `# tap: ...`")?;
        if self.script.frames.is_empty() {
            return Err("the script has no frames".to_owned());
        }
        let parts = &self.script.parts;
        let several = self.script.interfaces != 1 || self.script.drops.is_some() || parts.has_any();
        if several && self.script.format != Format::Pcapng {
            return Err("`interfaces`, `drops` and the like need `format: pcapng`".to_owned());
        }
        let interfaces = self.script.interfaces as usize;
        if [parts.links.len(), parts.stamps.len()].iter().any(|count| *count > 0 && *count != interfaces) {
            return Err("`links` and `stamps` have a word for each of `interfaces: N`".to_owned());
        }
        if self.script.expectations.is_empty() {
            return Err("the script expects nothing".to_owned());
        }
        Ok(self.script)
    }
}
