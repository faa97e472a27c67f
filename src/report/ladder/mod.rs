//! The ladder: a connection as a picture, client at the left, server at the right.
//!
//! In: connections, and the calls of the two programs where they are known. Out: text for a terminal.
//! Invariant: `rows.rs` decides what stands in the picture, this file how it is drawn. 80 columns are enough; wider is
//! used. Colour repeats what the words say and is never the only sign.

pub mod rows;
pub mod words;

use std::io;
use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::severity::Severity;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::analyzer::step::Step;
use crate::call::SocketCall;
use crate::report::ladder::rows::{Row, rows};
use crate::report::ladder::words::{closing_line, legend};
use crate::report::said::{Headline, Said};
use crate::report::sink::Report;
use crate::report::style::{Believed, Ink, Style};
use crate::segment::TextHead;

/// The narrowest picture that can be drawn.
const NARROWEST: usize = 72;
/// The narrowest lines of words.
const NARROWEST_TEXT: usize = 20;
/// Before the further lines of a finding.
const INDENT: &str = "  ";
/// The widest that is still easy to read.
const WIDEST: usize = 120;
/// `(SYN-RECEIVED)`.
const STATE: usize = 14;
/// `999.999 999`, more only for connections of over 16 minutes.
const TIME: usize = 10;

/// Draws `connection` with `calls` at its margins.
///
/// # Errors
///
/// Those of `out`.
pub fn draw(
    out: &mut dyn io::Write,
    connection: &Connection,
    calls: &[SocketCall],
    style: Style,
) -> io::Result<()> {
    let picture = Picture { width: style.width.clamp(NARROWEST, WIDEST), style };
    writeln!(out, "{}", picture.heading(connection))?;
    for line in picture.body(&rows(connection, calls)) {
        writeln!(out, "{line}")?;
    }
    let entries = legend(connection);
    for line in wrap(&entries, "   ", picture.width.saturating_sub(2)) {
        writeln!(out, " {line}")?;
    }
    for line in wrapped(&closing_line(connection), style) {
        writeln!(out, " {line}")?;
    }
    Ok(())
}

/// Writes what was found about a connection and not said yet, a paragraph each.
///
/// # Errors
///
/// Those of `out`.
pub fn tell_all(
    out: &mut dyn io::Write,
    connection: &Connection,
    said: &mut Said,
    style: Style,
) -> io::Result<()> {
    connection
        .findings()
        .iter()
        .filter(|finding| said.is_news(finding))
        .try_for_each(|finding| tell(out, finding, style))
}

fn tell(out: &mut dyn io::Write, finding: &Finding, style: Style) -> io::Result<()> {
    let headline = Headline(finding).to_string();
    let ink = if finding.code.severity() == Severity::Error { Ink::Failure } else { Ink::Closing };
    let others = match finding.rivals.as_slice() {
        [] => String::new(),
        rivals => format!(" Perhaps: {}.", rivals.join("; ")),
    };
    let narrower = Style { width: style.width.saturating_sub(INDENT.len()), ..style };
    let lines = wrapped(&format!("{headline}: {}{others}", finding.says), narrower);
    for (number, line) in lines.iter().enumerate() {
        match line.strip_prefix(headline.as_str()).filter(|_| number == 0) {
            Some(rest) => writeln!(out, " {}{rest}", style.paint(ink, &headline))?,
            None => writeln!(out, " {INDENT}{line}")?,
        }
    }
    Ok(())
}

/// Breaks `text` into lines as wide as a picture in this style, less a column at each side.
pub fn wrapped(text: &str, style: Style) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_unit = matches!(word.trim_end_matches(['.', ',', ';', ':', ')']), "s" | "ms");
        match words.last_mut().filter(|last| is_unit && last.ends_with(|last: char| last.is_ascii_digit())) {
            // A number keeps its unit.
            Some(number) => {
                number.push(' ');
                number.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    wrap(&words, " ", style.width.clamp(NARROWEST_TEXT, WIDEST).saturating_sub(2))
}

/// The ladder as a report: each connection is drawn when it has ended.
pub struct Ladder<W> {
    out: W,
    style: Style,
    is_first: bool,
    said: Said,
}

impl<W: io::Write> Ladder<W> {
    /// Draws on `out`.
    pub fn new(out: W, style: Style) -> Self {
        Self { out, style, is_first: true, said: Said::default() }
    }
}

impl<W: io::Write + Send> Report for Ladder<W> {
    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        if !std::mem::take(&mut self.is_first) {
            writeln!(self.out)?;
        }
        writeln!(self.out, " connection {}", connection.id())?;
        draw(&mut self.out, connection, &[], self.style)?;
        tell_all(&mut self.out, connection, &mut self.said, self.style)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        tell(&mut self.out, finding, self.style)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct Picture {
    width: usize,
    style: Style,
}

impl Picture {
    fn heading(&self, connection: &Connection) -> String {
        let sockets = connection.sockets();
        let (left, right) = (format!(" client {}", sockets.client), format!("server {}", sockets.server));
        let gap = self.width.saturating_sub(left.len().saturating_add(right.len())).max(2);
        self.style.paint(Ink::Heading, format!("{left}{:gap$}{right}", "")).to_string()
    }

    /// Calls that follow each other at one side share a line as long as they fit.
    fn body(&self, rows: &[Row<'_>]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut pending: Option<(Role, String)> = None;
        for row in rows {
            if let Row::Call(role, words, state) = row {
                let words = match state {
                    Some(state) => format!("{words}   {state}"),
                    None => words.clone(),
                };
                pending = Some(match pending.take() {
                    Some((side, line)) if side == *role && self.has_room(&line, &words) => {
                        (side, format!("{line}   {words}"))
                    }
                    Some((side, line)) => {
                        lines.push(self.call(side, &line));
                        (*role, words)
                    }
                    None => (*role, words),
                });
                continue;
            }
            lines.extend(pending.take().map(|(side, line)| self.call(side, &line)));
            match row {
                Row::Segment(step, time, seen) => lines.push(self.segment(step, *time, *seen)),
                Row::LeftOut(count) => {
                    let plural = if *count == 1 { "" } else { "s" };
                    lines.push(format!("{:STATE$}  ... {count} segment{plural} left out ...", ""));
                }
                Row::Call(..) => {}
            }
        }
        lines.extend(pending.take().map(|(side, line)| self.call(side, &line)));
        lines
    }

    const fn has_room(&self, line: &str, words: &str) -> bool {
        line.len().saturating_add(words.len()).saturating_add(4) <= self.width
    }

    fn call(&self, side: Role, words: &str) -> String {
        let painted = self.style.paint(Ink::Call, words);
        match side {
            Role::Client => format!(" {painted}"),
            Role::Server => {
                format!("{:gap$}{painted}", "", gap = self.width.saturating_sub(words.chars().count()))
            }
        }
    }

    fn segment(&self, step: &Step, time: Duration, seen: usize) -> String {
        let left = self.state(step.states.client, step.assumed.client, STATE);
        let right = self.state(step.states.server, step.assumed.server, 0);
        let room = self.width.saturating_sub(STATE.saturating_mul(2).saturating_add(TIME).saturating_add(6));
        let arrow = self.style.paint(Ink::of_segment(&step.segment), arrow(step, seen, room, self.style));
        format!(" {left} {:>TIME$}  {arrow}  {right}", clock(time))
    }

    fn state(&self, state: State, assumed: bool, width: usize) -> String {
        let text = Believed { state, is_assumed: assumed }.to_string();
        let ink = if assumed { Ink::Assumed } else { Ink::Plain };
        self.style.paint(ink, format!("{text:width$}")).to_string()
    }
}

/// `|---- SYN J --->|`, as wide as `room`; wider only where a label is longer than that.
fn arrow(step: &Step, seen: usize, room: usize, style: Style) -> String {
    let inner = room.saturating_sub(2);
    let most = inner.saturating_sub(6);
    let sightings = match seen {
        0 | 1 => String::new(),
        2 => " (seen twice)".to_owned(),
        _ => format!(" (seen {seen} times)"),
    };
    let show = |octets| {
        let label = step.label.show_with_some_text(style.numbers, &step.segment.text, octets);
        format!("{label}{sightings}")
    };
    let label =
        (0..=TextHead::MOST).rev().map(show).find(|label| label.len() <= most).unwrap_or_else(|| show(0));
    let dashes = inner.saturating_sub(label.len().saturating_add(3)).max(2);
    let (before, after) = (dashes / 2, dashes.saturating_sub(dashes / 2));
    match step.from {
        Role::Client => format!("|{} {label} {}>|", "-".repeat(after), "-".repeat(before)),
        Role::Server => format!("|<{} {label} {}|", "-".repeat(before), "-".repeat(after)),
    }
}

/// Seconds with microseconds, in groups of three: `0.000 197`.
fn clock(time: Duration) -> String {
    let micros = time.subsec_micros();
    format!("{}.{:03} {:03}", time.as_secs(), micros / 1000, micros % 1000)
}

fn wrap(words: &[String], between: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len().saturating_add(between.len()).saturating_add(word.len()) <= width => {
                line.push_str(between);
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}
