//! What stands beside the segments of a connection: the socket calls, and the kernel's word.
//!
//! In: all calls and words of what was played or watched. Out: those that belong to one connection, and whose they are.
//! Invariant: who speaks is told by the socket pair alone; a listener's words and calls belong to no one connection.

use std::net::SocketAddr;

use crate::analyzer::role::{Ends, Role};
use crate::call::{CallName, Caller, SocketCall};
use crate::time::Timestamp;
use crate::witness::{KernelEvent, KernelState, KernelWord, complete};

/// What is known beside the segments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The socket calls of the two programs.
    pub calls: &'a [SocketCall],
    /// What the kernel said.
    pub kernel: &'a [KernelEvent],
}

impl Beside<'_> {
    /// Whether a call began or returned between these two moments, or the kernel said something.
    pub fn has_between(&self, from: Timestamp, to: Timestamp) -> bool {
        let is_between = |time: Timestamp| from < time && time < to;
        let is_returned = |call: &SocketCall| call.returned.as_ref().is_some_and(|(at, _)| is_between(*at));
        self.calls.iter().any(|call| is_between(call.began) || is_returned(call))
            || self.kernel.iter().any(|said| is_between(said.time))
    }
}

/// The part of it that belongs to one connection.
#[derive(Clone, Debug, Default)]
pub struct OfConnection {
    calls: Vec<SocketCall>,
    kernel: Vec<KernelEvent>,
}

impl OfConnection {
    /// What belongs to the connection between `sockets`; a listener's own calls and words go with it where
    /// `with_listener` says so: with the first of several connections, or with each that is shown alone.
    pub fn select(all: Beside<'_>, sockets: Ends<SocketAddr>, with_listener: bool) -> Self {
        let has_call = |call: &&SocketCall| match (call.caller, call.local, call.peer) {
            // It ends whatever the program has open.
            _ if call.name == CallName::Kill => true,
            (Caller::Client, local, peer) => {
                local.is_none_or(|local| same(local, sockets.client))
                    && peer.is_none_or(|peer| same(peer, sockets.server))
            }
            (Caller::Server, _, Some(peer)) => same(peer, sockets.client),
            (Caller::Server, _, None) => with_listener,
        };
        let mut named = all.kernel.to_vec();
        complete(&mut named);
        let speaks = |said: &&KernelEvent| match side(said, sockets) {
            Some(_) if is_listener(said) => with_listener,
            whose => whose.is_some(),
        };
        Self {
            calls: all.calls.iter().filter(has_call).cloned().collect(),
            kernel: named.iter().filter(speaks).cloned().collect(),
        }
    }

    /// What belongs to each of `connections`, which are in the order in which they began. A listener's calls go with
    /// the first. Where two have the same sockets, the later has what was done since its client made a socket for it.
    pub fn each(all: Beside<'_>, connections: &[(Ends<SocketAddr>, Timestamp)]) -> Vec<Self> {
        let select = |(count, (sockets, start)): (usize, &(Ends<SocketAddr>, Timestamp))| {
            let later = connections.iter().skip(count.saturating_add(1)).find(|(other, _)| other == sockets);
            let is_reused = connections.iter().take(count).any(|(other, _)| other == sockets);
            let mut own = Self::select(all, *sockets, count == 0);
            let from = if is_reused { own.beginning(*start) } else { Timestamp(0) };
            let until = later.map_or(Timestamp(u64::MAX), |(_, start)| own.beginning(*start));
            own.keep(|time| from <= time && time < until);
            own
        };
        connections.iter().enumerate().map(select).collect()
    }

    /// When what led to the SYN at `start` began: with the client's last socket before, or the kernel's word.
    fn beginning(&self, start: Timestamp) -> Timestamp {
        let is_socket = |call: &&SocketCall| call.caller == Caller::Client && call.name == CallName::Socket;
        let sockets = self.calls.iter().filter(is_socket).map(|call| call.began);
        let opens =
            |said: &&KernelEvent| matches!(said.word, KernelWord::State { to: KernelState::SynSent, .. });
        let words = self.kernel.iter().filter(opens).map(|said| said.time);
        let before = |time: &Timestamp| *time <= start;
        sockets.filter(before).max().or_else(|| words.filter(before).max()).unwrap_or(start)
    }

    /// Keeps what was done at such a time. A call of the server counts from the accept that gave it its connection, a word
    /// of the kernel from when its socket opened: both may come when the next connection has begun.
    fn keep(&mut self, is_then: impl Fn(Timestamp) -> bool) {
        let returned = |call: &SocketCall| call.returned.as_ref().map(|(returned, _)| *returned);
        let is_accept = |call: &&SocketCall| call.caller == Caller::Server && call.name == CallName::Accept;
        let accepts: Vec<Timestamp> = self.calls.iter().filter(is_accept).filter_map(returned).collect();
        let latest = |times: &[Timestamp], time: Timestamp| {
            times.iter().copied().filter(|known| *known <= time).max().unwrap_or(time)
        };
        self.calls.retain(|call| match (call.caller, call.name, returned(call)) {
            (Caller::Server, CallName::Accept, Some(returned)) => is_then(returned),
            (Caller::Server, ..) => is_then(latest(&accepts, call.began)),
            _ => is_then(call.began),
        });
        let opens = |said: &&KernelEvent| {
            matches!(said.word, KernelWord::State { to: KernelState::SynSent | KernelState::SynRecv, .. })
        };
        let opened: Vec<_> = self.kernel.iter().filter(opens).map(|said| (said.socket, said.time)).collect();
        self.kernel.retain(|said| {
            let own = opened.iter().filter(|(socket, _)| *socket == said.socket);
            let own: Vec<Timestamp> = own.map(|(_, time)| *time).collect();
            is_then(latest(&own, said.time))
        });
    }

    /// The same, to show.
    pub fn beside(&self) -> Beside<'_> {
        Beside { calls: &self.calls, kernel: &self.kernel }
    }
}

/// Whose socket the kernel speaks of; `None` where it is none of this connection's.
pub fn side(said: &KernelEvent, sockets: Ends<SocketAddr>) -> Option<Role> {
    let Ends { client, server } = sockets;
    let (local, peer) = (said.local, said.peer);
    if is_listener(said) {
        let is_here = local.ip().is_unspecified() || canonical(local).ip() == canonical(server).ip();
        return (local.port() == server.port() && is_here).then_some(Role::Server);
    }
    // A client that has no port yet is told by where it goes; one without an address, too.
    let is_client = same(peer, server) && (local.port() == 0 || same(local, client));
    let is_server = same(local, server) && same(peer, client);
    match (is_client, is_server) {
        (true, _) => Some(Role::Client),
        (false, true) => Some(Role::Server),
        (false, false) => None,
    }
}

/// Whether it is a listener of which the kernel speaks.
pub const fn is_listener(said: &KernelEvent) -> bool {
    said.peer.port() == 0
}

/// Whether both are the same socket, be it written as IPv4 or as IPv6 has it.
fn same(one: SocketAddr, other: SocketAddr) -> bool {
    canonical(one) == canonical(other)
}

fn canonical(socket: SocketAddr) -> SocketAddr {
    SocketAddr::new(socket.ip().to_canonical(), socket.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Returned;

    const CLIENT: &str = "127.0.0.1:50000";
    const OTHER: &str = "127.0.0.1:50001";
    const SERVER: &str = "127.0.0.1:6666";

    fn ends() -> Ends<SocketAddr> {
        Ends { client: CLIENT.parse().unwrap(), server: SERVER.parse().unwrap() }
    }

    fn said(socket: u64, local: &str, peer: &str, from: KernelState, to: KernelState) -> KernelEvent {
        KernelEvent {
            time: Timestamp(socket),
            socket,
            local: local.parse().unwrap(),
            peer: peer.parse().unwrap(),
            word: KernelWord::State { from, to },
        }
    }

    fn call(caller: Caller, name: CallName, local: Option<&str>, peer: Option<&str>) -> SocketCall {
        SocketCall {
            caller,
            name,
            arguments: String::new(),
            began: Timestamp(1),
            returned: Some((Timestamp(2), Returned::Value(0))),
            local: local.map(|socket| socket.parse().unwrap()),
            peer: peer.map(|socket| socket.parse().unwrap()),
        }
    }

    #[test]
    fn the_pair_tells_whose_word_it_is() {
        use KernelState::{Close, Listen, SynSent};
        let whose = |local: &str, peer: &str| side(&said(1, local, peer, Close, SynSent), ends());
        assert_eq!(whose(CLIENT, SERVER), Some(Role::Client));
        assert_eq!(whose(SERVER, CLIENT), Some(Role::Server));
        assert_eq!(whose("[::ffff:127.0.0.1]:6666", "[::ffff:127.0.0.1]:50000"), Some(Role::Server));
        assert_eq!(whose("0.0.0.0:0", SERVER), Some(Role::Client));
        assert_eq!(whose(OTHER, SERVER), None);
        assert_eq!(whose(SERVER, OTHER), None);
        assert_eq!(side(&said(1, "0.0.0.0:6666", "0.0.0.0:0", Close, Listen), ends()), Some(Role::Server));
        assert_eq!(side(&said(1, "0.0.0.0:7777", "0.0.0.0:0", Close, Listen), ends()), None);
        let same = Ends { client: CLIENT.parse().unwrap(), server: CLIENT.parse().unwrap() };
        assert_eq!(side(&said(1, CLIENT, CLIENT, Close, SynSent), same), Some(Role::Client));
    }

    #[test]
    fn a_socket_without_a_whole_pair_has_that_of_its_next_word() {
        use KernelState::{Close, Established, Listen, SynRecv, SynSent};
        let all = [
            said(1, SERVER, "0.0.0.0:0", Close, Listen),
            said(2, "127.0.0.1:0", SERVER, Close, SynSent),
            said(3, "127.0.0.1:0", SERVER, Close, SynSent),
            said(4, SERVER, "0.0.0.0:0", Listen, SynRecv),
            said(2, OTHER, SERVER, SynSent, Established),
            said(3, CLIENT, SERVER, SynSent, Established),
            said(4, SERVER, CLIENT, SynRecv, Established),
            said(1, SERVER, "0.0.0.0:0", Listen, Close),
        ];
        let of = |with_listener| {
            let chosen = OfConnection::select(Beside { calls: &[], kernel: &all }, ends(), with_listener);
            chosen.kernel.iter().map(|said| said.socket).collect::<Vec<_>>()
        };
        assert_eq!(of(false), [3, 4, 3, 4]);
        assert_eq!(of(true), [1, 3, 4, 3, 4, 1]);
    }

    #[test]
    fn each_connection_has_its_own_calls() {
        use CallName::{Accept, Close, Connect, Kill, Listen, Send, Socket};
        let calls = [
            call(Caller::Server, Listen, Some(SERVER), None),
            call(Caller::Client, Socket, None, None),
            call(Caller::Client, Connect, Some(CLIENT), Some(SERVER)),
            call(Caller::Client, Connect, Some(OTHER), Some(SERVER)),
            call(Caller::Server, Accept, Some(SERVER), Some(CLIENT)),
            call(Caller::Server, Send, Some(SERVER), Some(OTHER)),
            call(Caller::Server, Close, Some(SERVER), None),
            call(Caller::Server, Kill, None, None),
        ];
        let of = |with_listener| {
            let chosen = OfConnection::select(Beside { calls: &calls, kernel: &[] }, ends(), with_listener);
            chosen.beside().calls.iter().map(|call| call.name).collect::<Vec<_>>()
        };
        assert_eq!(of(false), [Socket, Connect, Accept, Kill]);
        assert_eq!(of(true), [Listen, Socket, Connect, Accept, Close, Kill]);
    }

    #[test]
    fn a_pair_that_is_used_again_has_what_was_done_for_it() {
        use CallName::{Accept, Close, Connect, Listen, Socket};
        let at = |began: u64, returned: u64, call: SocketCall| SocketCall {
            began: Timestamp(began),
            returned: Some((Timestamp(returned), Returned::Value(0))),
            ..call
        };
        let client = |name| call(Caller::Client, name, Some(CLIENT), Some(SERVER));
        let server = |name| call(Caller::Server, name, Some(SERVER), Some(CLIENT));
        let calls = [
            at(1, 2, call(Caller::Server, Listen, Some(SERVER), None)),
            at(3, 4, client(Socket)),
            at(5, 9, client(Connect)),
            at(2, 10, server(Accept)),
            at(11, 12, client(Close)),
            at(20, 21, client(Socket)),
            at(22, 26, client(Connect)),
            at(13, 27, server(Accept)),
        ];
        let kernel = [
            KernelEvent {
                time: Timestamp(6),
                ..said(1, CLIENT, SERVER, KernelState::Close, KernelState::SynSent)
            },
            KernelEvent {
                time: Timestamp(23),
                ..said(2, CLIENT, SERVER, KernelState::Close, KernelState::SynSent)
            },
        ];
        let connections = [(ends(), Timestamp(7)), (ends(), Timestamp(24))];
        let each = |calls, kernel| OfConnection::each(Beside { calls, kernel }, &connections);
        let of_both = each(&calls, &kernel);
        let names = |own: &OfConnection| own.calls.iter().map(|call| call.name).collect::<Vec<_>>();
        assert_eq!(names(&of_both[0]), [Listen, Socket, Connect, Accept, Close]);
        assert_eq!(names(&of_both[1]), [Socket, Connect, Accept]);
        for own in [of_both, each(&[], &kernel)] {
            assert_eq!(own.iter().map(|own| own.kernel.len()).collect::<Vec<_>>(), [1, 1]);
        }
    }
}
