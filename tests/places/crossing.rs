//! Segments that cross each other on a long wire, and a router that says no.

use std::io::{ErrorKind, Read};
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::thread::scope;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tcpshake::lab::place::ground::Ground;
use tcpshake::lab::wire::fault::Faults;
use tcpshake::lab::wire::lay::Wire;
use tcpshake::segment::Flags;

use crate::faults::{Talk, connect};
use crate::watch::Watch;

pub fn syns_cross() {
    let wire = Wire::lay(Faults::none().with_latency(Duration::from_millis(50))).expect("a wire");
    let watch = Watch::on(wire.client());
    let ends = [wire.client(), wire.server()].map(|ground| SocketAddr::new(ground.address(false), 6666));
    let sockets = [bound(wire.client(), ends[0]), bound(wire.server(), ends[1])];
    scope(|scope| {
        let connecting: Vec<_> = sockets
            .iter()
            .zip([ends[1], ends[0]])
            .map(|(socket, to)| scope.spawn(move || socket.connect(&to.into()).expect("a connection")))
            .collect();
        connecting.into_iter().for_each(|thread| thread.join().expect("both connect"));
    });
    let seen = watch.end();
    assert_eq!(seen.labels[..2], ["SYN J", "SYN K"], "{:#?}", seen.labels);
}

pub fn fins_cross() {
    let mut talk = Talk::over(Faults::none().with_latency(Duration::from_millis(50)));
    talk.client.shutdown(Shutdown::Write).expect("an end");
    talk.server.shutdown(Shutdown::Write).expect("an end");
    assert_eq!(talk.client.read(&mut [0]).expect("the end"), 0);
    assert_eq!(talk.server.read(&mut [0]).expect("the end"), 0);
    for seen in talk.end() {
        let fins = seen.labels.iter().filter(|label| label.starts_with("FIN"));
        assert_eq!(fins.collect::<Vec<_>>(), ["FIN M", "FIN N"], "{:#?}", seen.labels);
    }
}

pub fn a_router_says_no() {
    for (is_prohibited, ipv6) in [(false, false), (true, false), (false, true)] {
        let wire = Wire::lay(Faults::none()).expect("a wire");
        let nowhere: IpAddr =
            if ipv6 { "2001:db8:1::1".parse() } else { "198.51.100.1".parse() }.expect("an address");
        wire.client().route(nowhere, wire.server().address(ipv6)).expect("a route");
        wire.server().refuse(nowhere, is_prohibited).expect("a refusal");
        let watch = Watch::with_icmp(wire.client());
        let error = connect(&wire, SocketAddr::new(nowhere, 6666)).expect_err("no way there");
        // The two versions have different words for it.
        let wanted = if ipv6 { ErrorKind::NetworkUnreachable } else { ErrorKind::HostUnreachable };
        assert_eq!(error.kind(), wanted, "{error}");
        let seen = watch.end();
        assert!(
            !seen.icmp.is_empty() && seen.segments[0].flags.has(Flags::SYN),
            "a SYN, and the router's word"
        );
    }
}

fn bound(ground: &Ground, address: SocketAddr) -> Socket {
    ground
        .within(|| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
            socket.bind(&address.into()).expect("its port");
            socket
        })
        .expect("a thread")
}

/// Lays a wire, talks over it, says where, and waits to be killed.
pub fn wait_to_be_killed() {
    let talk = Talk::over(Faults::none());
    for ground in [talk.wire.client(), talk.wire.server()] {
        let name = ground.within(|| std::fs::read_link("/proc/thread-self/ns/net").expect("its name"));
        println!("{}", name.expect("a thread").display());
    }
    println!("laid");
    loop {
        std::thread::park();
    }
}
