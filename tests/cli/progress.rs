//! How far reading is, on a terminal that `script` (util-linux) makes up.

use std::fs;
use std::process::{Command, Stdio};

use crate::run::{PROGRAM, Running, fixture, said, skipped, words};

/// What the terminal shows while a capture comes slowly through a pipe, and what went to the file meanwhile.
fn on_a_terminal(arguments: &str, to_file: bool) -> Option<(String, String)> {
    let has_script = Command::new("script").arg("--version").output();
    if !has_script.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("util-linux")) {
        skipped("a terminal: there is no script of util-linux here");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let (capture, results) = (fixture("closing/four-segment.pcap"), out.display());
    let redirected = if to_file { format!("> '{results}'") } else { String::new() };
    let slowly = format!("(head -c 300 '{capture}'; sleep 1.6; tail -c +301 '{capture}')");
    let mut command = Command::new("script");
    command.args(["-qfec", &format!("{slowly} | '{PROGRAM}' {arguments} {redirected}"), "/dev/null"]);
    command.env("TERM", "xterm").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = Running::spawn(&mut command).end().with_code(0);
    Some((ended.out, fs::read_to_string(&out).unwrap_or_default()))
}

#[test]
fn reading_that_takes_long_is_shown_and_taken_away() {
    let Some((terminal, file)) = on_a_terminal("read - -f table", true) else { return };
    assert!(terminal.contains(" read, ") && terminal.contains("B/s"), "{terminal:?}");
    let (_, behind) = terminal.rsplit_once("\u{1b}[2K").unwrap_or_default();
    assert_eq!(behind, "9 frames, 9 segments in 1 connection\r\n", "{terminal:?}");
    let alone = said(&mut words(&format!("read -f table {}", fixture("closing/four-segment.pcap"))));
    assert_eq!(file, alone.out);
}

#[test]
fn nothing_is_shown_that_disturbs() {
    let Some((quiet, _)) = on_a_terminal("-q read - -f table", true) else { return };
    assert_eq!(quiet, "");
    let Some((same, _)) = on_a_terminal("read - -f lines --color never", false) else { return };
    assert!(!same.contains("B/s") && same.ends_with("9 frames, 9 segments in 1 connection\r\n"), "{same:?}");
}
