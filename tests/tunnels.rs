//! `docs/link-types.md` says which tunnels are read, and each of them has its fixture; `--depth` bounds them.
//!
//! In: the page, the kinds of the library, `fixtures/tunnel/`, and the program. Out: a verdict.
//! Invariant: no kind without a row, no row without a fixture that comes through that kind, no fixture that the page does
//! not name.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::expect::{About, Subject};
use support::script::Script;
use tcpshake::tunnel::TunnelKind;

/// What stands on the page under that heading.
fn section(heading: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/link-types.md");
    let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect(heading);
    section.split("\n## ").next().unwrap_or_default().to_owned()
}

/// The scripts of the family, by name.
fn scripts() -> BTreeMap<String, Script> {
    let is_here = |script: &Script| script.path.parent().is_some_and(|folder| folder.ends_with("tunnel"));
    let name = |script: &Script| script.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    support::scripts().into_iter().filter(is_here).map(|script| (name(&script), script)).collect()
}

/// The kinds that a script expects of its connections.
fn expected(script: &Script) -> Vec<&str> {
    let kinds = script.expectations.iter().filter_map(|expectation| match &expectation.about {
        About::Connection(_, Subject::Tunnel(kinds)) => Some(kinds),
        _ => None,
    });
    kinds.flatten().map(String::as_str).collect()
}

#[test]
fn every_kind_has_its_row_and_every_row_its_fixtures() {
    let (page, scripts) = (section("Tunnels"), scripts());
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let rows: Vec<Vec<&str>> =
        rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect();
    let kinds: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(kinds.len(), TunnelKind::ALL.len());
    for kind in TunnelKind::ALL.map(TunnelKind::as_str) {
        let row = rows
            .iter()
            .find(|row| row[0].trim_matches('`') == kind)
            .unwrap_or_else(|| panic!("{kind}: no row"));
        let [_, place, what, _, _, fixtures] = row.as_slice() else { panic!("{kind}: {row:?}") };
        assert!(!place.is_empty() && !what.is_empty(), "{kind}");
        for fixture in fixtures.split(", ") {
            let script = scripts.get(fixture).unwrap_or_else(|| panic!("{kind}: no fixture {fixture}"));
            assert!(expected(script).contains(&kind), "{fixture} does not come through {kind}");
        }
    }
    for name in scripts.keys() {
        assert!(page.contains(name.as_str()), "{name}: the page does not name it");
    }
}

#[test]
fn what_other_tools_do_not_show_is_listed() {
    let section = section("What other tools see of tunnels");
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(2);
    let listed: BTreeMap<String, String> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].to_owned(), cells[1].to_owned())
        })
        .collect();
    let asked = |script: &Script| {
        let tools = script.not_shown_by.iter().filter(|tool| *tool != "tcptrace");
        tools.map(String::as_str).collect::<Vec<_>>().join(", ")
    };
    let scripts = scripts();
    let wanted: BTreeMap<String, String> = scripts
        .iter()
        .map(|(name, script)| (name.clone(), asked(script)))
        .filter(|(_, tools)| !tools.is_empty())
        .collect();
    assert_eq!(listed, wanted);
}

fn read(depth: &str) -> Output {
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tunnel/too-deep.pcap");
    Command::new(env!("CARGO_BIN_EXE_tcpshake"))
        .args(["read", "--format", "json", "--depth", depth])
        .arg(capture)
        .output()
        .expect("the program runs")
}

/// How many segments it found, and how many frames were too deep.
fn counted(output: &Output) -> (u64, u64) {
    let text = String::from_utf8_lossy(&output.stdout);
    let summary: Value = serde_json::from_str(text.lines().last().expect("a summary")).expect("JSON");
    let count = |name: &str| summary[name].as_u64().expect("a count");
    (count("segments"), count("too_deep"))
}

#[test]
fn what_is_too_deep_is_counted_and_said() {
    let rows = [("8", (1, 1), true), ("9", (2, 0), false), ("255", (2, 0), false), ("0", (1, 1), false)];
    for (depth, counts, is_said) in rows {
        let output = read(depth);
        assert_eq!((counted(&output), output.status.code()), (counts, Some(0)), "--depth {depth}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            said.matches("more than 8 tunnels inside one another").count(),
            usize::from(is_said),
            "{said}"
        );
        assert_eq!(said.matches("--depth 16").count(), usize::from(is_said), "{said}");
    }
}

#[test]
fn a_depth_that_no_packet_can_have_is_refused() {
    for depth in ["256", "-1", "deep"] {
        assert_eq!(read(depth).status.code(), Some(2), "--depth {depth}");
    }
}
