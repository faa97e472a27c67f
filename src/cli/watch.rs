//! `tcpshake watch`: labels live traffic.
//!
//! In: an interface and a filter. Out: a report on standard output, while it goes on.
//! Invariant: an interrupt, and `-c` reached, are normal ends: what is open is reported, then the summary with the
//! drops, and the exit code is 0, or 1 where something was found that `--fail-on` forbids.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::diagnosis::severity::Severity;
use tcpshake::capture::error::CaptureError;
use tcpshake::capture::interfaces::loopback_interface;
use tcpshake::capture::live::{Live, LiveOptions, WHOLE_FRAMES};
use tcpshake::capture::save::Savefile;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Record;
use tcpshake::time::Timestamp;

use crate::cli::args::WatchArgs;
use crate::cli::ending::{exit_code, fails_on};
use crate::cli::hearing::Hearing;
use crate::cli::observer::Observer;
use crate::cli::output::{report, tell};
use crate::cli::read::LADDER_STEPS;
use crate::cli::signals::stop_flag;
use crate::cli::told::{complain, say, told};

/// TCP, and the ICMP errors about it.
const PLAIN: &str = "tcp or icmp or icmp6";
/// What a filter for TCP does not look behind, and is looked into here: the EtherTypes of `docs/link-types.md`, and by small
/// numbers LLC's access points for IP and SNAP, and LLC as Linux has it on `any`.
const WRAPPED: [u16; 19] = [
    0x0004, 0x0006, 0x00aa, 0x22f3, 0x6558, 0x880b, 0x8847, 0x8848, 0x8864, 0x8870, 0x88e5, 0x88e7, 0x8903,
    0x8909, 0x8926, 0x892f, 0x893f, 0x894f, 0x9200,
];
/// The tags that a filter looks behind, one of them: more are looked behind here.
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];
/// The protocols and ports of tunnels, as `decode/tunnel` knows them.
const TUNNELS: &str = "proto 4 or proto 41 or proto 47 or proto 97 or proto 115 or proto 137 or proto 143 or \
     udp port (1701 or 2152 or 3544 or 4341 or 4754 or 4789 or 4790 or 5072 or 6081 or 6635 or 8472)";

/// How long a connection that has ended stays quiet before it is reported.
const REPORT_AFTER: Duration = Duration::from_secs(1);

/// Watches until it is interrupted.
///
/// # Errors
///
/// No such interface, no permission, a bad filter; standard output that does not take the report.
pub fn run(args: &WatchArgs, quiet: bool, verbose: bool) -> anyhow::Result<ExitCode> {
    let stop = stop_flag().map_err(|error| anyhow!("signals: {error}"))?;
    let mut source = open(args).map_err(told)?;
    let format = args.look.format_or(Format::Lines);
    let hearing = hearing(args, format, verbose)?;
    let mut save =
        args.write.as_deref().map(|path| Savefile::create(path, source.link())).transpose().map_err(told)?;
    if !quiet {
        say(format_args!("watching {}; Ctrl-C ends it", source.interface()));
        if matches!(format, Format::Ladder | Format::Table) {
            say("a connection is shown a second after it has ended, open ones at the end");
        }
    }
    let is_taken = is_taken(args);
    let mut report = report(&args.look, format, is_taken, true);
    let mut observer = Observer::new(args.bounds.depth, config(args, format), &mut *report)
        .saying_errors_alone(quiet)
        .listening(hearing);
    let is_partial = follow(&mut source, &mut observer, &mut save, args.count, &stop)?;
    if let Some(save) = &mut save {
        save.flush()?;
    }
    let summary = observer.finish_live(now(), source.statistics())?;
    if !quiet && (is_taken || format != Format::Json) {
        tell(&summary);
    }
    let has_failed = fails_on(args.fail_on.map(Severity::from), &summary, quiet);
    Ok(exit_code(is_partial, has_failed))
}

/// Hands on frame by frame until `stop` is raised, or so many are in. Whether something went wrong on the way.
fn follow(
    source: &mut Live,
    observer: &mut Observer<'_>,
    save: &mut Option<Savefile>,
    count: Option<u64>,
    stop: &AtomicBool,
) -> anyhow::Result<bool> {
    let mut left = count;
    let mut until = None;
    let mut is_partial = false;
    while left != Some(0) {
        // What was captured before the interrupt may still stand in the ring: it belongs to the report.
        if until.is_none() && stop.load(Ordering::Relaxed) {
            until = Some(now());
        }
        match source.next_frame() {
            Ok(Next::Frame(frame)) if until.is_some_and(|until| frame.time > until) => break,
            Ok(Next::Frame(frame)) => {
                if let Some(save) = save {
                    save.write(&frame)?;
                }
                observer.frame(&frame)?;
                left = left.map(|left| left - 1);
            }
            Ok(Next::Quiet) => {
                if let Some(save) = save {
                    save.flush()?;
                }
                observer.quiet(now())?;
                if until.is_some() {
                    break;
                }
            }
            Ok(Next::End) => break,
            Err(error) => {
                is_partial = true;
                complain(&error);
            }
        }
    }
    Ok(is_partial)
}

/// The kernel, where it was asked for; and where it was not, if it can be heard and the format shows it.
fn hearing(args: &WatchArgs, format: Format, verbose: bool) -> anyhow::Result<Option<Hearing>> {
    let is_shown = match format {
        _ if is_taken(args) => false,
        Format::Ladder | Format::Lines => true,
        Format::Json => args.look.records.has(Record::Kernel),
        Format::Table => false,
    };
    if args.no_kernel || !(args.kernel || is_shown) {
        return Ok(None);
    }
    match Hearing::open(verbose) {
        Ok(hearing) => Ok(Some(hearing)),
        Err(error) if args.kernel => Err(told(error)),
        Err(error) => {
            if verbose {
                complain(&error);
            }
            Ok(None)
        }
    }
}

/// Whether standard output is taken by the capture.
fn is_taken(args: &WatchArgs) -> bool {
    args.write.as_deref().is_some_and(|path| path.as_os_str() == "-")
}

fn open(args: &WatchArgs) -> Result<Live, CaptureError> {
    let interface = match &args.interface {
        Some(name) => name.clone(),
        None => loopback_interface()?.name,
    };
    let mut options = LiveOptions::new(&interface);
    options.promiscuous = !args.no_promiscuous;
    match args.snap_len {
        Some(0) => options.snap_len = WHOLE_FRAMES,
        Some(octets) => options.snap_len = octets,
        None if args.write.is_some() => options.snap_len = WHOLE_FRAMES,
        None => {}
    }
    if !args.filter.is_empty() {
        options.filter = Some(args.filter.join(" "));
        return Live::open(&options);
    }
    let wanted = if args.bounds.depth == 0 { PLAIN.to_owned() } else { format!("{PLAIN} or {TUNNELS}") };
    let wrapped = format!("{wanted} or {}", any_of(&WRAPPED));
    let tagged = format!("{wrapped} or {}", any_of(&TAGS));
    // In a filter `vlan` moves what stands behind it, so it comes last. Not every link layer has it, or EtherTypes.
    for filter in [format!("{wrapped} or (vlan and ({tagged}))"), tagged] {
        options.filter = Some(filter);
        match Live::open(&options) {
            Err(CaptureError::BadFilter { .. }) => {}
            opened => return opened,
        }
    }
    options.filter = Some(wanted);
    Live::open(&options)
}

/// A filter for these EtherTypes.
fn any_of(types: &[u16]) -> String {
    types.iter().map(|number| format!("ether proto {number:#06x}")).collect::<Vec<_>>().join(" or ")
}

fn config(args: &WatchArgs, format: Format) -> Config {
    let keep_steps = if format == Format::Ladder { LADDER_STEPS } else { 0 };
    Config { report_after: Some(REPORT_AFTER), ..args.bounds.config(keep_steps) }
}

/// Capture stamps are on this clock.
#[allow(clippy::disallowed_methods, reason = "a live capture's quiet moments have no stamp")]
fn now() -> Timestamp {
    SystemTime::now().into()
}
