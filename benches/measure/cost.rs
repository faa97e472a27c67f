//! What one command costs: time by the wall, time of the processor, and the most memory it had at once.
//!
//! In: a command, its input, and where its output goes. Out: its cost.
//! How: this program starts itself again for each command, so that the resources of ended children are those of this
//! command alone.

use std::fs::File;
use std::io;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

/// The first argument of this program where it measures one command for its other self.
pub const ALONE: &str = "--alone";

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub wall: Duration,
    /// User and system time.
    pub processor: Duration,
    pub peak_kib: u64,
}

/// Where a command's standard input comes from.
pub enum Input<'a> {
    Nothing,
    /// The output of another command, whose own cost does not count.
    Pipe(&'a [String]),
}

/// Runs `command` and measures it; an error where it fails.
pub fn of(command: &[String], input: &Input<'_>, output: &str) -> io::Result<Cost> {
    let mut alone = Command::new(std::env::current_exe()?);
    alone.arg(ALONE).arg(output).args(command).stderr(Stdio::inherit());
    let mut source = match input {
        Input::Nothing => None,
        Input::Pipe([program, arguments @ ..]) => {
            Some(Command::new(program).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?)
        }
        Input::Pipe([]) => None,
    };
    let piped = source.as_mut().and_then(|source| source.stdout.take());
    alone.stdin(piped.map_or_else(Stdio::null, Stdio::from));
    let told = alone.output()?;
    // It holds the pipe's end: a source whose reader has gone would wait for ever.
    drop(alone);
    if let Some(mut source) = source {
        source.wait()?;
    }
    let text = String::from_utf8_lossy(&told.stdout);
    if !told.status.success() {
        return Err(io::Error::other(format!("{}: {}", command.join(" "), text.trim())));
    }
    text.trim().parse().map_err(|Unread| io::Error::other(format!("no cost: {text:?}")))
}

/// The other self: runs the command and tells its cost on standard output.
pub fn alone(output: &str, command: &[String]) -> io::Result<()> {
    let [program, arguments @ ..] = command else { return Err(io::Error::other("no command")) };
    #[expect(clippy::disallowed_methods, reason = "what is measured here is time")]
    let start = Instant::now();
    let status =
        Command::new(program).args(arguments).stdout(File::create(output)?).stderr(Stdio::null()).status()?;
    let wall = start.elapsed();
    if !status.success() {
        return Err(io::Error::other(status.to_string()));
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let processor = (usage.user_time() + usage.system_time()).num_microseconds();
    // Linux counts in KiB, macOS in octets.
    let peak_kib = if cfg!(target_os = "macos") { usage.max_rss() / 1024 } else { usage.max_rss() };
    println!("{} {processor} {peak_kib}", wall.as_micros());
    Ok(())
}

/// No cost as `alone` tells it.
pub struct Unread;

impl FromStr for Cost {
    type Err = Unread;

    fn from_str(text: &str) -> Result<Self, Unread> {
        let mut numbers = text.split(' ').map(|word| word.parse::<u64>().map_err(|_| Unread));
        let mut next = || numbers.next().unwrap_or(Err(Unread));
        Ok(Self {
            wall: Duration::from_micros(next()?),
            processor: Duration::from_micros(next()?),
            peak_kib: next()?,
        })
    }
}

impl Cost {
    /// The least of each, over several rounds: what disturbs a measure makes it greater.
    pub fn best(self, other: Self) -> Self {
        Self {
            wall: self.wall.min(other.wall),
            processor: self.processor.min(other.processor),
            peak_kib: self.peak_kib.max(other.peak_kib),
        }
    }
}
