//! The course: every picture in `docs/course.md` is what the program prints.
//!
//! In: the page, with a command in a comment before each picture. Out: each picture held against the command's output.
//! Invariant: every scenario stands in the course. `TCPSHAKE_BLESS=1` puts the outputs in place.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tcpshake::lab::scenarios::SCENARIOS;

/// What stands before a picture: `<!-- tcpshake demo -q NAME --recorded -->`.
const BEFORE: &str = "<!-- tcpshake ";
const AFTER: &str = " -->";
const FENCE: &str = "```";

fn page() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/course.md")
}

/// The page with every picture made anew.
fn with_pictures(text: &str) -> String {
    let mut made = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        made.push_str(line);
        made.push('\n');
        let command = line.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(AFTER));
        let Some(command) = command else { continue };
        assert_eq!(lines.next(), Some("```text"), "a picture follows: {line}");
        lines.by_ref().take_while(|line| *line != FENCE).for_each(drop);
        made.push_str(&format!("```text\n{}\n{FENCE}\n", printed(command).trim_end()));
    }
    made
}

fn printed(command: &str) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_tcpshake"))
        .args(command.split(' '))
        .env("NO_COLOR", "1")
        .output()
        .expect("the program runs");
    let said = String::from_utf8(run.stderr).expect("UTF-8");
    assert!(run.status.success(), "tcpshake {command}: {said}");
    // No line of a page ends in blanks.
    let out = String::from_utf8(run.stdout).expect("UTF-8");
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "whether to write is asked by whoever runs the test")]
fn every_picture_is_what_the_program_prints() {
    let text = fs::read_to_string(page()).expect("the course");
    let made = with_pictures(&text);
    if std::env::var_os("TCPSHAKE_BLESS").is_some() {
        fs::write(page(), made).expect("a course that can be written");
        return;
    }
    let differs = text.lines().zip(made.lines()).find(|(is, should)| is != should);
    assert!(text == made, "docs/course.md is not what the program prints (make fixtures): {differs:?}");
}

#[test]
fn every_scenario_stands_in_the_course() {
    let text = fs::read_to_string(page()).expect("the course");
    for scenario in SCENARIOS {
        let command = format!("{BEFORE}demo -q {} --recorded{AFTER}", scenario.name);
        assert_eq!(text.matches(&command).count(), 1, "{} stands once in the course", scenario.name);
    }
}
