//! Fixtures as reviewable scripts: what the tests need to read them and to make captures of them.
//!
//! In: `fixtures/<family>/<what-happens>.seg`. Out: the script's meaning, and the octets of its capture.
//! Invariant: a pure function of the script; nothing of the library's decoding or analysis is used but the names of
//! findings, so that the scripts stay an independent witness. The notation is explained in `fixtures/README.md`.
#![allow(dead_code, reason = "each test binary uses its part of this")]

pub mod aloud;
pub mod capture;
pub mod container;
pub mod expect;
pub mod frame;
pub mod header;
pub mod icmp;
pub mod notation;
pub mod reader;
pub mod script;
pub mod token;

use std::path::{Path, PathBuf};
use std::{fs, io};

use script::Script;

/// The folder of all fixtures.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Every script, in the order of its path. Panics, naming file, line and cause, on the first that cannot be read.
pub fn scripts() -> Vec<Script> {
    let scripts = files("seg").into_iter().map(|path| Script::load(&path));
    let scripts: Vec<_> = scripts.map(|script| script.unwrap_or_else(|error| panic!("{error}"))).collect();
    assert!(!scripts.is_empty(), "{}: no scripts", root().display());
    scripts
}

/// Every fixture file with that extension, sorted; captures of real systems (`real/`) are not among them.
pub fn files(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root(), extension, &mut found).unwrap_or_else(|error| panic!("{}: {error}", root().display()));
    found.sort();
    found
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if path != root().join("real") {
                collect(&path, extension, found)?;
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    Ok(())
}
