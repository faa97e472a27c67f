//! What `demo` takes.
//!
//! In: arguments. Out: plain values.
//! Invariant: names and short options here are a contract (`docs/`).

use std::path::PathBuf;

use clap::Args;

use crate::cli::demo::faults::FaultArgs;
use crate::cli::look::Look;

/// What `demo` takes.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which scenario to play; --list shows them all, and all plays them one after another
    #[arg(default_value = "message")]
    pub scenario: String,
    /// List the scenarios instead of playing one
    #[arg(short, long)]
    pub list: bool,
    /// The port that the server listens on
    #[arg(long, default_value_t = 6666, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// What the client sends
    #[arg(short, long, default_value = "hello")]
    pub message: String,
    /// Exchange over IPv6
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// Play on a loopback of its own, in a network namespace, also where the host's would do
    #[arg(long)]
    pub private: bool,
    /// Play nothing, and show the recording of a play that comes with this program
    #[arg(long, conflicts_with_all = [
        "private", "write", "ipv6", "kernel", "port", "message",
        "lose", "delay", "repeat", "reorder", "alter", "inject", "latency",
    ])]
    pub recorded: bool,
    /// Show the kernel's own word beside segments and calls, or fail where it cannot be had; without this it is shown
    /// where it can be had
    #[arg(long, overrides_with = "no_kernel")]
    pub kernel: bool,
    /// Do not ask the kernel
    #[arg(long)]
    pub no_kernel: bool,
    /// Write what was captured to this file, too (pcap; - is standard output, and then nothing else is). Where there is
    /// a wire this is its client's end, and the server's goes beside it: a.pcap and a.server.pcap
    #[arg(short, long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// What the wire does.
    #[command(flatten)]
    pub faults: FaultArgs,
    /// How to show it.
    #[command(flatten)]
    pub look: Look,
}
