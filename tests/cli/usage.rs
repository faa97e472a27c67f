//! Help, version, and bad usage.

use crate::run::{Said, run, said, words};

const SUBCOMMANDS: [&str; 10] =
    ["demo", "watch", "read", "check", "serve", "send", "explain", "interfaces", "completions", "man"];

fn is_narrow(said: &Said) -> bool {
    said.out.lines().all(|line| line.chars().count() <= 80)
}

#[test]
fn help_of_everything_fits_a_terminal() {
    let program = said(words("--help").env("COLUMNS", "80")).quietly();
    assert!(is_narrow(&program), "{}", program.out);
    for subcommand in SUBCOMMANDS {
        assert!(program.out.contains(&format!("\n  {subcommand} ")), "{subcommand} is not listed");
        for form in ["-h", "--help"] {
            let help = said(words(&format!("{subcommand} {form}")).env("COLUMNS", "80")).quietly();
            assert!(is_narrow(&help), "{subcommand} {form}: {}", help.out);
            assert!(help.out.contains(&format!("Usage: tcpshake {subcommand} ")), "{}", help.out);
        }
        let help = said(words(&format!("help {subcommand}")).env("COLUMNS", "80")).quietly();
        assert!(help.out.contains(&format!("Usage: tcpshake {subcommand} ")), "{}", help.out);
    }
    for code in ["0 done", "1 an expectation failed", "2 could not do it"] {
        assert!(program.out.contains(code), "{}", program.out);
    }
}

#[test]
fn the_options_of_the_contract_are_there() {
    let options = [
        ("demo", "--list --port --message --write --format --numbers --color --quiet --verbose"),
        ("watch", "-i -w -c -s -p --kernel --no-kernel --format --numbers --color --records --fail-on"),
        ("read", "--filter --format --numbers --color --records --fail-on"),
        ("check", "--expect --expect-file --filter --format --quiet"),
        ("serve", "--port --bind"),
        ("send", "--port"),
    ];
    for (subcommand, options) in options {
        let help = run(&format!("{subcommand} --help")).quietly().out;
        for option in options.split(' ') {
            let named = |line: &str| line.trim_start().split([',', ' ']).take(3).any(|word| word == option);
            assert!(help.lines().any(named), "{subcommand} {option}: {help}");
        }
    }
}

#[test]
fn the_help_names_each_default_format() {
    for subcommand in ["demo", "watch", "read"] {
        let help = run(&format!("{subcommand} --help")).quietly().out;
        assert!(
            help.contains("[default: ladder for demo, lines for watch and read]"),
            "{subcommand}: {help}"
        );
    }
}

#[test]
fn read_shows_lines_by_default() {
    let capture = "fixtures/closing/three-segment.pcap";
    let by_default = run(&format!("read {capture}")).out;
    assert_eq!(by_default, run(&format!("read --format lines {capture}")).out);
    assert_ne!(by_default, run(&format!("read --format ladder {capture}")).out);
}

#[test]
fn the_shell_and_man_know_every_subcommand() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&format!("completions {shell}")).quietly().out;
        assert!(SUBCOMMANDS.iter().all(|subcommand| script.contains(subcommand)), "{shell}: {script}");
    }
    let page = run("man").quietly().out;
    assert!(page.contains(".TH tcpshake 1"), "{page}");
    for subcommand in SUBCOMMANDS {
        assert!(
            page.contains(&format!(".SH \"TCPSHAKE {}\"", subcommand.to_uppercase())),
            "{subcommand}: {page}"
        );
    }
}

#[test]
fn the_version_is_the_packages() {
    for form in ["--version", "-V"] {
        assert_eq!(run(form).quietly().out, format!("tcpshake {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn no_arguments_bring_the_help_as_an_error() {
    let bare = run("").with_code(2);
    assert_eq!(bare.out, "");
    assert!(
        bare.err.contains("Usage: tcpshake") && bare.err.contains("Begin with: tcpshake demo"),
        "{}",
        bare.err
    );
}

#[test]
fn bad_usage_says_what_is_wrong_and_what_to_type() {
    let fixture = crate::run::fixture("rfc9293/figure-06.pcap");
    let cases = [
        ("raed", "'raed'", "'read'; tcpshake --help"),
        ("read", "<FILE>", "tcpshake read --help"),
        (
            "read --format nosuch FILE",
            "[possible values: ladder, lines, table, json]",
            "tcpshake read --help",
        ),
        ("read --numbers roman FILE", "[possible values: symbolic, relative, absolute]", "read --help"),
        ("read --color pink FILE", "[possible values: auto, always, never]", "read --help"),
        ("read --records segments,foo FILE", "no records are called \"foo\"", "read --help"),
        ("read --records segments, FILE", "a name is missing", "read --help"),
        ("read --fliter tcp FILE", "'--fliter'", "'--filter'; tcpshake read --help"),
        ("read --fail-on fatal FILE", "[possible values: note, warning, error]", "read --help"),
        ("check FILE", "--expect <EXPECTATION>", "check --help"),
        ("check --expect open", "<FILE>", "check --help"),
        ("check -e open -f ladder FILE", "[possible values: lines, json]", "check --help"),
        ("read -q -v FILE", "'--quiet' cannot be used with '--verbose'", "read --help"),
        ("watch -c 0", "'0'", "watch --help"),
        ("watch -c many", "'many'", "watch --help"),
        ("watch -s -1", "'-1'", "watch --help"),
        ("demo --port 0", "0 is not in 1..=65535", "demo --help"),
        ("demo --port 65536", "65536 is not in 1..=65535", "demo --help"),
        ("demo --port http", "'http'", "demo --help"),
        ("serve --port 65536", "'65536'", "serve --help"),
        ("send", "<HOST>", "send --help"),
        ("interfaces --format lines", "[possible values: table, json]", "interfaces --help"),
    ];
    for (line, cause, next_step) in cases {
        let refused = run(&line.replace("FILE", &fixture)).refused("command line: ", next_step);
        assert!(refused.err.contains(cause), "{line}: {}", refused.err);
    }
}
