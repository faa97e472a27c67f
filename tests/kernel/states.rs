//! The states of a connection as the kernel tells them.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::time::SystemTime;

use tcpshake::kernel::counters::Counters;
use tcpshake::time::Timestamp;
use tcpshake::witness::KernelState;

use crate::{aloud, hear, states, witness};

/// Opens, sends, and closes from the client's side; the address of the client.
fn exchange(listener: &TcpListener, to: SocketAddr) -> SocketAddr {
    let mut client = TcpStream::connect(to).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    let near = client.local_addr().unwrap();
    client.write_all(b"hello").unwrap();
    drop(client);
    let mut text = Vec::new();
    server.read_to_end(&mut text).unwrap();
    assert_eq!(text, b"hello");
    near
}

#[allow(clippy::disallowed_methods, reason = "held against the clock of the capture")]
fn now() -> Timestamp {
    SystemTime::now().into()
}

#[test]
fn a_whole_connection_is_told_at_both_ends() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let Some(mut witness) = witness("the kernel's states", &[to.port()]) else { return };
    let before = now();
    let near = exchange(&listener, to);
    let is_over = |end: &[String]| end.last().is_some_and(|last| last.ends_with(">CLOSE"));
    let said =
        hear(&mut witness, |said| is_over(&states(said, near, to)) && is_over(&states(said, to, near)));
    let after = now();

    let client = states(&said, near, to);
    assert_eq!(client[..2], ["CLOSE>SYN_SENT", "SYN_SENT>ESTABLISHED"], "{client:?}");
    assert!(client[2..].iter().any(|change| change == "ESTABLISHED>FIN_WAIT1"), "{client:?}");
    let server = states(&said, to, near);
    assert_eq!(
        server,
        [
            // The kernel copies the listener, and says so only once the third segment has come.
            "LISTEN>SYN_RECV",
            "SYN_RECV>ESTABLISHED",
            "ESTABLISHED>CLOSE_WAIT",
            "CLOSE_WAIT>LAST_ACK",
            "LAST_ACK>CLOSE"
        ],
        "{said:#?}"
    );
    assert!(said.is_sorted_by_key(|event| event.time));
    let (first, last) = (said.first().unwrap().time, said.last().unwrap().time);
    assert!(before <= first && last <= after, "{before:?} {first:?} {last:?} {after:?}");
    // Nothing of other ports, and one number a socket.
    assert!(
        said.iter().all(|event| [event.local, event.peer].iter().any(|socket| socket.port() == to.port()))
    );
    let sockets = |local| said.iter().filter(move |event| event.local == local).map(|event| event.socket);
    assert!(sockets(near).all(|socket| Some(socket) == sockets(near).next() && socket != 0));
    assert_eq!(witness.lost(), 0);
    assert_eq!(witness.take().unwrap(), []);
}

#[test]
fn ipv6_and_mapped_addresses_are_told_as_on_the_wire() {
    let Ok(listener) = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) else {
        aloud::skipped("the kernel's states over IPv6: no IPv6 on the loopback");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let Some(mut witness) = witness("the kernel's states over IPv6", &[port]) else { return };
    for host in ["[::1]", "127.0.0.1"] {
        let to: SocketAddr = format!("{host}:{port}").parse().unwrap();
        let near = exchange(&listener, to);
        let said = hear(&mut witness, |said| states(said, to, near).len() == 5);
        assert!(states(&said, near, to).contains(&"CLOSE>SYN_SENT".to_owned()), "{said:#?}");
    }
}

#[test]
fn without_ports_every_connection_is_told() {
    let Some(mut witness) = witness("the kernel's states on all ports", &[]) else { return };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let to = listener.local_addr().unwrap();
    let near = exchange(&listener, to);
    let said = hear(&mut witness, |said| states(said, to, near).len() == 5);
    // The listener's own beginning, too.
    let listens = |event: &tcpshake::witness::KernelEvent| {
        event.local == to && format!("{:?}", event.word).contains(&format!("{:?}", KernelState::Listen))
    };
    assert!(said.iter().any(listens), "{said:#?}");
}

#[test]
fn counters_rise_with_what_is_counted() {
    let before = Counters::read().unwrap();
    let closed = {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap()
    };
    TcpStream::connect(closed).unwrap_err();
    let rises = Counters::read().unwrap().rise_since(&before);
    for name in ["AttemptFails", "OutRsts"] {
        assert!(rises.iter().any(|rise| rise.name == name && rise.by >= 1), "{name}: {rises:?}");
    }
}
