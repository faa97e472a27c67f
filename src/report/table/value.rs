//! What stands in the columns of a table.
//!
//! In: a connection. Out: its cells, and those of the headings.
//! Invariant: what nearly all connections have is a short text, put together without a loop or a call; anything else, and
//! what is too long for that, goes the long way.

use std::time::Duration;

use crate::analyzer::closing::Closing;
use crate::analyzer::connection::Connection;
use crate::analyzer::measures::Measures;
use crate::analyzer::opening::{Opening, OpeningKind};
use crate::analyzer::outcome::Outcome;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::{Ends, Role};
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::Clock;
use crate::report::names::{name_of_believed, name_of_closing, name_of_opening, name_of_outcome};
use crate::report::short::{EIGHT_DIGITS, SEVEN_DIGITS, Short};
use crate::report::style::{Believed, Ink};
use crate::report::table::cells::Cells;
use crate::report::table::column::{Column, Columns};
use crate::report::times::Micros;

/// A connection with what is asked for in several columns, computed once.
struct Account<'a> {
    connection: &'a Connection,
    opening: Opening,
    closing: Closing,
    outcome: Outcome,
    measures: Measures,
}

/// Writes the headings of `columns`.
pub fn headings(columns: Columns, cells: &mut impl Cells) {
    for column in Column::ALL.into_iter().filter(|column| columns.has(*column)) {
        let heading = [Short::<16>::of(column.heading())];
        if column.is_number() {
            cells.right(column.width(), Ink::Heading, heading);
        } else {
            cells.left(column.width(), Ink::Heading, heading);
        }
    }
}

/// Writes those of `columns` for `connection`.
#[inline(always)]
pub fn values(connection: &Connection, columns: Columns, clock: &mut Clock, cells: &mut impl Cells) {
    let (opening, closing, outcome) = connection.course();
    let account = Account { connection, opening, closing, outcome, measures: connection.measures() };
    // One by one: each of these calls is so much shorter for knowing its column.
    account.cell(Column::Id, columns, clock, cells);
    account.cell(Column::Client, columns, clock, cells);
    account.cell(Column::Server, columns, clock, cells);
    account.cell(Column::Start, columns, clock, cells);
    account.cell(Column::Duration, columns, clock, cells);
    account.cell(Column::Opening, columns, clock, cells);
    account.cell(Column::Closing, columns, clock, cells);
    account.cell(Column::Outcome, columns, clock, cells);
    account.cell(Column::ClientState, columns, clock, cells);
    account.cell(Column::ServerState, columns, clock, cells);
    account.cell(Column::Segments, columns, clock, cells);
    account.cell(Column::Octets, columns, clock, cells);
    account.cell(Column::Rtt, columns, clock, cells);
    account.cell(Column::Connect, columns, clock, cells);
    account.cell(Column::FirstData, columns, clock, cells);
    account.cell(Column::Close, columns, clock, cells);
    account.cell(Column::ConnState, columns, clock, cells);
    account.cell(Column::Findings, columns, clock, cells);
}

impl Account<'_> {
    #[inline(always)]
    fn cell(&self, column: Column, columns: Columns, clock: &mut Clock, cells: &mut impl Cells) {
        if !columns.has(column) {
            return;
        }
        let (width, Self { connection, opening, closing, outcome, measures }) = (column.width(), self);
        match column {
            Column::Id => number(connection.id(), width, cells),
            Column::Client => socket(connection.pair(), Role::Client, width, cells),
            Column::Server => socket(connection.pair(), Role::Server, width, cells),
            Column::Start => cells.left(width, Ink::Plain, clock.time_of_day(connection.start())),
            Column::Duration => span(Some(measures.duration), width, cells),
            Column::Opening => {
                cells.left(width, ink_of_opening(opening.kind), [name_of_opening(opening.kind)]);
            }
            Column::Closing => {
                let ink = if *outcome == Outcome::Closed { Ink::Closing } else { ink_of(*outcome) };
                cells.left(width, ink, [name_of_closing(closing.kind)]);
            }
            Column::Outcome => cells.left(width, ink_of(*outcome), [name_of_outcome(*outcome)]),
            Column::ClientState => state(connection, Role::Client, width, cells),
            Column::ServerState => state(connection, Role::Server, width, cells),
            Column::Segments => both_ways(connection.segments(), width, cells),
            Column::Octets => both_ways(connection.text_octets(), width, cells),
            Column::Rtt => span(measures.opening.handshake_rtt, width, cells),
            Column::Connect => span(measures.opening.connect_time, width, cells),
            Column::FirstData => span(measures.time_to_first_data, width, cells),
            Column::Close => span(measures.closing.close_time, width, cells),
            Column::ConnState => cells.left(width, Ink::Plain, [Short::word(connection.zeek().conn_state())]),
            Column::Findings => codes(connection, width, cells),
        }
    }
}

#[inline(always)]
fn number(number: u64, width: usize, cells: &mut impl Cells) {
    if number < EIGHT_DIGITS {
        cells.right(width, Ink::Plain, [Short::number(number)]);
    } else {
        cells.right_long(width, Ink::Plain, number);
    }
}

#[inline(always)]
fn socket(pair: &Sockets, role: Role, width: usize, cells: &mut impl Cells) {
    match pair {
        Sockets::V4(client, server) => {
            let socket = if role == Role::Client { client } else { server };
            let [front, back] = Short::address(*socket.ip());
            cells.left(width, Ink::Plain, [front, back, Short::marked(b':', socket.port().into())]);
        }
        Sockets::V6(both) => cells.left_long(width, Ink::Plain, both.of(role)),
    }
}

/// A span in nanoseconds, or a dash where it is not known.
#[inline(always)]
fn span(span: Option<u64>, width: usize, cells: &mut impl Cells) {
    let short = match span {
        Some(nanoseconds) => Micros::short(nanoseconds),
        None => const { Some(Short::of("-")) },
    };
    match (short, span) {
        (Some(short), _) => cells.right(width, Ink::Plain, [short]),
        (None, span) => {
            let span = Duration::from_nanos(span.unwrap_or_default());
            cells.right_long(width, Ink::Plain, Micros(span));
        }
    }
}

#[inline(always)]
fn both_ways(numbers: Ends<u64>, width: usize, cells: &mut impl Cells) {
    let Ends { client, server } = numbers;
    if client < EIGHT_DIGITS && server < SEVEN_DIGITS {
        cells.right(width, Ink::Plain, [Short::number(client), Short::marked(b'/', server)]);
    } else {
        cells.right_long(width, Ink::Plain, (client, "/", server));
    }
}

#[inline(always)]
fn state(connection: &Connection, role: Role, width: usize, cells: &mut impl Cells) {
    let state = *connection.states().of(role);
    let is_assumed = *connection.assumed().of(role);
    let believed = Believed { state, is_assumed };
    cells.left(width, believed.ink(), [name_of_believed(believed)]);
}

/// The codes of what was found, or a dash.
#[inline(always)]
fn codes(connection: &Connection, width: usize, cells: &mut impl Cells) {
    if connection.findings().is_empty() {
        cells.left(width, Ink::Plain, const { [Short::<1>::of("-")] });
    } else {
        cells.left_long(width, Ink::Plain, Codes(connection));
    }
}

struct Codes<'a>(&'a Connection);

impl Put for Codes<'_> {
    fn put(&self, out: &mut Buffer) {
        for (count, finding) in self.0.findings().iter().enumerate() {
            out.add((if count == 0 { "" } else { "," }, finding.code.as_str()));
        }
    }
}

const fn ink_of_opening(kind: OpeningKind) -> Ink {
    match kind {
        OpeningKind::Incomplete | OpeningKind::NotSeen => Ink::Plain,
        _ => Ink::Opening,
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
