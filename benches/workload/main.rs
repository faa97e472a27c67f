//! Makes the captures that `make bench` measures with.
//!
//! In: a workload, how large, and where to. Out: a capture, the same on every machine, for each seed.
//! Use: `cargo run --release --example workload -- many 1000000 many.pcap`; `-` is standard output.

mod bulk;
mod crowds;
mod many;
mod output;
mod random;
mod segment;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use output::Output;
use random::Random;

const USAGE: &str = "\
usage: workload WORKLOAD COUNT FILE|- [SEED]

  many    COUNT connections, 5,000 open at a time, 11 segments each on average
  crowded COUNT connections, 50,000 open at a time, otherwise the same
  bulk    COUNT downloads, 200 at a time, 1,300 segments each on average, one in 200 of which is lost
  attack  COUNT SYNs from distinct sources to one server
  open    COUNT connections that open, send one segment of text, and stay
  long    one connection of COUNT segments";

/// How many connections are open at a time.
const FEW: u32 = 5000;
const CROWD: u32 = 50_000;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (workload, count, file, seed) = match words[..] {
        [workload, count, file] => (workload, count.parse(), file, Ok(1)),
        [workload, count, file, seed] => (workload, count.parse(), file, seed.parse()),
        _ => return usage(),
    };
    let (Ok(count), Ok(seed)) = (count, seed) else { return usage() };
    let made = match workload {
        "many" => make(|count, random, output| many::write(count, FEW, random, output), count, file, seed),
        "crowded" => {
            make(|count, random, output| many::write(count, CROWD, random, output), count, file, seed)
        }
        "bulk" => make(bulk::write, count, file, seed),
        "attack" => make(crowds::attack, count, file, seed),
        "open" => make(crowds::open, count, file, seed),
        "long" => make(crowds::long, count, file, seed),
        _ => return usage(),
    };
    match made {
        Ok(segments) => {
            eprintln!("{file}: {segments} segments");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("workload: {file}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::FAILURE
}

fn make(
    write: fn(u32, &mut Random, &mut Output) -> io::Result<()>,
    count: u32,
    file: &str,
    seed: u64,
) -> io::Result<u64> {
    let to: Box<dyn Write> =
        if file == "-" { Box::new(io::stdout().lock()) } else { Box::new(File::create(file)?) };
    let mut to = BufWriter::with_capacity(1 << 20, to);
    let mut output = Output::new(&mut to)?;
    write(count, &mut Random::new(seed), &mut output)?;
    let segments = output.segments();
    to.flush()?;
    Ok(segments)
}
