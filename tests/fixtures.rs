//! Every capture is what its script says, octet by octet, and other tools read it so.
//!
//! In: `fixtures/**`. Out: a verdict; with `TCPSHAKE_BLESS=1` in the environment the captures are written instead.
//! Invariant: no binary stands in the fixtures that a script does not explain (`fixtures/real/` tells its own origin).

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::aloud::skipped;
use support::capture;
use support::header::{self, Around};
use support::icmp::Report;
use support::notation::TcpChecksum;
use support::script::{Carries, IpForm, Line, Link, Script};

/// No fixture is larger than this, in octets.
const LARGEST: usize = 4_096;

#[test]
fn every_capture_is_what_its_script_says() {
    let bless = blessed();
    let mut wrong = Vec::new();
    for script in support::scripts() {
        let octets = capture::octets(&script);
        let path = script.capture_path();
        assert!(octets.len() < LARGEST, "{}: {} octets, not under {LARGEST}", path.display(), octets.len());
        if bless {
            fs::write(&path, &octets).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        } else if let Some(difference) = difference(&path, &octets) {
            wrong.push(format!("{}: {difference}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\ntry: TCPSHAKE_BLESS=1 cargo test --test fixtures", wrong.join("\n"));
}

#[test]
fn scripts_and_captures_come_in_pairs() {
    let wanted: Vec<PathBuf> = support::scripts().iter().map(Script::capture_path).collect();
    let captures = [support::files("pcap"), support::files("pcapng")].concat();
    for capture in &captures {
        assert!(wanted.contains(capture), "{}: no script explains it", capture.display());
    }
    assert!(
        blessed() || wanted.len() == captures.len(),
        "{} scripts, {} captures",
        wanted.len(),
        captures.len()
    );
}

#[test]
fn names_are_kebab_case() {
    for path in support::files("seg") {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let fits = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(fits, "{}: not in kebab-case", path.display());
    }
}

#[test]
fn tcpdump_reads_every_capture() {
    if !present("tcpdump") {
        return;
    }
    for script in support::scripts().into_iter().filter(has_a_link_layer) {
        let path = script.capture_path();
        let mut command = Command::new("tcpdump");
        command.args(["-n", "-r"]).arg(&path);
        if !script.is_shown_by("tcpdump") {
            let output = command.output().expect("the tool has just answered");
            let shown = String::from_utf8_lossy(&output.stdout).matches("Flags [").count();
            assert_eq!(shown, 0, "{}: tcpdump shows segments after all", path.display());
            continue;
        }
        let output = run(&mut command);
        // What is inside a tunnel has a line of its own, without a time.
        let lines =
            output.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit())).count();
        assert_eq!(lines, script.frames.len(), "{}: tcpdump shows\n{output}", path.display());
        let shown = output.matches("Flags [").count();
        let is_plain = script.header.is_empty() && script.ip == IpForm::Plain;
        let segments = if is_plain { 0 } else { script.segments().count() };
        assert!(shown >= segments, "{}: tcpdump shows\n{output}", path.display());
    }
}

/// Checksums are looked at, and no text is taken for another protocol's.
const TSHARK: [&str; 8] =
    ["-n", "--disable-protocol", "sigcomp", "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-r"];

/// What it shows of a frame.
const FIELDS: [&str; 15] = [
    "tcp.flags",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.len",
    "tcp.stream",
    "tcp.checksum.status",
    "_ws.malformed",
    // Of an ICMP error these are the ports of the segment that it quotes.
    "tcp.srcport",
    "tcp.dstport",
    "icmp.type",
    "icmpv6.type",
    "icmp.code",
    "icmpv6.code",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
];

/// All captures go through one run of tshark, merged by Wireshark's own tool, since each start of it is slow.
#[test]
fn tshark_sees_what_the_scripts_say() {
    if !present("tshark") || !present("mergecap") {
        return;
    }
    let mut scripts = support::scripts();
    scripts.retain(|script| has_a_link_layer(script) && script.is_shown_by("tshark"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let merged = folder.path().join("merged.pcapng");
    let captures = scripts.iter().map(Script::capture_path);
    run(Command::new("mergecap").args(["-a", "-F", "pcapng", "-w"]).arg(&merged).args(captures));
    let mut command = Command::new("tshark");
    command.args(TSHARK).arg(&merged);
    let output = run(command.args(FIELDS.iter().flat_map(|field| ["-e", field])));
    let mut rows = output.lines();
    let mut streams = HashMap::new();
    for script in &scripts {
        for frame in &script.frames {
            let place = script.place(frame.number);
            let row = rows.next().unwrap_or_else(|| panic!("{place}: tshark does not show it"));
            match (&frame.carries, frame.segment()) {
                (_, Some(line)) => {
                    let stream = agrees(line, row, &place);
                    let mut pair = [script.socket(line.segment.from), script.socket(line.segment.to)];
                    pair.sort();
                    let other = *streams.entry(stream).or_insert(pair);
                    assert_eq!(other, pair, "{place}: one stream for two pairs of sockets");
                }
                (Carries::Icmp(report), _) => agrees_on_icmp(script, report, row, &place),
                _ => {}
            }
        }
    }
    assert_eq!(rows.next(), None, "tshark shows more than the scripts say");
}

#[test]
fn tshark_shows_nothing_of_what_is_said_to_be_beyond_it() {
    if !present("tshark") {
        return;
    }
    let mut scripts = support::scripts();
    scripts.retain(|script| has_a_link_layer(script) && !script.is_shown_by("tshark"));
    for script in scripts {
        let path = script.capture_path();
        let mut command = Command::new("tshark");
        let output = command.args(TSHARK).arg(&path).args(["-e", "tcp.flags"]).output();
        let output = output.expect("the tool has just answered");
        let shown = String::from_utf8_lossy(&output.stdout);
        assert_eq!(shown.trim(), "", "{}: tshark shows segments after all", path.display());
    }
}

/// Whether the script builds whole frames: raw ones alone may be of a link type that no tool knows.
fn has_a_link_layer(script: &Script) -> bool {
    !matches!(script.link, Link::Other(_)) || !script.header.is_empty()
}

/// Compares tshark's row with the line; the stream it counts the segment to.
fn agrees<'a>(line: Line<'_>, row: &'a str, place: &str) -> &'a str {
    let columns: Vec<&str> = row.split('\t').collect();
    let &[flags, seq, ack, len, stream, checksum, malformed, ..] = columns.as_slice() else {
        panic!("{place}: tshark shows {row}");
    };
    let line = line.segment;
    assert_eq!(malformed, "", "{place}: tshark calls it malformed");
    let flags = u16::from_str_radix(flags.trim_start_matches("0x"), 16);
    assert_eq!(flags.ok(), Some(line.flags.0), "{place}: flags");
    let numbers = (line.seq.to_string(), line.ack.unwrap_or(0).to_string());
    assert_eq!((seq, ack), (&*numbers.0, &*numbers.1), "{place}: SEQ, ACK");
    assert_eq!(len, line.text.len().to_string(), "{place}: length of text");
    if line.marks.snap.is_none() {
        assert_eq!(checksum, checksum_status(line.marks.checksum), "{place}: checksum");
    }
    stream
}

/// The same for an ICMP error and the segment that it quotes.
fn agrees_on_icmp(script: &Script, report: &Report, row: &str, place: &str) {
    let quoted = &report.quoted.segment;
    let ends = (script.socket(quoted.from), script.socket(quoted.to));
    let columns: Vec<&str> = row.split('\t').collect();
    let &[_, _, _, _, _, _, _, source, destination, kind, kind_6, code, code_6, status, status_6] =
        columns.as_slice()
    else {
        panic!("{place}: tshark shows {row}");
    };
    assert_eq!([kind, kind_6].concat(), report.kind.to_string(), "{place}: type");
    assert_eq!([code, code_6].concat(), report.code.to_string(), "{place}: code");
    if report.quotes(ends.0.is_ipv6()) && report.marks.snap.is_none() {
        let (from, to) = (ends.0.port().to_string(), ends.1.port().to_string());
        assert_eq!((source, destination), (&*from, &*to), "{place}: ports quoted");
        assert_eq!([status, status_6].concat(), checksum_status(report.marks.checksum), "{place}: checksum");
    }
}

/// As Wireshark numbers it: 0 bad, 1 good.
fn checksum_status(checksum: TcpChecksum) -> &'static str {
    match checksum {
        TcpChecksum::Correct => "1",
        TcpChecksum::Wrong | TcpChecksum::Offloaded => "0",
    }
}

#[test]
fn a_header_is_filled_in_around_the_packet() {
    let packet = [0x45, 0, 0, 20];
    let around = |number, ends| Around { number, ends, packet: &packet };
    let text = |line: &str, around: &Around<'_>| {
        let octets = header::octets(&header::words(None, line).unwrap(), around);
        octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>()
    };
    let first = around(1, ('A', 'B'));
    assert_eq!(text("len16 00", &first), "000500");
    assert_eq!(text("len8-1 len24le+256 ether", &first), "080601000800");
    assert_eq!(text("to from ppp", &first), "00005e00530200005e0053010021");
    assert_eq!(text("count16le count32", &around(258, ('A', 'B'))), "020100000102");
    assert_eq!(text("udp(53,6635)", &first), "003519eb000c0000");
    assert_eq!(
        text("ipv6(2001:db8::1,2001:db8::2,17) 0000", &first),
        format!("60000000000611402001{}20010db8{}0000", "0db8000000000000000000000001", "0".repeat(23) + "2")
    );
    // The sum is that of an example worked by hand: 4500 + 0018 + 4000 + 402f + c000 + 0209 + c000 + 020a.
    let ipv4 = "4500001800004000".to_owned() + "402fb6a3c0000209c000020a";
    assert_eq!(text("ipv4(192.0.2.9,192.0.2.10,47)", &first), ipv4);
    assert_eq!(text("4500 len16+4 00004000 402f ipv4sum c0000209 c000020a", &first), ipv4);
    let mut both = header::words(Some('A'), "aa").unwrap();
    both.extend(header::words(Some('B'), "bb").unwrap());
    assert_eq!(header::octets(&both, &first), [0xaa]);
    assert_eq!(header::octets(&both, &around(2, ('B', 'A'))), [0xbb]);
}

#[test]
fn a_faulty_script_names_file_line_and_cause() {
    let head = "# Shows a fault.\n# tap: near A\nA 192.0.2.1:50000\nB 192.0.2.2:6666\n";
    let rows = [
        ("+0 A > B S 100:101(0) | SYN J | SYN-SENT (SYN-RECEIVED)", "5: 100 + 0 is 100, not 101"),
        ("+0 A > B X 100:100(0) | SYN J | SYN-SENT (SYN-RECEIVED)", "5: `X` has `X`, which is none of"),
        ("+0 A > C S 100:100(0) | SYN J | SYN-SENT (SYN-RECEIVED)", "5: socket C has no address"),
        ("+0 A > B S 100:100(0) on 1 | SYN J | SYN-SENT CLOSED", "5: interface 1 of 1"),
        ("+0 A > B icmp unreachable host about 1", "5: frame 1 is no segment"),
        ("+0 A > B icmp unreachable hose about A > B S 1:1(0)", "5: `hose` is none of: net, host"),
        ("+0 A > B icmp toobig 0 about A > B S 1:1(0)", "5: `toobig` is none of"),
        ("+0 raw 4500 | SYN J | SYN-SENT CLOSED", "5: only a segment has a label"),
        ("+0 raw 450", "5: `450` is no row of hexadecimal octets"),
        ("= 1 finding bad-luck", "5: `bad-luck` is none of: no-answer"),
        ("= finding fragmented frames", "5: `frames` lacks its numbers"),
        ("= 1 finding refused confidence high", "5: `high` is none of: certain"),
        ("+0 A > B S 100:100(0) ack 4 | SYN J | SYN-SENT CLOSED", "5: `.` among the flags"),
        ("+0 A > B S 100:100(0) | SYN J | SYN-SEND CLOSED", "5: `SYN-SEND` is none of"),
        ("+0 A > B S 100:100(0) | SYN J | SYN-SENT", "5: 1 states where 2 are needed"),
        ("+0 A > B S 100:105(5) \"hell\" | SYN J | SYN-SENT CLOSED", "5: the text has 4 octets"),
        ("+0 A > B S 100:100(0) <mss> | SYN J | SYN-SENT CLOSED", "5: `mss` is none of"),
        ("+0.0000001 A > B S 100:100(0) | SYN J | SYN-SENT CLOSED", "5: the file format keeps micro"),
        ("= 1 outcome fine", "5: `fine` is none of"),
        ("header: len12", "5: `len12` is no row of hexadecimal octets"),
        ("header: ipv4(192.0.2.9,4)", "5: `ipv4(192.0.2.9,4)` is none of: ipv4(FROM,TO,N)"),
        ("header: count16+4", "5: `count16+4`: only a length can"),
        ("header ab: 00", "5: `ab` is no socket's letter"),
        ("trailer: len16", "5: `len16` is no row"),
        ("# not shown by tshark:", "5: `not shown by TOOL: REASON` lacks"),
        ("# not shown by snoop: x", "5: `snoop` is none of: tcpdump"),
        ("link: token-ring", "5: `link: token-ring` is none of"),
        ("ip: header 139", "5: `ip: header 139` is none of: extended"),
        ("hello", "5: `hello` is neither"),
        ("", "6: the script has no frames"),
    ];
    for (line, message) in rows {
        let error = Script::parse(Path::new("opening/x.seg"), &format!("{head}{line}\n\n"));
        let error = error.expect_err(line).to_string();
        let at = error.strip_prefix("fixtures/opening/x.seg:").expect(&error);
        assert!(at.starts_with(message), "{line}: {error}");
    }
}

/// Where two files begin to differ, or that one is missing; `None` where they are equal.
fn difference(path: &Path, wanted: &[u8]) -> Option<String> {
    let found = match fs::read(path) {
        Ok(found) => found,
        Err(error) => return Some(error.to_string()),
    };
    if found == wanted {
        return None;
    }
    let at = found.iter().zip(wanted).take_while(|(found, wanted)| found == wanted).count();
    Some(format!(
        "differs from its script from octet {at} on ({} octets, wanted {})",
        found.len(),
        wanted.len()
    ))
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the tool has just answered");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether a tool can be run; says aloud where it cannot.
fn present(tool: &str) -> bool {
    let found = Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        skipped(&format!("{tool} is not installed"));
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "a test's own switch; no test runs the library with it")]
fn blessed() -> bool {
    std::env::var_os("TCPSHAKE_BLESS").is_some_and(|value| value == "1")
}
