//! The same traffic in every form, from everywhere: the same records. And compressed forms that are not whole.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::run::{Running, fixture, run, said, tcpshake, text, words};

const NAME: &str = "closing/three-segment.pcap";

/// A pcap file in microseconds as pcapng, in the other byte order.
fn as_pcapng(pcap: &[u8]) -> Vec<u8> {
    let field = |at: usize| u32::from_le_bytes(pcap[at..at + 4].try_into().unwrap());
    let block = |kind: u32, body: &[u8]| {
        let length = u32::try_from(body.len() + 12).unwrap().to_be_bytes();
        [&kind.to_be_bytes()[..], &length, body, &length].concat()
    };
    let section = [&0x1A2B_3C4D_u32.to_be_bytes()[..], &[0, 1, 0, 0], &[0xFF; 8]].concat();
    let mut file = [block(0x0A0D_0D0A, &section), block(1, &[0, 1, 0, 0, 0, 4, 0, 0])].concat();
    let mut at = 24;
    while at < pcap.len() {
        let [seconds, fraction, captured, wire_len] = [0, 4, 8, 12].map(|offset| field(at + offset));
        let stamp = u64::from(seconds) * 1_000_000 + u64::from(fraction);
        let fields =
            [0, (stamp >> 32) as u32, stamp as u32, captured, wire_len].map(u32::to_be_bytes).concat();
        let end = at + 16 + captured as usize;
        let mut body = [&fields, &pcap[at + 16..end]].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        file.extend(block(6, &body));
        at = end;
    }
    file
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

/// The traffic of `NAME` in every form, each in a file whose name says nothing.
fn forms(folder: &Path) -> Vec<PathBuf> {
    let pcap = fs::read(fixture(NAME)).unwrap();
    let (first, second) = pcap.split_at(300);
    let mut all =
        vec![pcap.clone(), as_pcapng(&pcap), gzip(&as_pcapng(&pcap)), [gzip(first), gzip(second)].concat()];
    let ends = [".pcap.gz", ".pcap.zst", ".pcap.lz4", "-legacy.pcap.lz4", ".pcap.xz", ".pcap.bz2"];
    all.extend(ends.map(|end| fs::read(fixture(&format!("container/three-segment{end}"))).unwrap()));
    let named = all.iter().enumerate().map(|(number, octets)| {
        let path = folder.join(format!("{number}.capture"));
        fs::write(&path, octets).unwrap();
        path
    });
    named.collect()
}

#[test]
fn the_same_records_from_every_form_and_from_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let expected = run(&format!("read -f json {}", fixture(NAME))).quietly().out;
    assert!(expected.lines().count() > 8);
    for (number, path) in forms(folder.path()).iter().enumerate() {
        let from_file = said(&mut tcpshake(["read", "-f", "json", text(path)])).quietly().out;
        assert_eq!(from_file, expected, "form {number}, a file");
        let redirected = words("read -f json -").stdin(File::open(path).unwrap()).output().unwrap();
        assert_eq!(String::from_utf8(redirected.stdout).unwrap(), expected, "form {number}, redirected");
        let octets = fs::read(path).unwrap();
        let mut running = Running::start(words("read -f json -").stdin(Stdio::piped()));
        let mut pipe = running.input();
        for part in octets.chunks(13) {
            pipe.write_all(part).unwrap();
        }
        drop(pipe);
        assert_eq!(running.end().quietly().out, expected, "form {number}, a pipe in small pieces");
        let fifo = folder.path().join(format!("{number}.fifo"));
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let running = Running::start(&mut tcpshake(["read", "-f", "json", text(&fifo)]));
        fs::OpenOptions::new().write(true).open(&fifo).unwrap().write_all(&octets).unwrap();
        assert_eq!(running.end().quietly().out, expected, "form {number}, a named pipe");
    }
}

#[test]
fn a_named_pipe_ends_with_its_writer_followed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let expected = run(&format!("read {}", fixture(NAME))).with_code(0);
    let octets = fs::read(fixture(NAME)).unwrap();
    for follow in [&[][..], &["--follow"]] {
        let arguments = ["read", text(&fifo)].into_iter().chain(follow.iter().copied());
        let running = Running::start(&mut tcpshake(arguments));
        let mut writer = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
        for part in octets.chunks(100) {
            writer.write_all(part).unwrap();
        }
        drop(writer);
        let ended = running.end().with_code(0);
        assert_eq!((ended.out, ended.err), (expected.out.clone(), expected.err.clone()), "{follow:?}");
    }
}

#[test]
fn what_lies_before_a_cut_or_a_fault_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let whole = run(&format!("read {}", fixture(NAME))).with_code(0).out;
    let cut = |name: &str, octets: &[u8], cause: &str| {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        let ended = said(&mut tcpshake(["read", text(&path)])).with_code(2);
        assert!(ended.out.lines().count() > 1 && whole.contains(ended.out.lines().next().unwrap()));
        let says = format!("{name}: after frame {} {cause}", ended.out.matches(" > ").count());
        assert!(ended.err.contains(cause), "{says}\n{}", ended.err);
        assert!(ended.err.contains("\n  try: what is shown is sound; "), "{}", ended.err);
        let standard = words("read -").stdin(File::open(&path).unwrap()).output().unwrap();
        assert_eq!(String::from_utf8(standard.stdout).unwrap(), ended.out, "from standard input");
    };
    let octets = fs::read(fixture("container/three-segment.pcap.gz")).unwrap();
    cut("a.gz", &octets[..octets.len() - 20], "the gzip data ends too early");
    let octets = fs::read(fixture("container/three-segment.pcap.xz")).unwrap();
    cut("a.xz", &octets[..octets.len() - 50], "the xz data ends too early");
    let pcap = fs::read(fixture(NAME)).unwrap();
    let mut octets = [gzip(&pcap[..400]), gzip(&pcap[400..])].concat();
    let at = octets.len() - 6;
    octets[at] ^= 1;
    cut("b.gz", &octets, "the gzip data is damaged (");
    cut(
        "c.gz",
        &[gzip(&pcap), b"and so on".to_vec()].concat(),
        "the gzip data is followed by something else",
    );
}

#[test]
fn compressed_data_in_compressed_data_is_refused_and_so_is_what_is_no_capture() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, octets: &[u8], cause: &str, next_step: &str| {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        said(&mut tcpshake(["read", text(&path)])).refused(cause, next_step);
    };
    let pcap = fs::read(fixture(NAME)).unwrap();
    let twice = gzip(&gzip(&pcap));
    refused(
        "a.gz",
        &twice,
        "a.gz: not a pcap or pcapng capture, but gzip data, in which there is gzip data",
        "",
    );
    refused("b.gz", &gzip(b"Dear diary"), "b.gz: not a pcap or pcapng capture, but text", "tcpdump -w");
    refused("c.gz", &gzip(b""), "c.gz: empty", "capture again");
    refused("d.gz", &gzip(b"\x1F\x9D\x90"), "d.gz: compressed (compress)", "zcat");
}
