//! The record of a socket call.
//!
//! In: a call of one of the two programs. Out: its record.
//! Invariant: it has a result, an error, or `waits`, and never two of them.

use serde::Serialize;

use crate::call::{Returned, SocketCall};
use crate::report::json::rare::{Seconds, Socket, Time};

/// A call, as it stands.
#[derive(Serialize)]
#[serde(tag = "type", rename = "call")]
pub struct CallRecord<'a> {
    time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasted: Option<Seconds>,
    caller: &'static str,
    call: &'static str,
    arguments: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    local: Option<Socket>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<Socket>,
}

/// An error that a call returned.
#[derive(Serialize)]
struct ErrorRecord<'a> {
    name: &'a str,
    number: i32,
    words: &'a str,
}

impl<'a> CallRecord<'a> {
    /// The record of `call`.
    pub fn of(call: &'a SocketCall) -> Self {
        let (result, error) = match &call.returned {
            Some((_, Returned::Value(value))) => (Some(*value), None),
            Some((_, Returned::Error { name, number, words })) => {
                (None, Some(ErrorRecord { name, number: *number, words }))
            }
            None => (None, None),
        };
        Self {
            time: Time(call.began),
            returned: call.returned.as_ref().map(|(at, _)| Time(*at)),
            lasted: call.lasted().map(Seconds),
            caller: call.caller.as_str(),
            call: call.name.as_str(),
            arguments: &call.arguments,
            result,
            error,
            waits: call.returned.is_none().then_some(true),
            local: call.local.map(Socket::from),
            peer: call.peer.map(Socket::from),
        }
    }
}
