//! One ICMP error in a script's notation.
//!
//! In: a line's tokens, such as `+0.010 R > A icmp unreachable host about 1`. Out: the error meant.
//! Invariant: a name stands for the type or code of the version of ICMP that its reporter's address asks for.
//! Read: RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1, RFC 4443 §3.

use crate::support::notation::{self, Marks, TcpChecksum, Written};
use crate::support::token::Token;

/// Octets of a segment that every error quotes (RFC 792).
const QUOTED: usize = 8;

/// An ICMP error as a script states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The letter of the socket whose address reports.
    pub from: char,
    /// The letter of the socket whose address it is sent to.
    pub to: char,
    /// Its type.
    pub kind: u8,
    /// Its code.
    pub code: u8,
    /// Its second word: an MTU or a pointer, else 0.
    pub rest: u32,
    /// What it quotes.
    pub quoted: Quoted,
    /// How many octets of the segment are quoted, behind the IP header.
    pub quote: usize,
    /// What is done to the frame that carries it.
    pub marks: Marks,
}

impl Report {
    /// Whether it quotes as much as an error must, and its type is one that quotes; in ICMPv6 where `six`.
    pub fn quotes(&self, six: bool) -> bool {
        let kinds = if six { [1, 2, 3, 4] } else { [3, 4, 11, 12] };
        kinds.contains(&self.kind) && self.quote >= QUOTED
    }
}

/// A segment that an error quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// The segment.
    pub segment: Written,
    /// The number of the frame that carried it, or of the error's own where that was not captured.
    pub frame: usize,
}

/// An ICMP error whose names and quotation are still to be resolved.
pub struct Unresolved {
    /// Nanoseconds since the line before.
    pub delta: i64,
    /// The letter of the socket whose address reports.
    pub from: char,
    /// The letter of the socket whose address it is sent to.
    pub to: char,
    /// What it quotes.
    pub about: About,
    kind: String,
    code: String,
    rest: u32,
    quote: usize,
    marks: Marks,
}

/// What an error is about.
pub enum About {
    /// The segment in the frame with that number.
    Frame(usize),
    /// A segment that was not captured.
    Segment(Box<Written>),
}

/// Whether a line's tokens are those of an ICMP error.
pub fn is_one(tokens: &[Token]) -> bool {
    tokens.get(4).and_then(Token::as_word) == Some("icmp")
}

/// Reads one.
pub fn read(tokens: &[Token]) -> Result<Unresolved, String> {
    const FORM: &str = "an ICMP error is `+SECONDS FROM > TO icmp TYPE CODE [MARKS] about FRAME`";
    let (head, rest) = tokens.split_at_checked(7).ok_or(FORM)?;
    let words: Vec<&str> = head.iter().filter_map(Token::as_word).collect();
    let [delta, from, ">", to, "icmp", kind, code] = words.as_slice() else { return Err(FORM.to_owned()) };
    let (mut second, mut quote, mut marks, mut about) = (0, QUOTED, Marks::default(), None);
    let mut rest = rest.iter();
    while let Some(word) = rest.next().map(|token| token.as_word().ok_or(FORM)).transpose()? {
        match word {
            "about" => about = Some(about_what(&mut rest)?),
            "quote" => quote = notation::number(notation::value(word, &mut rest)?)?,
            "mtu" | "pointer" => second = notation::number(notation::value(word, &mut rest)?)?,
            _ if notation::mark(word, &mut rest, &mut marks)? => {}
            _ => return Err(format!("`{word}` is none of: about, quote, mtu, pointer, {}", notation::MARKS)),
        }
    }
    if marks.checksum == TcpChecksum::Offloaded {
        return Err("nobody offloads the checksum of an ICMP error".to_owned());
    }
    Ok(Unresolved {
        delta: notation::seconds(delta)?,
        from: notation::letter(from)?,
        to: notation::letter(to)?,
        about: about.ok_or(FORM)?,
        kind: (*kind).to_owned(),
        code: (*code).to_owned(),
        rest: second,
        quote,
        marks,
    })
}

impl Unresolved {
    /// The error, in ICMPv6 where `six`.
    pub fn resolve(&self, quoted: Quoted, six: bool) -> Result<Report, String> {
        let kind = kind(&self.kind, six)?;
        Ok(Report {
            from: self.from,
            to: self.to,
            kind,
            code: code(&self.code, kind, six)?,
            // The pointer of ICMP's parameter problem is the first octet of the word.
            rest: if !six && kind == 12 { self.rest << 24 } else { self.rest },
            quoted,
            quote: self.quote,
            marks: self.marks.clone(),
        })
    }
}

/// The number of a frame, or else a segment up to the end of the line.
fn about_what(rest: &mut std::slice::Iter<'_, Token>) -> Result<About, String> {
    let tokens = rest.as_slice();
    let first = tokens.first().and_then(Token::as_word).ok_or("`about` lacks what it is about")?;
    if let Ok(frame) = first.parse() {
        rest.next();
        return Ok(About::Frame(frame));
    }
    // A segment without its time, which is of no account.
    let segment = notation::segment(&[&[Token::Word("+0".to_owned())], tokens].concat())?;
    *rest = [].iter();
    Ok(About::Segment(Box::new(segment)))
}

fn kind(word: &str, six: bool) -> Result<u8, String> {
    match (word, six) {
        ("unreachable", false) => Ok(3),
        ("quench", false) => Ok(4),
        ("exceeded", false) => Ok(11),
        ("parameter", false) => Ok(12),
        ("unreachable", true) => Ok(1),
        ("toobig", true) => Ok(2),
        ("exceeded", true) => Ok(3),
        ("parameter", true) => Ok(4),
        _ => notation::number(word)
            .map_err(|_| format!("`{word}` is none of: unreachable, exceeded, parameter, quench (ICMP), toobig (ICMPv6), a number")),
    }
}

fn code(word: &str, kind: u8, six: bool) -> Result<u8, String> {
    const UNREACHABLE: [&str; 16] = [
        "net",
        "host",
        "protocol",
        "port",
        "needfrag",
        "sourceroute",
        "",
        "",
        "",
        "netadmin",
        "hostadmin",
        "",
        "",
        "admin",
        "",
        "",
    ];
    const UNREACHABLE_6: [&str; 5] = ["noroute", "admin", "scope", "addr", "port"];
    const EXCEEDED: [&str; 2] = ["ttl", "reassembly"];
    let names: &[&str] = match (kind, six) {
        (3, false) => &UNREACHABLE,
        (1, true) => &UNREACHABLE_6,
        (11, false) | (3, true) => &EXCEEDED,
        _ => &[],
    };
    if let Some(code) = names.iter().position(|name| *name == word) {
        return Ok(u8::try_from(code).expect("fewer than 256 names"));
    }
    let known: Vec<&str> =
        names.iter().copied().filter(|name| !name.is_empty()).chain(["a number"]).collect();
    notation::number(word).map_err(|_| format!("`{word}` is none of: {}", known.join(", ")))
}
