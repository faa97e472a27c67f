//! One segment in packetdrill's notation.
//!
//! In: a line's tokens, such as `+0.010 A > B S. 300:300(0) ack 101 win 65535 <mss 1460>`. Out: the segment meant.
//! Invariant: a number that does not fit its field, or a range that is not as long as its text, is an error.

use tcpshake::segment::Flags;

use crate::support::token::Token;

/// A segment as a script states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Nanoseconds since the line before; negative where the clock stepped back.
    pub delta: i64,
    /// The letter of the socket that sends.
    pub from: char,
    /// The letter of the socket that it is sent to.
    pub to: char,
    /// All nine control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: u32,
    /// SEG.ACK where the ACK bit is set.
    pub ack: Option<u32>,
    /// SEG.WND.
    pub window: u16,
    /// The option octets, not yet padded; a SYN's are an MSS of 1460 where the script gives none.
    pub options: Vec<u8>,
    /// The text.
    pub text: Vec<u8>,
    /// What is done to the frame that carries it.
    pub marks: Marks,
}

/// What a script says of a frame, beside its segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// `snap N`: how many octets are captured.
    pub snap: Option<usize>,
    /// `cksum wrong` or `cksum offloaded`.
    pub checksum: TcpChecksum,
    /// `id N`: the IP identification, else counted.
    pub id: Option<u16>,
    /// `ttl N`: time to live or hop limit, else 64.
    pub ttl: Option<u8>,
    /// `iplen N`: what the IPv4 total length says, else the truth.
    pub total_len: Option<u16>,
    /// `pad`: filled up to Ethernet's least frame of 60 octets.
    pub padded: bool,
    /// `on N`: the interface that saw it, else the first one, 0.
    pub interface: u32,
}

/// The words that [`mark`] knows.
pub const MARKS: &str = "snap, id, ttl, iplen, cksum, pad, on";

/// What stands in the TCP checksum field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TcpChecksum {
    /// The right sum.
    #[default]
    Correct,
    /// Another one.
    Wrong,
    /// The sum over the pseudo-header alone.
    Offloaded,
}

/// Reads one segment.
pub fn segment(tokens: &[Token]) -> Result<Written, String> {
    const FORM: &str = "a segment begins `+SECONDS FROM > TO FLAGS SEQ:END(LENGTH)`";
    let (head, rest) = tokens.split_at_checked(6).ok_or(FORM)?;
    let words: Vec<&str> = head.iter().filter_map(Token::as_word).collect();
    let [delta, from, ">", to, flags, range] = words.as_slice() else { return Err(FORM.to_owned()) };
    let (seq, len) = sequence(range)?;
    let flags = control_bits(flags)?;
    let mut written = Written {
        delta: seconds(delta)?,
        from: letter(from)?,
        to: letter(to)?,
        flags,
        seq,
        ack: None,
        window: u16::MAX,
        // Every real SYN has it.
        options: if flags.has(Flags::SYN) { option("mss 1460")? } else { Vec::new() },
        text: pattern(len),
        marks: Marks::default(),
    };
    extras(rest, len, &mut written)?;
    if written.flags.has(Flags::ACK) != written.ack.is_some() {
        return Err("`.` among the flags and `ack NUMBER` come together".to_owned());
    }
    if written.options.len() > 40 {
        return Err(format!("{} octets of options where a header has room for 40", written.options.len()));
    }
    Ok(written)
}

/// Whether tokens are those of a raw frame, and if so its time, its octets and the interface that saw it.
pub fn raw(tokens: &[Token]) -> Result<Option<(i64, Vec<u8>, u32)>, String> {
    let [delta, word, rest @ ..] = tokens else { return Ok(None) };
    let (Some(delta), Some("raw")) = (delta.as_word(), word.as_word()) else { return Ok(None) };
    let (mut octets, mut marks, mut rest) = (Vec::new(), Marks::default(), rest.iter());
    while let Some(token) = rest.next() {
        match token.as_word() {
            Some("on") => _ = mark("on", &mut rest, &mut marks)?,
            Some(word) => octets.extend(hexadecimal(word)?),
            None => return Err("a raw frame is `+SECONDS raw HEX [on N]`".to_owned()),
        }
    }
    Ok(Some((seconds(delta)?, octets, marks.interface)))
}

/// Text of which only the length is given: the alphabet, again and again.
fn pattern(len: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(len).collect()
}

fn extras(tokens: &[Token], len: usize, written: &mut Written) -> Result<(), String> {
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        let word = match token {
            Token::Text(text) if text.len() == len => {
                written.text.clone_from(text);
                continue;
            }
            Token::Text(text) => return Err(format!("the text has {} octets, its range {len}", text.len())),
            Token::Options(list) => {
                written.options = options(list)?;
                continue;
            }
            Token::Word(word) => word.as_str(),
        };
        match word {
            "ack" => written.ack = Some(number(value(word, &mut rest)?)?),
            "win" => written.window = number(value(word, &mut rest)?)?,
            _ if mark(word, &mut rest, &mut written.marks)? => {}
            _ => return Err(format!("`{word}` is none of: ack, win, {MARKS}")),
        }
    }
    Ok(())
}

/// Takes in a mark, its value from `rest`; whether the word is one.
pub fn mark<'a>(
    word: &str,
    rest: &mut impl Iterator<Item = &'a Token>,
    marks: &mut Marks,
) -> Result<bool, String> {
    match word {
        "pad" => marks.padded = true,
        "snap" => marks.snap = Some(number(value(word, rest)?)?),
        "id" => marks.id = Some(number(value(word, rest)?)?),
        "ttl" => marks.ttl = Some(number(value(word, rest)?)?),
        "iplen" => marks.total_len = Some(number(value(word, rest)?)?),
        "cksum" => marks.checksum = checksum(value(word, rest)?)?,
        "on" => marks.interface = number(value(word, rest)?)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// The value that follows a word.
pub fn value<'a>(word: &str, rest: &mut impl Iterator<Item = &'a Token>) -> Result<&'a str, String> {
    rest.next().and_then(Token::as_word).ok_or_else(|| format!("`{word}` lacks its value"))
}

fn checksum(word: &str) -> Result<TcpChecksum, String> {
    match word {
        "wrong" => Ok(TcpChecksum::Wrong),
        "offloaded" => Ok(TcpChecksum::Offloaded),
        _ => Err(format!("`cksum {word}` is neither wrong nor offloaded")),
    }
}

/// A number that fits its field.
pub fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("`{word}` is no number that fits here"))
}

/// A socket's letter.
pub fn letter(word: &str) -> Result<char, String> {
    match word.as_bytes() {
        [letter @ b'A'..=b'Z'] => Ok(char::from(*letter)),
        _ => Err(format!("`{word}` is no socket's letter")),
    }
}

/// `+1.5` or `-0.000020`: seconds, with nine decimals at most.
pub fn seconds(word: &str) -> Result<i64, String> {
    let wrong = || format!("`{word}` is no time such as +0.010");
    let (sign, digits) = match word.split_at_checked(1) {
        Some(("+", digits)) => (1, digits),
        Some(("-", digits)) => (-1, digits),
        _ => return Err(wrong()),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if part.len() > 9 {
        return Err(wrong());
    }
    let whole: u32 = whole.parse().map_err(|_| wrong())?;
    let part: u32 = format!("{part:0<9}").parse().map_err(|_| wrong())?;
    Ok(sign * (i64::from(whole) * 1_000_000_000 + i64::from(part)))
}

/// `SEQ:END(LENGTH)`, END being SEQ + LENGTH across the wrap.
fn sequence(word: &str) -> Result<(u32, usize), String> {
    let parts = word.strip_suffix(')').and_then(|word| word.split_once('(')).and_then(|(range, len)| {
        let (start, end) = range.split_once(':')?;
        Some((start.parse::<u32>().ok()?, end.parse::<u32>().ok()?, len.parse::<u32>().ok()?))
    });
    let (start, end, len) = parts.ok_or_else(|| format!("`{word}` is no range such as 101:106(5)"))?;
    // Only a jumbogram has more.
    if len > 1 << 20 {
        return Err(format!("{len} octets are too many"));
    }
    if start.wrapping_add(len) != end {
        return Err(format!("{start} + {len} is {}, not {end}", start.wrapping_add(len)));
    }
    Ok((start, len as usize))
}

/// packetdrill's letters; `-` stands for no bit at all.
fn control_bits(word: &str) -> Result<Flags, String> {
    if word == "-" {
        return Ok(Flags::default());
    }
    word.chars().try_fold(Flags::default(), |flags, letter| {
        let bit = match letter {
            'F' => Flags::FIN,
            'S' => Flags::SYN,
            'R' => Flags::RST,
            'P' => Flags::PSH,
            '.' => Flags::ACK,
            'U' => Flags::URG,
            'E' => Flags::ECE,
            'W' => Flags::CWR,
            'A' => Flags::AE,
            _ => return Err(format!("`{word}` has `{letter}`, which is none of F S R P . U E W A")),
        };
        Ok(flags.with(bit))
    })
}

fn options(list: &str) -> Result<Vec<u8>, String> {
    let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
    Ok(items.map(option).collect::<Result<Vec<_>, _>>()?.concat())
}

fn option(item: &str) -> Result<Vec<u8>, String> {
    let words: Vec<&str> = item.split_whitespace().collect();
    Ok(match words.as_slice() {
        ["nop"] => vec![1],
        ["eol"] => vec![0],
        ["mss", size] => [&[2, 4][..], &number::<u16>(size)?.to_be_bytes()].concat(),
        ["wscale", shift] => vec![3, 3, number(shift)?],
        ["sackOK"] => vec![4, 2],
        ["TS", "val", value, "ecr", echo] => {
            [&[8, 10][..], &number::<u32>(value)?.to_be_bytes(), &number::<u32>(echo)?.to_be_bytes()].concat()
        }
        ["sack", blocks @ ..] => {
            let edges = blocks.iter().map(|block| {
                let (left, right) = block.split_once(':').ok_or_else(|| format!("`{block}` is no block"))?;
                Ok([number::<u32>(left)?.to_be_bytes(), number::<u32>(right)?.to_be_bytes()].concat())
            });
            let edges = edges.collect::<Result<Vec<_>, String>>()?.concat();
            with_length(5, &edges)?
        }
        ["FO"] => vec![34, 2],
        ["FO", cookie] => with_length(34, &hexadecimal(cookie)?)?,
        ["kind", kind, octets] => with_length(number(kind)?, &hexadecimal(octets)?)?,
        _ => {
            return Err(format!(
                "`{item}` is none of: nop, eol, mss N, wscale N, sackOK, TS val N ecr N, sack N:N, FO [HEX], kind N HEX"
            ));
        }
    })
}

fn with_length(kind: u8, body: &[u8]) -> Result<Vec<u8>, String> {
    let len = u8::try_from(body.len() + 2).map_err(|_| "an option is too long".to_owned())?;
    Ok([&[kind, len][..], body].concat())
}

pub fn hexadecimal(word: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("`{word}` is no row of hexadecimal octets");
    if !word.len().is_multiple_of(2) || !word.is_ascii() {
        return Err(wrong());
    }
    let octets = (0..word.len()).step_by(2).map(|at| u8::from_str_radix(&word[at..at + 2], 16));
    octets.collect::<Result<_, _>>().map_err(|_| wrong())
}
