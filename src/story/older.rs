//! What an older connection of the same sockets says when a new one is to be opened in its place.
//!
//! In: the older connection as both taps saw it, and when the newer began. Out: its segments from then on, for the newer's
//! story: the challenge ACK and the RST that a SYN brings about belong to the older one, and are seen because of the SYN.
//! Invariant: what is told here moves no state of the newer connection.
//! Read: RFC 9293 §3.5.1 (figure 10); RFC 5961 §4.

use crate::analyzer::connection::Connection;
use crate::story::beside::Beside;
use crate::story::both::passings;
use crate::story::event::{Event, Passing};
use crate::time::Timestamp;

/// The segments of an older connection since the newer one began at `start`.
pub fn since<'a>(start: Timestamp, client: &'a Connection, server: Option<&'a Connection>) -> Vec<Event<'a>> {
    let later = |event| match event {
        Event::Segment(passing) if passing.time >= start => {
            Some(Event::Segment(Passing { is_older: true, ..passing }))
        }
        _ => None,
    };
    passings(client, server, Beside::default()).into_iter().filter_map(later).collect()
}
