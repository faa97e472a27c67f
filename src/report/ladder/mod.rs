//! The ladder: a connection as a picture, client at the left, server at the right.
//!
//! In: connections, and what stands beside them where it is known: socket calls, the kernel's word. Out: text for a
//! terminal.
//! Invariant: `rows.rs` decides what stands in the picture, `picture.rs` and `arrow.rs` how it is drawn. 80 columns are
//! enough; wider is used.

mod arrow;
mod both;
mod lost;
mod picture;
pub mod rows;
#[cfg(test)]
mod tests;
pub mod words;
mod wrap;

use std::io;

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::diagnosis::severity::Severity;
use crate::call::SocketCall;
use crate::report::ladder::lost::explained;
use crate::report::ladder::picture::draw_rows;
use crate::report::ladder::rows::rows;
use crate::report::ladder::words::{Shown, closing_line};
use crate::report::said::{Headline, Said};
use crate::report::sink::Report;
use crate::report::style::{Ink, Style};
use crate::story::beside::{Beside, OfConnection};
use crate::story::event::Passing;
use crate::story::order::tell as story;
use crate::witness::KernelEvent;

pub use both::draw_both;
pub use wrap::wrapped;

/// Before the further lines of a finding.
const INDENT: &str = "  ";

/// Draws `connection`, with what stands beside it at its margins.
///
/// # Errors
///
/// Those of `out`.
pub fn draw(
    out: &mut dyn io::Write,
    connection: &Connection,
    beside: Beside<'_>,
    style: Style,
) -> io::Result<()> {
    let rows = rows(story(connection, beside), connection.steps(), connection.start(), beside.kernel);
    draw_rows(out, connection, &rows, &[closing_line(connection, Shown::default())], style)
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

/// The same of a connection that two taps saw: what both found is told once, and what one of them found with where. What was
/// `lost` between them tells which explanation is right.
///
/// # Errors
///
/// Those of `out`.
pub fn tell_of_both(
    out: &mut dyn io::Write,
    (near, far): (&Connection, Option<&Connection>),
    lost: &[Passing<'_>],
    said: &mut Said,
    style: Style,
) -> io::Result<()> {
    let has = |all: &[Finding], one: &Finding| {
        all.iter().any(|other| (other.code, &other.says) == (one.code, &one.says))
    };
    let is_one = far.is_none();
    let (near, far) = (near.findings(), far.map_or(&[][..], Connection::findings));
    let is_of_both = |finding: &&Finding| is_one || has(far, finding);
    let both = near.iter().filter(is_of_both).map(|finding| ("", finding));
    let client = near.iter().filter(|finding| !is_of_both(finding)).map(|finding| ("client", finding));
    let server = far.iter().filter(|finding| !has(near, finding)).map(|finding| ("server", finding));
    let mut told = "";
    for (whose, finding) in both.chain(client).chain(server).filter(|(_, finding)| said.is_news(finding)) {
        if told != whose {
            writeln!(out, " At the {whose}'s end:")?;
            told = whose;
        }
        tell(out, finding, style)?;
        for line in explained(finding, lost).into_iter().flat_map(|words| wrapped(&words, narrower(style))) {
            writeln!(out, " {INDENT}{line}")?;
        }
    }
    Ok(())
}

/// Room for lines that are indented.
const fn narrower(style: Style) -> Style {
    Style { width: style.width.saturating_sub(INDENT.len()), ..style }
}

fn tell(out: &mut dyn io::Write, finding: &Finding, style: Style) -> io::Result<()> {
    let headline = Headline(finding).to_string();
    let ink = if finding.code.severity() == Severity::Error { Ink::Failure } else { Ink::Closing };
    let others = match finding.rivals.as_slice() {
        [] => String::new(),
        rivals => format!(" Perhaps: {}.", rivals.join("; ")),
    };
    let lines = wrapped(&format!("{headline}: {}{others}", finding.says), narrower(style));
    for (number, line) in lines.iter().enumerate() {
        match line.strip_prefix(headline.as_str()).filter(|_| number == 0) {
            Some(rest) => writeln!(out, " {}{rest}", style.paint(ink, &headline))?,
            None => writeln!(out, " {INDENT}{line}")?,
        }
    }
    Ok(())
}

/// How many calls, and how many words of the kernel, wait at most for the connection that they belong to.
const KEPT: usize = 1_024;

/// The ladder as a report: each connection is drawn when it has ended, with what was said of it until then.
pub struct Ladder<W> {
    out: W,
    style: Style,
    is_first: bool,
    said: Said,
    calls: Vec<SocketCall>,
    kernel: Vec<KernelEvent>,
}

impl<W: io::Write> Ladder<W> {
    /// Draws on `out`.
    pub fn new(out: W, style: Style) -> Self {
        Self { out, style, is_first: true, said: Said::default(), calls: Vec::new(), kernel: Vec::new() }
    }
}

/// Keeps `value` for later; of too many the older half goes.
fn keep<T>(kept: &mut Vec<T>, value: T) {
    if kept.len() >= KEPT {
        kept.drain(..KEPT / 2);
    }
    kept.push(value);
}

impl<W: io::Write + Send> Report for Ladder<W> {
    fn call(&mut self, call: &SocketCall) -> io::Result<()> {
        keep(&mut self.calls, call.clone());
        Ok(())
    }

    fn kernel(&mut self, said: &KernelEvent) -> io::Result<()> {
        keep(&mut self.kernel, said.clone());
        Ok(())
    }

    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        let is_first = std::mem::take(&mut self.is_first);
        if !is_first {
            writeln!(self.out)?;
        }
        writeln!(self.out, " connection {}", connection.id())?;
        let all = Beside { calls: &self.calls, kernel: &self.kernel };
        let own = OfConnection::select(all, connection.sockets(), is_first);
        draw(&mut self.out, connection, own.beside(), self.style)?;
        tell_all(&mut self.out, connection, &mut self.said, self.style)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        tell(&mut self.out, finding, self.style)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
