//! Where results go, and how they look there.
//!
//! In: the options of the command line, the terminal, the environment. Out: a report on standard output; messages on
//! standard error.
//! Invariant: the only place that asks the terminal and the environment. `NO_COLOR` is kept (no-color.org).

use std::fmt::Display;
use std::io::{self, BufWriter, IsTerminal, Write};

use tcpshake::report::format::Format;
use tcpshake::report::sink::Report;
use tcpshake::report::style::Style;

use crate::cli::look::{Color, Look};

/// Columns of a terminal that does not say how many it has.
const COLUMNS: usize = 80;

/// Octets that go to a file or a pipe at once.
const AT_ONCE: usize = 128 << 10;

/// How results are to look.
#[allow(clippy::disallowed_methods, reason = "the environment is read in cli/ alone")]
pub fn style(look: &Look, format: Format) -> Style {
    let is_terminal = io::stdout().is_terminal();
    let color = match look.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = match terminal_size::terminal_size() {
        Some((terminal_size::Width(columns), _)) if is_terminal && columns > 0 => usize::from(columns),
        // A picture needs a width, wherever it goes; text that a program reads leaves nothing out.
        _ if is_terminal || format == Format::Ladder => COLUMNS,
        _ => usize::MAX,
    };
    Style { numbers: look.numbers.into(), color, width, tells_ends: false }
}

/// A report in `format` on standard output; on nothing where a capture takes that. `is_live` says that somebody looks
/// on as it happens.
pub fn report(look: &Look, format: Format, is_taken: bool, is_live: bool) -> Box<dyn Report> {
    let stdout = io::stdout();
    let out: Box<dyn Write + Send> = match is_taken {
        true => Box::new(io::sink()),
        // Somebody looks on, and shall see what came through a pipe before the next comes: line by line.
        false if stdout.is_terminal() => Box::new(stdout),
        false => Box::new(BufWriter::with_capacity(AT_ONCE, stdout)),
    };
    let style = Style { tells_ends: is_live, ..style(look, format) };
    format.report(out, style, look.records)
}

/// Tells the user something on standard error.
pub fn tell(line: impl Display) {
    // Where standard error is gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{line}");
}
