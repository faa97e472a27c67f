//! `tcpshake read`: labels captures.
//!
//! In: files, or standard input. Out: a report on standard output.
//! Invariant: what can be read is reported before an error is; an error on the way makes the exit code 2, a finding at or
//! above `--fail-on` else 1.

use std::process::ExitCode;

use anyhow::anyhow;
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::diagnosis::severity::Severity;
use tcpshake::capture::file::Files;
use tcpshake::capture::filter::Filter;
use tcpshake::report::format::Format;

use crate::cli::args::ReadArgs;
use crate::cli::ending::{exit_code, fails_on};
use crate::cli::growing::{REPORT_AFTER, can_grow};
use crate::cli::observer::{Observer, Outcome};
use crate::cli::output::{report, tell};
use crate::cli::progress::{Results, Shown};
use crate::cli::signals::stop_flag;
use crate::cli::told::{complain, told};

/// Steps of each connection that a ladder shows.
pub const LADDER_STEPS: usize = 400;

/// Reads the files.
///
/// # Errors
///
/// A bad filter, or standard output that does not take the report.
pub fn run(args: &ReadArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let mut source = Files::new(&args.files);
    if let Some(text) = &args.filter {
        source = source.with_filter(Filter::new(text).map_err(told)?);
    }
    let format = args.look.format_or(Format::Lines);
    let keep_steps = if format == Format::Ladder { LADDER_STEPS } else { 0 };
    let is_followed = args.follow && can_grow(&args.files);
    let mut report = report(&args.look, format, false, is_followed);
    let report_after = is_followed.then_some(REPORT_AFTER);
    let config = Config { report_after, ..args.bounds.config(keep_steps) };
    let observer = Observer::new(args.bounds.depth, config, &mut *report).saying_errors_alone(quiet);
    let Outcome { summary, errors, is_partial } = if is_followed {
        let stop = stop_flag().map_err(|error| anyhow!("signals: {error}"))?;
        observer.follow(&mut source.following(), &stop, quiet)?
    } else {
        let _shown = Shown::new(source.progress(), quiet, Results::Meanwhile);
        observer.read(&mut source)?
    };
    for error in errors.iter().filter(|error| !(quiet && error.is_warning())) {
        complain(error);
    }
    if !quiet && (summary.frames > 0 || !is_partial) && format != Format::Json {
        tell(&summary);
    }
    let has_failed = fails_on(args.fail_on.map(Severity::from), &summary, quiet);
    Ok(exit_code(is_partial, has_failed))
}
