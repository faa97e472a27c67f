//! `tcpshake check`: holds captures against expectations.
//!
//! In: files, expectations. Out: a verdict on each expectation, on standard output; the exit code is the verdict on all.
//! Invariant: a bad expectation is refused before any file is read. What can be read is judged and reported before an
//! error is told.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use tcpshake::capture::file::Files;
use tcpshake::capture::filter::Filter;
use tcpshake::expect::claim::Expectation;
use tcpshake::expect::error::BadExpectation;
use tcpshake::expect::grammar::lines;
use tcpshake::expect::judge::{Judge, STEPS};
use tcpshake::expect::verdict::Verdict;
use tcpshake::report::json::verdict::write_json;
use tcpshake::report::verdict::write_lines;

use crate::cli::args::{CheckArgs, VerdictFormat};
use crate::cli::ending::exit_code;
use crate::cli::observer::{Observer, Outcome};
use crate::cli::output::tell;
use crate::cli::progress::{Results, Shown};
use crate::cli::told::{complain, told};

/// Judges the files.
///
/// # Errors
///
/// A bad expectation, a bad filter, or standard output that does not take the verdicts.
pub fn run(args: &CheckArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    let mut judge = Judge::new(expectations(args)?);
    let mut source = Files::new(&args.files);
    if let Some(text) = &args.filter {
        source = source.with_filter(Filter::new(text).map_err(told)?);
    }
    let observer =
        Observer::new(args.bounds.depth, args.bounds.config(STEPS), &mut judge).saying_errors_alone(quiet);
    let shown = Shown::new(source.progress(), quiet, Results::Later);
    let Outcome { summary, errors, is_partial } = observer.read(&mut source)?;
    drop(shown);
    let verdicts = judge.verdicts();
    let held = verdicts.iter().filter(|verdict| verdict.held).count();
    let is_read = quiet || show(&verdicts, args.format)?;
    for error in errors.iter().filter(|error| !(quiet && error.is_warning())) {
        complain(error);
    }
    if !quiet && is_read && args.format == VerdictFormat::Lines {
        let all = verdicts.len();
        let plural = if all == 1 { "" } else { "s" };
        let rest = if is_partial { ", by what could be read" } else { "" };
        tell(format_args!("{summary}\n{held} of {all} expectation{plural} held{rest}"));
    }
    Ok(exit_code(is_partial, held < verdicts.len()))
}

/// Writes the verdicts. Whether they were read to the end: a closed pipe is the reader's choice, and changes no verdict.
fn show(verdicts: &[Verdict], format: VerdictFormat) -> io::Result<bool> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match format {
        VerdictFormat::Lines => write_lines(&mut out, verdicts),
        VerdictFormat::Json => write_json(&mut out, verdicts),
    };
    match written.and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// Those of the command line, then those of the files.
fn expectations(args: &CheckArgs) -> anyhow::Result<Vec<Expectation>> {
    let mut all = Vec::new();
    for text in &args.expect {
        all.push(read(text, "--expect", text)?);
    }
    for path in &args.expect_file {
        let text = contents(path)?;
        let before = all.len();
        for (number, line) in lines(text.trim_start_matches('\u{feff}')) {
            all.push(read(line, &format!("{}:{number}:", path.display()), line)?);
        }
        if all.len() == before {
            bail!("{}: no expectation in it\n  try: a line such as: outcome closed", path.display());
        }
    }
    Ok(all)
}

fn read(text: &str, place: &str, shown: &str) -> anyhow::Result<Expectation> {
    text.parse().map_err(|error: BadExpectation| {
        let next_step = match &error.meant {
            Some(meant) => format!("'{meant}'"),
            None => "tcpshake check --help, or tcpshake explain expectations".to_owned(),
        };
        anyhow!("{place} '{}': {error}\n  try: {next_step}", printable(shown))
    })
}

/// The text without anything that moves a cursor.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn contents(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).map_err(|error| {
        let cause = match error.kind() {
            ErrorKind::NotFound => "no such file or directory".to_owned(),
            ErrorKind::PermissionDenied => "permission denied".to_owned(),
            ErrorKind::IsADirectory => "a directory, not a file of expectations".to_owned(),
            ErrorKind::InvalidData => "not text, so no file of expectations".to_owned(),
            _ => error.to_string(),
        };
        let next_step = "a text file with one expectation a line; tcpshake check --help has the language";
        anyhow!("{}: {cause}\n  try: {next_step}", path.display())
    })
}
