//! What holds on a wire in order: everything arrives, in order, with its checksums right, in both IP versions.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread::{JoinHandle, spawn};

use tcpshake::lab::place::ground::Ground;
use tcpshake::lab::wire::fault::Faults;
use tcpshake::lab::wire::lay::Wire;
use tcpshake::segment::{Checksum, Flags};

use crate::watch::Watch;

const MANY: usize = 3_000_000;

pub fn many_octets_arrive_as_they_were_sent() {
    for ipv6 in [false, true] {
        let wire = Wire::lay(Faults::none()).expect("a wire");
        let (address, server) = echo_server(wire.server(), ipv6);
        let watch = Watch::on(wire.server());
        let text: Vec<u8> = (0..MANY).map(|n| (n * 7 + n / 251) as u8).collect();
        let back = wire.client().within(|| {
            let mut client = TcpStream::connect(address).expect("a connection");
            assert_eq!(client.local_addr().expect("an address").ip(), wire.client().address(ipv6));
            let mut reader = client.try_clone().expect("a second handle");
            let reading = spawn(move || {
                let mut back = Vec::new();
                reader.read_to_end(&mut back).expect("all of it");
                back
            });
            client.write_all(&text).expect("room");
            client.shutdown(Shutdown::Write).expect("an end");
            reading.join().expect("a reader")
        });
        assert!(back.expect("a thread") == text, "what came back is not what was sent (IPv6: {ipv6})");
        server.join().expect("a server");
        let seen = watch.end();
        let from_client = seen.segments.iter().filter(|segment| segment.destination.port() == address.port());
        let mut arrived = 0;
        for segment in from_client {
            assert_eq!(segment.checksum, Checksum::Correct, "frame {}", segment.frame);
            assert!(segment.text_len <= 1460, "a frame holds no more");
            arrived += segment.text_len as usize;
        }
        assert!(arrived >= MANY, "{arrived} octets were seen to arrive");
        let counts = wire.counts();
        assert_eq!((counts.refused, counts.broken), (0, None));
        assert!(counts.deeds.is_empty());
        println!("IPv6: {ipv6}: {} frames passed", counts.passed);
    }
}

pub fn datagrams_pass() {
    let wire = Wire::lay(Faults::none()).expect("a wire");
    for ipv6 in [false, true] {
        let bind = |ground: &Ground| {
            ground.within(|| UdpSocket::bind((ground.address(ipv6), 0)).expect("a socket")).expect("a thread")
        };
        let (client, server) = (bind(wire.client()), bind(wire.server()));
        client.send_to(b"hello", server.local_addr().expect("an address")).expect("a datagram");
        let mut room = [0; 16];
        let (len, from) = server.recv_from(&mut room).expect("the datagram");
        assert_eq!((&room[..len], from), (&b"hello"[..], client.local_addr().expect("an address")));
    }
}

/// A server that sends back what it receives, until the end.
pub fn echo_server(ground: &Ground, ipv6: bool) -> (SocketAddr, JoinHandle<()>) {
    let listener = listener(ground, ipv6);
    let address = listener.local_addr().expect("an address");
    let thread = spawn(move || {
        let (mut connection, _) = listener.accept().expect("a connection");
        let mut text = vec![0; 1 << 16];
        loop {
            match connection.read(&mut text).expect("some of it") {
                0 => return,
                len => connection.write_all(&text[..len]).expect("room"),
            }
        }
    });
    (address, thread)
}

pub fn listener(ground: &Ground, ipv6: bool) -> TcpListener {
    ground.within(|| TcpListener::bind((ground.address(ipv6), 6666)).expect("a listener")).expect("a thread")
}

/// The ordinary handshake, and what a wire in order shows of it at both ends.
pub fn both_ends_see_the_same() {
    let wire = Wire::lay(Faults::none()).expect("a wire");
    let (address, server) = echo_server(wire.server(), false);
    let watches = [Watch::on(wire.client()), Watch::on(wire.server())];
    let client = wire.client().within(|| TcpStream::connect(address).expect("a connection"));
    drop(client.expect("a thread"));
    server.join().expect("a server");
    for seen in watches.map(Watch::end) {
        assert_eq!(seen.labels[..3], ["SYN J", "SYN K, ACK J+1", "ACK K+1"]);
        let fins = seen.segments.iter().filter(|segment| segment.flags.has(Flags::FIN)).count();
        assert_eq!(fins, 2, "{:?}", seen.labels);
    }
}
