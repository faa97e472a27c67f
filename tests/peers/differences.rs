//! The list of standing differences.
//!
//! In: `differences.md`, and what differs now. Out: a verdict, with rows ready to be reviewed and pasted.
//! Invariant: every row has a reason that is told, and every reason that is told has a row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub tool: String,
    pub capture: String,
    /// The connection's number, or `-` for the capture as a whole.
    pub connection: String,
    pub field: String,
    pub ours: String,
    pub theirs: String,
}

/// The list.
pub struct Listed {
    /// The version of tshark, major and minor, that it was reviewed with.
    pub tshark: String,
    /// Each difference with its reason.
    rows: BTreeMap<Row, String>,
    reasons: BTreeSet<String>,
}

impl Listed {
    /// Reads the list.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/differences.md");
        let text = std::fs::read_to_string(path).unwrap();
        let mut listed = Self { tshark: String::new(), rows: BTreeMap::new(), reasons: BTreeSet::new() };
        let mut section = "";
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading.trim();
                listed.tshark = section.strip_prefix("tshark ").map_or(listed.tshark, str::to_owned);
            } else if let Some(cells) = cells(line) {
                listed.take(section.split(' ').next().unwrap_or_default(), &cells, line);
            }
        }
        listed
    }

    /// Holds what differs now against the list; `looked_at` are the captures that were compared.
    #[track_caller]
    pub fn hold(&self, tool: &str, found: Vec<Row>, looked_at: &[&str]) {
        let found: BTreeSet<Row> = found.into_iter().collect();
        let listed = self.rows.keys().filter(|row| row.tool == tool);
        let gone: Vec<String> = listed
            // A demo is not played everywhere; a fixture that is no more is gone.
            .filter(|row| !row.capture.starts_with("demo/") || looked_at.contains(&row.capture.as_str()))
            .filter(|row| !found.contains(row))
            .map(Row::shown)
            .collect();
        let new: Vec<String> =
            found.iter().filter(|row| !self.rows.contains_key(row)).map(Row::shown).collect();
        assert!(
            gone.is_empty() && new.is_empty(),
            "tests/peers/differences.md, {tool}\nnew:\n{}\nlisted, but not there any more:\n{}",
            new.join("\n"),
            gone.join("\n")
        );
    }

    /// Whether a difference is listed.
    pub fn has(&self, row: &Row) -> bool {
        self.rows.contains_key(row)
    }

    fn take(&mut self, section: &str, cells: &[&str], line: &str) {
        match (section, cells) {
            (_, ["reason" | "capture", ..]) => {}
            ("Reasons", [reason, text]) => {
                assert!(!text.is_empty() && self.reasons.insert((*reason).to_owned()), "{line}");
            }
            (tool, [capture, connection, field, ours, theirs, reason]) => {
                assert!(self.reasons.contains(*reason), "no such reason: {line}");
                let own = |cell: &&str| (*cell).to_owned();
                let row = Row {
                    tool: tool.to_owned(),
                    capture: own(capture),
                    connection: own(connection),
                    field: own(field),
                    ours: own(ours),
                    theirs: own(theirs),
                };
                assert!(self.rows.insert(row, own(reason)).is_none(), "twice: {line}");
            }
            _ => panic!("not a row: {line}"),
        }
    }
}

impl Row {
    fn shown(&self) -> String {
        let Self { capture, connection, field, ours, theirs, .. } = self;
        format!("| {capture} | {connection} | {field} | {ours} | {theirs} | REASON |")
    }
}

/// The cells of a row; none for other lines, and for the line under a head.
pub fn cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.strip_prefix('|')?.strip_suffix('|')?;
    let cells: Vec<&str> = inside.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
    (!cells.iter().all(|cell| cell.chars().all(|letter| letter == '-'))).then_some(cells)
}

#[test]
fn every_reason_that_is_told_has_a_row() {
    let listed = Listed::read();
    let used: BTreeSet<String> = listed.rows.values().cloned().collect();
    assert_eq!(used, listed.reasons);
}
