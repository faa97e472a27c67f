//! How rows are drawn.
//!
//! In: rows, a width, a style. Out: lines of text.
//! Invariant: a line is as wide as the picture, but where one word of it is wider than that. Colour repeats what the
//! words say.

use std::io;
use std::time::Duration;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::report::kernel::MARK;
use crate::report::ladder::arrow::{arrow, notice};
use crate::report::ladder::rows::Row;
use crate::report::ladder::words::legend;
use crate::report::ladder::wrap::{WIDEST, wrap, wrapped};
use crate::report::style::{Believed, Ink, Style};
use crate::story::event::{Passing, Way, Witness};

/// The narrowest picture that can be drawn.
const NARROWEST: usize = 72;
/// `(SYN-RECEIVED)`.
const STATE: usize = 14;
/// `99.999 999`; a picture of a longer time leaves more room to it, and less to the arrows.
const TIME: usize = 10;
/// Behind a state that the kernel bears out.
const STAR: &str = "*";

/// What it says there.
const KERNEL: &str = "* marks the kernel's own word; states without it follow from the segments.";
/// What is said of arrows that begin with o.
const MADE: &str = "An arrow that begins with o was made on the way, and not by the other end.";

/// What is said of the segments of an older connection.
const OLDER: &str = "A segment of an older connection of the same sockets has that one's letters.";

/// Draws the rows of `connection`, with its numbers and `sentences` below, a paragraph each.
pub fn draw_rows(
    out: &mut dyn io::Write,
    connection: &Connection,
    rows: &[Row<'_>],
    sentences: &[String],
    style: Style,
) -> io::Result<()> {
    let picture = Picture { width: style.width.clamp(NARROWEST, WIDEST), time: width_of_times(rows), style };
    writeln!(out, "{}", picture.heading(connection))?;
    for line in picture.body(rows) {
        writeln!(out, "{line}")?;
    }
    let entries = legend(connection);
    for line in wrap(&entries, "   ", picture.width.saturating_sub(2)) {
        writeln!(out, " {line}")?;
    }
    for line in signs(rows).into_iter().flat_map(|sign| wrapped(sign, style)) {
        writeln!(out, " {line}")?;
    }
    for line in sentences.iter().flat_map(|sentence| wrapped(sentence, style)) {
        writeln!(out, " {line}")?;
    }
    Ok(())
}

/// How wide the longest time is.
fn width_of_times(rows: &[Row<'_>]) -> usize {
    let times = rows.iter().filter_map(|row| match row {
        Row::Segment(_, time, _) | Row::Notice(_, _, time, _) => Some(clock(*time).len()),
        Row::LeftOut(_) | Row::Call(..) | Row::Kernel(..) => None,
    });
    times.fold(TIME, usize::max)
}

/// What the signs in the picture mean that not every picture has.
fn signs<'s>(rows: &[Row<'_>]) -> Vec<&'s str> {
    let any = |is: &dyn Fn(&Passing<'_>) -> bool| {
        rows.iter().any(|row| matches!(row, Row::Segment(passing, ..) if is(passing)))
    };
    let starred =
        |state: &Passing<'_>| state.witness.client == Witness::Says || state.witness.server == Witness::Says;
    let calls_starred = rows.iter().any(|row| matches!(row, Row::Call(_, _, Some((_, true)))));
    let way = |wanted: Way| any(&|passing| passing.way == wanted);
    let is_noticed = rows.iter().any(|row| matches!(row, Row::Notice(.., true)));
    let is_altered = any(&|passing| matches!(passing.way, Way::Altered(_)));
    [
        (any(&starred) || calls_starred, KERNEL),
        (way(Way::Lost), "An arrow that ends in x never arrived."),
        (way(Way::Appears) || way(Way::Copied) || is_noticed, MADE),
        (is_altered, "What is called altered left the other end with other contents."),
        (any(&|passing| passing.is_older), OLDER),
    ]
    .into_iter()
    .filter_map(|(is_there, words)| is_there.then_some(words))
    .collect()
}

struct Picture {
    width: usize,
    /// Of it, what each line has for its time.
    time: usize,
    style: Style,
}

impl Picture {
    fn heading(&self, connection: &Connection) -> String {
        let sockets = connection.sockets();
        let (left, right) = (format!(" client {}", sockets.client), format!("server {}", sockets.server));
        let gap = self.width.saturating_sub(left.len().saturating_add(right.len())).max(2);
        self.style.paint(Ink::Heading, format!("{left}{:gap$}{right}", "")).to_string()
    }

    /// Calls that follow each other at one side share a line as long as they fit; so do words of the kernel.
    fn body(&self, rows: &[Row<'_>]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut pending: Option<(Role, Ink, String)> = None;
        for row in rows {
            if let Some((role, ink, words)) = aside(row) {
                pending = Some(match pending.take() {
                    Some((side, of, line)) if (side, of) == (role, ink) && self.has_room(&line, &words) => {
                        (side, of, format!("{line}   {words}"))
                    }
                    last => {
                        lines.extend(last.map(|(side, ink, line)| self.margin(side, ink, &line)));
                        (role, ink, words)
                    }
                });
                continue;
            }
            lines.extend(pending.take().map(|(side, ink, line)| self.margin(side, ink, &line)));
            match row {
                Row::Segment(passing, time, seen) => lines.extend(self.segment(passing, *time, *seen)),
                Row::LeftOut(count) => {
                    let plural = if *count == 1 { "" } else { "s" };
                    lines.push(format!("{:STATE$}  ... {count} segment{plural} left out ...", ""));
                }
                Row::Notice(to, words, time, is_made) => {
                    // Who says so stands in the finding as well; its address may be too long for the picture.
                    let most = self.room().saturating_add(STATE).saturating_sub(8);
                    let short = words.rsplit(": ").next().unwrap_or(words);
                    let words = if words.len() > most { short } else { words };
                    let drawn = notice(words, *to, *is_made, self.room());
                    let drawn = self.style.paint(Ink::Failure, drawn);
                    lines.push(format!(
                        " {:STATE$} {:>width$}  {drawn}",
                        "",
                        clock(*time),
                        width = self.time
                    ));
                }
                Row::Call(..) | Row::Kernel(..) => {}
            }
        }
        lines.extend(pending.take().map(|(side, ink, line)| self.margin(side, ink, &line)));
        lines
    }

    const fn has_room(&self, line: &str, words: &str) -> bool {
        line.len().saturating_add(words.len()).saturating_add(4) <= self.width
    }

    fn margin(&self, side: Role, ink: Ink, words: &str) -> String {
        let painted = self.style.paint(ink, words);
        match side {
            Role::Client => format!(" {painted}"),
            Role::Server => {
                format!("{:gap$}{painted}", "", gap = self.width.saturating_sub(words.chars().count()))
            }
        }
    }

    fn segment(&self, passing: &Passing<'_>, time: Duration, seen: usize) -> impl Iterator<Item = String> {
        let left = self.state(passing, Role::Client, STATE);
        let right = self.state(passing, Role::Server, 0);
        let room = self.room();
        let ink = Ink::of_segment(&passing.step.segment);
        let (arrow, below) = arrow(passing, seen, room, self.style);
        let paint = |words| self.style.paint(ink, words);
        let width = self.time;
        let first = format!(" {left} {:>width$}  {}  {right}", clock(time), paint(arrow));
        let second = below.map(|below| format!(" {:STATE$} {:width$}  {}", "", "", paint(below)));
        std::iter::once(first.trim_end().to_owned()).chain(second)
    }

    /// What the two ends leave to an arrow.
    const fn room(&self) -> usize {
        self.width.saturating_sub(STATE.saturating_mul(2).saturating_add(self.time).saturating_add(6))
    }

    fn state(&self, passing: &Passing<'_>, role: Role, width: usize) -> String {
        let Some(state) = *passing.states.of(role) else { return " ".repeat(width) };
        let witness = *passing.witness.of(role);
        if witness == Witness::Says {
            return self.style.paint(Ink::Plain, format!("{:width$}", starred(state))).to_string();
        }
        let is_assumed = *passing.assumed.of(role) && witness == Witness::Silent;
        let believed = Believed { state, is_assumed };
        self.style.paint(believed.ink(), format!("{:width$}", believed.to_string())).to_string()
    }
}

/// What stands at a margin: whose, its colour, its words.
fn aside(row: &Row<'_>) -> Option<(Role, Ink, String)> {
    match row {
        Row::Call(role, words, None) => Some((*role, Ink::Call, words.clone())),
        Row::Call(role, words, Some((state, is_witnessed))) => {
            let state = if *is_witnessed { starred(*state) } else { state.to_string() };
            Some((*role, Ink::Call, format!("{words}   {state}")))
        }
        Row::Kernel(role, words) => Some((*role, Ink::Kernel, format!("{MARK}: {words}"))),
        Row::Segment(..) | Row::LeftOut(_) | Row::Notice(..) => None,
    }
}

fn starred(state: State) -> String {
    format!("{state}{STAR}")
}

/// Seconds with microseconds, in groups of three: `0.000 197`.
fn clock(time: Duration) -> String {
    let micros = time.subsec_micros();
    format!("{}.{:03} {:03}", time.as_secs(), micros / 1000, micros % 1000)
}
