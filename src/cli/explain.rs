//! `tcpshake explain`: what a label, a state, a topic, a finding or a scenario means, where to read about it, and what to
//! do next.
//!
//! In: the word asked for, or none. Out: the texts under `explain/`, or the list of them all.
//! Invariant: every text is a row of `ENTRIES` or `FINDINGS`, or a scenario's own; keys are unique within their group, and one word may name
//! several.
//! Read: RFC 9293, whose words the texts use.

use std::io::Write;

use thiserror::Error;

use tcpshake::lab::scenario::Scenario;
use tcpshake::lab::scenarios::{self, SCENARIOS};

use crate::cli::explain::findings::FINDINGS;
use crate::cli::explain::table::{ENTRIES, Entry, GROUPS};

mod findings;
mod scenario;
mod table;

/// How many names are offered in place of one that is not known.
const MOST_OFFERED: usize = 5;

/// The word asked for is no label, state, topic, finding or scenario.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{asked}: nothing is known under this name\n  try: {}", offer(.close))]
pub struct UnknownTopic {
    /// The word as it was given.
    pub asked: String,
    /// The keys that resemble it, best first; empty where none does.
    pub close: Vec<&'static str>,
}

/// Writes the text about `topic` to `out`, or the list of all topics where there is none.
///
/// # Errors
///
/// [`UnknownTopic`] where nothing has this name (exit code 2), and what `out` says (`std::io::Error`).
pub fn run(topic: Option<&str>, out: &mut impl Write) -> anyhow::Result<()> {
    let Some(asked) = topic else { return Ok(list(out)?) };
    let (entries, scenario) = (find(asked), scenario_of(asked));
    if entries.is_empty() && scenario.is_none() {
        return Err(UnknownTopic { asked: asked.to_owned(), close: close_to(asked) }.into());
    }
    for (number, entry) in entries.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        explain_entry(entry, out)?;
    }
    if let Some(scenario) = scenario {
        if !entries.is_empty() {
            writeln!(out)?;
        }
        scenario::explain(scenario, out)?;
    }
    Ok(())
}

/// Every row there is, in the order of the list.
fn all() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().chain(&FINDINGS)
}

fn explain_entry(entry: &Entry, out: &mut impl Write) -> std::io::Result<()> {
    let kind = entry.group.singular();
    match entry.severity {
        Some(severity) => writeln!(out, "{} ({kind}, {severity})", entry.key)?,
        None => writeln!(out, "{} ({kind})", entry.key)?,
    }
    write!(out, "{}", entry.text)
}

/// All keys with their first lines, by group.
fn list(out: &mut impl Write) -> std::io::Result<()> {
    for group in GROUPS {
        writeln!(out, "{}", group.heading())?;
        for entry in all().filter(|entry| entry.group == group) {
            match entry.severity {
                Some(severity) => writeln!(out, "  {:<24} {severity:<7} {}", entry.key, entry.title())?,
                None => writeln!(out, "  {:<19} {}", entry.key, entry.title())?,
            }
        }
        writeln!(out)?;
    }
    writeln!(out, "Scenarios")?;
    let width = SCENARIOS.iter().map(|scenario| scenario.name.len()).max().unwrap_or_default();
    for scenario in SCENARIOS {
        writeln!(out, "  {:<width$} {}", scenario.name, scenario.title)?;
    }
    writeln!(out)?;
    writeln!(out, "  try: tcpshake explain three-way, or tcpshake explain \"ACK K+1\"")
}

/// The rows that a word names: all that match as a whole, else those of its parts (`ACK K+1, DATA 5`).
fn find(asked: &str) -> Vec<&'static Entry> {
    let of_kind = of_kind(asked);
    if !of_kind.is_empty() {
        return of_kind;
    }
    let whole = named(&canonical(asked));
    if !whole.is_empty() {
        return whole;
    }
    let mut found: Vec<&'static Entry> = Vec::new();
    for part in unquoted(asked).replace(" (", ", ").split(',') {
        let entries = match canonical(part) {
            word if is_ordinal(&word) => continue,
            word => named(&word),
        };
        if entries.is_empty() {
            return Vec::new();
        }
        let new = entries.into_iter().filter(|entry| !found.iter().any(|seen| std::ptr::eq(*seen, *entry)));
        found.extend(new.collect::<Vec<_>>());
    }
    found
}

/// The row that a heading or a reference means: `TIME-WAIT (state)`, `no-answer (finding, error)`.
fn of_kind(asked: &str) -> Vec<&'static Entry> {
    let Some((name, behind)) = asked.trim().strip_suffix(')').and_then(|asked| asked.rsplit_once(" ("))
    else {
        return Vec::new();
    };
    let kind = behind.split(',').next().unwrap_or_default().trim().to_ascii_lowercase();
    named(&canonical(name)).into_iter().filter(|entry| entry.group.singular() == kind).collect()
}

/// The rows with this canonical key or other name.
fn named(word: &str) -> Vec<&'static Entry> {
    all().filter(|entry| entry.names().any(|name| canonical(name) == word)).collect()
}

/// Reduces a word to what tells it apart: small letters, digits, `+` and `~`; numbers of a label to their kind.
///
/// `SYN_RECEIVED`, `(SYN-RECEIVED)` and `syn received` are one; so are `ACK J+7` and `ACK K+2000`.
fn canonical(word: &str) -> String {
    let bare: String = unquoted(word)
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '+' | '~'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let counts =
        |stem: &str| bare.strip_prefix(stem).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    if bare.starts_with("ack~") {
        "ack~n".to_owned()
    } else if counts("data") {
        "data".to_owned()
    } else if is_rst(&bare) {
        "rst".to_owned()
    } else if bare != "ackk+1"
        && ["ackj", "ackk", "ack"].iter().any(|stem| counts(&format!("{stem}+")) || counts(stem))
    {
        "ackk+n".to_owned()
    } else {
        bare
    }
}

/// Whether a bare word is a RST's label: `rst`, `rstj`, `rstj+7`, `rst~0`, `rstackj+1`; not the code `rst-ignored`.
fn is_rst(bare: &str) -> bool {
    bare.strip_prefix("rst")
        .is_some_and(|rest| rest.len() <= 1 || rest.contains(|c: char| c.is_ascii_digit() || c == '~'))
}

/// The word without a quoted text behind it: `DATA 6 "hello\n"`.
fn unquoted(word: &str) -> &str {
    word.split_once(" \"").map_or(word, |(label, _)| label)
}

/// The scenario of this name, as `demo` takes it.
fn scenario_of(asked: &str) -> Option<&'static Scenario> {
    scenarios::find(&asked.trim().to_ascii_lowercase())
}

/// Whether this is the count of a repeat: `3rd`.
fn is_ordinal(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    !digits.is_empty() && digits.len() < word.len() && digits.chars().all(|c| c.is_ascii_digit())
}

/// The keys that resemble a word: those that contain it or begin alike, then those that differ by few letters.
fn close_to(asked: &str) -> Vec<&'static str> {
    let word = canonical(asked);
    let mut ranked: Vec<(usize, &'static str)> = Vec::new();
    for entry in all() {
        let best = entry.names().map(|name| unlikeness(&word, &canonical(name))).min().unwrap_or(usize::MAX);
        let limit = word.chars().count().div_ceil(3);
        if best <= limit && !ranked.iter().any(|(_, key)| *key == entry.key) {
            ranked.push((best, entry.key));
        }
    }
    ranked.sort();
    ranked.into_iter().map(|(_, key)| key).take(MOST_OFFERED).collect()
}

/// How many letters must be changed, added or left out to make `name` of `word`; less where one contains the other.
pub fn unlikeness(word: &str, name: &str) -> usize {
    if word.len() >= 3 && name.contains(word) {
        return 1;
    } else if name.len() >= 3 && word.contains(name) {
        return 2;
    }
    let mut row: Vec<usize> = (0..=name.chars().count()).collect();
    for (line, wanted) in word.chars().enumerate() {
        let mut next = vec![line + 1];
        for ((above, diagonal), has) in row.iter().skip(1).zip(&row).zip(name.chars()) {
            let left = next.last().map_or(usize::MAX, |left| left + 1);
            next.push((diagonal + usize::from(wanted != has)).min(above + 1).min(left));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// The next step behind an unknown name.
fn offer(close: &[&str]) -> String {
    let quoted: Vec<String> = close.iter().map(|key| quote(key)).collect();
    match quoted.split_first() {
        None => "tcpshake explain (it lists all names)".to_owned(),
        Some((first, [])) => format!("tcpshake explain {first}"),
        Some((first, others)) => format!("tcpshake explain {first} (or: {})", others.join(", ")),
    }
}

/// A key as a shell takes it.
fn quote(key: &str) -> String {
    if key.contains(' ') { format!("\"{key}\"") } else { key.to_owned() }
}

#[cfg(test)]
mod tests;
