//! How results look: numbers, colours, and what the environment and the terminal have to say about it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};

use crate::run::{PROGRAM, Running, fixture, has, run, said, skipped, words};

const NAME: &str = "closing/four-segment.pcap";
const ESCAPE: char = '\u{1b}';

#[test]
fn numbers_are_symbolic_relative_or_absolute() {
    let labels = |numbers: &str| -> Vec<String> {
        let command = format!("read -f json --records segments --numbers {numbers} {}", fixture(NAME));
        let records = run(&command).quietly().records();
        records.iter().map(|record| record["label"].as_str().unwrap().to_owned()).collect()
    };
    let symbolic =
        ["SYN J", "SYN K, ACK J+1", "ACK K+1", "DATA 6", "ACK J+7", "FIN M", "ACK M+1", "FIN N", "ACK N+1"];
    let relative = ["SYN 0", "SYN 0, ACK 1", "ACK 1", "DATA 6", "ACK 7", "FIN 7", "ACK 8", "FIN 1", "ACK 2"];
    let absolute = [
        "SYN 1000",
        "SYN 5000, ACK 1001",
        "ACK 5001",
        "DATA 6",
        "ACK 1007",
        "FIN 1007",
        "ACK 1008",
        "FIN 5001",
        "ACK 5002",
    ];
    assert_eq!(labels("symbolic"), symbolic);
    assert_eq!(labels("relative"), relative);
    assert_eq!(labels("absolute"), absolute);
    let path = fixture(NAME);
    let bare = run(&format!("read {path}")).with_code(0).out;
    assert_eq!(bare, run(&format!("read --numbers symbolic {path}")).with_code(0).out, "the default");
    for format in ["lines", "ladder"] {
        let shown = run(&format!("read -f {format} --numbers absolute {path}")).with_code(0).out;
        assert!(shown.contains("SYN 5000, ACK 1001"), "{shown}");
    }
}

#[test]
fn colour_is_for_terminals_unless_told_otherwise() {
    for format in ["lines", "ladder", "table"] {
        let command = |color: &str| words(&format!("read -f {format} --color {color} {}", fixture(NAME)));
        let colored = |color: &str, no_color: Option<&str>| {
            let mut command = command(color);
            if let Some(value) = no_color {
                command.env("NO_COLOR", value);
            }
            said(&mut command).with_code(0).out.contains(ESCAPE)
        };
        assert!(!colored("auto", None), "{format}: a pipe is no terminal");
        assert!(colored("always", None) && colored("always", Some("1")), "{format}: asked for");
        assert!(!colored("never", None), "{format}");
    }
    let json = run(&format!("read -f json --color always {}", fixture(NAME))).quietly();
    assert!(!json.out.contains(ESCAPE), "JSON has no colours");
}

/// What comes out on a terminal, which `script` of util-linux provides.
fn on_a_terminal(arguments: &str, no_color: &str) -> Option<String> {
    if !has("script", "output on a terminal") {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let typescript = folder.path().join("typescript");
    let line = format!("NO_COLOR={no_color} '{}' {arguments}", PROGRAM);
    let mut command = Command::new("script");
    command.args(["-q", "-e", "-c", &line]).arg(&typescript).stdin(Stdio::null());
    let ended = said(&mut command);
    if ended.code != Some(0) {
        skipped(&format!("output on a terminal: this script cannot: {}", ended.err));
        return None;
    }
    Some(fs::read_to_string(typescript).unwrap())
}

#[test]
fn a_terminal_has_colours_where_no_color_is_not_set() {
    let path = fixture(NAME);
    let Some(colored) = on_a_terminal(&format!("read {path}"), "") else { return };
    assert!(colored.contains("\u{1b}["), "an empty NO_COLOR counts as none: {colored}");
    for (arguments, no_color, expected) in [
        (format!("read {path}"), "1", false),
        (format!("read --color always {path}"), "1", true),
        (format!("read --color never {path}"), "", false),
    ] {
        let shown = on_a_terminal(&arguments, no_color).unwrap();
        assert!(shown.contains("SYN K"), "{shown}");
        assert_eq!(shown.contains("\u{1b}["), expected, "{arguments}, NO_COLOR={no_color}: {shown}");
    }
}

#[test]
fn a_terminal_shows_what_came_through_a_pipe_before_the_next_comes() {
    let test = "a pipe shown on a terminal";
    if !has("script", test) || !has("mkfifo", test) || on_a_terminal("--version", "").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let line = format!("'{PROGRAM}' read '{}'", fifo.display());
    let mut terminal = Command::new("script");
    let mut terminal =
        Running::start(terminal.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]).stdin(Stdio::null()));
    let octets = fs::read(fixture(NAME)).unwrap();
    let mut pipe = OpenOptions::new().write(true).open(&fifo).unwrap();
    // Its header, then two frames and a piece of the third.
    pipe.write_all(&octets[..180]).unwrap();
    terminal.out_until("SYN K, ACK J+1");
    pipe.write_all(&octets[180..]).unwrap();
    drop(pipe);
    assert!(terminal.end().with_code(0).out.contains("ACK N+1"));
}
