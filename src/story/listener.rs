//! What is known of the server's end before any segment has come to it.
//!
//! In: events in order. Out: the same, with LISTEN at the segments that find a listener and never reach it.
//! Invariant: LISTEN is told only where a call or the kernel has said so, and until one of them takes it back.
//! Read: RFC 9293 §3.10.1 (passive OPEN).

use std::net::SocketAddr;

use crate::analyzer::role::Role;
use crate::analyzer::state::State;
use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::story::beside::is_listener;
use crate::story::event::Event;
use crate::witness::{KernelState, KernelWord};

/// Puts LISTEN where the server's tap has shown no state yet, and a listener is there.
pub fn listen(events: &mut [Event<'_>], server: SocketAddr) {
    let mut is_there = false;
    for event in events {
        match event {
            Event::Call(call) | Event::Returns(call) => is_there = by_call(call, server).unwrap_or(is_there),
            Event::Kernel(Role::Server, said) if is_listener(said) => {
                if let KernelWord::State { to, .. } = said.word {
                    is_there = to == KernelState::Listen;
                }
            }
            Event::Segment(passing) if is_there => {
                passing.states.server.get_or_insert(State::Listen);
            }
            _ => {}
        }
    }
}

/// Whether there is a listener after this call; `None` where it does not say.
fn by_call(call: &SocketCall, server: SocketAddr) -> Option<bool> {
    if call.caller != Caller::Server {
        return None;
    }
    let is_here = call.local.is_some_and(|local| {
        let (local_ip, server_ip) = (local.ip().to_canonical(), server.ip().to_canonical());
        local.port() == server.port() && (local_ip.is_unspecified() || local_ip == server_ip)
    });
    match call.name {
        CallName::Listen if is_here => Some(matches!(call.returned, Some((_, Returned::Value(0))))),
        CallName::Close if is_here && call.peer.is_none() => Some(false),
        CallName::Kill => Some(false),
        _ => None,
    }
}
