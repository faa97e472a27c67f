//! `tcpshake demo`: plays a scenario, or all of them, and shows what came of it.
//!
//! In: a scenario's name. Out: the ladder with the socket calls beside it, or any other format; whether all that the
//! scenario expects came about.
//! Invariant: what is said was seen in this very run. Rights are sought before any other thread exists.

pub mod args;
mod faults;
mod list;
mod pictures;
mod show;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use tcpshake::lab::error::LabError;
use tcpshake::lab::listening::Ask;
use tcpshake::lab::place::error::PlaceError;
use tcpshake::lab::place::rights::{Rights, Wants, gain, held};
use tcpshake::lab::play::{Play, play};
use tcpshake::lab::played::Played;
use tcpshake::lab::recordings;
use tcpshake::lab::scenario::{Place, Scenario};
use tcpshake::lab::scenarios::{SCENARIOS, find};
use tcpshake::lab::verdict::{Case, misses};
use tcpshake::lab::wire::fault::Faults;
use tcpshake::report::json::recorded;

use crate::cli::demo::args::DemoArgs;
use crate::cli::ending::exit_code;
use crate::cli::explain::unlikeness;
use crate::cli::progress::Shown;
use crate::cli::told::{say, told};

/// Plays the scenario, or lists them all.
///
/// # Errors
///
/// An unknown scenario, no permission to capture, the port taken, nothing captured; standard output that does not take
/// the report.
pub fn run(args: &DemoArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    if args.list {
        list::list(args)?;
        return Ok(ExitCode::SUCCESS);
    }
    let faults = args.faults.read()?;
    if args.scenario == "all" {
        return all(args, quiet);
    }
    let scenario = find(&args.scenario).ok_or_else(|| unknown(&args.scenario))?;
    // Faults of the user's own, and a client that says nothing, are not what the scenario speaks of.
    let is_judged = faults.is_none() && !args.message.is_empty();
    let played = if args.recorded {
        recorded(scenario)?
    } else {
        let rights = rights(args, &[scenario])?;
        perform(args, scenario, faults, rights, quiet).map_err(told)?
    };
    // Where the capture goes to standard output nothing else does.
    let is_taken = args.write.as_deref().is_some_and(|path| path.as_os_str() == "-");
    if !is_taken {
        show::show(args, scenario, &played, quiet)?;
    }
    if !quiet {
        tell_unmet(args, &played);
    }
    let missed = if is_judged { misses(scenario, Case::played(&played)) } else { Vec::new() };
    for miss in &missed {
        say(format_args!("{}: {miss}", scenario.name));
    }
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Says which faults found nothing to be done to.
fn tell_unmet(args: &DemoArgs, played: &Played) {
    let counts = played.wire.iter().flat_map(|wire| &wire.by_fault);
    for (fault, _) in args.faults.written().iter().zip(counts).filter(|(_, count)| **count == 0) {
        say(format_args!("{fault}: no such segment came"));
    }
}

/// Plays them one after another; what cannot be played here is said, and the others go on.
fn all(args: &DemoArgs, quiet: bool) -> anyhow::Result<ExitCode> {
    if args.write.is_some() || args.faults.are_any() {
        bail!("demo all: it takes neither --write nor faults\n  try: one scenario at a time");
    }
    if args.message.is_empty() {
        bail!("demo all: without a message the scenarios cannot be judged\n  try: --message hello");
    }
    let rights = if args.recorded { held() } else { rights(args, SCENARIOS)? };
    let (mut as_expected, mut skipped, mut missed, mut undone) = (0, Vec::new(), Vec::new(), Vec::new());
    for scenario in SCENARIOS {
        let played = if args.recorded {
            Ok(recorded(scenario)?)
        } else {
            perform(args, scenario, None, rights, quiet)
        };
        match played {
            Ok(played) => {
                if as_expected + missed.len() > 0 {
                    show::gap(args)?;
                }
                show::show(args, scenario, &played, quiet)?;
                let of_this = misses(scenario, Case::played(&played));
                if of_this.is_empty() {
                    as_expected += 1;
                } else {
                    missed.push((scenario.name, of_this.join("\n  ")));
                }
            }
            Err(LabError::NotHere { why, .. }) => skipped.push((scenario.name, why)),
            Err(error) => undone.push((scenario.name, error.to_string())),
        }
    }
    io::stdout().flush()?;
    let groups = [
        ("skipped", &skipped, !quiet),
        ("not as it should be", &missed, true),
        ("not played", &undone, true),
    ];
    if !quiet || !missed.is_empty() || !undone.is_empty() {
        say(format_args!("{as_expected} of {} scenarios came out as they should", SCENARIOS.len()));
    }
    for (what, names, _) in groups.iter().filter(|(.., is_told)| *is_told) {
        for (name, why) in *names {
            say(format_args!("{what}: {name}: {why}"));
        }
    }
    Ok(exit_code(!undone.is_empty(), !missed.is_empty()))
}

fn perform(
    args: &DemoArgs,
    scenario: &'static Scenario,
    faults: Option<Faults>,
    rights: Rights,
    quiet: bool,
) -> Result<Played, LabError> {
    let _word = Shown::word(format!("playing {} ...", scenario.name), quiet);
    play(&Play {
        scenario,
        port: args.port,
        ipv6: args.ipv6,
        message: args.message.clone().into_bytes(),
        is_private: args.private || !rights.may_capture_on_host,
        faults,
        kernel: match (args.kernel, args.no_kernel) {
            (true, _) => Ask::Always,
            (_, true) => Ask::Never,
            _ => Ask::IfPossible,
        },
        program: std::env::current_exe().ok(),
        write: args.write.clone(),
    })
}

/// The bundled recording of a scenario, as if it had just been played.
fn recorded(scenario: &Scenario) -> anyhow::Result<Played> {
    let recording = recordings::of(scenario).map_err(told)?;
    let (mut client, mut server) = recording.views().map_err(told)?;
    let (calls, kernel) = recorded::read(recording.calls)
        .map_err(|error| anyhow!("recording of {}: {error}", scenario.name))?;
    for view in [Some(&mut client), server.as_mut()].into_iter().flatten() {
        view.hears(&kernel, &[]);
    }
    let kernel = (!kernel.is_empty()).then_some(kernel);
    Ok(Played {
        client,
        server,
        calls,
        received: Vec::new(),
        kernel,
        counters: Vec::new(),
        wire: None,
        unfinished: None,
    })
}

/// The rights that the scenarios need. Where the system has no namespaces at all, those that there are: each scenario
/// that needs one says so itself.
fn rights(args: &DemoArgs, scenarios: &[&Scenario]) -> anyhow::Result<Rights> {
    match gain(wants(args, scenarios)) {
        Err(PlaceError::NotOffered) => Ok(held()),
        gained => gained.map_err(told),
    }
}

/// What the scenarios need: the host's loopback, or namespaces.
fn wants(args: &DemoArgs, scenarios: &[&Scenario]) -> Wants {
    let is_host = |scenario: &&Scenario| scenario.setting.place == Place::Loopback;
    if args.private || args.faults.are_any() || !scenarios.iter().all(is_host) {
        Wants::Namespaces
    } else {
        Wants::Capture
    }
}

fn unknown(name: &str) -> anyhow::Error {
    let asked = name.to_ascii_lowercase();
    let alike = |known: &&str| unlikeness(&asked, known);
    let best = SCENARIOS.iter().map(|scenario| scenario.name).min_by_key(alike);
    let step = match best.filter(|best| alike(best) <= asked.chars().count().div_ceil(3)) {
        Some(best) => format!("did you mean {best}? tcpshake demo {best}"),
        None => "tcpshake demo --list".to_owned(),
    };
    anyhow!("scenario {name:?}: there is none of this name\n  try: {step}")
}
