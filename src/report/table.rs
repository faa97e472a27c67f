//! `table`: one connection a line, under one line of headings.
//!
//! In: connections as they end. Out: a line for each at once, in columns of fixed width that typical IPv4 sockets fit.
//! Invariant: the columns that the width has no room for are left out, the least important first, and their order
//! stays; at 80 columns the sockets, the opening and the outcome are left.

use std::io::{self, Write};
use std::time::Duration;

use crate::analyzer::closing::Closing;
use crate::analyzer::connection::Connection;
use crate::analyzer::opening::{Opening, OpeningKind};
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::{Ends, Role};
use crate::report::buffer::{Buffer, Put};
use crate::report::columns::{GAP, Row};
use crate::report::sink::Report;
use crate::report::style::{Believed, Ink, Style};
use crate::report::times::{Micros, TimeOfDay};

/// Writes a table.
#[derive(Debug)]
pub struct Table<W> {
    out: W,
    row: Row,
    columns: Vec<Column>,
    has_headings: bool,
}

/// A column, in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Id,
    Client,
    Server,
    Start,
    Duration,
    Opening,
    Closing,
    Outcome,
    ClientState,
    ServerState,
    Segments,
    Octets,
    Rtt,
    Connect,
    FirstData,
    Close,
    ConnState,
    Findings,
}

/// A connection with what is asked for in several columns, computed once.
struct Account<'a> {
    connection: &'a Connection,
    opening: Opening,
    closing: Closing,
    outcome: Outcome,
}

impl<'a> Account<'a> {
    fn of(connection: &'a Connection) -> Self {
        Self {
            connection,
            opening: connection.opening(),
            closing: connection.closing(),
            outcome: connection.outcome(),
        }
    }
}

impl<W: Write> Table<W> {
    /// Writes to `out`, with as many columns as `style.width` has room for.
    pub fn new(out: W, style: Style) -> Self {
        Self { out, row: Row::new(style), columns: fitting(style.width), has_headings: false }
    }

    fn headings(&mut self) -> io::Result<()> {
        for column in &self.columns {
            column.write(&mut self.row, Ink::Heading, column.heading());
        }
        self.has_headings = true;
        self.out.write_all(self.row.finish())
    }
}

impl<W: Write + Send> Report for Table<W> {
    fn wants_segments(&self) -> bool {
        false
    }

    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        if !self.has_headings {
            self.headings()?;
        }
        let account = Account::of(connection);
        for column in &self.columns {
            column.cell(&mut self.row, &account);
        }
        self.out.write_all(self.row.finish())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The columns that fit into `width`, chosen by importance.
fn fitting(width: usize) -> Vec<Column> {
    let mut room = width;
    let mut chosen: Vec<Column> = Column::BY_IMPORTANCE
        .into_iter()
        .filter(|column| {
            let taken = column.width().saturating_add(if *column == Column::Id { 0 } else { GAP });
            let fits = taken <= room || Column::NEEDED.contains(column);
            if fits {
                room = room.saturating_sub(taken);
            }
            fits
        })
        .collect();
    chosen.sort_by_key(|column| *column as u8);
    chosen
}

impl Column {
    /// Without these a line says nothing.
    const NEEDED: [Self; 4] = [Self::Id, Self::Client, Self::Server, Self::Outcome];

    const BY_IMPORTANCE: [Self; 18] = [
        Self::Id,
        Self::Client,
        Self::Server,
        Self::Outcome,
        Self::Opening,
        Self::Closing,
        Self::Findings,
        Self::Duration,
        Self::Segments,
        Self::Rtt,
        Self::ConnState,
        Self::Start,
        Self::Octets,
        Self::ClientState,
        Self::ServerState,
        Self::Connect,
        Self::FirstData,
        Self::Close,
    ];

    const fn heading(self) -> &'static str {
        match self {
            Self::Id => "ID",
            Self::Client => "CLIENT",
            Self::Server => "SERVER",
            Self::Start => "START",
            Self::Duration => "DURATION",
            Self::Opening => "OPENING",
            Self::Closing => "CLOSING",
            Self::Outcome => "OUTCOME",
            Self::ClientState => "CLIENT STATE",
            Self::ServerState => "SERVER STATE",
            Self::Segments => "SEGMENTS",
            Self::Octets => "OCTETS",
            Self::Rtt => "RTT",
            Self::Connect => "CONNECT",
            Self::FirstData => "FIRST DATA",
            Self::Close => "CLOSE",
            Self::ConnState => "ZEEK",
            Self::Findings => "FINDINGS",
        }
    }

    /// The columns of the terminal that it takes.
    const fn width(self) -> usize {
        match self {
            Self::Id => 3,
            Self::Client | Self::Server => 19,
            Self::Start => TimeOfDay::WIDTH,
            Self::Duration | Self::Rtt | Self::Connect | Self::FirstData | Self::Close => 10,
            Self::Opening | Self::Outcome => 12,
            Self::Closing => 13,
            Self::ClientState | Self::ServerState => 14,
            Self::Segments => 8,
            Self::Octets => 11,
            Self::ConnState => 6,
            Self::Findings => 20,
        }
    }

    fn write(self, row: &mut Row, ink: Ink, value: impl Put) {
        match self {
            Self::Id
            | Self::Duration
            | Self::Segments
            | Self::Octets
            | Self::Rtt
            | Self::Connect
            | Self::FirstData
            | Self::Close => row.right(self.width(), ink, value),
            _ => row.left(self.width(), ink, value),
        }
    }

    fn cell(self, row: &mut Row, account: &Account<'_>) {
        let Account { connection, opening, closing, outcome } = account;
        match self {
            Self::Id => self.write(row, Ink::Plain, connection.id()),
            Self::Client => self.write(row, Ink::Plain, connection.sockets().client),
            Self::Server => self.write(row, Ink::Plain, connection.sockets().server),
            Self::Start => self.write(row, Ink::Plain, TimeOfDay(connection.start())),
            Self::Duration => {
                self.write(row, Ink::Plain, Micros(connection.end().since(connection.start())));
            }
            Self::Opening => {
                let is_seen = !matches!(opening.kind, OpeningKind::Incomplete | OpeningKind::NotSeen);
                self.write(row, if is_seen { Ink::Opening } else { Ink::Plain }, opening.kind.as_str());
            }
            Self::Closing => {
                let ink = if *outcome == Outcome::Closed { Ink::Closing } else { ink_of(*outcome) };
                self.write(row, ink, closing.kind.as_str());
            }
            Self::Outcome => self.write(row, ink_of(*outcome), outcome.as_str()),
            Self::ClientState => self.state(row, connection, Role::Client),
            Self::ServerState => self.state(row, connection, Role::Server),
            Self::Segments => self.write(row, Ink::Plain, BothWays(connection.segments())),
            Self::Octets => self.write(row, Ink::Plain, BothWays(connection.text_octets())),
            Self::Rtt => self.measure(row, opening.handshake_rtt),
            Self::Connect => self.measure(row, opening.connect_time),
            Self::FirstData => self.measure(row, connection.time_to_first_data()),
            Self::Close => self.measure(row, closing.close_time),
            Self::ConnState => self.write(row, Ink::Plain, connection.zeek().conn_state()),
            Self::Findings => self.write(row, Ink::Plain, Codes(connection)),
        }
    }

    /// A measure, or a dash where it is not known.
    fn measure(self, row: &mut Row, measured: Option<Duration>) {
        match measured {
            Some(span) => self.write(row, Ink::Plain, Micros(span)),
            None => self.write(row, Ink::Plain, "-"),
        }
    }

    fn state(self, row: &mut Row, connection: &Connection, role: Role) {
        let believed =
            Believed { state: *connection.states().of(role), is_assumed: *connection.assumed().of(role) };
        self.write(row, believed.ink(), believed);
    }
}

const fn ink_of(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Closed | Outcome::HalfClosed => Ink::Closing,
        Outcome::Open => Ink::Opening,
        Outcome::Pending | Outcome::Unknown => Ink::Plain,
        Outcome::Reset
        | Outcome::SynReceived
        | Outcome::Refused
        | Outcome::Unreachable
        | Outcome::NoAnswer => Ink::Failure,
    }
}

/// The client's number and the server's.
struct BothWays(Ends<u64>);

impl Put for BothWays {
    fn put(&self, out: &mut Buffer) {
        (self.0.client, "/", self.0.server).put(out);
    }
}

/// The codes of what was found, or a dash.
struct Codes<'a>(&'a Connection);

impl Put for Codes<'_> {
    fn put(&self, out: &mut Buffer) {
        let Some((first, rest)) = self.0.findings().split_first() else { return out.add("-") };
        out.add(first.code.as_str());
        rest.iter().for_each(|finding| out.add((",", finding.code.as_str())));
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
    fn no_width_is_too_small_for_what_matters() {
        assert_eq!(fitting(0), Column::NEEDED);
    }
}
