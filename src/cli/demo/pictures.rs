//! Which pictures show what was played: one for each connection, with what belongs to it.
//!
//! In: what was played. Out: connections as one tap or both saw them, each with its calls and the kernel's words.
//! Invariant: every connection that a tap saw is in one picture. Of several incarnations of a pair each has its own
//! calls: those since its client made its socket.

use tcpshake::analyzer::connection::Connection;
use tcpshake::call::{CallName, Caller};
use tcpshake::lab::played::Played;
use tcpshake::story::beside::{Beside, OfConnection};
use tcpshake::time::Timestamp;

/// One picture.
pub struct Picture<'a> {
    /// The connection as the client's tap saw it, or the only tap that saw it.
    pub near: &'a Connection,
    /// The same as the server's tap saw it, where there is one.
    pub far: Option<&'a Connection>,
    /// What belongs to it.
    pub beside: OfConnection,
}

/// All pictures of what was played.
pub fn pictures(played: &Played) -> Vec<Picture<'_>> {
    let mut far: Vec<&Connection> = played.server.iter().flat_map(|view| &view.connections).collect();
    let mut pairs: Vec<(&Connection, Option<&Connection>)> = Vec::new();
    for near in &played.client.connections {
        // The same pair in the same order: an incarnation is the next one at both ends.
        let same = far.iter().position(|far| is_same_pair(near, far));
        pairs.push((near, same.map(|place| far.remove(place))));
    }
    pairs.extend(far.into_iter().map(|only| (only, None)));
    pairs.iter().enumerate().map(|(place, (near, far))| picture(played, &pairs, place, near, *far)).collect()
}

fn picture<'a>(
    played: &'a Played,
    pairs: &[(&Connection, Option<&Connection>)],
    place: usize,
    near: &'a Connection,
    far: Option<&'a Connection>,
) -> Picture<'a> {
    let same = |(other, _): &&(&Connection, Option<&Connection>)| is_same_pair(near, other);
    let (before, after) = pairs.split_at(place);
    let from = before.iter().any(|pair| same(&pair)).then(|| began(played, near));
    let until = after.iter().skip(1).find(same).map(|(next, _)| began(played, next));
    let is_in =
        |time: Timestamp| from.is_none_or(|from| time >= from) && until.is_none_or(|until| time < until);
    let calls: Vec<_> = played.calls.iter().filter(|call| is_in(call.began)).cloned().collect();
    let kernel: Vec<_> = played.kernel.iter().flatten().filter(|said| is_in(said.time)).cloned().collect();
    let all = Beside { calls: &calls, kernel: &kernel };
    Picture { near, far, beside: OfConnection::select(all, near.sockets(), place == 0) }
}

/// When an incarnation began: when its client made the socket for it, or with its first segment.
fn began(played: &Played, connection: &Connection) -> Timestamp {
    let start = connection.start();
    let made = |caller: Caller, name: CallName| caller == Caller::Client && name == CallName::Socket;
    let calls = played.calls.iter().filter(|call| made(call.caller, call.name) && call.began < start);
    calls.map(|call| call.began).max().unwrap_or(start)
}

fn is_same_pair(one: &Connection, other: &Connection) -> bool {
    let (one, other) = (one.sockets(), other.sockets());
    let pair = [other.client, other.server];
    pair.contains(&one.client) && pair.contains(&one.server)
}
