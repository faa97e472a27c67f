//! Filters on files, frame by frame as `tcpdump -r FILE FILTER` has them.

use std::fs::{self, File};
use std::io::{Cursor, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tcpshake::capture::file::Files;
use tcpshake::capture::filter::Filter;
use tcpshake::capture::source::FrameSource;
use tcpshake::frame::LinkType;

use crate::aloud::skipped;
use crate::writer::{Made, Order, syn};
use crate::{Kept, read_all};

const FILTERS: [&str; 24] = [
    "",
    "tcp",
    "tcp port 6666",
    "port 6666 or icmp",
    "src port 6666",
    "host 192.0.2.1 and not icmp",
    "net 192.0.2.0/24",
    "tcp[tcpflags] & tcp-syn != 0",
    "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0",
    "tcp[13] == 2",
    "greater 1000",
    "greater 100 and tcp",
    "less 60",
    "len > 58",
    "ip6",
    "ip6 and tcp port 6666",
    "ip6 protochain 6",
    "icmp6 or udp",
    "vlan",
    "vlan and tcp port 6666",
    "vlan 7 and vlan 8",
    "arp or (vlan and arp)",
    "ip[2:2] > 100",
    "ip proto 6 and tcp[4:4] = 100 and tcp[54:1] = 7",
];

/// IP packets of all sorts, without a link header: type of Ethernet, octets.
fn packets() -> Vec<([u8; 2], Vec<u8>)> {
    let four = |text: usize| syn(text)[14..].to_vec();
    let mut icmp = four(20);
    icmp[9] = 1;
    let mut udp = four(30);
    udp[9] = 17;
    let mut fragment = four(40);
    fragment[7] = 9;
    let mut finish = four(0);
    finish[33] = 0x11;
    let mut six = vec![0x60, 0, 0, 0, 0, 20, 6, 64];
    six.extend(
        [&[0x20, 1, 0x0D, 0xB8][..], &[1; 12], &[0x20, 1, 0x0D, 0xB8], &[2; 12], &four(0)[20..]].concat(),
    );
    let mut extended = six.clone();
    extended[6] = 60;
    extended[5] = 28;
    extended.splice(40..40, [6, 0, 1, 4, 0, 0, 0, 0]);
    let mut neighbour = six.clone();
    neighbour[6] = 58;
    let fours = [four(0), four(1), four(5), four(90), four(1400), icmp, udp, fragment, finish];
    let mut all: Vec<_> = fours.map(|packet| ([8, 0], packet)).into();
    all.extend([six, extended, neighbour].map(|packet| ([0x86, 0xDD], packet)));
    all
}

fn ethernet() -> Vec<Vec<u8>> {
    let hosts = [3; 12];
    let mut frames = vec![[&hosts[..], &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1], &[0; 20]].concat(), vec![1; 9]];
    for (kind, packet) in packets() {
        frames.push([&hosts[..], &kind, &packet].concat());
        frames.push([&hosts[..], &[0x81, 0, 0, 7], &kind, &packet].concat());
        frames.push([&hosts[..], &[0x88, 0xA8, 0, 7, 0x81, 0, 0, 8], &kind, &packet].concat());
    }
    frames
}

/// The same packets behind another link header.
fn behind(header: impl Fn([u8; 2]) -> Vec<u8>) -> Vec<Vec<u8>> {
    packets().into_iter().map(|(kind, packet)| [header(kind), packet].concat()).collect()
}

fn capture(order: Order, link: u32, frames: &[Vec<u8>], snap: usize) -> Vec<u8> {
    let mut made = Made::pcap(order, 0xA1B2_3C4D, link);
    for (time, frame) in (1..).zip(frames) {
        let wire_len = u32::try_from(frame.len()).unwrap();
        made.frame((time, 5), &frame[..frame.len().min(snap)], wire_len, &[]);
    }
    made.octets
}

fn ours(octets: &[u8], filter: &str) -> Vec<Kept> {
    let source = Files::from_reader("made", Cursor::new(octets.to_vec()));
    let mut source = source.with_filter(Filter::new(filter).unwrap());
    let (frames, errors) = read_all(&mut source);
    assert!(errors.is_empty(), "{filter}: {errors:?}");
    assert_eq!(source.statistics().captured, frames.len() as u64);
    frames
}

/// What tcpdump lets pass, and whether it took the filter at all; `None` where there is no tcpdump.
fn tcpdumps(octets: &[u8], filter: &str) -> Option<(Vec<Kept>, bool)> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), octets).unwrap();
    let mut command = Command::new("tcpdump");
    let options = ["--nano", "-r", "-", "-w", "-", filter];
    command.args(options).stdin(Stdio::from(File::open(file.path()).unwrap()));
    match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("tcpdump: {error}"),
        Ok(output) => {
            let (frames, _) = read_all(&mut Files::from_reader("tcpdump", Cursor::new(output.stdout)));
            Some((frames, output.status.success()))
        }
    }
}

#[test]
fn every_frame_as_tcpdump_has_it() {
    let sll = |kind: [u8; 2]| [&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], &kind].concat();
    let sll2 = |kind: [u8; 2]| [&kind[..], &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6], &[0; 8]].concat();
    let null = |kind: [u8; 2]| if kind == [8, 0] { vec![2, 0, 0, 0] } else { vec![30, 0, 0, 0] };
    let swapped = |kind: [u8; 2]| if kind == [8, 0] { vec![0, 0, 0, 2] } else { vec![0, 0, 0, 28] };
    let links = [
        (Order::Little, 1, ethernet()),
        (Order::Little, 101, behind(|_| Vec::new())),
        (Order::Little, 113, behind(sll)),
        (Order::Little, 276, behind(sll2)),
        (Order::Little, 0, behind(null)),
        (Order::Big, 0, behind(swapped)),
    ];
    let (mut passed, mut compared) = (0, 0);
    for (order, link, frames) in links {
        for snap in [usize::MAX, 60, 40] {
            let octets = capture(order, link, &frames, snap);
            for filter in FILTERS {
                let Some((theirs, taken)) = tcpdumps(&octets, filter) else {
                    skipped("filters beside tcpdump, since there is no tcpdump here");
                    return;
                };
                let unnumbered = |mut frame: Kept| {
                    frame.number = 0;
                    frame
                };
                if !taken {
                    // It refuses what can never match (`vlan` on raw IP); several link types in one input cannot.
                    let source = Files::from_reader("made", Cursor::new(octets.clone()));
                    let mut source = source.with_filter(Filter::new(filter).unwrap());
                    let (frames, errors) = read_all(&mut source);
                    assert!(frames.is_empty() && errors.len() <= 1, "{filter} on {link}: {errors:?}");
                    continue;
                }
                let ours: Vec<Kept> = ours(&octets, filter).into_iter().map(unnumbered).collect();
                let theirs: Vec<Kept> = theirs.into_iter().map(unnumbered).collect();
                let lengths = |all: &[Kept]| all.iter().map(|one| one.wire_len).collect::<Vec<_>>();
                assert_eq!(lengths(&ours), lengths(&theirs), "{filter:?} on link {link}, snap {snap}");
                assert_eq!(ours, theirs, "{filter:?} on link {link}, snap {snap}");
                passed += ours.len();
                compared += 1;
            }
        }
    }
    assert!(
        compared > 200 && passed > 1000,
        "{compared} comparisons, {passed} frames: too few to mean anything"
    );
}

#[test]
fn a_frame_keeps_its_number() {
    let frames = [syn(0), vec![1; 60], syn(1), syn(1400)];
    let numbers = |filter| {
        ours(&capture(Order::Little, 1, &frames, 60), filter).iter().map(|one| one.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers("tcp port 6666"), [1, 3, 4]);
    assert_eq!(numbers("greater 1000"), [4], "the length on the wire, not the 60 octets that were captured");
}

#[test]
fn interfaces_of_several_link_types_are_filtered_each_in_its_own_way() {
    let mut made = Made::pcapng(Order::Big);
    for link in [1, 101, 189, 228] {
        made.interface(link, 0, &[]);
    }
    let sll = [&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0][..], &syn(4)[14..]].concat();
    made.interface(113, 0, &[]);
    made.enhanced(0, 1, &syn(1), 55, false);
    made.enhanced(1, 2, &syn(2)[14..], 42, false);
    made.enhanced(2, 3, &[0; 80], 80, false);
    made.enhanced(2, 3, &[0; 80], 80, false);
    made.enhanced(3, 4, &syn(3)[14..], 43, false);
    made.enhanced(4, 5, &sll, 60, false);
    let source = Files::from_reader("made", Cursor::new(made.octets));
    let (frames, errors) = read_all(&mut source.with_filter(Filter::new("tcp port 6666").unwrap()));
    let links: Vec<LinkType> = frames.iter().map(|frame| frame.link).collect();
    assert_eq!(links, [LinkType::ETHERNET, LinkType::RAW, LinkType::IPV4, LinkType::LINUX_SLL]);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let says = "filter \"tcp port 6666\": cannot be asked of frames of link type 189: ";
    assert!(errors.len() == 1 && errors[0].starts_with(says), "once, not for each frame: {errors:?}");
}

#[test]
fn a_filter_is_asked_of_so_many_link_types_and_no_more() {
    let mut made = Made::pcapng(Order::Little);
    for link in 0..3000 {
        made.interface(link, 0, &[]);
        made.enhanced(u32::from(link), 1, &syn(1), 55, false);
    }
    made.enhanced(1, 2, &syn(2), 56, false);
    let source = Files::from_reader("made", Cursor::new(made.octets));
    let (frames, errors) = read_all(&mut source.with_filter(Filter::new("less 1000").unwrap()));
    let links: Vec<u32> = frames.iter().map(|frame| frame.link.0).collect();
    let says = "filter \"less 1000\": asked of 64 link types; frames of any other are left out";
    let told: Vec<String> = errors.iter().map(ToString::to_string).filter(|told| told == says).collect();
    assert_eq!(told.len(), 1, "{errors:?}");
    assert!(
        errors.len() < 64 && errors.iter().all(|error| error.next_step().is_some() && !error.is_warning())
    );
    assert!(
        links.iter().all(|link| *link < 64 || *link == 101) && links.last() == Some(&1),
        "those known go on: {links:?}"
    );
}

/// Every fixture that both can read, and filters of all sorts: the same frames in the same order.
#[test]
fn every_fixture_is_filtered_as_tcpdump_does_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders =
        fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|end| end == "pcap" || end == "pcapng");
    let (mut compared, mut passed, mut captures) = (0, 0, 0);
    // A few filters each and others for the next: all of them on all kinds of captures, in bearable time.
    for (which, path) in files.filter(is_capture).enumerate() {
        captures += 1;
        for filter in FILTERS.iter().cycle().skip(which * 7).take(3) {
            let octets = fs::read(&path).unwrap();
            let Some((theirs, taken)) = tcpdumps(&octets, filter) else {
                skipped("filters on fixtures beside tcpdump, since there is no tcpdump here");
                return;
            };
            if !taken {
                continue;
            }
            let ours = ours(&octets, filter);
            // By time and length: libpcap turns numbers in some link headers (NFLOG) into this machine's order.
            let shown = |all: &[Kept]| all.iter().map(|one| (one.time, one.wire_len)).collect::<Vec<_>>();
            assert_eq!(shown(&ours), shown(&theirs), "{filter:?} on {}", path.display());
            compared += 1;
            passed += ours.len();
        }
    }
    assert!(captures > 300 && compared > captures * 2 && passed > 1000, "{captures}, {compared}, {passed}");
}

#[test]
fn a_bad_filter_is_told_before_any_frame() {
    for text in ["tcp prot 80", "port", "host 300.1.1.1.1", "tcp and", "a\0b", "port 99999"] {
        let error = Filter::new(text).unwrap_err();
        assert!(error.to_string().starts_with(&format!("filter \"{text}\": ")), "{error}");
        assert!(!error.to_string().ends_with(": "), "{error}");
        assert!(error.next_step().unwrap().contains("pcap-filter"));
    }
    for text in ["", "ifindex 3", "wlan type mgt", "inbound", "ether host 1:2:3:4:5:6"] {
        assert_eq!(Filter::new(text).unwrap().text(), text);
    }
}
