//! `tcpshake demo`: plays a scenario and shows it.
//!
//! In: a scenario's name. Out: the ladder with the socket calls beside it, or any other format.
//! Invariant: what is said was seen in this very run.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::anyhow;
use tcpshake::capture::interfaces::loopback_interface;
use tcpshake::exchange::message::{ReceivedLine, WAITING};
use tcpshake::lab::error::LabError;
use tcpshake::lab::played::Played;
use tcpshake::lab::scenario::Scenario;
use tcpshake::lab::stage::{Play, play};
use tcpshake::lab::{SCENARIOS, find};
use tcpshake::report::format::Format;
use tcpshake::report::ladder::{draw, tell_all, wrapped};
use tcpshake::report::list::{ScenarioRecord, write_record};
use tcpshake::report::said::Said;
use tcpshake::report::summary::Summary;
use tcpshake::story::beside::Beside;

use crate::cli::args::{DemoArgs, FormatName};
use crate::cli::output::{report, style, tell};
use crate::cli::told::told;

/// How to read the picture.
const LEGEND: &str = "Times are seconds since the first segment. A state in parentheses is assumed: the segment that \
                      leads to it was on its way, and no segment of that end has confirmed it yet.";

/// Plays the scenario, or lists them all.
///
/// # Errors
///
/// An unknown scenario, no permission to capture, the port taken, nothing captured; standard output that does not take
/// the report.
pub fn run(args: &DemoArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    if args.list {
        list(args)?;
        return Ok(ExitCode::SUCCESS);
    }
    let scenario = find(&args.scenario).ok_or_else(|| unknown(&args.scenario))?;
    let ip: IpAddr = if args.ipv6 { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
    let interface = loopback_interface().map_err(|error| told(LabError::from(error)))?.name;
    let played = play(&Play {
        scenario,
        address: SocketAddr::new(ip, args.port),
        message: args.message.clone().into_bytes(),
        interface,
        write: args.write.clone(),
    })
    .map_err(told)?;
    if args.write.as_deref().is_some_and(|path| path.as_os_str() == "-") {
        return Ok(ExitCode::SUCCESS);
    }
    match args.look.format_or(Format::Ladder) {
        Format::Ladder => picture(args, scenario, &played)?,
        format => records(args, format, &played, quiet)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The ladder between the server's own words and the comparison with the textbook.
fn picture(args: &DemoArgs, scenario: &Scenario, played: &Played) -> io::Result<()> {
    let style = style(&args.look, Format::Ladder);
    let mut out = io::stdout().lock();
    for line in wrapped(&format!("{}: {}.", scenario.name, scenario.title), style) {
        writeln!(out, " {line}")?;
    }
    writeln!(out)?;
    writeln!(out, " server prints: {WAITING}")?;
    if !played.received.is_empty() {
        writeln!(out, " server prints: {}", ReceivedLine(&played.received))?;
    }
    writeln!(out)?;
    let beside = Beside { calls: &played.calls, kernel: &[] };
    draw(&mut out, &played.connection, beside, style)?;
    tell_all(&mut out, &played.connection, &mut Said::of_loopback(), style)?;
    if let Some(dropped @ 1..) = played.statistics.dropped {
        writeln!(out, " The capture lost {dropped} frames: what is missing above may be its fault.")?;
    }
    writeln!(out)?;
    for line in wrapped(&(scenario.differs)(played), style) {
        writeln!(out, " {line}")?;
    }
    writeln!(out)?;
    for line in wrapped(LEGEND, style) {
        writeln!(out, " {line}")?;
    }
    out.flush()
}

fn records(args: &DemoArgs, format: Format, played: &Played, quiet: bool) -> io::Result<()> {
    let mut report = report(&args.look, format, false, false);
    for step in played.connection.steps().iter() {
        report.segment(step)?;
    }
    report.connection(&played.connection)?;
    let segments = played.connection.segments();
    let summary = Summary {
        // Of this connection alone: whoever else used the port is no part of the account.
        frames: segments.client + segments.server,
        segments: segments.client + segments.server,
        connections: 1,
        captured: Some(played.statistics.captured),
        dropped: played.statistics.dropped,
        span: Some((played.connection.start(), played.connection.end())),
        ..Summary::default()
    };
    report.summary(&summary)?;
    report.flush()?;
    if !quiet && format != Format::Json {
        tell(&summary);
    }
    Ok(())
}

fn list(args: &DemoArgs) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut group = "";
    for scenario in SCENARIOS {
        let Scenario { name, group: of, title, .. } = *scenario;
        if args.look.format == Some(FormatName::Json) {
            write_record(&mut out, &ScenarioRecord { name, group: of, title })?;
            continue;
        }
        if of != group {
            writeln!(out, "{of}")?;
            group = of;
        }
        writeln!(out, "  {name:<12} {title}")?;
    }
    Ok(())
}

fn unknown(name: &str) -> anyhow::Error {
    let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
    anyhow!("scenario {name:?}: there is none of this name\n  try: one of {}", names.join(", "))
}
