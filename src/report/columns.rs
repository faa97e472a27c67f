//! One line of text in aligned columns.
//!
//! In: cells from left to right, each with the columns planned for it. Out: the line, in a buffer that is used again.
//! Invariant: a cell is never cut. One that is too wide moves its neighbours, and the line falls back into its columns
//! as soon as there is room. Cells are ASCII, so that an octet is a column; colour takes none.

use crate::report::buffer::{Buffer, Displayed, Put};
use crate::report::style::{Ink, Style};

/// The space between two columns; a cell that came out too wide leaves one column of it.
pub const GAP: usize = 2;

/// A line being put together.
#[derive(Debug)]
pub struct Row {
    style: Style,
    line: Buffer,
    /// A cell that has to be measured before it is written.
    cell: Buffer,
    /// Columns written.
    at: usize,
    /// Columns planned for what was written.
    planned: usize,
}

impl Row {
    /// An empty line in the colours of `style`.
    pub const fn new(style: Style) -> Self {
        Self { style, line: Buffer::new(), cell: Buffer::new(), at: 0, planned: 0 }
    }

    /// Adds a cell that begins where its column does.
    pub fn left(&mut self, width: usize, ink: Ink, value: impl Put) {
        self.begin();
        self.put(ink, value);
        self.planned = self.planned.saturating_add(width);
    }

    /// Adds a cell as [`Row::left`] does; its column first grows to hold it, up to `most`.
    pub fn growing(&mut self, width: &mut usize, most: usize, ink: Ink, value: impl Put) {
        self.begin();
        let from = self.at;
        self.put(ink, value);
        *width = self.at.saturating_sub(from).min(most).max(*width);
        self.planned = self.planned.saturating_add(*width);
    }

    /// Adds a cell that ends where its column does.
    pub fn right(&mut self, width: usize, ink: Ink, value: impl Put) {
        self.begin();
        self.planned = self.planned.saturating_add(width);
        self.cell.clear();
        self.cell.add(value);
        let missing = self.planned.saturating_sub(self.at).saturating_sub(self.cell.len());
        self.space(missing);
        let cell = std::mem::take(&mut self.cell);
        self.put(ink, cell.octets());
        self.cell = cell;
    }

    /// The finished line with its line feed; the next cell begins a new one.
    pub fn finish(&mut self) -> &[u8] {
        self.line.add("\n");
        self.at = 0;
        self.planned = 0;
        self.line.octets()
    }

    #[inline]
    fn put(&mut self, ink: Ink, value: impl Put) {
        let paint = self.style.color.then(|| self.style.codes(ink));
        if let Some(paint) = paint {
            self.line.add(Displayed(paint.render()));
        }
        let before = self.line.len();
        self.line.add(value);
        self.at = self.at.saturating_add(self.line.len().saturating_sub(before));
        if let Some(paint) = paint {
            self.line.add(Displayed(paint.render_reset()));
        }
    }

    /// Makes room before a cell: up to the beginning of its column, and one column at least.
    #[inline]
    fn begin(&mut self) {
        if self.at == 0 {
            self.line.clear();
            return;
        }
        self.planned = self.planned.saturating_add(GAP);
        self.space(self.planned.saturating_sub(self.at).max(1));
    }

    #[inline]
    fn space(&mut self, columns: usize) {
        self.line.space(columns);
        self.at = self.at.saturating_add(columns);
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
            let line = String::from_utf8_lossy(row.finish());
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
            String::from_utf8(row.finish().to_vec()).unwrap()
        };
        assert_eq!(line(false), "SYN     RST  end\n");
        assert_eq!(line(true), "\u{1b}[32mSYN\u{1b}[0m     \u{1b}[31mRST\u{1b}[0m  end\n");
    }
}
