//! `tcpshake demo --list`.
//!
//! In: the scenarios. Out: their names and titles by groups, or one JSON object each.
//! Invariant: at most 80 columns wide.

use std::io::{self, Write};

use tcpshake::lab::scenario::Scenario;
use tcpshake::lab::scenarios::SCENARIOS;
use tcpshake::report::list::{ScenarioRecord, write_record};

use crate::cli::demo::args::DemoArgs;
use crate::cli::look::FormatName;

/// Lists them all.
///
/// # Errors
///
/// Those of standard output.
pub fn list(args: &DemoArgs) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let width = SCENARIOS.iter().map(|scenario| scenario.name.len()).max().unwrap_or_default();
    let mut group = None;
    for scenario in SCENARIOS {
        let Scenario { name, group: of, title, .. } = **scenario;
        if args.look.format == Some(FormatName::Json) {
            write_record(&mut out, &ScenarioRecord { name, group: of.as_str(), title })?;
            continue;
        }
        if group != Some(of) {
            writeln!(out, "{}", of.as_str())?;
            group = Some(of);
        }
        writeln!(out, "  {name:<width$}  {title}")?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_fits_a_terminal() {
        let width = SCENARIOS.iter().map(|scenario| scenario.name.len()).max().unwrap_or_default();
        for Scenario { name, title, .. } in SCENARIOS {
            assert!(width + 4 + title.len() <= 80, "{name}: its title is too long for the list");
        }
    }
}
