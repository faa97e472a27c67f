//! Measures tcpshake beside the tools that people have, and writes `docs/benchmarks.md`.
//!
//! In: a folder for the workloads, which it makes itself and removes in the end, and the page. Out: the page's measured part.
//! Invariant: every command of a round runs alone, on the same files, in turn with those that it is compared with.
//! Use: `make bench`.

mod cost;
mod page;
mod plan;
mod targets;

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode};

use cost::{Cost, Input};
use page::Outcome;
use plan::{CASES, Case, Places, WORKLOADS, is_there};

/// So many that what disturbs a measure for some seconds does not disturb the best of them.
const ROUNDS: u32 = 12;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.as_slice() {
        [alone, output, command @ ..] if alone == cost::ALONE => {
            // What went wrong goes the same way as the cost.
            return cost::alone(output, command).map_or_else(
                |error| {
                    println!("{error}");
                    ExitCode::FAILURE
                },
                |()| ExitCode::SUCCESS,
            );
        }
        [folder, page] => measure(Path::new(folder), page),
        _ => Err(io::Error::other("usage: measure FOLDER PAGE")),
    };
    done.map_or_else(
        |error| {
            eprintln!("measure: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn measure(folder: &Path, page: &str) -> io::Result<()> {
    let text = fs::read_to_string(page)?;
    let places = places(folder)?;
    fs::create_dir_all(folder)?;
    make_files(&places)?;
    let mut outcomes: Vec<Outcome> = CASES.iter().map(|_| Err("not measured".to_owned())).collect();
    for round in 1..=ROUNDS {
        for (case, outcome) in CASES.iter().zip(&mut outcomes) {
            if round == 1 || case.every_round && outcome.is_ok() {
                let next = run(&places, case);
                tell(round, case, &next);
                *outcome = match (&*outcome, next) {
                    (Ok(before), Ok(now)) => Ok(before.best(now)),
                    (_, next) => next,
                };
            }
        }
    }
    for workload in WORKLOADS.iter().filter(|workload| workload.is_file) {
        fs::remove_file(places.file(workload.name))?;
    }
    let _ = fs::remove_file(places.output());
    let renewed = page::renewed(&text, &outcomes, ROUNDS);
    fs::write(
        page,
        renewed.ok_or_else(|| io::Error::other(format!("{page}: no marks for what is measured")))?,
    )
}

/// The programs stand beside this one, as Cargo builds them.
fn places(folder: &Path) -> io::Result<Places> {
    let here = std::env::current_exe()?;
    let beside = here.parent().unwrap_or(Path::new("."));
    let places = Places {
        folder: folder.to_owned(),
        generator: beside.join("workload"),
        tcpshake: beside.join("../tcpshake").canonicalize()?,
    };
    Ok(places)
}

fn make_files(places: &Places) -> io::Result<()> {
    for workload in WORKLOADS.iter().filter(|workload| workload.is_file) {
        let command = places.making(workload, &places.file(workload.name));
        let told = Command::new(&command[0]).args(&command[1..]).output()?;
        let told = String::from_utf8_lossy(&told.stderr).trim().to_owned();
        eprintln!("{told}");
        if !told.ends_with(&format!(": {} segments", workload.segments)) {
            return Err(io::Error::other(format!(
                "{}: wanted {} segments",
                workload.name, workload.segments
            )));
        }
    }
    Ok(())
}

fn run(places: &Places, case: &Case) -> Outcome {
    if !is_there(case.program) {
        return Err("not installed".to_owned());
    }
    let Some(workload) = WORKLOADS.iter().find(|workload| workload.name == case.workload) else {
        return Err("no such workload".to_owned());
    };
    let output = if case.is_written { places.output() } else { "/dev/null".to_owned() };
    let making = places.making(workload, "-");
    let input = if workload.is_file { Input::Nothing } else { Input::Pipe(&making) };
    cost::of(&places.command(case), &input, &output).map_err(|error| {
        eprintln!("{error}");
        "failed".to_owned()
    })
}

fn tell(round: u32, case: &Case, outcome: &Outcome) {
    let Case { workload, name, program, .. } = case;
    match outcome {
        Ok(Cost { wall, peak_kib, .. }) => {
            eprintln!(
                "{round}: {workload}: {program}, {name}: {:.2} s, {} MiB",
                wall.as_secs_f64(),
                peak_kib / 1024
            );
        }
        Err(why) => eprintln!("{round}: {workload}: {program}, {name}: {why}"),
    }
}
