//! The kernel's own reason for a RST.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::SockRef;
use tcpshake::kernel::witness::Witness;
use tcpshake::witness::{KernelEvent, KernelState, KernelWord};

use crate::{aloud, hear, states, witness};

fn is_reset(event: &KernelEvent) -> bool {
    matches!(event.word, KernelWord::SendsReset(_))
}

/// A connection on a port of its own, which is told of: listener, client, server.
fn connected(test: &str) -> Option<(Witness, TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let witness = witness(test, &[to.port()])?;
    let client = TcpStream::connect(to).unwrap();
    let (server, _) = listener.accept().unwrap();
    Some((witness, client, server))
}

/// What the end at `from` is said to have reset for, and that the other took the RST for valid.
fn reason(test: &str, witness: &mut Witness, from: SocketAddr, to: SocketAddr) -> Option<String> {
    let is_taken = |event: &KernelEvent| event.word == KernelWord::ReceivesReset && event.local == to;
    let said = hear(witness, |said| said.iter().any(is_reset) && said.iter().any(is_taken));
    let reset = said.iter().find(|event| is_reset(event)).unwrap();
    assert_eq!((reset.local, reset.peer), (from, to));
    let KernelWord::SendsReset(reason) = &reset.word else { panic!("{reset:?}") };
    if reason.is_none() {
        aloud::skipped(&format!("{test}: this kernel does not name the reasons of its resets"));
    }
    reason.clone()
}

#[test]
fn closing_with_text_unread_is_named() {
    let test = "a reset for unread text";
    let Some((mut witness, mut client, server)) = connected(test) else { return };
    client.write_all(b"hello").unwrap();
    server.peek(&mut [0; 1]).unwrap();
    let (near, far) = (server.local_addr().unwrap(), client.local_addr().unwrap());
    drop(server);
    if let Some(reason) = reason(test, &mut witness, near, far) {
        assert_eq!(reason, "TCP_ABORT_ON_CLOSE");
    }
}

#[test]
fn closing_with_linger_zero_is_named() {
    let test = "a reset by linger zero";
    let Some((mut witness, client, server)) = connected(test) else { return };
    let (near, far) = (client.local_addr().unwrap(), server.local_addr().unwrap());
    SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    if let Some(reason) = reason(test, &mut witness, near, far) {
        // Linux takes it for a disconnect(), whose reason is the state that the socket was in.
        assert_eq!(reason, "TCP_STATE");
    }
}

#[test]
fn a_connection_that_nobody_accepted_is_named_like_linger_zero() {
    let test = "a reset of what was never accepted";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let Some(mut witness) = witness(test, &[to.port()]) else { return };
    let client = TcpStream::connect(to).unwrap();
    let near = client.local_addr().unwrap();
    hear(&mut witness, |said| states(said, to, near).iter().any(|change| change.ends_with(">ESTABLISHED")));
    drop(listener);
    let said = hear(&mut witness, |said| said.iter().any(is_reset));
    let reset = said.iter().position(is_reset).unwrap();
    let is_listener = |event: &KernelEvent| {
        event.word == KernelWord::State { from: KernelState::Listen, to: KernelState::Close }
    };
    // What tells the two apart: the listener closes first.
    assert!(said[..reset].iter().any(is_listener), "{said:#?}");
    let named = &said[reset].word;
    assert!(
        [KernelWord::SendsReset(Some("TCP_STATE".to_owned())), KernelWord::SendsReset(None)].contains(named),
        "{named:?}"
    );
}

#[test]
fn text_after_a_full_close_is_named() {
    let test = "a reset for text after a full close";
    let Some((mut witness, client, mut server)) = connected(test) else { return };
    let (near, far) = (client.local_addr().unwrap(), server.local_addr().unwrap());
    drop(client);
    assert_eq!(server.read(&mut [0; 1]).unwrap(), 0);
    server.write_all(b"hello").unwrap();
    if let Some(reason) = reason(test, &mut witness, near, far) {
        // In FIN-WAIT-2 the socket is there still, or only what remains of it.
        assert!(
            ["TCP_ABORT_ON_DATA", "NO_SOCKET", "TCP_TIMEWAIT_SOCKET"].contains(&reason.as_str()),
            "{reason}"
        );
    }
}
