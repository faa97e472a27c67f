//! `tcpshake check`: holds captures against expectations.
//!
//! In: files, expectations. Out: a verdict on each expectation, on standard output; the exit code is the verdict on all.
//! Invariant: a bad expectation is refused before any file is read. What can be read is judged and reported before an
//! error is told.

use std::fs;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::Args;
use tcpshake::analyzer::tracker::Config;
use tcpshake::capture::file::Files;
use tcpshake::capture::filter::Filter;
use tcpshake::capture::source::FrameSource;
use tcpshake::expect::claim::Expectation;
use tcpshake::expect::error::BadExpectation;
use tcpshake::expect::grammar::lines;
use tcpshake::expect::judge::{Judge, STEPS};
use tcpshake::expect::verdict::Verdict;
use tcpshake::report::json::verdict::write_json;
use tcpshake::report::verdict::write_lines;

use crate::cli::args::VerdictFormat;
use crate::cli::ending::exit_code;
use crate::cli::observer::Observer;
use crate::cli::output::tell;
use crate::cli::read::read_all;
use crate::cli::told::{complain, told};

/// What `check` takes.
#[derive(Debug, Args)]
#[command(after_help = LANGUAGE)]
pub struct CheckArgs {
    /// The captures; several are one input, in this order; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What must be so, as 'outcome closed'; may be given many times
    #[arg(short, long, value_name = "EXPECTATION", required_unless_present = "expect_file")]
    expect: Vec<String>,
    /// Take expectations from a file, too: one a line, # begins a comment
    #[arg(long, value_name = "FILE")]
    expect_file: Vec<PathBuf>,
    /// Only frames that pass this filter, as tcpdump takes it
    #[arg(long, value_name = "FILTER")]
    filter: Option<String>,
    /// How verdicts are shown
    #[arg(short, long, value_enum, default_value_t = VerdictFormat::Lines)]
    format: VerdictFormat,
}

/// The language in short; `docs/check.md` has it in full. At most 78 columns wide.
const LANGUAGE: &str = "\
An expectation speaks of every connection; each must meet it, and there must
be one. In front, with a colon, it may select: connection N, port N,
client ADDRESS[:PORT], server ADDRESS[:PORT]; 'and' joins them.

  outcome KIND             closed, reset, refused, open, no-answer, ...
  opening KIND             three-way, fast-open, incomplete, not-seen, ...
  closing KIND [first END] four-segment, three-segment, reset, ... first client
  client STATE             the last state of an end; also server STATE
  conn_state STATE         as Zeek has it: SF, S0, ...
  completeness N           as Wireshark has it
  finding CODE             is there
  no finding CODE          is not there; also: no finding at or above SEVERITY
  connections N            how many are selected; also: at least N, at most N

KINDs, STATEs, CODEs and Ns take alternatives (closed or reset), and all but
CODEs 'not' in front.

  tcpshake check a.pcap -e 'outcome closed' -e 'port 443: opening three-way'

Exit codes: 0 all held; 1 one failed; 2 could not do it, or only in part: what
could be read is judged first. -q prints nothing but errors.";

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
    let config = Config { keep_steps: STEPS, ..Config::default() };
    let mut observer = Observer::new(config, &mut judge);
    let errors = read_all(&mut source, &mut observer)?;
    let is_partial = !errors.is_empty() || observer.has_unsupported();
    let summary = observer.finish(None, source.statistics(), false)?;
    let verdicts = judge.verdicts();
    let held = verdicts.iter().filter(|verdict| verdict.held).count();
    if !quiet {
        match show(&verdicts, args.format) {
            // Whoever reads may have seen enough; the verdict is the exit code.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            shown => shown?,
        }
    }
    for error in errors {
        complain(&error);
    }
    if !quiet && args.format == VerdictFormat::Lines {
        let all = verdicts.len();
        let plural = if all == 1 { "" } else { "s" };
        let rest = if is_partial { ", by what could be read" } else { "" };
        tell(format_args!("{summary}\n{held} of {all} expectation{plural} held{rest}"));
    }
    Ok(exit_code(is_partial, held < verdicts.len()))
}

fn show(verdicts: &[Verdict], format: VerdictFormat) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        VerdictFormat::Lines => write_lines(&mut out, verdicts)?,
        VerdictFormat::Json => write_json(&mut out, verdicts)?,
    }
    out.flush()
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
