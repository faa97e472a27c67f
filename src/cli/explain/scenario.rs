//! `tcpshake explain SCENARIO`: what a scenario plays, where, and what must come of it.
//!
//! In: a scenario. Out: its text with the calls of both sides, its place and its expectations, in words.
//! Invariant: at most 78 columns wide, and nothing that its file does not say.

use std::io::{self, Write};

use tcpshake::analyzer::role::Role;
use tcpshake::lab::scenario::{Expect, Place, Scenario, Setting};
use tcpshake::lab::wire::fault::{Deed, Fault};
use tcpshake::report::ladder::wrapped;
use tcpshake::report::style::Style;

/// Columns, and the two that `wrapped` leaves free.
const WIDTH: usize = 80;
/// What the words in front of a paragraph take.
const INDENT: usize = 8;

/// Writes all that is to say about it.
///
/// # Errors
///
/// Those of `out`.
pub fn explain(scenario: &Scenario, out: &mut impl Write) -> io::Result<()> {
    let Scenario { name, group, title, text, client, server, setting, .. } = scenario;
    writeln!(out, "{name} (scenario, {})", group.as_str())?;
    paragraph(out, "", &capitalized(title))?;
    writeln!(out)?;
    paragraph(out, "", text)?;
    writeln!(out)?;
    paragraph(out, "Client:", client)?;
    paragraph(out, "Server:", server)?;
    paragraph(out, "Played:", &place(setting))?;
    let mut head = "Expect:";
    for expect in scenario.expects {
        paragraph(out, head, &expectation(*expect, setting.place))?;
        head = " ";
    }
    writeln!(out, "\nNext: tcpshake demo {name}")
}

/// A paragraph; where there is a head, behind it and indented.
fn paragraph(out: &mut impl Write, head: &str, text: &str) -> io::Result<()> {
    let indent = if head.is_empty() { 0 } else { INDENT };
    let style = Style { width: WIDTH - indent, ..Style::default() };
    let mut head = head;
    for line in wrapped(text, style) {
        writeln!(out, "{head:<indent$}{line}")?;
        head = "";
    }
    Ok(())
}

fn capitalized(title: &str) -> String {
    let mut letters = title.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Where it is played, and what is set there.
fn place(setting: &Setting) -> String {
    let mut said = match setting.place {
        Place::Loopback => "on a loopback: the host's, or that of a network namespace of its own",
        Place::Private => "on the loopback of a network namespace of its own",
        Place::Wire => "between two network namespaces, on a wire that this program is",
    }
    .to_owned();
    let faults = (setting.faults)();
    if !faults.latency.is_zero() {
        said.push_str(&format!("; every frame takes {} ms", faults.latency.as_millis()));
    }
    for fault in &faults.list {
        said.push_str(&format!("; the wire {}", deed(fault)));
    }
    if setting.ipv6 {
        said.push_str("; over IPv6");
    }
    for (number, (name, value)) in setting.system.iter().enumerate() {
        said.push_str(if number == 0 { "; set there: " } else { ", " });
        said.push_str(&format!("{} = {}", name.replace('/', "."), value.replace('\t', " ")));
    }
    said
}

/// What the wire does to which segment.
fn deed(fault: &Fault) -> String {
    let of = &fault.of;
    match &fault.deed {
        Deed::Lose => format!("loses {of}"),
        Deed::Delay(time) => format!("delays {of} by {} ms", time.as_millis()),
        Deed::Repeat { .. } => format!("brings {of} more than once"),
        Deed::Reorder(_) => format!("brings {of} after the segment behind it"),
        Deed::Alter(_) => format!("alters {of}"),
        Deed::Inject(_) => format!("brings, after {of}, a segment that nobody has sent"),
    }
}

/// An expectation in words: labels as they are printed, claims as `check` takes them.
fn expectation(expect: Expect, place: Place) -> String {
    let at = |role: Role| match place {
        Place::Wire => format!("at the {}'s end: ", role.as_str()),
        Place::Loopback | Place::Private => String::new(),
    };
    match expect {
        Expect::Labels(role, 1, labels) => format!("{}{}", at(role), labels.join("; ")),
        Expect::Labels(role, number, labels) => {
            format!("{}connection {number}: {}", at(role), labels.join("; "))
        }
        Expect::Claim(role, claim) => format!("{}{claim}", at(role)),
        Expect::Call(caller, name, returned) => {
            format!("the {}'s {}() returns {returned}", caller.as_str(), name.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tcpshake::call::{CallName, Caller};
    use tcpshake::lab::scenarios::SCENARIOS;

    use super::*;

    fn explained(scenario: &Scenario) -> String {
        let mut out = Vec::new();
        explain(scenario, &mut out).expect("memory takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn every_scenario_is_explained_within_78_columns() {
        for scenario in SCENARIOS {
            let (name, text) = (scenario.name, explained(scenario));
            assert!(text.is_ascii(), "{name}: not every terminal shows more than ASCII");
            let wide = text.lines().find(|line| line.chars().count() > 78 || line.ends_with(' '));
            assert_eq!(wide, None, "{name}: too wide, or white space at its end");
            let heads = ["Client: ", "Server: ", "Played: ", "Expect: ", "Next: tcpshake demo "];
            for head in heads {
                let count = text.lines().filter(|line| line.starts_with(head)).count();
                assert_eq!(count, 1, "{name}: {head}");
            }
            assert!(
                scenario.text.len() > 200 && scenario.text.ends_with('.'),
                "{name}: a paragraph that teaches"
            );
            assert!(!scenario.title.ends_with('.'), "{name}: a title is no sentence");
        }
    }

    #[test]
    fn whatever_is_expected_is_said_in_words() {
        let said = |expect, place| expectation(expect, place);
        let labels = Expect::Labels(Role::Server, 2, &["SYN J", "SYN K, ACK J+1"]);
        assert_eq!(said(labels, Place::Private), "connection 2: SYN J; SYN K, ACK J+1");
        assert_eq!(said(labels, Place::Wire), "at the server's end: connection 2: SYN J; SYN K, ACK J+1");
        let call = Expect::Call(Caller::Client, CallName::Connect, "ECONNREFUSED");
        assert_eq!(said(call, Place::Loopback), "the client's connect() returns ECONNREFUSED");
    }

    #[test]
    fn what_the_wire_does_is_said_of_the_segment_it_is_done_to() {
        let fault = |text: &str, deed| Fault { of: text.parse().expect("a pattern"), deed };
        assert_eq!(deed(&fault("SYN J", Deed::Lose)), "loses SYN J");
        let late = Deed::Delay(Duration::from_millis(200));
        assert_eq!(deed(&fault("FIN M", late)), "delays FIN M by 200 ms");
    }

    #[test]
    fn settings_are_named_as_sysctl_names_them() {
        let setting = Setting {
            ipv6: true,
            system: &[("net/ipv4/tcp_fastopen", "3"), ("net/ipv4/tcp_rmem", "1\t2\t3")],
            ..Setting::PRIVATE
        };
        let wanted = "on the loopback of a network namespace of its own; over IPv6; set there: \
                      net.ipv4.tcp_fastopen = 3, net.ipv4.tcp_rmem = 1 2 3";
        assert_eq!(place(&setting), wanted);
    }
}
