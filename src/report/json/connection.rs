//! The record of a connection.
//!
//! In: a connection that has ended, or as it stood at the end of the input. Out: its record.
//! Invariant: a measure that was not taken, or that a repetition makes ambiguous, is left out. Of this record there are
//! millions, so it is written field by field, in as few pieces as there can be; a test holds it against what `serde_json`
//! makes of `model/connection.rs`.

use std::net::SocketAddrV4;

use crate::analyzer::closing::{Closing, ClosingSpans};
use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::analyzer::measures::Measures;
use crate::analyzer::opening::{Opening, OpeningSpans};
use crate::analyzer::pairs::Sockets;
use crate::analyzer::retries::{Profile, Retries};
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::report::buffer::{Buffer, Put};
use crate::report::clock::Clock;
use crate::report::json::finding::FoundRecord;
use crate::report::json::parts::{Assumed, Name, Socket, list};
use crate::report::json::pen::Out;
use crate::report::names::{name_of_closing, name_of_opening, name_of_outcome, name_of_state};
use crate::report::short::Short;
use crate::report::times::Decimal;
use crate::seq::SeqNumber;
use crate::tunnel::{Tunnel, TunnelKind};

/// A connection.
pub struct ConnectionRecord<'a> {
    connection: &'a Connection,
    /// When it began and ended, each with the quotation mark behind it.
    start: (Short<20>, Short<16>),
    end: (Short<20>, Short<16>),
}

impl<'a> ConnectionRecord<'a> {
    /// The record of `connection`. The first of `clocks` tells beginnings, the other ends.
    #[inline(always)]
    pub fn of(connection: &'a Connection, clocks: &mut [Clock; 2]) -> Self {
        let [of_starts, of_ends] = clocks;
        let (start, end) = (of_starts.quoted(connection.start()), of_ends.quoted(connection.end()));
        Self { connection, start, end }
    }
}

impl Put for ConnectionRecord<'_> {
    fn put(&self, out: &mut Buffer) {
        self.write(out);
    }
}

impl ConnectionRecord<'_> {
    /// Writes it.
    #[inline(always)]
    pub fn write(&self, out: &mut impl Out) {
        let Self { connection, start, end } = *self;
        let ((opening, closing, outcome), spans) = (connection.course(), connection.measures());
        out.text(r#"{"type":"connection","id":"#);
        out.number(connection.id());
        sockets(connection.pair(), out);
        if let Some(tunnel) = connection.tunnel() {
            out.any((r#","tunnel":"#, Tunnels(tunnel)));
        }
        out.text(r#","start":""#);
        out.short(start.0);
        out.short(start.1);
        out.text(r#","end":""#);
        out.short(end.0);
        out.short(end.1);
        out.text(r#","duration":"#);
        out.span(spans.duration.into());
        opened(&opening, &spans.opening, out);
        closed(&closing, &spans.closing, out);
        out.text(r#"},"outcome":""#);
        out.short(name_of_outcome(outcome));
        states(connection, out);
        measures(connection, &spans, out);
        counts(connection, out);
        if connection.findings().is_empty() {
            out.text(r#","findings":[]}"#);
        } else {
            out.any((r#","findings":"#, Found(connection.findings()), "}"));
        }
    }
}

#[inline(always)]
fn sockets(pair: &Sockets, out: &mut impl Out) {
    match pair {
        Sockets::V4(client, server) => {
            out.text(r#","client":{"addr":""#);
            socket(client, out);
            out.text(r#"},"server":{"addr":""#);
            socket(server, out);
            out.text("}");
        }
        Sockets::V6(both) => {
            let Ends { client, server } = **both;
            out.any((r#","client":"#, Socket(client), r#","server":"#, Socket(server)));
        }
    }
}

#[inline(always)]
fn socket(socket: &SocketAddrV4, out: &mut impl Out) {
    let [front, back] = Short::address(*socket.ip());
    out.short(front);
    out.short(back);
    out.text(r#"","port":"#);
    out.number(socket.port().into());
}

struct Tunnels<'a>(&'a Tunnel);

impl Put for Tunnels<'_> {
    fn put(&self, out: &mut Buffer) {
        list(out, self.0.kinds().map(TunnelKind::as_str).map(Name));
    }
}

struct Found<'a>(&'a [Finding]);

impl Put for Found<'_> {
    fn put(&self, out: &mut Buffer) {
        list(out, self.0.iter().map(FoundRecord));
    }
}

#[inline(always)]
fn opened(opening: &Opening, spans: &OpeningSpans, out: &mut impl Out) {
    let Opening { kind, syns, syn_acks, j, k, .. } = opening;
    out.text(r#","opening":{"kind":""#);
    out.short(name_of_opening(*kind));
    out.text(r#"","syns":"#);
    out.number((*syns).into());
    out.text(r#","syn_acks":"#);
    out.number((*syn_acks).into());
    known_number(r#","j":"#, *j, out);
    known_number(r#","k":"#, *k, out);
    known_span(r#","connect_time":"#, spans.connect_time, out);
    known_span(r#","syn_to_syn_ack":"#, spans.syn_to_syn_ack, out);
    known_span(r#","syn_ack_to_ack":"#, spans.syn_ack_to_ack, out);
    known_span(r#","handshake_rtt":"#, spans.handshake_rtt, out);
}

/// The end of the opening, and all but the end of the closing.
#[inline(always)]
fn closed(closing: &Closing, spans: &ClosingSpans, out: &mut impl Out) {
    let Closing { kind, first, m, n, .. } = closing;
    out.text(r#"},"closing":{"kind":""#);
    out.short(name_of_closing(*kind));
    match first {
        None => out.text("\""),
        Some(Role::Client) => out.text(r#"","first":"client""#),
        Some(Role::Server) => out.text(r#"","first":"server""#),
    }
    known_number(r#","m":"#, *m, out);
    known_number(r#","n":"#, *n, out);
    known_span(r#","close_time":"#, spans.close_time, out);
    known_span(r#","fin_to_ack":"#, spans.fin_to_ack, out);
}

#[inline(always)]
fn known_number(name: &'static str, number: Option<SeqNumber>, out: &mut impl Out) {
    if let Some(number) = number {
        out.text(name);
        out.number(number.0.into());
    }
}

#[inline(always)]
fn known_span(name: &'static str, span: Option<u64>, out: &mut impl Out) {
    if let Some(span) = span {
        out.text(name);
        out.span(span.into());
    }
}

#[inline(always)]
fn states(connection: &Connection, out: &mut impl Out) {
    let states = connection.states();
    out.text(r#"","states":{"client":""#);
    out.short(name_of_state(states.client));
    out.text(r#"","server":""#);
    out.short(name_of_state(states.server));
    out.text(r#""},"assumed":"#);
    out.short(Assumed(connection.assumed()).short());
}

/// The first of the measures that is there has no comma in front.
#[inline(always)]
fn measures(connection: &Connection, spans: &Measures, out: &mut impl Out) {
    out.text(r#","measures":{"#);
    if let Some(time) = spans.time_to_first_data {
        out.text(r#""time_to_first_data":"#);
        out.span(time.into());
        out.text(",");
    }
    if let Some(time) = spans.closing.fin_to_fin {
        out.text(r#""fin_to_fin":"#);
        out.span(time.into());
        out.text(",");
    }
    if let Some(retries) = connection.retries() {
        out.any(retries);
    }
    out.text(r#""in_state":{"client":{"#);
    in_state(connection, Role::Client, out);
    out.text(r#"},"server":{"#);
    in_state(connection, Role::Server, out);
    out.text("}}}");
}

impl Put for Retries {
    fn put(&self, out: &mut Buffer) {
        if !self.intervals.is_empty() {
            out.add(r#""retry_intervals":"#);
            list(out, self.intervals.iter().copied().map(Decimal));
            out.add(",");
        }
        if let Some(profile) = self.profile.map(Profile::as_str) {
            out.add((r#""retry_profile":""#, profile, r#"","#));
        }
    }
}

#[inline(always)]
fn in_state(connection: &Connection, role: Role, out: &mut impl Out) {
    let mut place = 0;
    for (state, spent) in connection.in_state_of(role) {
        out.short(FIELDS[state as usize][place]);
        out.span(spent);
        place = 1;
    }
}

#[inline(always)]
fn counts(connection: &Connection, out: &mut impl Out) {
    let (segments, octets, zeek) = (connection.segments(), connection.text_octets(), connection.zeek());
    out.text(r#","segments":{"client":"#);
    out.number(segments.client);
    out.text(r#","server":"#);
    out.number(segments.server);
    out.text(r#"},"text_octets":{"client":"#);
    out.number(octets.client);
    out.text(r#","server":"#);
    out.number(octets.server);
    out.text(r#"},"conn_state":""#);
    out.short(Short::word(zeek.conn_state()));
    out.text(r#"","history":""#);
    out.word(zeek.history());
    out.text(r#"","completeness":"#);
    out.number(zeek.completeness().into());
}

/// The name of each state as that of a field: of the first, and of those after it.
static FIELDS: [[Short<16>; 2]; State::ALL.len()] = {
    let mut all = [[Short::of(""); 2]; State::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        let name = State::ALL[at].as_str();
        all[at] = [Short::wrapped("\"", name, "\":"), Short::wrapped(",\"", name, "\":")];
        at += 1;
    }
    all
};
