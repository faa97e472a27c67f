//! The rules of the house, each a function from the sources to the lines that break it.
//!
//! In: the sources under `src/`. Out: one sentence per breach: file, line, what is wrong, the rule.
//! Invariant: the tables here and those of `docs/architecture.md` say the same; a test compares the floors.

use std::collections::{BTreeMap, BTreeSet};

use crate::scan::{Reference, Source, text};

/// Every room under `src/` with its floor.
pub const FLOORS: &[(&str, u8)] = &[
    ("seq", 1),
    ("time", 1),
    ("fetch", 1),
    ("frame", 2),
    ("icmp", 2),
    ("segment", 2),
    ("options", 2),
    ("call", 2),
    ("witness", 2),
    ("tunnel", 2),
    ("gist", 2),
    ("jot", 2),
    ("decode", 3),
    ("capture", 3),
    ("exchange", 3),
    ("kernel", 3),
    ("analyzer", 4),
    ("expect", 5),
    ("story", 5),
    ("report", 6),
    ("lab", 6),
    ("lib", 7),
    ("cli", 8),
    ("main", 9),
];

/// The imports between rooms of a floor: a segment holds its options, both it and an ICMP error their tunnels, and one in brief its
/// gist.
const NEIGHBOURS: &[(&str, &str)] = &[
    ("segment", "options"),
    ("segment", "tunnel"),
    ("icmp", "tunnel"),
    ("gist", "segment"),
    ("jot", "segment"),
    ("jot", "options"),
    ("jot", "gist"),
];

/// Rooms that must not know a floor though it lies below them: segments go in, and where they come from is nobody's business.
const STRANGERS: &[(&str, u8)] = &[("analyzer", 3), ("expect", 3), ("story", 3), ("report", 3)];

/// Every foreign crate with its rooms; an empty list stands for any room.
pub const CRATES: &[(&str, &[&str])] = &[
    ("pcap", &["capture"]),
    ("pcap_parser", &["capture"]),
    ("flate2", &["capture"]),
    ("zstd", &["capture"]),
    ("lz4_flex", &["capture"]),
    ("liblzma", &["capture"]),
    ("bzip2", &["capture"]),
    ("rustix", &["capture", "kernel", "lab"]),
    ("pnet", &["decode", "lab"]),
    ("pnet_datalink", &["lab"]),
    ("netlink_packet_core", &["lab"]),
    ("netlink_packet_route", &["lab"]),
    ("netlink_sys", &["lab"]),
    ("socket2", &["exchange"]),
    ("nix", &["exchange", "lab"]),
    ("uapi", &["exchange"]),
    ("anstyle", &["report"]),
    ("itoa", &["analyzer", "report"]),
    ("humantime", &["report"]),
    ("serde", &["report"]),
    ("serde_json", &["report"]),
    ("hashbrown", &["analyzer"]),
    ("foldhash", &["analyzer"]),
    ("branches", &["fetch"]),
    ("strsim", &["expect"]),
    ("anyhow", &["cli", "main"]),
    ("clap", &["cli", "main"]),
    ("indicatif", &["cli"]),
    ("signal_hook", &["cli"]),
    ("terminal_size", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("tikv_jemallocator", &["main"]),
    ("thiserror", &[]),
];

/// The rooms that may look at files, the environment and the standard streams.
const DOORS: &[&str] = &["capture", "exchange", "kernel", "lab", "cli", "main"];

/// What touches the world, and the rooms that may.
const WORLD: &[(&str, &[&str])] = &[
    ("std::fs", DOORS),
    ("std::env", DOORS),
    ("std::io::stdin", DOORS),
    ("std::io::stdout", DOORS),
    ("std::io::stderr", DOORS),
    ("println", &["cli", "main"]),
    ("print", &["cli", "main"]),
    ("eprintln", &["cli", "main"]),
    ("eprint", &["cli", "main"]),
    ("dbg", &[]),
];

/// The globs that tests may use.
const TEST_GLOBS: &[&str] = &["super::*", "proptest::prelude::*"];

/// What `lib.rs` does not hold.
const DEFINITIONS: &[&str] =
    &["fn", "struct", "enum", "union", "trait", "impl", "const", "static", "type", "macro_rules", "extern"];

const LONGEST_FILE: usize = 400;
const LONGEST_HEADER: usize = 12;

/// All breaches of all rules, in the order of the files.
pub fn check(sources: &[Source]) -> Vec<String> {
    let modules: BTreeMap<Vec<String>, &str> = sources
        .iter()
        .filter(|source| !source.module.is_empty())
        .map(|source| (source.module.clone(), source.path.as_str()))
        .collect();
    let known: BTreeSet<Vec<String>> = modules.keys().cloned().collect();
    let mut breaches = Vec::new();
    let mut graph = BTreeMap::new();
    for source in sources {
        breaches.extend(shape(source));
        if floor(room(source)).is_none() {
            breaches.push(format!(
                "{}: has no floor: add its room to docs/architecture.md and FLOORS",
                source.path
            ));
        }
        let references = source.references(&known);
        for reference in &references {
            let found = if reference.inside {
                inside(source, reference, &modules)
            } else {
                outside(source, reference)
            };
            let at = format!("{}:{}", source.path, reference.line);
            breaches.extend(glob(reference).into_iter().chain(found).map(|breach| format!("{at}: {breach}")));
        }
        breaches.extend(macros(source));
        graph.insert(source.path.as_str(), imports(source, &references, &modules));
    }
    breaches.extend(circle(&graph));
    breaches.dedup();
    breaches
}

/// Header, length, and what `lib.rs` may hold.
pub fn shape(source: &Source) -> Vec<String> {
    let mut breaches = length(&source.path, &source.text);
    let header = source.text.lines().take_while(|line| line.starts_with("//!")).count();
    // The front page carries the crate's documentation, so it alone may run on.
    if header == 0 || (header > LONGEST_HEADER && source.path != "src/lib.rs") {
        let path = &source.path;
        breaches
            .push(format!("{path}:1: its //! header has {header} lines: 1 to {LONGEST_HEADER} are right"));
    }
    if source.path == "src/lib.rs" {
        let tokens = source.tokens();
        for (at, token) in tokens.iter().enumerate() {
            let before = at.checked_sub(1).map_or("", |at| text(&tokens, at));
            let private = matches!(token.text.as_str(), "mod" | "use") && before != "pub";
            let inline = token.text == "mod" && text(&tokens, at + 2) == "{";
            if private || inline || DEFINITIONS.contains(&token.text.as_str()) {
                let (line, word) = (token.line, &token.text);
                breaches
                    .push(format!("src/lib.rs:{line}: `{word}`: lib.rs holds `pub mod` and `pub use` alone"));
            }
        }
    }
    breaches
}

/// A file is not longer than can be read in one sitting.
pub fn length(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let long = lines > LONGEST_FILE;
    long.then(|| format!("{path}: has {lines} lines: {LONGEST_FILE} at most, then split it"))
        .into_iter()
        .collect()
}

/// Floors, the crate root, and a folder's own `mod.rs`.
fn inside(source: &Source, reference: &Reference, modules: &BTreeMap<Vec<String>, &str>) -> Option<String> {
    let Some((target, path)) = target(reference, modules) else {
        let bare = reference.path.is_empty();
        let name = reference.path.join("::");
        return (!bare)
            .then(|| format!("`{name}` through the crate root: import from the module that defines it"));
    };
    let within = source.module.len() > target.len() && source.module.starts_with(target);
    if within && !reference.test {
        return Some(format!(
            "imports through {path}, which stands above it: import from the defining module"
        ));
    }
    let (from, to) = (room(source), target.first().map_or("", String::as_str));
    if from == to || NEIGHBOURS.contains(&(from, to)) {
        return None;
    }
    let (own, other) = (floor(from)?, floor(to)?);
    match own.cmp(&other) {
        std::cmp::Ordering::Greater if STRANGERS.contains(&(from, other)) => {
            Some(format!("{from} imports {to}: it must not know the rooms of floor {other}"))
        }
        std::cmp::Ordering::Greater => None,
        std::cmp::Ordering::Equal => {
            Some(format!("{from} imports {to}: rooms of floor {own} do not know each other"))
        }
        std::cmp::Ordering::Less => {
            Some(format!("{from} (floor {own}) imports {to} (floor {other}): only downwards"))
        }
    }
}

/// Foreign crates and the parts of the standard library that touch the world.
fn outside(source: &Source, reference: &Reference) -> Option<String> {
    let from = room(source);
    let first = reference.path.first().map_or("", String::as_str);
    if let Some((name, rooms)) = CRATES.iter().find(|(name, _)| *name == first) {
        let stranger = !rooms.is_empty() && !rooms.contains(&from);
        return stranger.then(|| format!("{from} uses {name}, whose room is {}", rooms.join(", ")));
    }
    let path = reference.path.join("::");
    let touches = |world: &str| path == world || path.starts_with(&format!("{world}::"));
    let (world, rooms) = WORLD.iter().find(|(world, _)| world.contains("::") && touches(world))?;
    let stranger = !reference.test && !rooms.contains(&from);
    stranger.then(|| format!("{from} uses {world}, which is for {}", rooms.join(", ")))
}

/// Printing macros outside the rooms that own the terminal.
fn macros(source: &Source) -> Vec<String> {
    let tokens = source.tokens();
    let mut breaches = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some((name, rooms)) = WORLD.iter().find(|(name, _)| *name == token.text) else { continue };
        if text(&tokens, at + 1) == "!" && !token.test && !rooms.contains(&room(source)) {
            let (path, line) = (&source.path, token.line);
            breaches.push(format!("{path}:{line}: {name}!: write to the `io::Write` you are given"));
        }
    }
    breaches
}

fn glob(reference: &Reference) -> Option<String> {
    let allowed = reference.test && TEST_GLOBS.contains(&reference.written.as_str());
    (reference.glob && !allowed).then(|| format!("`{}`: name what you import", reference.written))
}

/// The files that `source` imports from outside its tests; a `mod` declaration is no import.
fn imports<'a>(
    source: &Source,
    references: &[Reference],
    modules: &BTreeMap<Vec<String>, &'a str>,
) -> BTreeSet<&'a str> {
    references
        .iter()
        .filter(|reference| reference.inside && !reference.test)
        .filter_map(|reference| target(reference, modules).map(|(_, path)| path))
        .filter(|path| *path != source.path)
        .collect()
}

/// The module and file that a reference leads to: the longest beginning of its path that is a module.
fn target<'m, 'a>(
    reference: &Reference,
    modules: &'m BTreeMap<Vec<String>, &'a str>,
) -> Option<(&'m Vec<String>, &'a str)> {
    let lengths = (1..=reference.path.len()).rev();
    let mut found =
        lengths.filter_map(|n| reference.path.get(..n).and_then(|stem| modules.get_key_value(stem)));
    found.next().map(|(module, path)| (module, *path))
}

/// The first import circle, named from file to file.
fn circle(graph: &BTreeMap<&str, BTreeSet<&str>>) -> Option<String> {
    let mut done = BTreeSet::new();
    let mut trail = Vec::new();
    graph.keys().find_map(|file| walk(file, graph, &mut trail, &mut done))
}

fn walk<'a>(
    file: &'a str,
    graph: &BTreeMap<&'a str, BTreeSet<&'a str>>,
    trail: &mut Vec<&'a str>,
    done: &mut BTreeSet<&'a str>,
) -> Option<String> {
    if let Some(from) = trail.iter().position(|seen| *seen == file) {
        let round: Vec<&str> = trail.iter().skip(from).copied().chain([file]).collect();
        return Some(format!("import circle: {}", round.join(" -> ")));
    }
    if !done.insert(file) {
        return None;
    }
    trail.push(file);
    let found = graph.get(file).into_iter().flatten().find_map(|next| walk(next, graph, trail, done));
    trail.pop();
    found
}

/// The room a file lies in: the folder or file directly under `src/`.
fn room(source: &Source) -> &str {
    let inner = source.path.strip_prefix("src/").unwrap_or(&source.path);
    inner.split('/').next().unwrap_or(inner).trim_end_matches(".rs")
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// Whether a Cargo.toml forbids unsafe code; comments do not count.
pub fn forbids_unsafe(manifest: &str) -> bool {
    manifest.lines().map(str::trim).any(|line| line.replace(' ', "") == "unsafe_code=\"forbid\"")
}

/// The names under `[dependencies]`, of every system, as they are written in code.
pub fn dependencies(manifest: &str) -> Vec<String> {
    let mut is_inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if line.starts_with('[') {
            is_inside = line == "[dependencies]" || is_of_a_target(line);
        } else if let (true, Some((name, _))) = (is_inside, line.split_once('=')) {
            names.push(name.trim().replace('-', "_"));
        }
    }
    names
}

/// `[target.'cfg(target_os = "linux")'.dependencies]`.
fn is_of_a_target(header: &str) -> bool {
    header.starts_with("[target.") && header.ends_with(".dependencies]")
}

/// The rooms and floors in the table of `docs/architecture.md`: `| 3 | `decode/` | ... |`.
pub fn documented_floors(page: &str) -> BTreeSet<(String, u8)> {
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        Some((cells.next()?.parse::<u8>().ok()?, cells.next()?))
    });
    rows.flat_map(|(floor, names)| {
        let names = names.split('`').skip(1).step_by(2);
        names.map(move |name| (name.trim_end_matches('/').trim_end_matches(".rs").to_owned(), floor))
    })
    .collect()
}
