//! Live capture of real TCP exchanges on the loopback; skipped, aloud, where this process may not capture.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tcpshake::capture::file::Files;
use tcpshake::capture::interfaces::{interfaces, loopback_interface};
use tcpshake::capture::live::{Live, LiveOptions, check_permission};
use tcpshake::capture::save::Savefile;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::frame::LinkType;

use crate::aloud::skipped;
use crate::{Kept, read_all};

/// The options for the loopback; `None`, aloud, where live capture is not possible.
fn loopback(test: &str) -> Option<LiveOptions> {
    match check_permission() {
        Ok(()) => Some(LiveOptions::new(&loopback_interface().expect("a loopback").name)),
        Err(error) => {
            skipped(&format!("{test}: {error}"));
            None
        }
    }
}

/// One connection: five octets there, five back, the client closes first, both wait for the end.
fn exchange(listener: &TcpListener) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut text = [0; 5];
            stream.read_exact(&mut text).unwrap();
            stream.write_all(&text).unwrap();
            assert_eq!(stream.read(&mut text).unwrap(), 0);
        });
        let mut stream = TcpStream::connect(address).unwrap();
        let client = stream.local_addr().unwrap();
        stream.write_all(b"hello").unwrap();
        let mut text = [0; 5];
        stream.read_exact(&mut text).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut text).unwrap(), 0);
        client
    })
}

/// Everything until nothing comes any more.
fn drain(live: &mut Live) -> Vec<Kept> {
    let mut frames = Vec::new();
    loop {
        match live.next_frame().unwrap() {
            Next::Frame(frame) => frames.push(Kept {
                number: frame.number,
                time: frame.time,
                link: frame.link,
                octets: frame.octets.to_vec(),
                wire_len: frame.wire_len,
            }),
            Next::Quiet | Next::End => return frames,
        }
    }
}

/// The flags of each TCP segment, and its ports, in Ethernet (or cooked) frames of IPv4.
fn segments(frames: &[Kept], header: usize) -> Vec<(u16, u16, u8)> {
    let port = |octets: &[u8]| u16::from_be_bytes([octets[0], octets[1]]);
    let tcp = frames.iter().map(|frame| &frame.octets[header + 20..]);
    tcp.map(|tcp| (port(tcp), port(&tcp[2..]), tcp[13])).collect()
}

#[test]
fn ten_short_connections_lose_nothing() {
    let Some(mut options) = loopback("ten short connections") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    options.filter = Some(format!("tcp port {port}"));
    for round in 0..10 {
        let mut live = Live::open(&options).unwrap();
        let client = exchange(&listener).port();
        let frames = drain(&mut live);
        let segments = segments(&frames, 14);
        assert!(segments.iter().all(|(from, to, _)| [*from, *to].contains(&client)), "{segments:?}");
        let count = |port: u16, mask: u8, flags: u8| {
            segments.iter().filter(|(from, _, have)| *from == port && have & mask == flags).count()
        };
        assert_eq!(segments[0], (client, port, 2), "round {round}: first the SYN");
        assert_eq!(segments[1], (port, client, 0x12));
        assert_eq!((count(client, 1, 1), count(port, 1, 1)), (1, 1), "both FINs");
        assert_eq!((count(client, 8, 8), count(port, 8, 8)), (1, 1), "both texts");
        assert_eq!(segments.last().map(|(.., flags)| flags & 2), Some(0));
        assert!((9..=11).contains(&segments.len()), "{segments:?}");
        assert!(frames.iter().zip(1..).all(|(frame, number)| frame.number == number));
        assert!(frames.windows(2).all(|two| two[1].time.since(two[0].time) < Duration::from_secs(2)));
        assert!(frames.iter().any(|frame| frame.time.0 % 1000 != 0), "nanoseconds");
        let statistics = live.statistics();
        assert_eq!((statistics.captured, statistics.dropped), (frames.len() as u64, Some(0)));
    }
}

#[test]
fn a_burst_is_in_the_ring_until_it_is_asked_for() {
    let Some(mut options) = loopback("a burst") else { return };
    let (from, to) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    options.filter = Some(format!("udp port {}", to.local_addr().unwrap().port()));
    let mut live = Live::open(&options).unwrap();
    for number in 0..100_u32 {
        from.send_to(&number.to_be_bytes(), to.local_addr().unwrap()).unwrap();
    }
    let frames = drain(&mut live);
    let numbers: Vec<u32> =
        frames.iter().map(|frame| u32::from_be_bytes(frame.octets[42..46].try_into().unwrap())).collect();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    assert_eq!(live.statistics().dropped, Some(0));
}

#[test]
fn what_the_ring_cannot_hold_is_counted() {
    let Some(mut options) = loopback("a ring that is too small") else { return };
    let (from, to) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    options.filter = Some(format!("udp port {}", to.local_addr().unwrap().port()));
    options.buffer_octets = 1 << 18;
    let mut live = Live::open(&options).unwrap();
    for number in 0..1000_u32 {
        from.send_to(&number.to_be_bytes(), to.local_addr().unwrap()).unwrap();
    }
    let frames = drain(&mut live);
    let dropped = live.statistics().dropped.unwrap();
    assert!(frames.len() < 1000 && dropped >= 1000 - frames.len() as u64, "{} and {dropped}", frames.len());
    assert_eq!(live.statistics().dropped, Some(dropped), "asked twice, counted once");
}

#[test]
fn any_gives_cooked_frames_and_ignores_a_wish_for_promiscuous_mode() {
    let Some(mut options) = loopback("the interface any") else { return };
    if !interfaces().unwrap().iter().any(|interface| interface.name == "any") {
        skipped("the interface any: this system has none");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    options.interface = "any".to_owned();
    options.promiscuous = true;
    options.filter = Some(format!("tcp port {port}"));
    let mut live = Live::open(&options).unwrap();
    assert_eq!(live.link(), LinkType::LINUX_SLL2);
    let client = exchange(&listener).port();
    let frames = drain(&mut live);
    assert!(frames.iter().all(|frame| frame.link == LinkType::LINUX_SLL2));
    assert!(segments(&frames, 20).contains(&(client, port, 2)), "{:?}", segments(&frames, 20));
}

#[test]
fn a_quiet_loopback_says_so_in_time_and_cut_frames_know_their_length() {
    let Some(mut options) = loopback("quiet") else { return };
    let (from, to) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    options.filter = Some(format!("udp port {}", to.local_addr().unwrap().port()));
    options.snap_len = 60;
    // The kernel's slots would hold 58 of them: libpcap's count is two short.
    let mut live = Live::open(&options).unwrap();
    for _ in 0..3 {
        assert!(matches!(live.next_frame().unwrap(), Next::Quiet));
    }
    from.send_to(&[1; 1000], to.local_addr().unwrap()).unwrap();
    let frames = drain(&mut live);
    assert_eq!((frames.len(), frames[0].octets.len(), frames[0].wire_len), (1, 60, 1042));
}

/// How many frames a tool finds in a capture; `None`, aloud, where it is not there.
fn counted_by(tool: &str, options: &[&str], file: &Path) -> Option<usize> {
    let stdin = Stdio::from(File::open(file).unwrap());
    match Command::new(tool).args(options).stdin(stdin).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            skipped(&format!("{tool} beside us, since it is not there"));
            None
        }
        Err(error) => panic!("{tool}: {error}"),
        Ok(output) => {
            assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8_lossy(&output.stdout).lines().count())
        }
    }
}

#[test]
fn what_is_captured_and_saved_is_what_others_read() {
    let Some(mut options) = loopback("saving a live capture") else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    options.filter = Some(format!("tcp port {}", listener.local_addr().unwrap().port()));
    let mut live = Live::open(&options).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("live.pcap");
    let mut file = Savefile::create(&path, live.link()).unwrap();
    exchange(&listener);
    let mut times = Vec::new();
    while let Next::Frame(frame) = live.next_frame().unwrap() {
        file.write(&frame).unwrap();
        times.push(frame.time);
    }
    file.flush().unwrap();
    let (frames, errors) = read_all(&mut Files::new([&path]));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(frames.iter().map(|frame| frame.time).collect::<Vec<_>>(), times);
    for (tool, options) in [("tcpdump", ["-n", "-r", "-"]), ("tshark", ["-n", "-r", "-"])] {
        if let Some(count) = counted_by(tool, &options, &path) {
            assert_eq!(count, times.len(), "{tool}");
        }
    }
}
