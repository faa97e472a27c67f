//! How what was played is shown.
//!
//! In: what was played. Out: pictures with words around them, or records.
//! Invariant: computes nothing; what is said stands in what was played.

use std::io::{self, Write};

use tcpshake::analyzer::step::Step;
use tcpshake::call::SocketCall;
use tcpshake::exchange::message::{ReceivedLine, WAITING};
use tcpshake::lab::played::Played;
use tcpshake::lab::scenario::Scenario;
use tcpshake::lab::wire::counts::Counts;
use tcpshake::report::format::Format;
use tcpshake::report::ladder::{draw, draw_both, tell_of_both, wrapped};
use tcpshake::report::said::Said;
use tcpshake::report::summary::Summary;
use tcpshake::report::times::Moment;
use tcpshake::story::both::lost;
use tcpshake::time::Timestamp;
use tcpshake::witness::KernelEvent;

use crate::cli::demo::args::DemoArgs;
use crate::cli::demo::pictures::{Far, pictures};
use crate::cli::output::{report, style, tell};
use crate::cli::told::say;

/// How to read the picture.
const LEGEND: &str = "Times are seconds since the first segment. A state in parentheses is assumed: the segment that \
                      leads to it was on its way, and no segment of that end has confirmed it yet.";

/// Shows what was played in the format asked for.
///
/// # Errors
///
/// Those of standard output.
pub fn show(args: &DemoArgs, scenario: &Scenario, played: &Played, quiet: bool) -> io::Result<()> {
    match args.look.format_or(Format::Ladder) {
        Format::Ladder => picture(args, scenario, played, quiet),
        format => records(args, format, played, quiet),
    }
}

/// What stands between two scenarios.
///
/// # Errors
///
/// Those of standard output.
pub fn gap(args: &DemoArgs) -> io::Result<()> {
    if args.look.format_or(Format::Ladder) == Format::Ladder {
        writeln!(io::stdout().lock(), "\n")?;
    }
    Ok(())
}

/// The ladders between the server's own words and the comparison with the textbook; without the former, and without how
/// to read it, where it is to be `quiet`.
fn picture(args: &DemoArgs, scenario: &Scenario, played: &Played, quiet: bool) -> io::Result<()> {
    let style = style(&args.look, Format::Ladder);
    let mut out = io::stdout().lock();
    head(&mut out, args, scenario, played, quiet)?;
    let mut said = Said::of_loopback();
    for picture in pictures(played) {
        let beside = picture.beside.beside();
        let far = match picture.far {
            Far::NoTap => {
                draw(&mut out, picture.near, beside, style)?;
                None
            }
            Far::Nothing => {
                draw_both(&mut out, (picture.near, None), picture.older, beside, style)?;
                None
            }
            Far::Seen(far) => {
                draw_both(&mut out, (picture.near, Some(far)), picture.older, beside, style)?;
                Some(far)
            }
        };
        let lost = match picture.far {
            Far::NoTap => Vec::new(),
            Far::Nothing | Far::Seen(_) => lost(picture.near, far),
        };
        tell_of_both(&mut out, (picture.near, far), &lost, &mut said, style)?;
        writeln!(out)?;
    }
    for view in [Some(&played.client), played.server.as_ref()].into_iter().flatten() {
        if let Some(dropped @ 1..) = view.statistics.dropped {
            writeln!(out, " The capture lost {dropped} frames: what is missing above may be its fault.")?;
        }
    }
    let wire = played.wire.as_ref().and_then(Counts::told);
    let words = played.why_unfinished().unwrap_or_else(|| (scenario.differs)(played));
    for line in wire.into_iter().chain([words]).flat_map(|words| wrapped(&words, style)) {
        writeln!(out, " {line}")?;
    }
    if !quiet {
        writeln!(out)?;
        for line in wrapped(LEGEND, style) {
            writeln!(out, " {line}")?;
        }
    }
    out.flush()
}

/// What is played, when it was recorded, and what the server's program prints; of these the second alone, where it is
/// to be `quiet`.
fn head(
    out: &mut dyn Write,
    args: &DemoArgs,
    scenario: &Scenario,
    played: &Played,
    quiet: bool,
) -> io::Result<()> {
    let style = style(&args.look, Format::Ladder);
    if !quiet {
        for line in wrapped(&format!("{}: {}.", scenario.name, scenario.title), style) {
            writeln!(out, " {line}")?;
        }
    }
    if let (true, Some(first)) = (args.recorded, played.first()) {
        // To the minute: `2026-11-26T05:24`.
        let made = Moment(first.start()).to_string();
        writeln!(out, " A recording, made at {} UTC.", made.get(..16).unwrap_or(&made).replace('T', " "))?;
    }
    if !quiet || args.recorded {
        writeln!(out)?;
    }
    if !quiet && !played.received.is_empty() {
        writeln!(out, " server prints: {WAITING}")?;
        writeln!(out, " server prints: {}", ReceivedLine(&played.received))?;
        writeln!(out)?;
    }
    Ok(())
}

fn records(args: &DemoArgs, format: Format, played: &Played, quiet: bool) -> io::Result<()> {
    let mut report = report(&args.look, format, false, false);
    let mut summary = Summary {
        captured: Some(played.client.statistics.captured),
        dropped: played.client.statistics.dropped,
        ..Summary::default()
    };
    for event in in_order(played, format) {
        match event {
            Event::Segment(step) => {
                summary.quality.count_segment(&step.segment, step.seen_before.is_some());
                report.segment(step)?;
            }
            Event::Call(call) => report.call(call)?,
            Event::Kernel(said) => report.kernel(said)?,
        }
    }
    for connection in &played.client.connections {
        summary.count_findings(connection);
        report.connection(connection)?;
        let segments = connection.segments();
        // Of these connections alone: whoever else used the port is no part of the account.
        summary.frames += segments.client + segments.server;
        summary.segments += segments.client + segments.server;
        summary.connections += 1;
        let (start, end) = summary.span.unwrap_or((connection.start(), connection.end()));
        summary.span = Some((start.min(connection.start()), end.max(connection.end())));
    }
    for finding in summary.findings_of_capture() {
        report.finding(&finding)?;
    }
    report.summary(&summary)?;
    report.flush()?;
    if !quiet && format != Format::Json {
        tell(&summary);
    }
    if let (false, Some(why)) = (quiet, played.why_unfinished()) {
        say(why);
    }
    Ok(())
}

/// Something that happened, in any connection.
enum Event<'a> {
    Segment(&'a Step),
    Call(&'a SocketCall),
    Kernel(&'a KernelEvent),
}

/// Everything in the order of its time: a call stands where it began, or for people, who read both in one line, where
/// it returned.
fn in_order(played: &Played, format: Format) -> Vec<Event<'_>> {
    let moment = |call: &SocketCall| match call.returned {
        Some((returned, _)) if format != Format::Json => returned,
        _ => call.began,
    };
    let steps = played.client.connections.iter().flat_map(|connection| connection.steps().iter());
    let mut events: Vec<(Timestamp, Event<'_>)> = played
        .calls
        .iter()
        .map(|call| (moment(call), Event::Call(call)))
        .chain(steps.map(|step| (step.segment.time, Event::Segment(step))))
        .chain(played.kernel.iter().flatten().map(|said| (said.time, Event::Kernel(said))))
        .collect();
    events.sort_by_key(|(time, _)| *time);
    events.into_iter().map(|(_, event)| event).collect()
}
