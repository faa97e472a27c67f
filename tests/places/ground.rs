//! What holds on a ground.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use tcpshake::capture::live::{Live, LiveOptions};
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::lab::place::error::PlaceError;
use tcpshake::lab::place::ground::Ground;

pub fn the_loopback_of_a_private_ground_carries_both_versions() {
    let ground = Ground::private().expect("a private ground");
    assert!(ground.is_private() && ground.interface() == "lo");
    for ipv6 in [false, true] {
        let address = ground.address(ipv6);
        let syns = ground
            .within(|| {
                let mut tap = tap(ground.interface(), "tcp");
                let listener = TcpListener::bind((address, 6666)).expect("a listener");
                let mut client = TcpStream::connect((address, 6666)).expect("a connection");
                client.write_all(b"hello").expect("a message");
                client.shutdown(Shutdown::Write).expect("its end");
                let mut said = String::new();
                listener.accept().expect("it").0.read_to_string(&mut said).expect("the message");
                assert_eq!(said, "hello");
                drop(client);
                let mut decoder = Decoder::new(DEPTH);
                let mut syns = 0;
                while let Next::Frame(frame) = tap.next_frame().expect("a frame") {
                    let Ok(Decoded::Segment(segment)) = decoder.decode(&frame) else { continue };
                    syns += u32::from(segment.flags.has(tcpshake::segment::Flags::SYN));
                }
                syns
            })
            .expect("a thread in it");
        assert_eq!(syns, 2, "a SYN and its answer pass, to and from {address}");
    }
}

pub fn settings_are_the_grounds_own() {
    let (here, there, host) =
        (Ground::private().expect("one"), Ground::private().expect("another"), Ground::host());
    let setting = "net/ipv4/tcp_syn_retries";
    let before = host.read(setting).expect("the host's");
    here.set(setting, "3").expect("a private ground's setting");
    assert_eq!(here.read(setting).expect("it"), "3");
    assert_ne!(there.read(setting).expect("the other's"), "3");
    assert!(matches!(host.set(setting, "3"), Err(PlaceError::HostSetting { .. })));
    assert_eq!(host.read(setting).expect("the host's"), before);
    for none in ["kernel/hostname", "net/../kernel/hostname", "/net/ipv4/ip_forward", "net//x", ""] {
        assert!(matches!(here.set(none, "1"), Err(PlaceError::NoSetting { .. })), "{none}");
    }
    let unknown = here.set("net/ipv4/no_such_thing", "1").expect_err("no such setting");
    assert!(unknown.to_string().starts_with("net/ipv4/no_such_thing = 1: No such file"), "{unknown}");
}

pub fn a_port_is_free_on_each_ground() {
    let grounds = [Ground::private().expect("one"), Ground::private().expect("another")];
    let listeners = grounds.each_ref().map(|ground| {
        let bound = ground.within(|| TcpListener::bind((ground.address(false), 6666)));
        bound.expect("a thread").expect("the port")
    });
    // A socket belongs to where it was made, not to the thread that holds it.
    let stranger = Ground::private().expect("a third");
    let refused = stranger.within(|| TcpStream::connect(listeners[0].local_addr().expect("an address")));
    assert!(refused.expect("a thread").is_err(), "nobody listens there");
}

/// A capture that is ready; it says `Quiet` after some time without a frame.
pub fn tap(interface: &str, filter: &str) -> Live {
    let mut options = LiveOptions::new(interface);
    options.filter = Some(filter.to_owned());
    options.wait = Duration::from_millis(200);
    // Room for all of the longest exchange, however late this is read.
    options.buffer_octets = 32 << 20;
    Live::open(&options).expect("a capture")
}
