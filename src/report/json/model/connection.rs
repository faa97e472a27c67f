//! The record of a connection.
//!
//! In: a connection that has ended, or as it stood at the end of the input. Out: its record.
//! Invariant: a measure that was not taken, or that a repetition makes ambiguous, is left out.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::analyzer::closing::Closing;
use crate::analyzer::connection::Connection;
use crate::analyzer::opening::Opening;
use crate::analyzer::retries::Profile;
use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::report::json::model::finding::FoundRecord;
use crate::report::json::model::parts::{self, Assumed, Both, Time};
use crate::report::json::rare::{Seconds, Socket};
use crate::tunnel::TunnelKind;

/// A connection.
#[derive(Serialize)]
#[serde(tag = "type", rename = "connection")]
pub struct ConnectionRecord<'a> {
    id: u64,
    client: Socket,
    server: Socket,
    #[serde(skip_serializing_if = "Option::is_none")]
    tunnel: Option<Vec<&'static str>>,
    start: Time,
    end: Time,
    duration: Seconds,
    opening: OpeningRecord,
    closing: ClosingRecord,
    outcome: &'static str,
    states: Both<&'static str>,
    assumed: Assumed,
    measures: Measures,
    segments: Both<u64>,
    text_octets: Both<u64>,
    conn_state: &'static str,
    history: &'a str,
    completeness: u8,
    findings: Vec<FoundRecord<'a>>,
}

#[derive(Serialize)]
struct OpeningRecord {
    kind: &'static str,
    syns: u32,
    syn_acks: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    j: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_time: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    syn_to_syn_ack: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    syn_ack_to_ack: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handshake_rtt: Option<Seconds>,
}

#[derive(Serialize)]
struct ClosingRecord {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    m: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    close_time: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fin_to_ack: Option<Seconds>,
}

#[derive(Serialize)]
struct Measures {
    #[serde(skip_serializing_if = "Option::is_none")]
    time_to_first_data: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fin_to_fin: Option<Seconds>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retry_intervals: Vec<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_profile: Option<&'static str>,
    in_state: Both<InState>,
}

/// Seconds by state.
struct InState(Vec<(State, Duration)>);

impl<'a> ConnectionRecord<'a> {
    /// The record of `connection`.
    pub fn of(connection: &'a Connection) -> Self {
        let retries = connection.retries();
        let (sockets, zeek, closing) = (connection.sockets(), connection.zeek(), connection.closing());
        Self {
            id: connection.id(),
            client: sockets.client.into(),
            server: sockets.server.into(),
            tunnel: connection.tunnel().map(|tunnel| tunnel.kinds().map(TunnelKind::as_str).collect()),
            start: Time(connection.start()),
            end: Time(connection.end()),
            duration: Seconds(connection.end().since(connection.start())),
            opening: connection.opening().into(),
            closing: closing.into(),
            outcome: connection.outcome().as_str(),
            states: parts::states(connection.states()),
            assumed: Assumed(connection.assumed()),
            measures: Measures {
                time_to_first_data: connection.time_to_first_data().map(Seconds),
                fin_to_fin: closing.fin_to_fin.map(Seconds),
                retry_profile: retries.as_ref().and_then(|retries| retries.profile).map(Profile::as_str),
                retry_intervals: retries
                    .map(|retries| retries.intervals.into_iter().map(Seconds).collect())
                    .unwrap_or_default(),
                in_state: connection.in_state().map(|spent| InState(spent.clone())).into(),
            },
            segments: connection.segments().into(),
            text_octets: connection.text_octets().into(),
            conn_state: zeek.conn_state(),
            history: zeek.history(),
            completeness: zeek.completeness(),
            findings: connection.findings().iter().map(FoundRecord::from).collect(),
        }
    }
}

impl From<Opening> for OpeningRecord {
    fn from(opening: Opening) -> Self {
        Self {
            kind: opening.kind.as_str(),
            syns: opening.syns,
            syn_acks: opening.syn_acks,
            j: opening.j.map(parts::number),
            k: opening.k.map(parts::number),
            connect_time: opening.connect_time.map(Seconds),
            syn_to_syn_ack: opening.syn_to_syn_ack.map(Seconds),
            syn_ack_to_ack: opening.syn_ack_to_ack.map(Seconds),
            handshake_rtt: opening.handshake_rtt.map(Seconds),
        }
    }
}

impl From<Closing> for ClosingRecord {
    fn from(closing: Closing) -> Self {
        Self {
            kind: closing.kind.as_str(),
            first: closing.first.map(Role::as_str),
            m: closing.m.map(parts::number),
            n: closing.n.map(parts::number),
            close_time: closing.close_time.map(Seconds),
            fin_to_ack: closing.fin_to_ack.map(Seconds),
        }
    }
}

impl Serialize for InState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(state, spent)| (state.as_str(), Seconds(*spent))))
    }
}
