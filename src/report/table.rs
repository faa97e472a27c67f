//! `table`: one connection a line, under one line of headings.
//!
//! In: connections as they end. Out: a line for each at once, in columns of fixed width that typical IPv4 sockets fit.
//! Invariant: which columns there are and how wide they are stands in `table/column.rs`, what stands in them in
//! `table/value.rs`, and where in `table/cells.rs`. Most rows are made as `table/form.rs` has it: the same, and faster.

use std::io::{self, Write};

use crate::analyzer::connection::Connection;
use crate::analyzer::pairs::Sockets;
use crate::report::clock::Clock;
use crate::report::columns::Row;
use crate::report::sink::Report;
use crate::report::style::Style;
use crate::report::table::cells::Page;
use crate::report::table::column::Columns;
use crate::report::table::form::Form;
use crate::report::table::value::{headings, values};

mod cells;
mod column;
mod form;
mod value;

/// Writes a table.
#[derive(Debug)]
pub struct Table<W> {
    out: W,
    is_plain: bool,
    row: Row,
    page: Page,
    form: Form,
    clock: Clock,
    columns: Columns,
    has_headings: bool,
}

impl<W: Write> Table<W> {
    /// Writes to `out`, with as many columns as `style.width` has room for.
    pub fn new(out: W, style: Style) -> Self {
        Self {
            out,
            is_plain: !style.color,
            row: Row::new(style),
            page: Page::new(),
            form: Form::new(),
            clock: Clock::default(),
            columns: Columns::fitting(style.width),
            has_headings: false,
        }
    }

    #[cold]
    fn headings(&mut self) -> io::Result<()> {
        self.has_headings = true;
        headings(self.columns, &mut self.row);
        self.out.write_all(self.row.finish())
    }

    /// A row that has colour, lacks columns, or does not fit into them.
    #[inline(never)]
    fn row(&mut self, connection: &Connection) -> io::Result<()> {
        if self.is_plain {
            let mut line = self.page.line();
            if self.columns == Columns::ALL {
                // Where each column begins is then known when this is compiled.
                values(connection, Columns::ALL, &mut self.clock, &mut line);
            } else {
                values(connection, self.columns, &mut self.clock, &mut line);
            }
            if let Some(line) = line.finish() {
                return self.out.write_all(line);
            }
        }
        values(connection, self.columns, &mut self.clock, &mut self.row);
        self.out.write_all(self.row.finish())
    }
}

impl<W: Write + Send> Report for Table<W> {
    fn wants_segments(&self) -> bool {
        false
    }

    fn wants_history(&self) -> bool {
        false
    }

    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        if !self.has_headings {
            self.headings()?;
        }
        // As in every file and pipe; sockets of IPv6 have no room.
        if self.is_plain && self.columns == Columns::ALL && matches!(connection.pair(), Sockets::V4(..)) {
            let line = match connection.went_by_the_book() {
                Some(went) => self.form.line(connection, &went, &mut self.clock),
                None => self.form.any_line(connection, &mut self.clock),
            };
            if let Some(line) = line {
                return self.out.write_all(line);
            }
        }
        self.row(connection)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn table(width: usize) -> String {
        let mut out = Vec::new();
        let mut table = Table::new(&mut out, Style { width, ..Style::default() });
        for segments in [samples::closed(), samples::refused(), samples::mid_stream()] {
            samples::play(&segments, &mut table);
        }
        String::from_utf8(out).unwrap()
    }

    fn widest_ipv4(text: &str) -> usize {
        text.lines().filter(|line| !line.contains('[')).map(str::len).max().unwrap_or(0)
    }

    #[test]
    fn eighty_columns() {
        assert!(widest_ipv4(&table(80)) <= 80);
        insta::assert_snapshot!(table(80), @r#"
        ID  CLIENT               SERVER               OPENING       OUTCOME
         1  192.0.2.2:50000      192.0.2.1:6666       three-way     closed
         1  [2001:db8::2]:50000  [2001:db8::1]:6666   incomplete    refused
         1  192.0.2.2:50000      192.0.2.1:6666       not-seen      open
        "#);
    }

    #[test]
    fn a_hundred_and_twenty_columns() {
        assert!(widest_ipv4(&table(120)) <= 120);
        insta::assert_snapshot!(table(120), @r#"
        ID  CLIENT               SERVER               OPENING       CLOSING        OUTCOME       SEGMENTS  FINDINGS
         1  192.0.2.2:50000      192.0.2.1:6666       three-way     three-segment  closed             5/3  -
         1  [2001:db8::2]:50000  [2001:db8::1]:6666   incomplete    none           refused            1/1  refused
         1  192.0.2.2:50000      192.0.2.1:6666       not-seen      none           open               1/1  mid-stream
        "#);
    }

    #[test]
    fn all_columns() {
        insta::assert_snapshot!(table(usize::MAX), @r#"
        ID  CLIENT               SERVER               START              DURATION  OPENING       CLOSING        OUTCOME       CLIENT STATE    SERVER STATE    SEGMENTS       OCTETS         RTT     CONNECT  FIRST DATA       CLOSE  ZEEK    FINDINGS
         1  192.0.2.2:50000      192.0.2.1:6666       12:00:00.000000    0.000471  three-way     three-segment  closed        TIME-WAIT       (CLOSED)             5/3          6/0    0.000219    0.000197    0.000300    0.000071  SF      -
         1  [2001:db8::2]:50000  [2001:db8::1]:6666   12:00:00.000000    0.000050  incomplete    none           refused       (CLOSED)        CLOSED               1/1          0/0           -           -           -           -  REJ     refused
         1  192.0.2.2:50000      192.0.2.1:6666       12:00:00.000000    1.000000  not-seen      none           open          ESTABLISHED     ESTABLISHED          1/1         10/0           -           -    0.000000           -  OTH     mid-stream
        "#);
    }

    #[test]
    fn colour_is_put_around_what_it_is_about() {
        let mut out = Vec::new();
        let mut table = Table::new(&mut out, Style { width: 80, color: true, ..Style::default() });
        samples::play(&samples::refused(), &mut table);
        let text = String::from_utf8(out).unwrap().replace('\u{1b}', "^");
        insta::assert_snapshot!(text, @r#"
        ^[1mID^[0m  ^[1mCLIENT^[0m               ^[1mSERVER^[0m               ^[1mOPENING^[0m       ^[1mOUTCOME^[0m
         1  [2001:db8::2]:50000  [2001:db8::1]:6666   incomplete    ^[31mrefused^[0m
        "#);
    }

    #[test]
    fn a_cell_that_is_too_wide_moves_its_own_line_alone() {
        let (mut wide, mut out) = (samples::closed(), Vec::new());
        for (frame, segment) in (1_u64..).zip(&mut wide) {
            segment.text_len = if segment.text_len > 0 { 3_000_000_000 } else { 0 };
            segment.time.0 += frame * 100_000_000_000;
        }
        let mut table = Table::new(&mut out, Style { width: usize::MAX, ..Style::default() });
        samples::play(&wide, &mut table);
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        ID  CLIENT               SERVER               START              DURATION  OPENING       CLOSING        OUTCOME       CLIENT STATE    SERVER STATE    SEGMENTS       OCTETS         RTT     CONNECT  FIRST DATA       CLOSE  ZEEK    FINDINGS
         1  192.0.2.2:50000      192.0.2.1:6666       12:01:40.000000  700.000471  three-way     three-segment  closed        TIME-WAIT       (CLOSED)             5/3  3000000000/0 200.000219  100.000197  300.000300  200.000071  SF      fin-out-of-order
        "#);
    }
}
