//! Every capture in every output format, as the program prints it.
//!
//! In: the captures under `fixtures/`. Out: one snapshot a capture under `tests/snapshots/`, all formats in it.
//! Invariant: a change of any line that people or programs read shows in a review. `make fixtures` renews them.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const FORMATS: [&str; 4] = ["ladder", "lines", "table", "json"];

#[test]
fn every_capture_in_every_format() {
    let mut captures = support::files("pcap");
    captures.extend(support::files("pcapng"));
    captures.extend(real());
    captures.sort();
    assert!(captures.len() > 100, "the fixtures are there");
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path("snapshots");
    settings.bind(|| {
        for capture in &captures {
            insta::assert_snapshot!(name(capture), printed(capture));
        }
    });
    assert_eq!(snapshots(), captures.iter().map(|capture| name(capture)).collect(), "one snapshot a capture");
}

/// The names of the snapshots that there are.
fn snapshots() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let entries = std::fs::read_dir(folder).expect("snapshots");
    let names =
        entries.map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect()
}

/// The captures of a real kernel, which no script describes.
fn real() -> Vec<PathBuf> {
    let folder = support::root().join("real");
    let entries = std::fs::read_dir(&folder).expect("captures of a real kernel");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "pcap")).collect()
}

/// `closing/half-close.pcap` becomes `closing-half-close.pcap`.
fn name(capture: &Path) -> String {
    let inside = capture.strip_prefix(support::root()).expect("a fixture");
    let inside = inside.strip_prefix("fixtures").unwrap_or(inside);
    inside.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "-")
}

fn printed(capture: &Path) -> String {
    let mut text = String::new();
    for format in FORMATS {
        let run = Command::new(env!("CARGO_BIN_EXE_tcpshake"))
            .args(["read", "--format", format])
            .arg(capture)
            .output()
            .expect("the program runs");
        writeln!(text, "== {format}, exit code {:?}", run.status.code()).expect("a string takes all");
        text.push_str(&String::from_utf8(run.stdout).expect("UTF-8"));
        let stderr = String::from_utf8(run.stderr).expect("UTF-8");
        for line in stderr.lines() {
            writeln!(text, "stderr: {line}").expect("a string takes all");
        }
    }
    text
}
