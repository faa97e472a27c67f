//! The record of a connection.
//!
//! In: a connection that has ended, or as it stood at the end of the input. Out: its record.
//! Invariant: a measure that was not taken, or that a repetition makes ambiguous, is left out. Of this record there are
//! millions, so it is written field by field, in as few pieces as there can be; a test holds it against what `serde_json`
//! makes of `model/connection.rs`.

use crate::analyzer::closing::ClosingSpans;
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::measures::{ClosingInNumbers, Measures, OpeningInNumbers, Went, duration};
use crate::analyzer::opening::OpeningSpans;
use crate::analyzer::pairs::Sockets;
use crate::analyzer::retries::{Profile, Retries};
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::{Clock, Stamp};
use crate::report::json::finding::FoundRecord;
use crate::report::json::out::{Out, Part};
use crate::report::json::parts::{Name, Socket, list};
use crate::report::json::pen::Page;
use crate::report::json::stretches;
use crate::report::short::Short;
use crate::report::times::Decimal;
use crate::seq::SeqNumber;
use crate::tunnel::{Tunnel, TunnelKind};

/// A connection. The record is a line, with its end.
pub struct ConnectionRecord<'a> {
    connection: &'a Connection,
    start: Stamp<'a>,
    end: Stamp<'a>,
}

impl<'a> ConnectionRecord<'a> {
    /// The record of `connection`. The first of `clocks` tells beginnings, the other ends.
    #[inline(always)]
    pub fn of(connection: &'a Connection, clocks: &'a mut [Clock; 2]) -> Self {
        let [of_starts, of_ends] = clocks;
        let (start, end) = (of_starts.stamp(connection.start()), of_ends.stamp(connection.end()));
        Self { connection, start, end }
    }
}

impl Put for ConnectionRecord<'_> {
    fn put(&self, out: &mut Buffer) {
        self.write(&self.connection.went(), out);
    }
}

impl ConnectionRecord<'_> {
    /// The record; `None` where the page has not room for it.
    #[inline(never)]
    pub fn any_line<'p>(&self, page: &'p mut Page) -> Option<&'p [u8]> {
        self.line(&self.connection.went(), page)
    }

    /// The same of one that went as `went` says. What is known of that when this is compiled is written faster.
    #[inline(always)]
    pub fn line<'p>(&self, went: &Went, page: &'p mut Page) -> Option<&'p [u8]> {
        let mut pen = page.pen();
        self.write(went, &mut pen);
        pen.finish()
    }

    #[inline(always)]
    fn write(&self, went: &Went, out: &mut impl Out) {
        let Self { connection, start, end } = self;
        let Went { opening, closing, outcome, spans } = went;
        out.number(r#"{"type":"connection","id":"#, connection.id());
        sockets(connection.pair(), out);
        if let Some(tunnel) = connection.tunnel() {
            out.any((r#","tunnel":"#, Tunnels(tunnel)));
        }
        out.moment(r#","start":""#, start);
        out.moment(r#"","end":""#, end);
        out.span(r#"","duration":"#, spans.duration);
        opened(opening, &spans.opening, out);
        closed(closing, &spans.closing, out);
        out.short(stretches::outcome(*outcome));
        states(connection, out);
        measures(connection, spans, out);
        counts(connection, out);
        match connection.findings() {
            [] => out.text(",\"findings\":[]}\n"),
            findings => out.part(&Found(findings)),
        }
    }
}

#[inline(always)]
fn sockets(pair: &Sockets, out: &mut impl Out) {
    match pair {
        Sockets::V4(client, server) => {
            out.address(r#","client":{"addr":""#, *client.ip());
            out.number(r#"","port":"#, client.port().into());
            out.address(r#"},"server":{"addr":""#, *server.ip());
            out.number(r#"","port":"#, server.port().into());
            out.text("}");
        }
        Sockets::V6(both) => {
            let Ends { client, server } = **both;
            out.any((r#","client":"#, Socket(client), r#","server":"#, Socket(server)));
        }
    }
}

struct Tunnels<'a>(&'a Tunnel);

impl Put for Tunnels<'_> {
    fn put(&self, out: &mut Buffer) {
        list(out, self.0.kinds().map(TunnelKind::as_str).map(Name));
    }
}

struct Found<'a>(&'a [Finding]);

impl Part for Found<'_> {
    fn write(&self, out: &mut impl Out) {
        out.text(r#","findings":["#);
        for (count, finding) in self.0.iter().enumerate() {
            if count > 0 {
                out.text(",");
            }
            FoundRecord(finding).write(out);
        }
        out.text("]}\n");
    }
}

#[inline(always)]
fn opened(opening: &OpeningInNumbers, spans: &OpeningSpans, out: &mut impl Out) {
    let (kind, syns, syn_acks, iss) = *opening;
    out.short(stretches::opening(kind));
    out.number("", syns.into());
    out.number(r#","syn_acks":"#, syn_acks.into());
    known_number(r#","j":"#, iss.client, out);
    known_number(r#","k":"#, iss.server, out);
    known_span(r#","connect_time":"#, spans.connect_time, out);
    known_span(r#","syn_to_syn_ack":"#, spans.syn_to_syn_ack, out);
    known_span(r#","syn_ack_to_ack":"#, spans.syn_ack_to_ack, out);
    known_span(r#","handshake_rtt":"#, spans.handshake_rtt, out);
}

/// The end of the opening, and all but the end of the closing.
#[inline(always)]
fn closed(closing: &ClosingInNumbers, spans: &ClosingSpans, out: &mut impl Out) {
    let (kind, first, [m, n]) = *closing;
    out.short(stretches::closing(kind, first));
    known_number(r#","m":"#, m, out);
    known_number(r#","n":"#, n, out);
    known_span(r#","close_time":"#, spans.close_time, out);
    known_span(r#","fin_to_ack":"#, spans.fin_to_ack, out);
}

#[inline(always)]
fn known_number(name: &'static str, number: Option<SeqNumber>, out: &mut impl Out) {
    if let Some(number) = number {
        out.sequence(name, number);
    }
}

#[inline(always)]
fn known_span(name: &'static str, span: Option<u64>, out: &mut impl Out) {
    if let Some(span) = span {
        out.span(name, span);
    }
}

/// The states, and the beginning of the measures.
#[inline(always)]
fn states(connection: &Connection, out: &mut impl Out) {
    let states = connection.states();
    out.short(stretches::client(states.client));
    out.short(stretches::server(states.server));
    out.short(stretches::assumed(connection.assumed()));
}

/// The measures but for their end.
#[inline(always)]
fn measures(connection: &Connection, spans: &Measures, out: &mut impl Out) {
    let before = out.len();
    known_span(r#","time_to_first_data":"#, spans.time_to_first_data, out);
    known_span(r#","fin_to_fin":"#, spans.closing.fin_to_fin, out);
    if let Some(retries) = connection.retries() {
        out.any(retries);
    }
    out.text(r#","in_state":{"client":"#);
    out.open(before);
    in_state(connection, Role::Client, out);
    out.text(r#"},"server":"#);
    in_state(connection, Role::Server, out);
}

impl Put for Retries {
    fn put(&self, out: &mut Buffer) {
        if !self.intervals.is_empty() {
            out.add(r#","retry_intervals":"#);
            list(out, self.intervals.iter().copied().map(Decimal));
        }
        if let Some(profile) = self.profile.map(Profile::as_str) {
            out.add((r#","retry_profile":""#, profile, "\""));
        }
    }
}

/// What one end spent in each state it was in, but for the end of the object.
#[inline(always)]
fn in_state(connection: &Connection, role: Role, out: &mut impl Out) {
    let (before, mut totals) = (out.len(), Totals([0; State::ALL.len()]));
    if connection.totals_of(role, &mut totals.0) {
        out.part(&totals);
    } else {
        connection.in_state_of(role).for_each(|spent| out.any(Spent(spent)));
    }
    out.open(before);
}

/// Nanoseconds, in the order of `State::ALL`.
struct Totals([u64; State::ALL.len()]);

impl Part for Totals {
    #[inline(always)]
    fn write(&self, out: &mut impl Out) {
        macro_rules! each {
            ($($at:literal)*) => {
                $(if self.0[$at] > 0 {
                    out.span(const { FIELDS[$at] }, self.0[$at]);
                })*
            };
        }
        // All but the last, which is no state: written out, so that each name is known when this is compiled.
        const { assert!(State::ALL.len() == 12 && matches!(State::ALL[11], State::Unknown)) };
        each!(0 1 2 3 4 5 6 7 8 9 10);
    }
}

struct Spent((State, u128));

impl Put for Spent {
    fn put(&self, out: &mut Buffer) {
        let Self((state, nanoseconds)) = *self;
        out.add((FIELDS[state as usize], Decimal(duration(nanoseconds))));
    }
}

/// Each state's name as that of a field.
const FIELDS: [Short<16>; State::ALL.len()] = stretches::states(",\"", "\":");

/// The end of the measures, and all that is counted.
#[inline(always)]
fn counts(connection: &Connection, out: &mut impl Out) {
    let (segments, octets, zeek) = (connection.segments(), connection.text_octets(), connection.zeek());
    out.number(r#"}}},"segments":{"client":"#, segments.client);
    out.number(r#","server":"#, segments.server);
    out.number(r#"},"text_octets":{"client":"#, octets.client);
    out.number(r#","server":"#, octets.server);
    if zeek.has_closed() {
        out.text(r#"},"conn_state":"SF","history":""#);
    } else {
        out.text(r#"},"conn_state":""#);
        out.short(&Short::word(zeek.conn_state()));
        out.text(r#"","history":""#);
    }
    match zeek.short_history() {
        Some((octets, len)) => out.short(&Short { octets: *octets, len }),
        None => out.any(zeek.history()),
    }
    out.number(r#"","completeness":"#, zeek.completeness().into());
}
