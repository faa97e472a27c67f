//! Which pictures show what was played: one for each connection, with what belongs to it.
//!
//! In: what was played. Out: connections as one tap or both saw them, each with its calls and the kernel's words.
//! Invariant: every connection that a tap saw is in one picture, and every call in one at most.

use tcpshake::analyzer::connection::Connection;
use tcpshake::lab::played::Played;
use tcpshake::story::beside::{Beside, OfConnection};

/// One picture.
pub struct Picture<'a> {
    /// The connection as the client's tap saw it, or the only tap that saw it.
    pub near: &'a Connection,
    /// The same as the other tap saw it.
    pub far: Far<'a>,
    /// What belongs to it.
    pub beside: OfConnection,
}

/// What the server's tap saw of a connection that the client's saw.
#[derive(Clone, Copy)]
pub enum Far<'a> {
    /// There is one tap, or the server's alone saw it.
    NoTap,
    /// Nothing.
    Nothing,
    /// This.
    Seen(&'a Connection),
}

/// All pictures of what was played.
pub fn pictures(played: &Played) -> Vec<Picture<'_>> {
    let mut far: Vec<&Connection> = played.server.iter().flat_map(|view| &view.connections).collect();
    let unseen = if played.server.is_some() { Far::Nothing } else { Far::NoTap };
    let mut pairs: Vec<(&Connection, Far<'_>)> = Vec::new();
    for near in &played.client.connections {
        // The same pair in the same order: an incarnation is the next one at both ends.
        let same = far.iter().position(|far| is_same_pair(near, far));
        pairs.push((near, same.map_or(unseen, |place| Far::Seen(far.remove(place)))));
    }
    pairs.extend(far.into_iter().map(|only| (only, Far::NoTap)));
    let all = Beside { calls: &played.calls, kernel: played.kernel.as_deref().unwrap_or_default() };
    let connections: Vec<_> = pairs.iter().map(|(near, _)| (near.sockets(), near.start())).collect();
    let each = OfConnection::each(all, &connections);
    pairs.into_iter().zip(each).map(|((near, far), beside)| Picture { near, far, beside }).collect()
}

fn is_same_pair(one: &Connection, other: &Connection) -> bool {
    let (one, other) = (one.sockets(), other.sockets());
    let pair = [other.client, other.server];
    pair.contains(&one.client) && pair.contains(&one.server)
}
