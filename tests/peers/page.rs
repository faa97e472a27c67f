//! The tables of `docs/comparison.md`.
//!
//! In: the page. Out: a verdict on each row that names a capture.
//! Invariant: what the program says itself is asked of the program; what other tools say must stand in the list of
//! differences, which is held against them.

use std::path::Path;

use crate::captures::Capture;
use crate::differences::{Listed, Row, cells};
use crate::ours::Account;

/// The columns that a connection's record has under the same name.
const OF_THE_RECORD: [&str; 4] = ["outcome", "conn_state", "history", "completeness"];

#[test]
fn every_row_of_the_page_is_true() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/comparison.md")).unwrap();
    let listed = Listed::read();
    let (mut head, mut rows) = (Vec::new(), 0);
    for line in text.lines() {
        let Some(cells) = cells(line) else { continue };
        if cells.first().is_some_and(|cell| cell.contains('/') && cell.contains(".pcap")) {
            check(&head, &cells, &listed, line);
            rows += 1;
        } else {
            head = cells;
        }
    }
    assert!(rows > 40, "{rows} rows");
}

fn check(head: &[&str], row: &[&str], listed: &Listed, line: &str) {
    assert_eq!(head.len(), row.len(), "{line}");
    let cell = |name: &str| Some(row[head.iter().position(|cell| *cell == name)?].to_owned());
    let (capture, connection) = (cell("capture").unwrap(), cell("connection").unwrap());
    if let Some(field) = cell("field") {
        let tool = if head.contains(&"tshark") { "tshark" } else { "tcptrace" };
        let (ours, theirs) = (cell("tcpshake").unwrap(), cell(tool).unwrap());
        assert!(
            listed.has(&Row { tool: tool.to_owned(), capture, connection, field, ours, theirs }),
            "{line}"
        );
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(&capture);
    let account = Account::of(&Capture { name: capture, path });
    let seen = account.connections.iter().find(|seen| connection == seen.id());
    let record = &seen.unwrap_or_else(|| panic!("no such connection: {line}")).record;
    for (name, said) in OF_THE_RECORD.iter().filter_map(|name| Some((name, cell(name)?))) {
        let value = &record[*name];
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        assert_eq!(said, value, "{name}: {line}");
    }
}
