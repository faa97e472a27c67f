//! A row as nearly all are: in all columns, without colour, and each cell in its own.
//!
//! In: a connection, and how it went. Out: its line; `None` where a cell has no room.
//! Invariant: a line is what a `Row` makes of the same cells. All places but those of the sockets, which a long number may move,
//! are known when this is compiled, and no octet is written that the line before has left as it must be: cells go from left to
//! right, each with all of its column and of the gap in front where anything may stand there.

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::measures::Went;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::role::Ends;
use crate::report::clock::Clock;
use crate::report::names::{
    name_of_believed, name_of_closing, name_of_code, name_of_opening, name_of_outcome,
};
use crate::report::short::{EIGHT_DIGITS, Short};
use crate::report::style::Believed;
use crate::report::table::column::Column;
use crate::report::thousands::{Six, six_decimals};
use crate::report::times::{Micros, NANOSECONDS};
use crate::time::Timestamp;

/// Octets that a line may have, and what the last piece may take beyond.
const ROOM: usize = 512;
/// Where the findings begin.
const FINDINGS: usize = Column::Findings.begin();

/// Room for a line, used again for each.
#[derive(Debug)]
pub struct Form([u8; ROOM]);

impl Form {
    /// Room that is blank.
    pub const fn new() -> Self {
        Self([b' '; ROOM])
    }

    /// The line of a connection.
    #[inline(never)]
    pub fn any_line(&mut self, connection: &Connection, clock: &mut Clock) -> Option<&[u8]> {
        self.line(connection, &connection.went(), clock)
    }

    /// The same of one that went as `went` says. What is known of that when this is compiled is written faster.
    #[inline(always)]
    pub fn line(&mut self, connection: &Connection, went: &Went, clock: &mut Clock) -> Option<&[u8]> {
        let spans = &went.spans;
        self.head(connection.id(), connection.pair())?;
        self.start(connection.start(), clock);
        self.span(const { Column::Duration.end() }, Some(spans.duration))?;
        self.words(connection, went);
        self.numbers(connection)?;
        self.span(const { Column::Rtt.end() }, spans.opening.handshake_rtt)?;
        self.span(const { Column::Connect.end() }, spans.opening.connect_time)?;
        self.span(const { Column::FirstData.end() }, spans.time_to_first_data)?;
        self.span(const { Column::Close.end() }, spans.closing.close_time)?;
        let zeek = connection.zeek();
        let state =
            if zeek.has_closed() { const { Short::of("SF") } } else { Short::word(zeek.conn_state()) };
        self.put(const { Column::ConnState.begin() }, state.octets);
        match connection.findings() {
            [] => {
                self.put(FINDINGS, *b"-\n");
                self.0.get(..FINDINGS + 2)
            }
            findings => self.codes(findings),
        }
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, at: usize, octets: [u8; N]) {
        self.0[at..at + N].copy_from_slice(&octets);
    }

    /// The number and the sockets.
    #[inline(always)]
    fn head(&mut self, id: u64, pair: &Sockets) -> Option<()> {
        const WIDTH: usize = Column::Id.width();
        const { assert!(Column::Start.begin() <= 48) };
        let Sockets::V4(client, server) = pair else { return None };
        self.put(0, [b' '; 48]);
        let (digits, len) = match Six::of(id) {
            Some(six) => (six.text(), six.width()),
            None if id < EIGHT_DIGITS => {
                let Short { octets, len } = Short::number(id);
                (octets, len)
            }
            None => return None,
        };
        self.put(WIDTH.saturating_sub(len), digits);
        let mut next = len.max(WIDTH) + 1;
        for (begin, socket) in
            [(const { Column::Client.begin() }, client), (const { Column::Server.begin() }, server)]
        {
            let mut at = next.max(begin);
            for number in socket.ip().octets() {
                let part = Short::part(number);
                self.put(at, part.octets);
                at += part.len;
            }
            // In place of the full stop behind the last number.
            let port = Six::below(socket.port().into());
            self.put(at - 1, port.marked(b':'));
            next = at + port.width() + 1;
        }
        (next <= const { Column::Start.begin() }).then_some(())
    }

    #[inline(always)]
    fn start(&mut self, start: Timestamp, clock: &mut Clock) {
        let [time, decimals] = clock.time_of_day(start);
        self.put(const { Column::Start.begin() }, time.octets);
        self.put(const { Column::Start.begin() + 8 }, decimals.octets);
    }

    /// The words, each with blanks behind it, which the next one is written over.
    #[inline(always)]
    fn words(&mut self, connection: &Connection, went: &Went) {
        let (states, assumed) = (connection.states(), connection.assumed());
        let of = |state, is_assumed| name_of_believed(Believed { state, is_assumed }).octets;
        self.put(const { Column::Opening.begin() }, name_of_opening(went.opening.0).octets);
        self.put(const { Column::Closing.begin() }, name_of_closing(went.closing.0).octets);
        self.put(const { Column::Outcome.begin() }, name_of_outcome(went.outcome).octets);
        self.put(const { Column::ClientState.begin() }, of(states.client, assumed.client));
        self.put(const { Column::ServerState.begin() }, of(states.server, assumed.server));
    }

    /// Segments and octets both ways.
    #[inline(always)]
    fn numbers(&mut self, connection: &Connection) -> Option<()> {
        const { assert!(Column::Segments.width() == 8 && Column::Octets.width() == 11) };
        const SEGMENTS: usize = Column::Segments.end();
        const OCTETS: usize = Column::Octets.end();
        self.put(SEGMENTS - 8, [b' '; 8]);
        match connection.segments() {
            Ends { client, server } if client | server <= 0xff => {
                // A full stop stands behind each: the mark comes over one, a blank over the other.
                let (client, server) = (Short::part(client as u8), Short::part(server as u8));
                self.put(SEGMENTS + 1 - server.len - client.len, client.octets);
                self.put(SEGMENTS + 1 - server.len, server.octets);
                self.put(SEGMENTS - server.len, [b'/']);
            }
            many => self.both_ways(SEGMENTS, Column::Segments.width(), many)?,
        }
        // What was written last may have gone beyond its column.
        self.put(OCTETS - 13, [b' '; 8]);
        self.put(OCTETS - 8, [b' '; 8]);
        self.both_ways(OCTETS, Column::Octets.width(), connection.text_octets())
    }

    #[inline(always)]
    fn both_ways(&mut self, end: usize, width: usize, numbers: Ends<u64>) -> Option<()> {
        let (client, server) = (Six::of(numbers.client)?, Six::of(numbers.server)?);
        let behind = server.width() + 1;
        let len = client.width() + behind;
        if len > width {
            return None;
        }
        self.put(end - len, client.text());
        self.put(end - behind, server.marked(b'/'));
        Some(())
    }

    /// A span in nanoseconds, or a dash where it is not known.
    #[inline(always)]
    fn span(&mut self, end: usize, span: Option<u64>) -> Option<()> {
        let text = match span {
            Some(nanoseconds) if nanoseconds < NANOSECONDS => {
                u64::from_le_bytes(*b"0.\0\0\0\0\0\0") | six_decimals(nanoseconds as u32) << 16
            }
            Some(nanoseconds) => u64::from_le_bytes(Micros::short(nanoseconds)?.octets),
            None => u64::from_le_bytes(*b"       -"),
        };
        self.put(end - 12, [b' '; 4]);
        self.put(end - 8, text.to_le_bytes());
        Some(())
    }

    /// The codes of what was found.
    fn codes(&mut self, findings: &[Finding]) -> Option<&[u8]> {
        let mut at = FINDINGS;
        for finding in findings {
            let Short { octets, len } = name_of_code(finding.code);
            *self.0.get_mut(at..)?.first_chunk_mut()? = *octets;
            at += len + 1;
            self.put(at - 1, [b',']);
        }
        self.put(at - 1, [b'\n']);
        self.0.get(..at)
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use proptest::prelude::*;

    use super::*;
    use crate::analyzer::closing::ClosingKind;
    use crate::analyzer::diagnosis::account::Surroundings;
    use crate::analyzer::moves::{ACK, FIN, HANDSHAKE, Move, any_move, segments};
    use crate::analyzer::opening::OpeningKind;
    use crate::analyzer::outcome::Outcome;
    use crate::analyzer::state::State;
    use crate::report::columns::Row;
    use crate::report::style::Style;
    use crate::report::table::column::Columns;
    use crate::report::table::value::values;

    const CLOSE: [Move; 3] = [Move::next(true, FIN, 0), Move::next(false, FIN, 0), Move::next(true, ACK, 0)];

    /// Its number, its sockets, how many times slower than they were made its segments come, and which there are.
    type Given = (u64, [SocketAddr; 2], u64, Vec<Move>, [bool; 2]);

    fn any_given() -> impl Strategy<Value = Given> {
        let socket = || {
            prop_oneof![
                20 => any::<([u8; 4], u16)>().prop_map(SocketAddr::from),
                1 => any::<([u16; 8], u16)>().prop_map(SocketAddr::from),
            ]
        };
        let id = (any::<u64>(), 30_u32..64).prop_map(|(number, bits)| number >> bits);
        let slower = prop_oneof![8 => Just(1), 1 => 1_u64..2_000];
        let moves = proptest::collection::vec(any_move(), 0..12);
        (id, [socket(), socket()], slower, moves, any::<[bool; 2]>())
    }

    fn connection((id, sockets, slower, moves, [opens, closes]): Given) -> Connection {
        let (opening, closing) = (HANDSHAKE.iter().filter(|_| opens), CLOSE.iter().filter(|_| closes));
        let moves: Vec<_> = opening.chain(&moves).chain(closing).cloned().collect();
        let mut all = segments([1_000, 2_000], if moves.is_empty() { &HANDSHAKE } else { &moves });
        let client = segments([0, 0], &HANDSHAKE)[0].source;
        for segment in &mut all {
            let [source, destination] = if segment.source == client { [0, 1] } else { [1, 0] };
            (segment.source, segment.destination) = (sockets[source], sockets[destination]);
            segment.time.0 = segment.time.0 * slower + slower;
        }
        let mut connection = Connection::starting_with(id, &all[0], 0);
        for segment in &all {
            connection.observe(segment, None);
        }
        connection.finish(all[all.len() - 1].time, Surroundings::default());
        connection
    }

    /// Compares the lines of these one after the other; gives back how many there were.
    fn compare(all: Vec<Given>) -> usize {
        let (mut form, mut row, mut clock) = (Form::new(), Row::new(Style::default()), Clock::default());
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        let mut lines = 0;
        for connection in all.into_iter().map(connection) {
            values(&connection, Columns::ALL, &mut clock, &mut row);
            let wanted = text(row.finish());
            let by_the_book =
                connection.went_by_the_book().map(|went| form.line(&connection, &went, &mut clock).map(text));
            let line = form.any_line(&connection, &mut clock).map(text);
            assert!(line.as_ref().is_none_or(|line| *line == wanted), "{line:?} {wanted}");
            assert!(by_the_book.is_none_or(|same| same == line), "{wanted}");
            lines += usize::from(line.is_some());
        }
        lines
    }

    proptest! {
        #[test]
        fn a_line_is_what_a_row_is(all in proptest::collection::vec(any_given(), 1..8)) {
            compare(all);
        }
    }

    #[test]
    fn what_has_room_is_written() {
        let sockets = |sockets: [&str; 2]| sockets.map(|socket| socket.parse().unwrap());
        let near = || sockets(["10.0.0.1:65535", "10.0.0.2:1"]);
        let far = || sockets(["100.200.100.200:65535", "100.200.100.200:10000"]);
        let text = |len| vec![Move::next(true, 0x18, len), Move::next(false, 0x18, len)];
        let given = |id, sockets, slower, len| compare(vec![(id, sockets, slower, text(len), [true, true])]);
        let many = |count| vec![Move::next(true, 0x18, 1); count];
        assert_eq!(
            compare(
                [250, 3, 251, 260, 1_000].map(|count| (1, near(), 1, many(count), [true, true])).to_vec()
            ),
            5
        );
        assert_eq!([0, 999_999, 99_999_999].map(|id| given(id, near(), 1, 9)), [1; 3]);
        assert_eq!([given(1, far(), 1, 9), given(99_999_999, near(), 9, 99_999)], [0, 1]);
        assert_eq!([given(100_000_000, near(), 1, 9), given(1, near(), 1, 1 << 20)], [0; 2]);
        assert_eq!(given(1, sockets(["[::1]:9", "[::2]:9"]), 1, 9), 0);
    }

    #[test]
    fn every_name_fits_into_its_column() {
        use ClosingKind as C;
        use OpeningKind as K;
        use Outcome as O;
        let kinds = [K::ThreeWay, K::Simultaneous, K::FastOpen, K::SelfConnect, K::Incomplete, K::NotSeen];
        assert!(kinds.into_iter().all(|kind| name_of_opening(kind).len <= Column::Opening.width()));
        let kinds = [C::FourSegment, C::ThreeSegment, C::Simultaneous, C::Reset, C::HalfClosed, C::None];
        assert!(kinds.into_iter().all(|kind| name_of_closing(kind).len <= Column::Closing.width()));
        let kinds = [O::Closed, O::Reset, O::HalfClosed, O::Open, O::SynReceived];
        let others = [O::Refused, O::Unreachable, O::NoAnswer, O::Pending, O::Unknown];
        let mut all = kinds.into_iter().chain(others);
        assert!(all.all(|outcome| name_of_outcome(outcome).len <= Column::Outcome.width()));
        for state in State::ALL {
            assert!(
                name_of_believed(Believed { state, is_assumed: true }).len <= Column::ServerState.width()
            );
        }
    }
}
