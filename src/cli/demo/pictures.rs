//! Which pictures show what was played: one for each connection, with what belongs to it.
//!
//! In: what was played. Out: connections as one tap or both saw them, each with its calls and the kernel's words.
//! Invariant: every connection that a tap saw is in one picture, and every call in one at most.

use tcpshake::analyzer::connection::Connection;
use tcpshake::lab::played::Played;
use tcpshake::story::beside::{Beside, OfConnection};
use tcpshake::story::event::Event;
use tcpshake::story::older::since;

/// One picture.
pub struct Picture<'a> {
    /// The connection as the client's tap saw it, or the only tap that saw it.
    pub near: &'a Connection,
    /// The same as the other tap saw it.
    pub far: Far<'a>,
    /// What an older connection of the same sockets said since this one began.
    pub older: Vec<Event<'a>>,
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
    let older: Vec<_> = (0..pairs.len()).map(|at| older(&pairs, at)).collect();
    let all = pairs.into_iter().zip(older).zip(each);
    all.map(|(((near, far), older), beside)| Picture { near, far, older, beside }).collect()
}

/// What the last connection before this one with the same sockets said since this one began.
fn older<'a>(pairs: &[(&'a Connection, Far<'a>)], at: usize) -> Vec<Event<'a>> {
    let Some((newer, _)) = pairs.get(at) else { return Vec::new() };
    let before = pairs.iter().take(at).rev().find(|(before, _)| before.sockets() == newer.sockets());
    match before {
        Some((near, Far::Seen(far))) => since(newer.start(), near, Some(far)),
        _ => Vec::new(),
    }
}

fn is_same_pair(one: &Connection, other: &Connection) -> bool {
    let (one, other) = (one.sockets(), other.sockets());
    let pair = [other.client, other.server];
    pair.contains(&one.client) && pair.contains(&one.server)
}
