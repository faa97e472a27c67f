//! Files that are none, are no captures, or are broken: told with a next step, exit 2, and what is whole comes first.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::run::{Said, fixture, has, run, said, tcpshake, text, words};

const NAME: &str = "closing/four-segment.pcap";

fn read(path: &Path) -> Said {
    said(&mut tcpshake(["read", text(path)]))
}

/// A new file with these octets.
fn file(folder: &TempDir, name: &str, octets: &[u8]) -> std::path::PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, octets).unwrap();
    path
}

/// A pcap file in the byte order of x86, with so many frames of four octets each.
fn capture(link: u32, frames: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    for field in [0xA1B2_C3D4, 0x0004_0002, 0, 0, 0xFFFF, link] {
        octets.extend(u32::to_le_bytes(field));
    }
    for number in 0..frames {
        for field in [1, number, 4, 4, 0x0102_0304] {
            octets.extend(field.to_le_bytes());
        }
    }
    octets
}

#[test]
fn what_is_no_capture_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.pcap");
    read(&missing).refused("missing.pcap: no such file or directory", "ls ");
    read(folder.path()).refused(": a directory, not a capture", "ls ");
    read(&file(&folder, "empty.pcap", b"")).refused("empty.pcap: empty", "capture again");
    let text = read(&file(&folder, "notes.txt", b"It was a dark and stormy night.\n"));
    text.refused("notes.txt: not a pcap or pcapng capture, but text", "tcpdump -w FILE");
    let binary = read(&file(&folder, "random", &[0x7F, 1, 2, 3, 0xFE, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]));
    binary.refused("random: not a pcap or pcapng capture", "tcpdump -w FILE");
    let gzip = read(&file(&folder, "a.pcap.gz", &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]));
    gzip.refused("a.pcap.gz: after frame 0 the gzip data ends too early", "copy the file again");
    let mut stdin = words("read -");
    let empty = said(stdin.stdin(fs::File::open("/dev/null").unwrap()));
    empty.refused("standard input: empty", "");
}

#[test]
fn a_file_that_may_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "secret.pcap", &capture(1, 1));
    let mut no_rights = fs::metadata(&path).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut no_rights, 0);
    fs::set_permissions(&path, no_rights).unwrap();
    if fs::File::open(&path).is_ok() {
        // Root may read everything, unless it gives that up.
        if !has("capsh", "a file that may not be read") {
            return;
        }
        let mut command = std::process::Command::new("capsh");
        command.args(["--drop=cap_dac_override,cap_dac_read_search", "--", "-c", "exec \"$@\"", "-"]);
        let refused = said(command.args([crate::run::PROGRAM, "read", text(&path)]));
        refused.refused("secret.pcap: permission denied", "sudo");
        return;
    }
    read(&path).refused("secret.pcap: permission denied", "sudo");
}

#[test]
fn a_capture_cut_anywhere_gives_its_whole_frames() {
    let whole = fs::read(fixture(NAME)).unwrap();
    let lines: Vec<String> = {
        let out = run(&format!("read {}", fixture(NAME))).with_code(0).out;
        let segments = out.lines().filter(|line| !line.contains("  ! "));
        segments.map(str::to_owned).collect()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut end = 24;
    for (frames, _) in lines.iter().enumerate() {
        let length = u32::from_le_bytes(whole[end + 8..end + 12].try_into().unwrap());
        // In the middle of the frame's header, and in the middle of the frame.
        for cut in [end + 5, end + 16 + length as usize / 2] {
            let cut_off = read(&file(&folder, "cut.pcap", &whole[..cut])).with_code(2);
            let segments = cut_off.out.lines().filter(|line| !line.contains("  ! "));
            let shown: Vec<&str> = segments.collect();
            assert_eq!(shown, lines[..frames], "cut at octet {cut}");
            let expected = format!("cut.pcap: cut off after frame {frames}: what begins at octet {end} ");
            assert!(cut_off.err.contains(&expected), "{}", cut_off.err);
            let says_sound = cut_off.err.contains("\n  try: what came before is sound; ");
            assert_eq!(says_sound, frames > 0, "{}", cut_off.err);
        }
        end += 16 + length as usize;
    }
    assert_eq!(end, whole.len());
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let good = fixture(NAME);
    let missing = text(&folder.path().join("missing.pcap")).to_owned();
    let empty = text(&file(&folder, "empty", b"")).to_owned();
    let mixed = said(&mut tcpshake(["read", "-f", "json", &missing, &good, &empty, &good])).with_code(2);
    let segments = mixed.records().iter().filter(|record| record["type"] == "segment").count();
    assert_eq!(segments, 18);
    assert_eq!(mixed.err.matches("tcpshake: ").count(), 3, "{}", mixed.err);
    assert_eq!(mixed.err.matches(": begins before ").count(), 1, "the same file again: {}", mixed.err);
    let quiet = said(&mut tcpshake(["read", "-q", &missing])).with_code(2);
    assert!(quiet.err.starts_with("tcpshake: "), "-q does not hide errors: {}", quiet.err);
}

#[test]
fn an_unsupported_link_type_is_said_once_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "user.pcap", &capture(147, 3));
    let path = text(&path);
    let told = said(&mut tcpshake(["read", path, path])).with_code(2);
    let found: Vec<&str> = told.out.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(
        found,
        ["the capture       -  ! note time-stepped-back", "the capture       -  ! warning unsupported-link"]
    );
    assert_eq!(told.err.matches("tcpshake: link").count(), 1, "{}", told.err);
    assert!(told.err.starts_with("tcpshake: link type 147: not supported"), "{}", told.err);
    assert!(told.err.contains("\n  try: https://www.tcpdump.org/linktypes.html"), "{}", told.err);
    assert!(
        told.err.contains("6 frames, 0 segments in 0 connections; found: 1 warning, 1 note"),
        "{}",
        told.err
    );
    assert!(told.err.ends_with("left out: 6 of the unsupported link type 147\n"), "{}", told.err);
    let good = fixture(NAME);
    let json = said(&mut tcpshake(["read", "-f", "json", path, &good])).with_code(2);
    let summary = json.records().pop().unwrap();
    assert_eq!((&summary["unsupported_link"], &summary["segments"]), (&3.into(), &9.into()));
}

#[test]
fn a_bad_filter_is_refused_before_anything_is_read() {
    let path = fixture(NAME);
    let refused = said(&mut tcpshake(["read", "--filter", "tcp prot 80", &path]));
    refused.refused("filter \"tcp prot 80\": ", "man pcap-filter");
}

#[test]
fn a_filter_that_a_link_type_cannot_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "user.pcap", &capture(147, 3));
    let good = fixture(NAME);
    let asked = said(&mut tcpshake(["read", "--filter", "tcp", text(&path), &good])).with_code(2);
    assert_eq!(asked.out.lines().count(), 9, "the other file is read");
    assert_eq!(asked.err.matches("cannot be asked of frames of link type 147").count(), 1, "{}", asked.err);
}
