//! The embedded server and client on real sockets, against each other and against other programs.
//!
//! Every wait is for a condition and bounded in time. What needs a program or a protocol that is not there says
//! aloud that it was skipped.
#![cfg(feature = "exchange")]
#![allow(clippy::unwrap_used, reason = "the helpers of a test fail it as the test itself does")]

#[path = "support/aloud.rs"]
mod aloud;
#[path = "exchange/peers.rs"]
mod peers;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;

use peers::{Running, V4, bounded, has_ipv6, nc_client, nc_server, python, refusing_port, texts};
use tcpshake::call::{CallName, Caller, Returned, SocketCall};
use tcpshake::exchange::client::Client;
use tcpshake::exchange::error::ExchangeError;
use tcpshake::exchange::log::CallLog;
use tcpshake::exchange::server::{Ended, RECV_UP_TO, Server};

/// Every call of one exchange, on both sides.
fn exchange_and_check(listen: &str, family: &str) {
    let log = CallLog::new();
    let server = Running::start(listen, &log, 1);
    let address = server.address;
    let mut client = Client::connect(address, &log).unwrap();
    let ours = client.local_addr().unwrap();
    assert_eq!(client.peer_addr(), address);
    client.send(b"hello\n").unwrap();
    client.close().unwrap();
    let served = server.finish();
    assert_eq!(served[0].received.client, Some(ours));
    assert_eq!((served[0].received.octets, &served[0].received.ended), (6, &Ended::ByClient));

    let calls = log.snapshot();
    assert!(calls.is_sorted_by_key(|call| call.began), "{calls:#?}");
    let of = |caller| calls.iter().filter(|call| call.caller == caller).cloned().collect::<Vec<_>>();
    let (server, client) = (of(Caller::Server), of(Caller::Client));
    let descriptor = |call: &SocketCall| match &call.returned {
        Some((_, Returned::Value(value))) => *value,
        other => panic!("{other:?}"),
    };
    let socket = format!("socket({family}, SOCK_STREAM) = {}", descriptor(&server[0]));
    let accept = format!("accept() = {}", descriptor(&server[4]));
    let bind = format!("bind({listen}) = 0");
    let expected = [
        &socket,
        "setsockopt(SO_REUSEADDR, 1) = 0",
        &bind,
        "listen(10) = 0",
        &accept,
        "recv(4096) = 6",
        "recv(4096) = 0",
        "close() = 0",
        "close() = 0",
    ];
    assert_eq!(texts(&server), expected);
    assert!(descriptor(&server[4]) > 2 && descriptor(&server[4]) != descriptor(&server[0]));
    let socket = format!("socket({family}, SOCK_STREAM) = {}", descriptor(&client[0]));
    let connect = format!("connect({address}) = 0");
    assert_eq!(texts(&client), [&socket, &connect, "send(6) = 6", "close() = 0"]);

    // The listener's calls have its own socket alone, those of the connection have the pair.
    for call in server[..4].iter().chain(&server[8..]) {
        assert_eq!((call.local, call.peer), (Some(address), None), "{call}");
    }
    for call in &server[4..8] {
        assert_eq!((call.local, call.peer), (Some(address), Some(ours)), "{call}");
    }
    for call in &client {
        assert_eq!((call.local, call.peer), (Some(ours), Some(address)), "{call}");
    }
}

#[test]
fn an_exchange_makes_the_textbooks_calls() {
    bounded(|| exchange_and_check(V4, "AF_INET"));
}

#[test]
fn an_exchange_over_ipv6_makes_the_same_calls() {
    if has_ipv6() {
        bounded(|| exchange_and_check("[::1]:0", "AF_INET6"));
    }
}

#[test]
fn an_ipv4_client_of_an_ipv6_listener_is_ipv4_in_the_log() {
    if !has_ipv6() {
        return;
    }
    bounded(|| {
        let log = CallLog::new();
        let server = Running::start("[::]:0", &log, 1);
        let client = TcpStream::connect(("127.0.0.1", server.address.port())).unwrap();
        let ours = client.local_addr().unwrap();
        drop(client);
        assert_eq!(server.finish()[0].received.client, Some(ours));
    });
}

#[test]
fn pieces_are_heard_as_they_arrive() {
    // The client sends the next piece when the server has heard the last one.
    let script = "s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n\
                  for piece in (b'one', b'tw\\xc3', b'\\xb6o', b'three\\n'):\n    s.sendall(piece); sys.stdin.readline()\n";
    bounded(move || {
        let log = CallLog::new();
        let mut server = Server::bind(V4.parse().unwrap(), &log).unwrap();
        let Some(mut peer) = python::client(server.local_addr(), script) else { return };
        let mut go_on = peer.stdin.take().unwrap();
        let mut heard = Vec::new();
        let hear = |piece: &[u8]| {
            heard.push(piece.to_vec());
            go_on.write_all(b"\n").unwrap();
        };
        let received = server.serve_one(hear, || ()).unwrap().unwrap();
        assert_eq!(heard, [&b"one"[..], b"tw\xc3", b"\xb6o", b"three\n"]);
        assert_eq!((received.octets, received.pieces), (14, 4));
        assert!(peer.wait().unwrap().success());
    });
}

#[test]
fn messages_of_every_size_arrive_whole() {
    bounded(|| {
        let sizes = [0, 1, 4095, 4096, 4097, 100_000];
        let log = CallLog::new();
        let server = Running::start(V4, &log, sizes.len());
        for size in sizes {
            // The answer to a clean close is a clean end, and never a reset.
            let script = format!(
                "s.sendall(bytes(i % 251 for i in range({size})))\n\
                 s.shutdown(socket.SHUT_WR); assert s.recv(1) == b''\n"
            );
            let Some(mut peer) = python::client(server.address, &script) else {
                server.stopper.stop();
                return;
            };
            assert!(peer.wait().unwrap().success());
        }
        for (size, served) in sizes.into_iter().zip(server.finish()) {
            let expected: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            assert!(served.pieces.concat() == expected, "{size} octets");
            assert!(served.pieces.iter().all(|piece| (1..=RECV_UP_TO).contains(&piece.len())));
            assert_eq!((served.received.octets, &served.received.ended), (size as u64, &Ended::ByClient));
        }
    });
}

#[test]
fn the_client_is_understood_by_other_programs() {
    bounded(|| {
        let large: Vec<u8> = (0..300_000_u32).map(|at| (at % 253) as u8).collect();
        for message in [&b""[..], b"hello\n", b"\xff\xfe\0\xc3(", &large] {
            for peer in [python::server(python::READ_ALL), nc_server()].into_iter().flatten() {
                let log = CallLog::new();
                let mut client = Client::connect(peer.address, &log).unwrap();
                client.send(message).unwrap();
                client.close().unwrap();
                assert!(peer.output() == message, "{} octets", message.len());
                let calls = log.snapshot();
                let sends: Vec<_> = calls.iter().filter(|call| call.name == CallName::Send).collect();
                // An empty message is a call as well; the kernel takes long ones in one or several.
                assert!(!sends.is_empty());
                assert_eq!(sends[0].arguments, message.len().to_string());
            }
        }
    });
}

#[test]
fn netcat_is_understood_by_the_server() {
    bounded(|| {
        let server = Running::start(V4, &CallLog::new(), 1);
        if nc_client(server.address, b"from nc \xff\n") {
            assert_eq!(server.finish()[0].pieces.concat(), b"from nc \xff\n");
        } else {
            server.stopper.stop();
        }
    });
}

#[test]
fn a_reset_is_told_and_the_next_client_served() {
    // Linger zero makes close() a RST; the server has heard the text by then.
    let script = "s.sendall(b'bye'); sys.stdin.readline()\n\
                  s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()\n";
    bounded(move || {
        let log = CallLog::new();
        let mut server = Server::bind(V4.parse().unwrap(), &log).unwrap();
        let Some(mut peer) = python::client(server.local_addr(), script) else { return };
        let mut go_on = peer.stdin.take().unwrap();
        let hear = |_: &[u8]| go_on.write_all(b"\n").unwrap();
        let received = server.serve_one(hear, || panic!("the client did not close")).unwrap().unwrap();
        let Ended::Failed(error) = received.ended else { panic!("{received:?}") };
        assert_eq!((error.name.as_str(), error.words.as_str()), ("ECONNRESET", "Connection reset by peer"));
        assert_eq!(received.octets, 3);
        let end = texts(&log.snapshot());
        assert_eq!(end[end.len() - 2..], [format!("recv(4096) = -1 {error}"), "close() = 0".to_owned()]);
        assert!(peer.wait().unwrap().success());

        let mut next = Client::connect(server.local_addr(), &log).unwrap();
        next.send(b"still there?").unwrap();
        next.close().unwrap();
        let received = server.serve_one(|_| (), || ()).unwrap().unwrap();
        assert_eq!((received.octets, received.ended), (12, Ended::ByClient));
    });
}

#[test]
fn a_client_whose_peer_resets_is_told() {
    bounded(|| {
        let Some(peer) = python::server(python::RESET) else { return };
        let log = CallLog::new();
        let mut client = Client::connect(peer.address, &log).unwrap();
        // More than the two kernels hold: the send waits until the peer resets.
        let error = client.send(&vec![0; 1 << 26]).unwrap_err();
        let ExchangeError::Call { call: CallName::Send, system, .. } = &error else { panic!("{error}") };
        assert!(matches!(system.name.as_str(), "ECONNRESET" | "EPIPE"), "{error}");
        drop(client);
        let calls = texts(&log.snapshot());
        assert!(calls[calls.len() - 2].ends_with(&format!(" = -1 {system}")), "{calls:?}");
        assert_eq!(calls[calls.len() - 1], "close() = 0");
    });
}

#[test]
fn a_refused_connect_is_told_and_logged() {
    let (_held, address) = refusing_port();
    let log = CallLog::new();
    let error = Client::connect(address, &log).err().unwrap();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{address}: refused, nobody listens there; connect: ECONNREFUSED (")),
        "{text}"
    );
    assert_eq!(
        error.next_step().unwrap(),
        format!("start a server first: tcpshake serve --port {}", address.port())
    );
    let calls = log.snapshot();
    let names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    assert_eq!(names, ["socket", "connect", "close"]);
    assert!(calls[1].to_string().ends_with(": Connection refused)"), "{}", calls[1]);
    for call in &calls {
        // The pair is known all the same, so that the SYN and its RST can be found on the wire.
        assert_eq!(call.peer, Some(address));
        if cfg!(target_os = "linux") {
            let local = call.local.unwrap();
            assert!(local.ip() == address.ip() && local.port() != 0, "{local}");
        }
    }
}

#[test]
fn each_address_is_tried_in_turn() {
    bounded(|| {
        let (_held, refusing) = refusing_port();
        let log = CallLog::new();
        let server = Running::start(V4, &CallLog::new(), 1);
        let client = Client::connect_any("some.host", &[refusing, server.address], &log).unwrap();
        assert_eq!(client.peer_addr(), server.address);
        client.close().unwrap();
        server.finish();
        let names: Vec<&str> = log.snapshot().iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["socket", "connect", "close", "socket", "connect", "close"]);

        let error = Client::connect_any("some.host", &[refusing, refusing], &log).err().unwrap();
        assert!(error.to_string().starts_with("some.host: none of its 2 addresses answered"), "{error}");
    });
}

#[test]
fn a_taken_port_is_told_before_anything_else() {
    let holder = TcpListener::bind(V4).unwrap();
    let address = holder.local_addr().unwrap();
    let log = CallLog::new();
    let error = Server::bind(address, &log).err().unwrap();
    assert!(
        error.to_string().starts_with(&format!("{address}: the port is taken; bind: EADDRINUSE (")),
        "{error}"
    );
    assert!(error.next_step().unwrap().contains(&format!("ss -ltnp 'sport = :{}'", address.port())));
    assert_eq!(texts(&log.snapshot()).last().map(String::as_str), Some("close() = 0"));
}

#[test]
fn clients_are_served_in_a_row() {
    bounded(|| {
        let server = Running::start(V4, &CallLog::new(), 5);
        // All connect before the first is served to its end: the kernel's queue holds them.
        let clients: Vec<TcpStream> = (0..5).map(|_| TcpStream::connect(server.address).unwrap()).collect();
        for (mut client, number) in clients.into_iter().zip('0'..) {
            write!(client, "client {number}").unwrap();
        }
        for (served, number) in server.finish().into_iter().zip('0'..) {
            assert_eq!(served.pieces.concat(), format!("client {number}").as_bytes());
        }
    });
}

#[test]
fn the_close_waits_for_its_hook() {
    bounded(|| {
        let log = CallLog::new();
        let mut server = Server::bind(V4.parse().unwrap(), &log).unwrap();
        let mut client = TcpStream::connect(server.local_addr()).unwrap();
        client.write_all(b"hello").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        client.set_nonblocking(true).unwrap();
        let last = || texts(&log.snapshot()).pop().unwrap();
        let hook = || {
            assert_eq!(last(), "recv(4096) = 0");
            let waits = (&client).read(&mut [0]).unwrap_err();
            assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
        };
        server.serve_one(|_| (), hook).unwrap().unwrap();
        assert_eq!(last(), "close() = 0");
        client.set_nonblocking(false).unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    });
}

/// Starts a server, waits until `name` waits in it, and stops it.
fn stop_while_waiting(name: CallName) {
    let (waits, waiting) = channel();
    let log = CallLog::observed_by(99, move |call| {
        if call.name == name && call.returned.is_none() {
            let _ = waits.send(());
        }
    });
    let server = Running::start(V4, &log, 1);
    let address = server.address;
    let client = (name == CallName::Recv).then(|| TcpStream::connect(address).unwrap());
    waiting.recv_timeout(peers::LIMIT).unwrap();
    let call = log.snapshot().into_iter().rfind(|call| call.name == name).unwrap();
    assert_eq!((call.to_string().ends_with(" waits"), call.returned), (true, None));
    server.stopper.stop();
    assert!(server.stopper.is_stopping());
    let served = server.finish();
    let ended: Vec<&Ended> = served.iter().map(|served| &served.received.ended).collect();
    match client {
        Some(mut client) => {
            assert_eq!(ended, [&Ended::Stopped]);
            assert_eq!(client.read(&mut [0]).unwrap(), 0, "the server closes in an orderly way");
        }
        None => assert!(ended.is_empty()),
    }
    // The port is free at once, though the server may hold a TIME-WAIT on it.
    Server::bind(address, &CallLog::new()).unwrap().close().unwrap();
}

#[test]
fn a_stop_wakes_accept() {
    bounded(|| stop_while_waiting(CallName::Accept));
}

#[test]
fn a_stop_wakes_recv() {
    bounded(|| stop_while_waiting(CallName::Recv));
}

#[test]
fn a_stop_before_the_wait_is_not_missed() {
    bounded(|| {
        let log = CallLog::new();
        let mut server = Server::bind(V4.parse::<SocketAddr>().unwrap(), &log).unwrap();
        let stopper = server.stopper();
        stopper.stop();
        stopper.stop();
        assert_eq!(server.serve_one(|_| (), || ()).unwrap(), None);
        server.close().unwrap();
        assert_eq!(texts(&log.snapshot())[3..], ["listen(10) = 0", "close() = 0"]);
    });
}
