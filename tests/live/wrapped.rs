//! `watch` without a filter on frames that have more before IP than a filter looks behind, as they come over an interface.
//!
//! In: the frames of fixtures, sent through a packet socket at one end of a virtual pair. Out: what `watch` says at the other.
//! Invariant: both ends are in namespaces that nobody else is in, which end with the test.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use serde_json::Value;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::frame::LinkType;
use tcpshake::lab::place::error::PlaceError;
use tcpshake::lab::place::ground::Ground;
use tcpshake::lab::place::links::{End, Links};
use tcpshake::lab::wire::port::Port;

use crate::run::{LIMIT, Running, fixture, run, skipped, words};
use crate::{connection, labels, may_capture};

/// The name of both ends.
const WIRE: &str = "wire";

/// Frames of Ethernet in which TCP stands behind labels, sessions, tags and other headers: one fixture at least for each
/// EtherType of `docs/link-types.md`, and for LLC.
const FIXTURES: [&str; 25] = [
    "mpls",
    "mpls-multicast",
    "mpls-ipv6",
    "mpls-pseudowire",
    "pppoe",
    "pppoe-vlan-ipv6",
    "pbb",
    "ethernet",
    "vlan",
    "qinq",
    "vlan-five-deep",
    "vlan-9200",
    "vntag",
    "etag",
    "hsr",
    "fabricpath",
    "trill",
    "nsh",
    "macsec-clear",
    "cisco-meta-data",
    "ppp-ethertype",
    "ethernet-in-ethernet",
    "snap-vlan",
    "snap-jumbo",
    "llc-ip",
];

/// What is as it should be on Linux's cooked frames, too.
const ON_ANY: [&str; 9] = [
    "mpls",
    "pppoe",
    "pppoe-vlan-ipv6",
    "vlan",
    "qinq",
    "vlan-five-deep",
    "vlan-9200",
    "snap-vlan",
    "llc-ip",
];

/// Two namespaces, and a pair of interfaces between them.
fn wire() -> Result<[Ground; 2], PlaceError> {
    let grounds = [Ground::private()?, Ground::private()?];
    for ground in &grounds {
        // The kernel is to have nothing to say there. Some have no IPv6, which is as well.
        let _ = ground.set("net/ipv6/conf/default/disable_ipv6", "1");
    }
    let there = grounds[1].namespace().expect("a private one").as_fd();
    let [near, far] = [1, 2].map(|last| End { name: WIRE, hardware: [2, 0, 0, 0, 0, last] });
    grounds[0].change("interfaces", || Links::open()?.pair(near, far, there))?;
    for ground in &grounds {
        ground.change("interfaces", || Links::open()?.interface_up(WIRE))?;
    }
    for ground in &grounds {
        ground.change("interfaces", wait_until_up)?;
    }
    Ok(grounds)
}

#[allow(clippy::disallowed_methods, reason = "how long an interface may take is real time")]
fn wait_until_up() -> Result<(), PlaceError> {
    let (mut links, began) = (Links::open()?, Instant::now());
    while !links.is_up(WIRE)? {
        assert!(began.elapsed() < LIMIT, "the interface does not come up");
        std::thread::park_timeout(Duration::from_millis(1));
    }
    Ok(())
}

/// All frames of a capture of Ethernet.
fn frames(path: &str) -> Vec<Vec<u8>> {
    let mut files = Files::new([path]);
    let mut frames = Vec::new();
    while let Next::Frame(frame) = files.next_frame().unwrap() {
        assert_eq!(frame.link, LinkType::ETHERNET, "{path}");
        frames.push(frame.octets.to_vec());
    }
    frames
}

/// What is the same wherever and whenever the connection was seen.
fn told(records: &[Value]) -> (Vec<&str>, [&Value; 5]) {
    let connection = connection(records);
    let parts = ["client", "server", "outcome", "states", "text_octets"];
    (labels(records), parts.map(|part| &connection[part]))
}

#[test]
fn without_a_filter_it_looks_behind_labels_sessions_and_tags() {
    let test = "watch and wrapped frames";
    if !may_capture(test) {
        return;
    }
    let [here, there] = match wire() {
        Ok(grounds) => grounds,
        Err(error @ PlaceError::Forbidden { .. }) => return skipped(&format!("{test}: {error}")),
        Err(error) => panic!("{error}"),
    };
    let on_any = ON_ANY.map(|name| ("any", name));
    for (interface, name) in FIXTURES.map(|name| (WIRE, name)).into_iter().chain(on_any) {
        let path = fixture(&format!("link/{name}.pcap"));
        let read = run(&format!("read --format json {path}")).with_code(0).records();
        // A program lives where the thread that starts it does.
        let watch = || Running::start(&mut words(&format!("watch --no-kernel -i {interface} --format json")));
        let mut watch = here.within(watch).unwrap();
        watch.err_until("watching ");
        let mut port = there.within(|| Port::open(WIRE)).unwrap().unwrap();
        frames(&path).iter().for_each(|frame| port.send(frame).unwrap());
        watch.out_until(&format!("\"label\":\"{}\"", labels(&read).last().unwrap()));
        watch.signal("INT");
        let watched = watch.end().with_code(0).records();
        assert_eq!(told(&watched), told(&read), "{name} on {interface}");
        let summary = watched.last().unwrap();
        assert_eq!((&summary["segments"], &summary["dropped"]), (&labels(&read).len().into(), &0.into()));
    }
}
