//! The language of expectations: from text to `Expectation`.
//!
//! In: a line of text. Out: what it says, or where it goes wrong, which words could stand there, and what may have been
//! meant.
//! Invariant: no text panics, and what an `Expectation` prints reads back as the same. `docs/check.md` has the grammar.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::severity::Severity;
use crate::analyzer::role::Role;
use crate::expect::claim::{Claim, Count, Expectation, Findings, OneOf, Subject};
use crate::expect::error::BadExpectation;
use crate::expect::selector::{Address, Selector};
use crate::expect::words::{Word, folded, words};

/// What a claim begins with.
const SUBJECTS: [&str; 9] = [
    "outcome",
    "opening",
    "closing",
    "client",
    "server",
    "conn_state",
    "completeness",
    "finding",
    "connections",
];
/// What a selector begins with.
const SELECTORS: [&str; 4] = ["connection", "port", "client", "server"];
const ENDS: [&str; 2] = ["client", "server"];
/// Wireshark's bits, all six set.
const MOST_COMPLETE: u8 = 63;
/// A list longer than this is not told in an error.
const LONG_LIST: usize = 13;
/// How like a known word a word must be to be taken for a slip.
const ALIKE: f64 = 0.6;
/// How many slips in one text are put right.
const MOST_SLIPS: usize = 4;

impl FromStr for Expectation {
    type Err = BadExpectation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut error = match parse(text) {
            Ok(expectation) => return Ok(expectation),
            Err(error) => error,
        };
        // One slip may hide another: what is offered must read.
        let mut offer = error.meant.take();
        for _ in 0..MOST_SLIPS {
            let Some(meant) = offer else { break };
            match parse(&meant) {
                Ok(expectation) => {
                    error.meant = Some(expectation.to_string());
                    break;
                }
                Err(next) => offer = next.meant,
            }
        }
        Err(error)
    }
}

/// Reads a file of expectations: one a line, `#` begins a comment. Each stands with the number of its line and its text.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_comment = |at: &usize, line: &str| {
        let before = line.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace)
    };
    text.lines().enumerate().filter_map(move |(index, line)| {
        let comment = line.match_indices('#').map(|(at, _)| at).find(|at| is_comment(at, line));
        let line = line.get(..comment.unwrap_or(line.len())).unwrap_or(line).trim();
        (!line.is_empty()).then_some((index + 1, line))
    })
}

fn parse(text: &str) -> Result<Expectation, BadExpectation> {
    let mut reader = Reader { text, words: words(text), at: 0 };
    let selectors = if reader.words.iter().any(|word| word.text == ":") {
        reader.selectors()?
    } else {
        reader.misses_no_colon()?;
        Vec::new()
    };
    let claim = reader.claim()?;
    match reader.next() {
        None => Ok(Expectation { selectors, claim }),
        Some(word) => {
            Err(reader.error(Some(word), format!("{:?} is one word too many; \"or\" joins words", word.text)))
        }
    }
}

/// Goes through the words.
struct Reader<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    fn selectors(&mut self) -> Result<Vec<Selector>, BadExpectation> {
        let mut selectors = Vec::new();
        loop {
            let selector = match self.one_of("selector", &SELECTORS)? {
                "connection" => Selector::Connection(self.number("number of a connection", 1..=u64::MAX)?),
                "port" => Selector::Port(self.number("port", 0..=u16::MAX)?),
                "client" => Selector::End(Role::Client, self.address()?),
                _ => Selector::End(Role::Server, self.address()?),
            };
            selectors.push(selector);
            if self.one_of("word here", &["and", ":"])? == ":" {
                return Ok(selectors);
            }
        }
    }

    /// A selector without its colon reads like a claim that makes no sense: better said at once.
    fn misses_no_colon(&self) -> Result<(), BadExpectation> {
        let (first, second) = (self.words.first().copied(), self.words.get(1).copied());
        let is_word = first.is_some_and(|word| ["connection", "port"].contains(&folded(word.text).as_str()));
        let is_address = second.is_some_and(|word| Address::read(word.text).is_some());
        if !is_word && !is_address {
            return Ok(());
        }
        let mut error = self.error(first, "a selector ends with a colon".to_owned());
        error.meant = second.and_then(|word| self.with(word, &format!("{}:", word.text)));
        Err(error)
    }

    fn claim(&mut self) -> Result<Claim, BadExpectation> {
        if self.takes("no") {
            self.one_of("word behind \"no\"", &["finding"])?;
            return Ok(Claim::NotFound(self.findings(true)?));
        }
        Ok(match self.one_of("subject", &SUBJECTS)? {
            "outcome" => self.word(Subject::Outcome)?,
            "opening" => self.word(Subject::Opening)?,
            "closing" => self.closing()?,
            "client" => self.word(Subject::State(Role::Client))?,
            "server" => self.word(Subject::State(Role::Server))?,
            "conn_state" => self.word(Subject::ConnState)?,
            "completeness" => Claim::Completeness(
                self.alternatives(|reader| reader.number("completeness", 0..=MOST_COMPLETE))?,
            ),
            "finding" => Claim::Found(self.findings(false)?),
            _ => Claim::Connections(self.count()?),
        })
    }

    fn word(&mut self, subject: Subject) -> Result<Claim, BadExpectation> {
        Ok(Claim::Word(subject, self.kinds(subject)?))
    }

    fn kinds(&mut self, subject: Subject) -> Result<OneOf<&'static str>, BadExpectation> {
        let (what, known) = (subject.what(), subject.words());
        self.alternatives(|reader| reader.one_of(what, &known))
    }

    fn closing(&mut self) -> Result<Claim, BadExpectation> {
        if self.takes("first") {
            return Ok(Claim::ClosedFirst(None, self.end()?));
        }
        let kinds = self.kinds(Subject::Closing)?;
        if !self.takes("first") {
            return Ok(Claim::Word(Subject::Closing, kinds));
        }
        if kinds.not {
            let says = "\"not\" and \"first\" do not go together: make it two expectations";
            return Err(self
                .error(self.at.checked_sub(1).and_then(|at| self.words.get(at).copied()), says.to_owned()));
        }
        Ok(Claim::ClosedFirst(Some(kinds), self.end()?))
    }

    fn end(&mut self) -> Result<Role, BadExpectation> {
        Ok(if self.one_of("end", &ENDS)? == "client" { Role::Client } else { Role::Server })
    }

    /// `is_any_meant` says that no word at all stands for all of them.
    fn findings(&mut self, is_any_meant: bool) -> Result<Findings, BadExpectation> {
        if is_any_meant && self.at >= self.words.len() {
            return Ok(Findings::AtOrAbove(Severity::Note));
        }
        if self.takes("at") {
            self.one_of("word behind \"at\"", &["or"])?;
            self.one_of("word behind \"at or\"", &["above"])?;
            let name = self.one_of("severity", &Severity::ALL.map(Severity::as_str))?;
            let severity = Severity::ALL.into_iter().find(|severity| severity.as_str() == name);
            return Ok(Findings::AtOrAbove(severity.unwrap_or(Severity::Note)));
        }
        let known: Vec<&'static str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        let mut codes = Vec::new();
        loop {
            let name = self.one_of("code of a finding", &known)?;
            codes.extend(Code::ALL.iter().copied().filter(|code| code.as_str() == name));
            if !self.takes_or() {
                return Ok(Findings::Codes(codes));
            }
        }
    }

    fn count(&mut self) -> Result<Count, BadExpectation> {
        if !self.takes("at") {
            return Ok(Count::Exactly(self.number("number", 0..=u64::MAX)?));
        }
        let is_least = self.one_of("word behind \"at\"", &["least", "most"])? == "least";
        let count = self.number("number", 0..=u64::MAX)?;
        Ok(if is_least { Count::AtLeast(count) } else { Count::AtMost(count) })
    }

    /// `[not] ONE { or ONE }`.
    fn alternatives<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, BadExpectation>,
    ) -> Result<OneOf<T>, BadExpectation> {
        let not = self.takes("not");
        let mut these = vec![one(self)?];
        while self.takes_or() {
            these.push(one(self)?);
        }
        Ok(OneOf { not, these })
    }

    /// The next word, which must be one of `known`.
    fn one_of(&mut self, what: &str, known: &[&'static str]) -> Result<&'static str, BadExpectation> {
        let word = self.next();
        let asked = word.map(|word| folded(word.text)).unwrap_or_default();
        if let Some(name) = known.iter().find(|name| folded(name) == asked) {
            return Ok(name);
        }
        let list = match known {
            known if known.len() > LONG_LIST => String::new(),
            known => format!(" ({})", known.join(", ")),
        };
        let mut error = self.not_a(word, what, &list);
        error.meant = word.and_then(|word| self.with(word, most_alike(&asked, known)?));
        Err(error)
    }

    fn number<T>(&mut self, what: &str, range: RangeInclusive<T>) -> Result<T, BadExpectation>
    where
        T: FromStr + PartialOrd + Display + Into<u64> + Copy,
    {
        let word = self.next();
        // Digits alone: FromStr would take a sign.
        let digits = word.filter(|word| word.text.chars().all(|c| c.is_ascii_digit()));
        let number = digits.and_then(|word| word.text.parse().ok());
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            let is_bounded = (*most).into() < u64::MAX;
            let list = if is_bounded { format!(" ({least} to {most})") } else { format!(" (from {least})") };
            self.not_a(word, what, &list)
        })
    }

    fn address(&mut self) -> Result<Address, BadExpectation> {
        let word = self.next();
        word.and_then(|word| Address::read(word.text))
            .ok_or_else(|| self.not_a(word, "address", " (192.0.2.1, 192.0.2.1:6666, [2001:db8::1]:6666)"))
    }

    fn next(&mut self) -> Option<Word<'a>> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    /// Whether the next word is `wanted`, which is then taken.
    fn takes(&mut self, wanted: &str) -> bool {
        let is_there = self.words.get(self.at).is_some_and(|word| folded(word.text) == wanted);
        self.at += usize::from(is_there);
        is_there
    }

    fn takes_or(&mut self) -> bool {
        self.takes("or") || self.takes("|")
    }

    fn not_a(&self, word: Option<Word<'_>>, what: &str, list: &str) -> BadExpectation {
        let says = match word {
            Some(word) => format!("{:?} is no {what}{list}", word.text),
            None => format!("the {what} is missing{list}"),
        };
        self.error(word, says)
    }

    /// What is wrong at `word`, or at the end.
    fn error(&self, word: Option<Word<'_>>, says: String) -> BadExpectation {
        let end = self.text.trim_end().len();
        let before = self.text.get(..word.map_or(end, |word| word.start)).unwrap_or_default();
        BadExpectation { column: before.chars().count() + 1, says, meant: None }
    }

    /// The text with another word in the place of `word`.
    fn with(&self, word: Word<'_>, other: &str) -> Option<String> {
        let before = self.text.get(..word.start)?;
        let behind = self.text.get(word.start + word.text.len()..)?;
        Some(format!("{before}{other}{behind}"))
    }
}

/// The name that `asked` may have been meant to be.
fn most_alike(asked: &str, known: &[&'static str]) -> Option<&'static str> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(asked, &folded(name));
    let best = known.iter().copied().max_by(|one, other| likeness(one).total_cmp(&likeness(other)))?;
    (likeness(best) >= ALIKE).then_some(best)
}

#[cfg(test)]
mod tests;
