//! The measured part of `docs/benchmarks.md`.
//!
//! In: costs, by case. Out: the page with that part made anew; what people wrote around it stays.

use std::fmt::Write;
use std::process::Command;

use crate::cost::Cost;
use crate::plan::{CASES, Case, WORKLOADS, Workload};
use crate::targets::{TARGETS, Target};

const BEGIN: &str = "<!-- measured: begin -->\n";
const END: &str = "<!-- measured: end -->\n";

/// What came of one case: its cost, or why there is none.
pub type Outcome = Result<Cost, String>;

/// Puts what was measured between the page's marks.
pub fn renewed(page: &str, outcomes: &[Outcome], rounds: u32) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let measured = measured(outcomes, rounds);
    Some(format!("{before}{BEGIN}{measured}{END}{after}"))
}

fn measured(outcomes: &[Outcome], rounds: u32) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "\n{}; best of {rounds} rounds.\n", system());
    for version in versions() {
        let _ = writeln!(text, "- {version}");
    }
    let _ = writeln!(text, "\n| must show | measured | bound | |\n| --- | --- | --- | --- |");
    for target in &TARGETS {
        text.push_str(&target_row(target, outcomes));
    }
    for workload in &WORKLOADS {
        let Workload { says, segments, .. } = workload;
        let _ = writeln!(text, "\n`{}`: {says}; {} segments\n", workload.make.join(" "), grouped(*segments));
        text.push_str("| command | wall s | processor s | ns by segment | peak MiB |\n| --- | --- | --- | --- | --- |\n");
        let of_it = CASES.iter().zip(outcomes).filter(|(case, _)| case.workload == workload.name);
        of_it.for_each(|(case, outcome)| text.push_str(&row(case, outcome, *segments)));
    }
    text.push('\n');
    text
}

fn target_row(Target { says, is_most, bound, unit, measure }: &Target, outcomes: &[Outcome]) -> String {
    let find = |workload: &str, name: &str| {
        let at = CASES.iter().position(|case| case.workload == workload && case.name == name)?;
        outcomes.get(at)?.as_ref().ok().copied()
    };
    let sign = if *is_most { "at most" } else { "at least" };
    let Some(value) = measure(&find) else {
        return format!("| {says} | - | {sign} {bound}{unit} | not measured |\n");
    };
    let verdict = if (value <= *bound) == *is_most { "met" } else { "**missed**" };
    format!("| {says} | {value:.2}{unit} | {sign} {bound}{unit} | {verdict} |\n")
}

fn row(case: &Case, outcome: &Outcome, segments: u32) -> String {
    let command = format!("`{} {}`", case.program, case.arguments.join(" ").replace('@', "FILE"));
    let way = if case.is_written { " to a file" } else { "" };
    match outcome {
        Ok(Cost { wall, processor, peak_kib }) => {
            let (wall, processor) = (wall.as_secs_f64(), processor.as_secs_f64());
            let each = wall * 1e9 / f64::from(segments);
            format!(
                "| {command}{way} | {wall:.2} | {processor:.2} | {each:.0} | {} |\n",
                peak_kib.div_ceil(1024)
            )
        }
        Err(why) => format!("| {command}{way} | {why} | | | |\n"),
    }
}

fn system() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let name = first_line("uname", &["-srm"]).unwrap_or_else(|| std::env::consts::OS.to_owned());
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    format!("{name}, {cores} processors{}", model.map(|model| format!(" ({model})")).unwrap_or_default())
}

fn versions() -> Vec<String> {
    let ours = format!("tcpshake {}", env!("CARGO_PKG_VERSION"));
    let tools: [(&str, &[&str]); 4] = [
        ("tcpdump", &["--version"]),
        ("tshark", &["--version"]),
        ("tcptrace", &["-version"]),
        ("capinfos", &["--version"]),
    ];
    let theirs = tools.into_iter().map(|(tool, words)| match first_line(tool, words) {
        Some(line) => line.trim_start_matches("Version: ").to_owned(),
        None => format!("{tool}: not installed"),
    });
    std::iter::once(ours).chain(theirs).collect()
}

/// What a program says first, on either stream, without what it says of the user it runs as.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let line =
        String::from_utf8_lossy(&said).lines().map(str::trim).find(|line| !line.is_empty())?.to_owned();
    Some(line)
}

/// `10,960,862`.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
