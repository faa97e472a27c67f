//! One line of text in aligned columns.
//!
//! In: cells from left to right, each with the columns planned for it. Out: the line, in a buffer that is used again.
//! Invariant: a cell is never cut. One that is too wide moves its neighbours, and the line falls back into its columns
//! as soon as there is room. Cells are ASCII, so that an octet is a column; colour takes none.

use std::fmt::{self, Display, Write as _};

use crate::report::style::{Ink, Style};
use crate::time::Timestamp;

/// The space between two columns; a cell that came out too wide leaves one column of it.
pub const GAP: usize = 2;

/// A line being put together.
#[derive(Debug)]
pub struct Row {
    style: Style,
    line: String,
    /// A cell that has to be measured before it is written.
    cell: String,
    /// Columns written.
    at: usize,
    /// Columns planned for what was written.
    planned: usize,
}

impl Row {
    /// An empty line in the colours of `style`.
    pub const fn new(style: Style) -> Self {
        Self { style, line: String::new(), cell: String::new(), at: 0, planned: 0 }
    }

    /// Adds a cell that begins where its column does.
    pub fn left(&mut self, width: usize, ink: Ink, value: impl Display) {
        self.begin();
        self.put(ink, value);
        self.planned = self.planned.saturating_add(width);
    }

    /// Adds a cell as [`Row::left`] does; its column first grows to hold it, up to `most`.
    pub fn growing(&mut self, width: &mut usize, most: usize, ink: Ink, value: impl Display) {
        self.begin();
        let from = self.at;
        self.put(ink, value);
        *width = self.at.saturating_sub(from).min(most).max(*width);
        self.planned = self.planned.saturating_add(*width);
    }

    /// Adds a cell that ends where its column does.
    pub fn right(&mut self, width: usize, ink: Ink, value: impl Display) {
        self.begin();
        self.planned = self.planned.saturating_add(width);
        self.cell.clear();
        write(&mut self.cell, format_args!("{value}"));
        let missing = self.planned.saturating_sub(self.at).saturating_sub(self.cell.len());
        self.space(missing);
        let cell = std::mem::take(&mut self.cell);
        self.put(ink, &cell);
        self.cell = cell;
    }

    /// The finished line with its line feed; the next cell begins a new one.
    pub fn finish(&mut self) -> &str {
        self.line.push('\n');
        self.at = 0;
        self.planned = 0;
        &self.line
    }

    fn put(&mut self, ink: Ink, value: impl Display) {
        let paint = self.style.codes(ink);
        write(&mut self.line, format_args!("{}", paint.render()));
        let before = self.line.len();
        write(&mut self.line, format_args!("{value}"));
        self.at = self.at.saturating_add(self.line.len().saturating_sub(before));
        write(&mut self.line, format_args!("{}", paint.render_reset()));
    }

    /// Makes room before a cell: up to the beginning of its column, and one column at least.
    fn begin(&mut self) {
        if self.at == 0 {
            self.line.clear();
            return;
        }
        self.planned = self.planned.saturating_add(GAP);
        self.space(self.planned.saturating_sub(self.at).max(1));
    }

    fn space(&mut self, columns: usize) {
        self.line.extend(std::iter::repeat_n(' ', columns));
        self.at = self.at.saturating_add(columns);
    }
}

/// Writes to a `String`, which cannot fail.
fn write(text: &mut String, what: fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

/// The time of day in UTC, to the microsecond (as tcpdump shows it): what is finer is cut off, not rounded.
#[derive(Clone, Copy, Debug)]
pub struct TimeOfDay(pub Timestamp);

impl TimeOfDay {
    /// The columns that it takes.
    pub const WIDTH: usize = 15;
}

impl Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Timestamp(nanoseconds)) = *self;
        let (seconds, micros) = (nanoseconds / 1_000_000_000, nanoseconds / 1_000 % 1_000_000);
        let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}.{micros:06}", seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_falls_back_into_its_columns() {
        let mut row = Row::new(Style::default());
        for cells in [["a", "b", "c"], ["wider", "b", "c"]] {
            row.left(3, Ink::Plain, cells[0]);
            row.left(4, Ink::Plain, cells[1]);
            row.right(3, Ink::Plain, cells[2]);
            let line = row.finish();
            assert_eq!(line.len(), "123--1234--123\n".len());
            assert!(line.ends_with("  c\n"), "{line:?}");
        }
    }

    #[test]
    fn colour_takes_no_columns() {
        let line = |color| {
            let mut row = Row::new(Style { color, ..Style::default() });
            row.left(5, Ink::Opening, "SYN");
            row.right(4, Ink::Failure, "RST");
            row.left(0, Ink::Plain, "end");
            row.finish().to_owned()
        };
        assert_eq!(line(false), "SYN     RST  end\n");
        assert_eq!(line(true), "\u{1b}[32mSYN\u{1b}[0m     \u{1b}[31mRST\u{1b}[0m  end\n");
    }

    #[test]
    fn the_time_of_day_is_cut_at_the_microsecond() {
        let time = Timestamp::new(86_400 + 12 * 3600 + 34 * 60 + 56, 999_999);
        assert_eq!(TimeOfDay(time).to_string(), "12:34:56.000999");
        assert_eq!(TimeOfDay(time).to_string().len(), TimeOfDay::WIDTH);
    }
}
