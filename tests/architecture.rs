//! The house keeps its own rules: floors, rooms, no circles, no globs, nothing that touches the world where it must not.
//!
//! In: the sources of this package. Out: a failure that names file, line and rule.
//! The second half proves that the checker can fail: for each rule a small tree that breaks it, and its twin that does not.
//! Read: docs/architecture.md.

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/scan.rs"]
mod scan;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::{CRATES, FLOORS, check, dependencies, documented_floors, forbids_unsafe, length};
use scan::Source;

#[test]
fn the_house_keeps_its_rules() {
    let sources: Vec<Source> = rust_files("src").iter().map(|(path, text)| Source::new(path, text)).collect();
    assert!(sources.len() > 10, "the sources were not found");
    let breaches = check(&sources);
    assert!(breaches.is_empty(), "docs/architecture.md is broken here:\n{}", breaches.join("\n"));
}

#[test]
fn tests_benches_and_fuzz_targets_are_short_too() {
    let files = ["tests", "benches", "fuzz/src", "fuzz/fuzz_targets"].into_iter().flat_map(rust_files);
    let breaches: Vec<String> = files.flat_map(|(path, text)| length(&path, &text)).collect();
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn unsafe_code_is_forbidden() {
    assert!(forbids_unsafe(&read("Cargo.toml")), "Cargo.toml: [lints.rust] needs unsafe_code = \"forbid\"");
    assert!(!forbids_unsafe("# unsafe_code = \"forbid\"\nunsafe_code = \"warn\""));
}

#[test]
fn every_dependency_has_a_room() {
    let names: Vec<&str> = CRATES.iter().map(|(name, _)| *name).collect();
    let found = dependencies(&read("Cargo.toml"));
    assert!(!found.is_empty(), "Cargo.toml: no [dependencies] found");
    for name in found {
        assert!(
            names.contains(&name.as_str()),
            "{name} has no room: add it to CRATES and docs/architecture.md"
        );
    }
}

#[test]
fn dependencies_of_one_system_are_seen_too() {
    let manifest = "[dependencies]\na-b = \"1\"\n# c = 1\n\n[target.'cfg(unix)'.dependencies]\nd = { version = \"1\" }\n\
                    [target.'cfg(unix)'.dev-dependencies]\ne = \"1\"\n[dev-dependencies]\nf = \"1\"\n[lib]\npath = \"g\"";
    assert_eq!(dependencies(manifest), ["a_b", "d"]);
}

#[test]
fn the_document_shows_the_same_floors() {
    let here: BTreeSet<(String, u8)> =
        FLOORS.iter().map(|(room, floor)| ((*room).to_owned(), *floor)).collect();
    assert_eq!(
        documented_floors(&read("docs/architecture.md")),
        here,
        "docs/architecture.md and FLOORS differ"
    );
}

/// Every `.rs` file under a folder of the package, by its path from there, sorted.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("a folder that can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let inner = |path: &Path| {
        path.strip_prefix(root).expect("a file of the package").to_string_lossy().replace('\\', "/")
    };
    files.iter().map(|path| (inner(path), fs::read_to_string(path).expect("a readable source"))).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The breaches of a small tree; every file gets a header unless it brings its own.
fn breaches(tree: &[(&str, &str)]) -> Vec<String> {
    let header =
        |text: &str| if text.starts_with("//!") { text.to_owned() } else { format!("//! A file.\n{text}") };
    check(&tree.iter().map(|(path, text)| Source::new(path, &header(text))).collect::<Vec<_>>())
}

/// Asserts that a tree breaks exactly one rule, and which.
#[track_caller]
fn broken(tree: &[(&str, &str)], says: &str) {
    let found = breaches(tree);
    assert!(
        found.len() == 1 && found.iter().all(|breach| breach.contains(says)),
        "wanted {says:?}, got {found:#?}"
    );
}

#[track_caller]
fn sound(tree: &[(&str, &str)]) {
    let found = breaches(tree);
    assert!(found.is_empty(), "{found:#?}");
}

const SEQ: (&str, &str) = ("src/seq.rs", "pub struct SeqNumber(pub u32);");
const LABEL: (&str, &str) = ("src/analyzer/label.rs", "pub struct Label;");
const ANALYZER: (&str, &str) = ("src/analyzer/mod.rs", "pub mod label;\npub use label::Label;");

#[test]
fn imports_go_down() {
    sound(&[SEQ, ("src/frame.rs", "use crate::seq::SeqNumber;")]);
    sound(&[
        SEQ,
        ("src/main.rs", "mod cli;\nfn main() { tcpshake::seq::f(); cli::run(); }"),
        ("src/cli/mod.rs", ""),
    ]);
    let frame = ("src/frame.rs", "pub struct Frame;");
    broken(&[("src/seq.rs", "use crate::frame::Frame;"), frame], "src/seq.rs:2: seq (floor 1) imports frame");
    broken(
        &[("src/seq.rs", "use crate::{\n    frame::{\n        Frame,\n    },\n};"), frame],
        "only downwards",
    );
    broken(&[("src/seq.rs", "fn f() { crate::frame::f() }"), frame], "only downwards");
    sound(&[frame, ("src/story.rs", "use crate::frame as f;\nfn g() { f::h() }")]);
    broken(&[("src/seq.rs", "use super::frame::Frame;"), frame], "only downwards");
    broken(
        &[LABEL, ANALYZER, ("src/decode/ip.rs", "use super::super::analyzer::label::Label;")],
        "only downwards",
    );
    broken(
        &[
            LABEL,
            ANALYZER,
            ("src/seq.rs", "#[cfg(test)]\nmod tests {\n use crate::analyzer::label::Label;\n}"),
        ],
        "only",
    );
}

#[test]
fn rooms_of_a_floor_do_not_know_each_other() {
    let capture = ("src/capture/file.rs", "pub struct File;");
    broken(&[capture, ("src/decode/ip.rs", "use crate::capture::file::File;")], "rooms of floor 3");
    broken(&[SEQ, ("src/time.rs", "use crate::seq::SeqNumber;")], "rooms of floor 1");
    sound(&[("src/options.rs", "pub struct Options;"), ("src/segment.rs", "use crate::options::Options;")]);
    broken(&[("src/segment.rs", ""), ("src/options.rs", "use crate::segment::Segment;")], "rooms of floor 2");
    broken(
        &[capture, ("src/analyzer/state.rs", "use crate::capture::file::File;")],
        "must not know the rooms of floor 3",
    );
    broken(&[capture, ("src/report/lines.rs", "use crate::capture::file::File;")], "must not know");
    sound(&[capture, ("src/lab/stage.rs", "use crate::capture::file::File;")]);
    broken(&[("src/extra.rs", "")], "has no floor");
}

#[test]
fn there_is_no_circle() {
    let tree =
        [("src/decode/ip.rs", "use super::tcp::T;"), ("src/decode/tcp.rs", "use crate::decode::link::L;")];
    let back = ("src/decode/link.rs", "fn f() { super::ip::g() }");
    broken(
        &[tree[0], tree[1], back],
        "src/decode/ip.rs -> src/decode/tcp.rs -> src/decode/link.rs -> src/decode/ip.rs",
    );
    sound(&[
        tree[0],
        tree[1],
        ("src/decode/link.rs", "#[cfg(test)]\nmod tests {\n use crate::decode::ip::I;\n}"),
    ]);
}

#[test]
fn nobody_imports_through_the_folder_above_it() {
    sound(&[LABEL, ANALYZER, ("src/story.rs", "use crate::analyzer::Label;")]);
    let found = breaches(&[ANALYZER, LABEL, ("src/analyzer/state.rs", "use crate::analyzer::Label;")]);
    assert!(found.len() == 1 && found[0].contains("imports through src/analyzer/mod.rs"), "{found:#?}");
    broken(
        &[ANALYZER, LABEL, ("src/analyzer/state.rs", "use super::Label;")],
        "imports through src/analyzer/mod.rs",
    );
    sound(&[ANALYZER, LABEL, ("src/analyzer/tests.rs", "use super::*;")]);
    sound(&[ANALYZER, LABEL, ("src/analyzer/state.rs", "pub(in crate::analyzer) fn f() {}")]);
}

#[test]
fn nothing_comes_through_the_crate_root() {
    broken(&[SEQ, ("src/frame.rs", "use crate::SeqNumber;")], "through the crate root");
    broken(&[SEQ, ("src/frame.rs", "use crate::{seq::SeqNumber, Other};")], "`Other` through the crate root");
    broken(&[SEQ, ("src/cli/read.rs", "use tcpshake::SeqNumber;")], "through the crate root");
    sound(&[
        SEQ,
        ("src/cli/read.rs", "use tcpshake::seq::SeqNumber;"),
        ("src/frame.rs", "pub(crate) fn f() {}"),
    ]);
}

#[test]
fn a_foreign_crate_has_one_room() {
    broken(&[("src/decode/ip.rs", "use pcap::Capture;")], "decode uses pcap, whose room is capture");
    broken(&[("src/report/json.rs", "fn f() { ::anyhow::bail() }")], "report uses anyhow");
    broken(&[("src/capture/file.rs", "#[derive(\n    clap::Parser)]\nstruct S;")], "src/capture/file.rs:3");
    broken(&[("src/analyzer/state.rs", "use serde_json as j;\nfn f() {}")], "analyzer uses serde_json");
    sound(&[
        ("src/capture/pcap.rs", "pub struct P;"),
        ("src/capture/mod.rs", "pub mod pcap;\npub use pcap::P;"),
    ]);
    sound(&[
        ("src/analyzer/state.rs", "use thiserror::Error;"),
        ("src/decode/ip.rs", "use pnet::packet::tcp;"),
    ]);
}

#[test]
fn the_world_has_its_rooms() {
    broken(&[("src/analyzer/state.rs", "use std::fs::File;")], "analyzer uses std::fs");
    broken(&[("src/report/json.rs", "use std::{fmt, fs as disk};")], "report uses std::fs");
    broken(&[("src/decode/ip.rs", "fn f() { std::env::args() }")], "decode uses std::env");
    broken(&[("src/report/lines.rs", "fn f(io: u8) { std::io::stdout() }")], "report uses std::io::stdout");
    broken(
        &[("src/story.rs", "use std::io::{self, Write};\nfn f() { io::stderr() }")],
        "src/story.rs:3: story uses std::io",
    );
    broken(&[("src/story.rs", "fn f() { println!(\"x\") }")], "println!");
    broken(&[("src/cli/read.rs", "fn f() { dbg!(1) }")], "dbg!");
    sound(&[
        ("src/story.rs", "#[test]\nfn f() { println!(\"x\") }"),
        ("src/cli/read.rs", "fn f() { println!() }"),
    ]);
    sound(&[("src/report/lines.rs", "use std::io::Write;"), ("src/capture/file.rs", "use std::fs::File;")]);
}

#[test]
fn imports_are_named() {
    broken(&[SEQ, ("src/frame.rs", "use crate::seq::*;")], "`crate::seq::*`: name what you import");
    broken(&[("src/frame.rs", "use std::fmt::{self, *};")], "name what you import");
    broken(
        &[SEQ, ("src/frame.rs", "#[cfg(test)]\nmod tests {\n use crate::seq::*;\n}")],
        "name what you import",
    );
    broken(&[("src/frame.rs", "#[cfg(not(test))]\nmod tests {\n use super::*;\n}")], "name what you import");
    sound(&[("src/frame.rs", "#[cfg(test)]\nmod tests {\n use super::*;\n use proptest::prelude::*;\n}")]);
}

#[test]
fn files_have_a_header_and_an_end() {
    let bare = Source::new("src/seq.rs", "pub struct S;\n");
    assert!(rules::shape(&bare).iter().any(|breach| breach.contains("header has 0 lines")));
    broken(&[("src/seq.rs", &"//! x\n".repeat(13))], "header has 13 lines");
    sound(&[("src/seq.rs", &"//! x\n".repeat(12)), ("src/lib.rs", &"//! x\n".repeat(40))]);
    broken(&[("src/seq.rs", &format!("//! x\n{}", "\n".repeat(400)))], "has 401 lines");
}

#[test]
fn the_front_page_defines_nothing() {
    sound(&[SEQ, ("src/lib.rs", "#[cfg(feature = \"live\")]\npub mod seq;\npub use seq::SeqNumber;")]);
    broken(&[SEQ, ("src/lib.rs", "pub mod seq;\npub struct S;")], "src/lib.rs:3: `struct`");
    broken(&[SEQ, ("src/lib.rs", "pub mod seq {}")], "`mod`");
    broken(&[SEQ, ("src/lib.rs", "use seq::SeqNumber;")], "`use`");
}

#[test]
fn comments_and_strings_are_no_code() {
    let prose =
        "// use crate::story::X;\n/* println!() /* use pcap::C; */ std::fs */\n/// [`crate::cli::Y`]\n";
    let strings = "const A: &str = \"use crate::story; \\\" println!()\";\nconst B: &str = r#\"std::fs::\"x\" dbg!()\"#;\n";
    let signs =
        "fn f<'a>(c: char, r#use: &'a u8) { g('\"', '\\'', '{', \"std::env::args\", br\"pcap::x\") }\n";
    sound(&[("src/seq.rs", &format!("{prose}{strings}{signs}")), ("src/story.rs", "")]);
    assert_eq!(scan::blank("a \"b\nc\" d // e"), "a   \n   d     ");
    broken(&[("src/seq.rs", &format!("{strings}{signs}use std::fs;"))], "src/seq.rs:5: seq uses std::fs");
}
