//! What is measured: workloads, and commands on each.
//!
//! In: where the programs and the workloads are. Out: the cases, in the order of a round.

use std::path::PathBuf;
use std::process::Command;

/// A capture to measure with.
pub struct Workload {
    pub name: &'static str,
    pub says: &'static str,
    /// The generator's words: kind and count.
    pub make: [&'static str; 2],
    pub segments: u32,
    /// Written to a file; piped into the command otherwise.
    pub is_file: bool,
}

pub const WORKLOADS: [Workload; 7] = [
    Workload {
        name: "many",
        says: "1,000,000 connections, 5,000 open at a time",
        make: ["many", "1000000"],
        segments: 10_960_862,
        is_file: true,
    },
    Workload {
        name: "tenth",
        says: "100,000 connections of the same kind",
        make: ["many", "100000"],
        segments: 1_097_367,
        is_file: true,
    },
    Workload {
        name: "crowd",
        says: "200,000 connections of the same kind, 50,000 open at a time",
        make: ["crowded", "200000"],
        segments: 2_195_862,
        is_file: true,
    },
    Workload {
        name: "bulk",
        says: "2,000 downloads, one segment in 200 of which is lost",
        make: ["bulk", "2000"],
        segments: 2_565_412,
        is_file: true,
    },
    Workload {
        name: "open",
        says: "1,000,000 connections open at the end",
        make: ["open", "1000000"],
        segments: 5_000_000,
        is_file: false,
    },
    Workload {
        name: "attack",
        says: "10,000,000 SYNs from distinct sources",
        make: ["attack", "10000000"],
        segments: 10_000_000,
        is_file: false,
    },
    Workload {
        name: "long",
        says: "one connection of 20,000,000 segments",
        make: ["long", "20000000"],
        segments: 20_000_000,
        is_file: false,
    },
];

/// One command on one workload.
pub struct Case {
    pub workload: &'static str,
    /// How the page calls it.
    pub name: &'static str,
    pub program: &'static str,
    /// `@` stands for the file.
    pub arguments: &'static [&'static str],
    /// Whether its output is written to a file on disk; it is thrown away otherwise.
    pub is_written: bool,
    /// Whether it is fast enough to be run in every round.
    pub every_round: bool,
}

const fn case(
    workload: &'static str,
    name: &'static str,
    program: &'static str,
    arguments: &'static [&'static str],
) -> Case {
    Case { workload, name, program, arguments, is_written: false, every_round: true }
}

impl Case {
    const fn written(self) -> Self {
        Self { is_written: true, ..self }
    }

    const fn once(self) -> Self {
        Self { every_round: false, ..self }
    }
}

const OURS: &str = "tcpshake";

/// In the order of a round: tools that are compared stand side by side.
pub const CASES: [Case; 22] = [
    case("many", "table", OURS, &["read", "--format", "table", "@"]),
    case("many", "table on one core", "taskset", &["-c", "0", OURS, "read", "--format", "table", "@"]),
    case("many", "tcpdump copy", "tcpdump", &["-r", "@", "-w", "/dev/null"]),
    case("many", "connections", OURS, &["read", "--format", "json", "--records", "connections", "@"]),
    case("many", "summary", OURS, &["read", "--format", "json", "--records", "summary", "@"]),
    case("many", "capinfos", "capinfos", &["@"]).once(),
    case("tenth", "table", OURS, &["read", "--format", "table", "@"]),
    case("tenth", "tcpdump copy", "tcpdump", &["-r", "@", "-w", "/dev/null"]),
    case("tenth", "lines", OURS, &["read", "--format", "lines", "@"]).written(),
    case("tenth", "tcpdump print", "tcpdump", &["-nn", "-S", "-r", "@"]).written(),
    case("tenth", "segments", OURS, &["read", "--format", "json", "--records", "segments", "@"]).written(),
    case("tenth", "tcptrace", "tcptrace", &["-n", "@"]).once(),
    case("tenth", "tshark", "tshark", &["-q", "-z", "conv,tcp", "-r", "@"]).once(),
    case("crowd", "table", OURS, &["read", "--format", "table", "@"]),
    case("crowd", "tcpdump copy", "tcpdump", &["-r", "@", "-w", "/dev/null"]),
    case("bulk", "table", OURS, &["read", "--format", "table", "@"]),
    case("bulk", "tcpdump copy", "tcpdump", &["-r", "@", "-w", "/dev/null"]),
    case("open", "summary", OURS, &["read", "--format", "json", "--records", "summary", "-"]).once(),
    case("attack", "summary", OURS, &["read", "--format", "json", "--records", "summary", "-"]).once(),
    case("attack", "table", OURS, &["read", "--format", "table", "-"]).once(),
    case("long", "table", OURS, &["read", "--format", "table", "-"]).once(),
    case("long", "ladder", OURS, &["read", "--format", "ladder", "-"]).once(),
];

/// Where things are.
pub struct Places {
    pub folder: PathBuf,
    pub generator: PathBuf,
    pub tcpshake: PathBuf,
}

impl Places {
    pub fn file(&self, workload: &str) -> String {
        self.folder.join(format!("{workload}.pcap")).to_string_lossy().into_owned()
    }

    pub fn output(&self) -> String {
        self.folder.join("output").to_string_lossy().into_owned()
    }

    pub fn command(&self, case: &Case) -> Vec<String> {
        let words = std::iter::once(&case.program).chain(case.arguments);
        words
            .map(|word| match *word {
                OURS => self.tcpshake.to_string_lossy().into_owned(),
                "@" => self.file(case.workload),
                word => word.to_owned(),
            })
            .collect()
    }

    /// The command that makes a workload, to a file or to standard output.
    pub fn making(&self, workload: &Workload, to: &str) -> Vec<String> {
        let generator = self.generator.to_string_lossy().into_owned();
        [generator.as_str(), workload.make[0], workload.make[1], to].map(str::to_owned).into()
    }
}

/// Whether a program can be started.
pub fn is_there(program: &str) -> bool {
    program == OURS || Command::new(program).arg("--version").output().is_ok()
}
