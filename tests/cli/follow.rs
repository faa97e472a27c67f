//! `read --follow`: a capture that is still being written, cut in two, truncated, replaced.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::run::{Running, fixture, run, said, tcpshake, text};

const NAMES: [&str; 2] = ["closing/three-segment.pcap", "link/pcapng.pcapng"];

fn following(path: &Path) -> Running {
    Running::start(&mut tcpshake(["read", "--follow", text(path)]))
}

/// The lines of segments: not those of findings, nor how connections end, which only who looks on is told.
fn segments(out: &str) -> impl Iterator<Item = &str> {
    out.lines().filter(|line| line.contains(" > "))
}

#[test]
fn what_is_appended_is_shown_and_what_is_half_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    for name in NAMES {
        let whole = run(&format!("read {}", fixture(name))).with_code(0);
        let octets = fs::read(fixture(name)).unwrap();
        let path = folder.path().join("growing");
        let mut file = File::create(&path).unwrap();
        let mut running = following(&path);
        // Three pieces that end within frames, and the rest.
        let (mut last, mut seen) = (0, 0);
        for part in [3, 180, 251, octets.len()] {
            file.write_all(&octets[last..part]).unwrap();
            last = part;
            let so_far = folder.path().join("so-far");
            fs::write(&so_far, &octets[..part]).unwrap();
            let count = segments(&said(&mut tcpshake(["read", "-q", text(&so_far)])).out).count();
            for line in segments(&whole.out).take(count).skip(seen) {
                running.out_until(line);
            }
            seen = count;
        }
        running.signal("INT");
        let ended = running.end().with_code(0);
        assert!(segments(&ended.out).eq(segments(&whole.out)), "{name}: {}", ended.out);
        assert_eq!(ended.err, whole.err, "{name}");
    }
}

#[test]
fn an_interrupt_is_a_normal_end_and_what_is_half_written_then_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let octets = fs::read(fixture(NAMES[0])).unwrap();
    for (cut, lines) in [(0, 0), (24, 0), (24 + 16 + 58, 1), (24 + 16 + 58 + 20, 1)] {
        let path = folder.path().join("growing.pcap");
        fs::write(&path, &octets[..cut]).unwrap();
        let mut running = following(&path);
        // Of a file without a frame it says nothing.
        wait_for_handlers(running.id());
        if lines > 0 {
            running.out_until("SYN J");
        }
        running.signal("TERM");
        let ended = running.end().with_code(0);
        assert_eq!(segments(&ended.out).count(), lines, "{cut}: {}", ended.out);
        assert!(ended.err.contains(" frame") && !ended.err.contains("tcpshake: "), "{cut}: {}", ended.err);
    }
}

/// Waits until the process catches SIGTERM, as the system tells it.
fn wait_for_handlers(id: u32) {
    let status = format!("/proc/{id}/status");
    let is_caught = || {
        let Ok(text) = fs::read_to_string(&status) else { return true };
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
        u64::from_str_radix(caught.trim(), 16).is_ok_and(|mask| mask & (1 << 14) != 0)
    };
    while !is_caught() {
        std::thread::yield_now();
    }
}

#[test]
fn a_file_that_is_truncated_or_replaced_is_told_and_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = NAMES.map(|name| fs::read(fixture(name)).unwrap());
    let path = folder.path().join("growing");
    fs::write(&path, &first).unwrap();
    let mut running = following(&path);
    running.out_until("ACK N+1");
    OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
    let says = ": truncated after frame 8, while it was followed; read on from its new beginning";
    running.err_until(says);
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&first[..300]).unwrap();
    running.out_until("SYN J");
    running.signal("INT");
    let ended = running.end().with_code(2);
    assert!(!ended.err.contains("cut off"), "{}", ended.err);

    fs::write(&path, &first).unwrap();
    let mut running = following(&path);
    running.out_until("ACK N+1");
    let other = folder.path().join("other");
    fs::write(&other, &second).unwrap();
    fs::rename(&other, &path).unwrap();
    running.err_until(": replaced after frame 8 by another file of this name, which is followed now");
    running.out_until("ACK N+1");
    running.signal("INT");
    running.end().with_code(0);

    // The old one ended within a frame: that is lost.
    fs::write(&path, &first[..first.len() - 1]).unwrap();
    let mut running = following(&path);
    running.out_until("FIN N");
    fs::write(&other, &second).unwrap();
    fs::rename(&other, &path).unwrap();
    running.err_until("; the old one ended in the middle of a frame");
    running.signal("INT");
    running.end().with_code(2);
}

#[test]
fn only_the_last_of_several_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing");
    let octets = fs::read(fixture(NAMES[0])).unwrap();
    fs::write(&path, &octets[..200]).unwrap();
    let first = fixture("opening/three-way.pcap");
    let mut running = Running::start(&mut tcpshake(["read", "-q", "--follow", &first, text(&path)]));
    running.out_until("SYN J");
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&octets[200..]).unwrap();
    running.out_until("FIN M");
    running.signal("INT");
    running.end().with_code(0);
}

#[test]
fn what_is_compressed_cannot_be_followed() {
    let path = fixture("container/three-segment.pcap.gz");
    let ended = said(&mut tcpshake(["read", "-q", "--follow", &path]));
    ended.refused(".pcap.gz: compressed, so it cannot be followed", "tcpshake read ");
}
