//! The command line.
//!
//! In: arguments. Out: plain values for the subcommands.
//! Invariant: names and short options here are a contract (`docs/`); tcpdump's and Wireshark's users find theirs.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tcpshake::analyzer::config::Config;
use tcpshake::analyzer::diagnosis::severity::Severity;
use tcpshake::decode::DEPTH;

use crate::cli::demo::args::DemoArgs;
use crate::cli::look::Look;
use crate::cli::send::SendArgs;
use crate::cli::serve::ServeArgs;

/// See how TCP connections open and close: every segment labelled as the textbook does, with the states of both ends
#[derive(Debug, Parser)]
#[command(name = "tcpshake", version, max_term_width = 100, propagate_version = true, after_help = AFTER_HELP)]
pub struct Cli {
    /// Say nothing on standard error but errors; with check, nothing at all but errors; with demo, show
    /// the picture alone
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: with serve and send, every socket call; with watch, why the kernel is not heard
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "Exit codes: 0 done; 1 an expectation failed (check, demo), or a finding at or\n\
                          above --fail-on; 2 could not do it, or only in part. Times are UTC.\n\
                          Begin with: tcpshake demo";

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

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Let the embedded server and client exchange a message, and show what the wire and the programs did
    Demo(DemoArgs),
    /// Label live traffic, as tcpdump would show it; ends with Ctrl-C
    Watch(WatchArgs),
    /// Label captures (pcap, pcapng, also compressed); - is standard input
    Read(ReadArgs),
    /// Hold captures against expectations; the exit code is the verdict
    Check(CheckArgs),
    /// Run the embedded server alone; ends with Ctrl-C
    Serve(ServeArgs),
    /// Run the embedded client alone: connect, send one message, close
    Send(SendArgs),
    /// Tell what a label, a state, a topic, a finding or a scenario means
    Explain {
        /// A label ("ACK K+1"), a state (time-wait), a topic (three-way), a finding (no-answer) or a scenario (message);
        /// without it, the list
        #[arg(num_args = 0..)]
        topic: Vec<String>,
    },
    /// Write the completions for a shell: bash, elvish, fish, powershell, zsh
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual page; try tcpshake man | man -l -
    Man,
    /// List the interfaces that can be watched
    Interfaces {
        /// Output format: table or json
        #[arg(short, long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
}

/// What `watch` takes.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The interface; without it the loopback. `any` is all of them, where the system has that
    #[arg(short, long, value_name = "NAME")]
    pub interface: Option<String>,
    /// Write what is captured to this file, too (pcap; - is standard output, and then nothing else is)
    #[arg(short, long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// End after so many frames
    #[arg(short, long, value_name = "FRAMES", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Capture so many octets of each frame; 0 is all of them [default: 2048, with --write all]
    #[arg(short, long = "snaplen", value_name = "OCTETS")]
    pub snap_len: Option<u32>,
    /// Do not put the interface into promiscuous mode
    #[arg(short = 'p', long = "no-promiscuous-mode")]
    pub no_promiscuous: bool,
    /// Addresses are never turned into names here; tcpdump's option for that is taken and changes nothing
    #[arg(short = 'n', action = clap::ArgAction::Count, hide = true)]
    pub numeric: u8,
    /// How much is looked at, and held.
    #[command(flatten)]
    pub bounds: Bounds,
    /// End with exit code 1 where something was found that matters so much, or more
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<SeverityName>,
    /// Show what the kernel says itself of this host's sockets, and let it settle findings; needs root. Without this it is
    /// done where it can be and the format shows it
    #[arg(long, overrides_with = "no_kernel")]
    pub kernel: bool,
    /// Do not ask the kernel
    #[arg(long)]
    pub no_kernel: bool,
    /// A filter as tcpdump takes it; without it TCP, ICMP and tunnels, in VLANs, MPLS and PPPoE, too
    #[arg(value_name = "FILTER")]
    pub filter: Vec<String>,
    /// How to show it.
    #[command(flatten)]
    pub look: Look,
}

/// What `read` takes.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// The captures; several are one input, in this order
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Only frames that pass this filter, as tcpdump takes it
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// Read on as the last file grows; ends with Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// How much is looked at, and held.
    #[command(flatten)]
    pub bounds: Bounds,
    /// End with exit code 1 where something was found that matters so much, or more
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub fail_on: Option<SeverityName>,
    /// How to show it.
    #[command(flatten)]
    pub look: Look,
}

/// What `check` takes.
#[derive(Debug, Args)]
#[command(after_help = LANGUAGE)]
pub struct CheckArgs {
    /// The captures; several are one input, in this order; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What must be so, as 'outcome closed'; may be given many times
    #[arg(short, long, value_name = "EXPECTATION", required_unless_present = "expect_file")]
    pub expect: Vec<String>,
    /// Take expectations from a file, too: one a line, # begins a comment
    #[arg(long, value_name = "FILE")]
    pub expect_file: Vec<PathBuf>,
    /// Only frames that pass this filter, as tcpdump takes it
    #[arg(long, value_name = "FILTER")]
    pub filter: Option<String>,
    /// How much is looked at, and held.
    #[command(flatten)]
    pub bounds: Bounds,
    /// How verdicts are shown
    #[arg(short, long, value_enum, default_value_t = VerdictFormat::Lines)]
    pub format: VerdictFormat,
}

/// How much is looked at, and held.
#[derive(Debug, Args)]
pub struct Bounds {
    /// Look into so many tunnels inside one another; 0 looks into none
    #[arg(long, value_name = "N", default_value_t = DEPTH, value_parser = RangedU64ValueParser::<usize>::new().range(..=255))]
    pub depth: usize,
    /// Hold so many connections at a time; beyond, some are let go early: first what has ended, then the oldest attempts
    /// [default: 1000000; 100000 for check, 10000 for ladders, which keep segments]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: Option<u32>,
}

impl Bounds {
    /// The tracker's bounds, where so many steps are kept of each connection.
    pub fn config(&self, keep_steps: usize) -> Config {
        const OF_FEW_STEPS: usize = 100_000;
        const OF_MANY_STEPS: usize = 10_000;
        let usual = match keep_steps {
            0 => Config::default().most_connections,
            1..10 => OF_FEW_STEPS,
            _ => OF_MANY_STEPS,
        };
        let most_connections = self.max_connections.map_or(usual, |most| most as usize);
        Config { keep_steps, most_connections, ..Config::default() }
    }
}

/// A list's format by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// One a line
    Table,
    /// JSON Lines
    Json,
}

/// A format of verdicts by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VerdictFormat {
    /// One verdict a line, and below what failed what was seen
    Lines,
    /// JSON Lines
    Json,
}

/// How much a finding matters, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SeverityName {
    /// Worth knowing; no failure
    Note,
    /// Something went otherwise than it should
    Warning,
    /// A connection did not open, or was cut off
    Error,
}

impl From<SeverityName> for Severity {
    fn from(name: SeverityName) -> Self {
        match name {
            SeverityName::Note => Self::Note,
            SeverityName::Warning => Self::Warning,
            SeverityName::Error => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::look::FormatName;

    #[test]
    fn options_may_stand_behind_the_filter() {
        let line = "tcpshake watch tcp port 80 -c 3 -nn --format json";
        let cli = Cli::try_parse_from(line.split(' ')).expect("good usage");
        let Command::Watch(watch) = cli.command else { panic!("not watch") };
        assert_eq!(watch.filter, ["tcp", "port", "80"]);
        assert_eq!((watch.count, watch.look.format), (Some(3), Some(FormatName::Json)));
    }
}
