//! The captures that are compared.
//!
//! In: `fixtures/`, and the demo's scenarios. Out: each capture with its name.
//! Invariant: what could not be played is said aloud.

use std::path::{Path, PathBuf};

use tcpshake::capture::live::check_permission;

use crate::run::{free_port, said, skipped, tcpshake};

/// One capture.
pub struct Capture {
    /// `opening/refused.pcap`, or `demo/message` for one that was played here.
    pub name: String,
    pub path: PathBuf,
}

impl Capture {
    /// What can be listed of a value: a time that was measured just now is another one at the next play.
    pub fn lasting(&self, value: String) -> String {
        let is_of_a_kernel = ["demo/", "real/"].iter().any(|of| self.name.starts_with(of));
        if is_of_a_kernel && value.contains('.') { "*".to_owned() } else { value }
    }

    /// Whether its script does not say otherwise: `# not shown by TOOL, TOOL: REASON`, as `tests/fixtures.rs` tests.
    fn is_shown_by(&self, tool: &str) -> bool {
        let script = std::fs::read_to_string(self.path.with_extension("seg")).unwrap_or_default();
        let mut said =
            script.lines().filter_map(|line| line.strip_prefix("# not shown by ")?.split_once(':'));
        !said.any(|(tools, _)| tools.split(',').any(|other| other.trim() == tool))
    }
}

/// Every capture: the fixtures', the recordings, and two plays, written into `folder`.
pub fn all(folder: &Path, tool: &str) -> Vec<Capture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    // Nothing arrived there, so that there is nothing to compare.
    found.retain(|capture| capture.is_shown_by(tool) && capture.name != "real/no-answer.server.pcap");
    assert!(found.len() > 100, "the fixtures are there");
    found.sort_by(|one, other| one.name.cmp(&other.name));
    match check_permission() {
        Ok(()) => found.extend(played(folder)),
        Err(error) => skipped(&format!("{tool} on a capture of each demo: {error}")),
    }
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Capture>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng") {
            let inside = path.strip_prefix(root).unwrap().to_string_lossy();
            let name = inside.replace(std::path::MAIN_SEPARATOR, "/");
            found.push(Capture { name, path });
        }
    }
}

/// Plays that always come out alike. The recordings show the other scenarios.
const PLAYED: [&str; 2] = ["message", "late-close"];

fn played(folder: &Path) -> Vec<Capture> {
    let play = |scenario: &str| {
        let path = folder.join(format!("{scenario}.pcap"));
        let port = free_port().to_string();
        let write = path.to_string_lossy();
        said(&mut tcpshake(["-q", "demo", scenario, "--port", &port, "--write", &write])).with_code(0);
        Capture { name: format!("demo/{scenario}"), path }
    };
    PLAYED.into_iter().map(play).collect()
}
