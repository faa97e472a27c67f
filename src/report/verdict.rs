//! Verdicts on expectations: as lines for people, and as JSON Lines.
//!
//! In: connections and findings, which go on to the judge; then its verdicts. Out: one line for each that held; for each
//! that did not, what was expected and what was seen, with the frames to look at.
//! Invariant: a line begins with `held: ` or `failed: `; only what belongs to the line above is indented.

use std::fmt::{self, Write as _};
use std::io::{self, Write};

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::expect::claim::Claim;
use crate::expect::judge::Judge;
use crate::expect::verdict::{Evidence, Seen, Verdict};
use crate::report::sink::Report;

/// The judge is driven as an output format is, and writes nothing by itself.
impl Report for Judge {
    fn connection(&mut self, connection: &Connection) -> io::Result<()> {
        Self::connection(self, connection);
        Ok(())
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        Self::finding(self, finding);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the verdicts for people.
///
/// # Errors
///
/// Those of `out`.
pub fn write_lines(out: &mut dyn Write, verdicts: &[Verdict]) -> io::Result<()> {
    verdicts.iter().try_for_each(|verdict| write!(out, "{}", Lines(verdict)))
}

/// A verdict with what belongs to it, each with its line end.
struct Lines<'a>(&'a Verdict);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Verdict { expectation, held, connections, failed, seen, left_out } = self.0;
        let all = format!("{connections} connection{}", if *connections == 1 { "" } else { "s" });
        write!(f, "{}: {expectation}", if *held { "held" } else { "failed" })?;
        if matches!(expectation.claim, Claim::Connections(_)) {
            f.write_char('\n')?;
        } else if *held || *failed == 0 {
            writeln!(f, " ({all})")?;
        } else {
            writeln!(f, " ({failed} of {all})")?;
        }
        if *held {
            return Ok(());
        }
        writeln!(f, "  expected: {}", expectation.claim)?;
        for seen in seen {
            writeln!(f, "  seen: {}", Line(seen))?;
        }
        if *left_out > 0 {
            writeln!(f, "  seen: and {left_out} more")?;
        }
        Ok(())
    }
}

/// What was seen, in one line.
struct Line<'a>(&'a Seen);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seen { at, says, frames } = self.0;
        f.write_str(says)?;
        if let Some(at) = at {
            let (client, server) = (at.sockets.client, at.sockets.server);
            write!(f, "; connection {}, {client} > {server}", at.id)?;
        }
        match frames {
            Evidence::FromTo(first, last) if first < last => write!(f, "; frames {first} to {last}"),
            Evidence::None | Evidence::FromTo(..) | Evidence::These(_) => {
                let frames = frames.frames();
                let plural = if frames.len() == 1 { "" } else { "s" };
                let list: Vec<String> = frames.iter().map(u64::to_string).collect();
                if list.is_empty() { Ok(()) } else { write!(f, "; frame{plural} {}", list.join(", ")) }
            }
        }
    }
}
