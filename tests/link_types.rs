//! `docs/link-types.md` says what the code reads, and each of its rows has its fixture.
//!
//! In: the page, the code by way of what it makes of nearly empty frames, and `fixtures/link/`. Out: a verdict.
//! Invariant: a header that is known asks for more octets or finds IP; one that is not known is no error.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use support::capture::link_type;
use support::frame;
use support::script::{IpForm, Script};
use tcpshake::decode::error::{DecodeError, Layer};
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::time::Timestamp;

/// The tables of what is read.
const HEADINGS: [&str; 4] = ["Link types", "EtherTypes", "PPP's protocols", "Extension headers"];

/// A row of one of the page's tables.
struct Row {
    number: u32,
    name: String,
    fixtures: Vec<String>,
}

fn page() -> String {
    read("docs/link-types.md")
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cells of the table under that heading, row by row.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = page();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The rows of a table of numbers, names, what is read, what is not, and fixtures.
fn rows(heading: &str) -> Vec<Row> {
    let row = |cells: Vec<String>| {
        let [number, name, what, _, fixtures] = cells.as_slice() else { panic!("{heading}: {cells:?}") };
        assert!(!what.is_empty(), "{heading}: {number} does not say what is read");
        let parsed = match number.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        Row {
            number: parsed.unwrap_or_else(|error| panic!("{heading}: {number}: {error}")),
            name: name.clone(),
            fixtures: fixtures.split(", ").map(str::to_owned).collect(),
        }
    };
    table(heading).into_iter().map(row).collect()
}

fn numbers(rows: &[Row]) -> BTreeSet<u32> {
    let numbers: BTreeSet<u32> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers.len(), rows.len(), "no row twice");
    assert!(rows.is_sorted_by_key(|row| row.number), "rows stand in the order of their numbers");
    numbers
}

/// The scripts of the link family, by name.
fn scripts() -> BTreeMap<String, Script> {
    let scripts = support::scripts()
        .into_iter()
        .filter(|script| script.path.parent().is_some_and(|folder| folder.ends_with("link")));
    let name = |script: &Script| script.path.file_stem().map(|name| name.to_string_lossy().into_owned());
    scripts.map(|script| (name(&script).unwrap_or_default(), script)).collect()
}

/// What a frame of these octets alone is.
fn decoded(link: u32, octets: &[u8]) -> Option<Decoded> {
    read_as(link, octets).ok()
}

fn read_as(link: u32, octets: &[u8]) -> Result<Decoded, DecodeError> {
    let wire_len = u32::try_from(octets.len()).expect("short");
    let frame = Frame { number: 1, time: Timestamp(0), link: LinkType(link), interface: 0, octets, wire_len };
    Decoder::new(DEPTH).decode(&frame)
}

#[test]
fn the_table_of_link_types_is_what_is_read() {
    let is_read = |link: &u32| !matches!(decoded(*link, &[]), Some(Decoded::UnsupportedLink(_)));
    // pcapng has 16 bits for it; pcap has more, and no number there is in use.
    let read: BTreeSet<u32> = (0..=0xffff).filter(is_read).collect();
    assert_eq!(numbers(&rows("Link types")), read);
}

#[test]
fn link_types_have_the_names_that_the_code_has() {
    let source = read("src/frame.rs");
    let constant = |line: &str| {
        let (name, number) = line.trim().strip_prefix("pub const ")?.split_once(": Self = Self(")?;
        Some((number.strip_suffix(");")?.parse().ok()?, name.to_owned()))
    };
    let code: BTreeMap<u32, String> = source.lines().filter_map(constant).collect();
    let page: BTreeMap<u32, String> =
        rows("Link types").into_iter().map(|row| (row.number, row.name)).collect();
    assert_eq!(page, code);
}

#[test]
fn the_table_of_ethertypes_is_what_is_read() {
    let is_read = |number: &u32| {
        let mut octets = vec![0; 12];
        octets.extend(&number.to_be_bytes()[2..]);
        decoded(1, &octets) != Some(Decoded::NotTcp)
    };
    let read: BTreeSet<u32> = (0x0600..=0xffff).filter(is_read).collect();
    assert_eq!(numbers(&rows("EtherTypes")), read);
    // Smaller ones are lengths: the LLC header is missing up to the greatest.
    let lengths: BTreeSet<u32> = (0..0x0600).filter(is_read).collect();
    assert_eq!(lengths, (0..=1_500).collect());
}

#[test]
fn a_watch_without_a_filter_asks_for_every_ethertype() {
    let source = read("src/cli/watch.rs");
    // `tcp` is IP of both versions.
    for row in rows("EtherTypes").into_iter().filter(|row| !row.name.starts_with("IPv")) {
        assert!(source.contains(&format!("{:#06x}", row.number)), "{:#06x} is not watched for", row.number);
    }
}

#[test]
fn the_table_of_ppp_s_protocols_is_what_is_read() {
    // The first octet of a protocol number is even, the last one odd (RFC 1661 §2).
    let is_number = |number: &u32| number & 0x0101 == 0x0001;
    let is_read = |number: &u32| {
        let octets = [&[0xff, 0x03], &number.to_be_bytes()[2..]].concat();
        decoded(9, &octets) != Some(Decoded::NotTcp)
    };
    let read: BTreeSet<u32> = (0..=0xffff).filter(is_number).filter(is_read).collect();
    assert_eq!(numbers(&rows("PPP's protocols")), read);
}

#[test]
fn the_table_of_extension_headers_is_what_is_read() {
    // Sixteen octets of such a header, of which the capture holds one.
    let is_read = |number: &u32| {
        let mut packet = vec![0; 40];
        (packet[0], packet[5], packet[6]) = (0x60, 16, number.to_be_bytes()[3]);
        packet.push(6);
        matches!(read_as(101, &packet), Err(DecodeError { layer: Layer::Extension, .. }))
    };
    let read: BTreeSet<u32> = (0..=0xff).filter(is_read).collect();
    assert_eq!(numbers(&rows("Extension headers")), read);
}

#[test]
fn every_row_has_its_fixtures_and_they_have_its_header() {
    let scripts = scripts();
    for heading in HEADINGS {
        for row in rows(heading) {
            for name in &row.fixtures {
                let script = scripts
                    .get(name)
                    .unwrap_or_else(|| panic!("{heading}: {}: no fixture {name}", row.number));
                let octets = frame::build(script, 0).octets;
                let number = u16::try_from(row.number).expect("16 bits").to_be_bytes();
                let has_it = match heading {
                    "Link types" => link_type(script.link) == row.number,
                    // Behind Ethernet's header, the first that IPv6's names.
                    "Extension headers" => octets[14] >> 4 == 6 && u32::from(octets[20]) == row.number,
                    _ => octets.windows(2).any(|pair| pair == number),
                };
                assert!(has_it, "{heading}: {name} has nothing of {:#x}", row.number);
                let odd = name == "wifi-not-readable";
                assert!(odd || script.segments().count() >= 3, "{name}: no exchange");
            }
        }
    }
}

#[test]
fn every_fixture_that_builds_its_own_header_is_on_the_page() {
    let listed: BTreeSet<String> =
        HEADINGS.iter().flat_map(|heading| rows(heading)).flat_map(|row| row.fixtures).collect();
    for (name, script) in scripts() {
        let builds_one = !script.header.is_empty() || matches!(script.ip, IpForm::Header(..));
        assert!(!builds_one || listed.contains(&name), "{name} is on no row");
    }
}

#[test]
fn the_page_says_what_other_tools_do_not_show() {
    let listed: BTreeMap<String, String> = table("What other tools see there")
        .into_iter()
        .map(|cells| {
            let [fixture, tools, why] = cells.as_slice() else { panic!("{cells:?}") };
            assert!(!why.is_empty(), "{fixture}: no reason");
            (fixture.clone(), tools.clone())
        })
        .collect();
    let said: BTreeMap<String, String> = scripts()
        .into_iter()
        .filter(|(_, script)| !script.header.is_empty() || script.ip != IpForm::Plain)
        .filter(|(_, script)| !script.not_shown_by.is_empty())
        .map(|(name, script)| (name, script.not_shown_by.join(", ")))
        .collect();
    assert_eq!(listed, said);
}
