//! The record of a connection.
//!
//! In: a connection that has ended, or as it stood at the end of the input. Out: its record.
//! Invariant: a measure that was not taken, or that a repetition makes ambiguous, is left out. Of this record there are
//! millions, so it is written field by field; a test holds it against what `serde_json` makes of `model/connection.rs`.

use crate::analyzer::closing::Closing;
use crate::analyzer::connection::Connection;
use crate::analyzer::opening::Opening;
use crate::analyzer::retries::Profile;
use crate::analyzer::role::Role;
use crate::report::buffer::{Buffer, Put};
use crate::report::json::finding::FoundRecord;
use crate::report::json::parts::{Assumed, Both, Known, Name, Socket, list};
use crate::report::times::{Decimal, Moment};
use crate::tunnel::TunnelKind;

/// A connection.
pub struct ConnectionRecord<'a>(pub &'a Connection);

impl Put for ConnectionRecord<'_> {
    fn put(&self, out: &mut Buffer) {
        let Self(connection) = *self;
        let (sockets, zeek, closing) = (connection.sockets(), connection.zeek(), connection.closing());
        out.add((r#"{"type":"connection","id":"#, connection.id()));
        out.add((r#","client":"#, Socket(sockets.client), r#","server":"#, Socket(sockets.server)));
        if let Some(tunnel) = connection.tunnel() {
            out.add(r#","tunnel":"#);
            list(out, tunnel.kinds().map(TunnelKind::as_str).map(Name));
        }
        let (start, end) = (connection.start(), connection.end());
        out.add((r#","start":""#, Moment(start), r#"","end":""#, Moment(end)));
        out.add((r#"","duration":"#, Decimal(end.since(start)), r#","opening":"#));
        opened(&connection.opening(), out);
        out.add(r#","closing":"#);
        closed(&closing, out);
        out.add((r#","outcome":""#, connection.outcome().as_str(), r#"","states":"#));
        out.add((Both(connection.states().map(|state| Name(state.as_str()))), r#","assumed":"#));
        out.add((Assumed(connection.assumed()), r#","measures":{"#));
        measures(connection, &closing, out);
        out.add((r#"},"segments":"#, Both(connection.segments())));
        out.add((r#","text_octets":"#, Both(connection.text_octets())));
        out.add((r#","conn_state":""#, zeek.conn_state(), r#"","history":""#, zeek.history()));
        out.add((r#"","completeness":"#, zeek.completeness(), r#","findings":"#));
        list(out, connection.findings().iter().map(FoundRecord));
        out.add("}");
    }
}

fn opened(opening: &Opening, out: &mut Buffer) {
    let Opening { kind, syns, syn_acks, j, k, connect_time, .. } = opening;
    out.add((r#"{"kind":""#, kind.as_str(), r#"","syns":"#, syns, r#","syn_acks":"#, syn_acks));
    out.add((Known(r#","j":"#, j.map(|number| number.0)), Known(r#","k":"#, k.map(|number| number.0))));
    out.add(Known(r#","connect_time":"#, connect_time.map(Decimal)));
    out.add(Known(r#","syn_to_syn_ack":"#, opening.syn_to_syn_ack.map(Decimal)));
    out.add(Known(r#","syn_ack_to_ack":"#, opening.syn_ack_to_ack.map(Decimal)));
    out.add((Known(r#","handshake_rtt":"#, opening.handshake_rtt.map(Decimal)), "}"));
}

fn closed(closing: &Closing, out: &mut Buffer) {
    let Closing { kind, first, m, n, close_time, fin_to_ack, .. } = closing;
    out.add((r#"{"kind":""#, kind.as_str(), "\""));
    out.add(Known(r#","first":"#, first.map(|role| Name(role.as_str()))));
    out.add((Known(r#","m":"#, m.map(|number| number.0)), Known(r#","n":"#, n.map(|number| number.0))));
    out.add(Known(r#","close_time":"#, close_time.map(Decimal)));
    out.add((Known(r#","fin_to_ack":"#, fin_to_ack.map(Decimal)), "}"));
}

/// The fields of `measures`. The first of them that is there has no comma in front.
fn measures(connection: &Connection, closing: &Closing, out: &mut Buffer) {
    if let Some(time) = connection.time_to_first_data() {
        out.add((r#""time_to_first_data":"#, Decimal(time), ","));
    }
    if let Some(time) = closing.fin_to_fin {
        out.add((r#""fin_to_fin":"#, Decimal(time), ","));
    }
    if let Some(retries) = connection.retries() {
        if !retries.intervals.is_empty() {
            out.add(r#""retry_intervals":"#);
            list(out, retries.intervals.into_iter().map(Decimal));
            out.add(",");
        }
        if let Some(profile) = retries.profile.map(Profile::as_str) {
            out.add((r#""retry_profile":""#, profile, r#"","#));
        }
    }
    out.add(r#""in_state":{"client":{"#);
    in_state(connection, Role::Client, out);
    out.add(r#"},"server":{"#);
    in_state(connection, Role::Server, out);
    out.add("}}");
}

fn in_state(connection: &Connection, role: Role, out: &mut Buffer) {
    for (count, (state, spent)) in connection.in_state_of(role).enumerate() {
        let comma = if count == 0 { "\"" } else { ",\"" };
        out.add((comma, state.as_str(), "\":", Decimal(spent)));
    }
}
