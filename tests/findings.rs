//! Every code of a finding has all that belongs to it: its row in `docs/findings.md`, its text in `explain`, a fixture
//! that raises it, and a near miss that does not.
//!
//! In: `Code::ALL`, the page, the program, the captures under `fixtures/finding/`. Out: all that is missing, at once.
//! Invariant: the fixtures are `CODE.seg` and `CODE-not.seg` with the capture made from each; no other file is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tcpshake::analyzer::diagnosis::code::Code;

const PAGE: &str = include_str!("../docs/findings.md");

/// A row of the tables of findings.
#[derive(Debug)]
struct Row<'a> {
    code: &'a str,
    severity: &'a str,
    definition: &'a str,
    raised_by: &'a str,
    near_miss: &'a str,
}

#[test]
fn every_code_has_its_row_and_every_row_its_code() {
    let rows = rows();
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let of_it: Vec<&Row> = rows.iter().filter(|row| row.code == code.as_str()).collect();
        let [row] = of_it[..] else {
            wrong.push(format!("{code}: {} rows", of_it.len()));
            continue;
        };
        if row.severity != code.severity().as_str() {
            wrong.push(format!(
                "{code}: severity `{}` where the code has `{}`",
                row.severity,
                code.severity()
            ));
        }
        if row.definition.is_empty() {
            wrong.push(format!("{code}: no definition"));
        }
        for (cell, name) in [(row.raised_by, code.to_string()), (row.near_miss, format!("{code}-not"))] {
            let link = format!("[finding/{name}](../fixtures/finding/{name}.seg)");
            if cell != link {
                wrong.push(format!("{code}: `{cell}` where it should have {link}"));
            }
        }
    }
    let unknown = rows.iter().filter(|row| Code::ALL.iter().all(|code| code.as_str() != row.code));
    wrong.extend(unknown.map(|row| format!("{}: no such code", row.code)));
    none("docs/findings.md", &wrong);
}

#[test]
fn the_page_has_the_codes_in_their_order() {
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(rows().iter().map(|row| row.code).collect::<Vec<_>>(), names);
}

#[test]
fn every_code_is_explained() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        let said = tcpshake(&["explain", code.as_str()]);
        let text = String::from_utf8_lossy(&said.stdout);
        if said.status.code() != Some(0) {
            wrong.push(format!("{code}: {:?}, {}", said.status, String::from_utf8_lossy(&said.stderr)));
        } else if !text.contains(&format!("{code} (finding, {})\n", code.severity())) {
            wrong.push(format!("{code}: no text about the finding"));
        } else if !reads(&text, code.reference()) {
            wrong.push(format!("{code}: no line `Read:` with {}", code.reference()));
        }
    }
    none("tcpshake explain", &wrong);
}

#[test]
fn every_code_has_a_fixture_that_raises_it_and_a_near_miss_that_does_not() {
    let mut wrong = Vec::new();
    for code in Code::ALL {
        for (name, raises) in [(code.to_string(), true), (format!("{code}-not"), false)] {
            match found(&name) {
                Err(missing) => wrong.push(missing),
                Ok(codes) if codes.contains(code.as_str()) != raises => {
                    let what = if raises { "does not raise it" } else { "raises it, being its near miss" };
                    wrong.push(format!("fixtures/finding/{name}: {what}; found are {codes:?}"));
                }
                Ok(_) => {}
            }
        }
    }
    none("fixtures/finding", &wrong);
}

#[test]
fn every_fixture_of_a_finding_belongs_to_a_code() {
    let Ok(entries) = folder().read_dir() else { return };
    let known =
        |stem: &str| Code::ALL.iter().any(|code| stem.strip_suffix("-not").unwrap_or(stem) == code.as_str());
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let stray = paths.filter(|path| path.file_stem().is_none_or(|stem| !known(&stem.to_string_lossy())));
    none("no code has these", &stray.map(|path| path.display().to_string()).collect::<Vec<_>>());
}

/// The rows of the tables that have the columns `code` and `near miss`.
fn rows() -> Vec<Row<'static>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in PAGE.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells[..] {
            ["", "code", ..] if cells.contains(&"near miss") => inside = true,
            ["", code, severity, definition, raised_by, near_miss, ""] if inside => {
                if !code.starts_with('-') {
                    rows.push(Row {
                        code: code.trim_matches('`'),
                        severity,
                        definition,
                        raised_by,
                        near_miss,
                    });
                }
            }
            _ => inside = false,
        }
    }
    rows
}

/// Whether its line `Read:` names the document of `reference`: the RFC by its number, or the page.
fn reads(text: &str, reference: &str) -> bool {
    let document = reference.split(" §").next().unwrap_or(reference);
    text.lines().any(|line| line.starts_with("Read: ") && line.contains(document))
}

/// The codes that are found in the capture of this fixture; or what of the fixture is missing.
fn found(name: &str) -> Result<BTreeSet<String>, String> {
    let path = |extension: &str| folder().join(format!("{name}.{extension}"));
    if !path("seg").is_file() {
        return Err(format!("fixtures/finding/{name}.seg: missing"));
    }
    let capture = ["pcap", "pcapng"].map(path).into_iter().find(|path| path.is_file());
    let capture = capture.ok_or_else(|| format!("fixtures/finding/{name}.pcap (or .pcapng): missing"))?;
    let said = tcpshake(&["read", "--format", "json", "--records", "findings", &capture.to_string_lossy()]);
    let out = String::from_utf8_lossy(&said.stdout);
    let mut codes = BTreeSet::new();
    for line in out.lines() {
        let record: Value = serde_json::from_str(line).map_err(|error| format!("{name}: {error}: {line}"))?;
        if record["type"] == "finding" {
            codes.extend(record["code"].as_str().map(str::to_owned));
        }
    }
    Ok(codes)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/finding")
}

fn tcpshake(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tcpshake")).args(arguments).output().expect("the program runs")
}

#[track_caller]
fn none(subject: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{subject}: {} things are wrong:\n  {}", wrong.len(), wrong.join("\n  "));
}
