//! How `read`, `watch` and `check` end.
//!
//! In: whether all could be read, and whether what was asked for was found. Out: the exit code.
//! Invariant: 2 wins over 1, since a verdict on a part of the input says nothing about the rest.

use std::process::ExitCode;

use tcpshake::analyzer::diagnosis::severity::Severity;
use tcpshake::report::summary::Summary;

use crate::cli::told::say;

/// The exit code: 2 where the input was read only in part, 1 where an expectation failed.
pub fn exit_code(is_partial: bool, has_failed: bool) -> ExitCode {
    match (is_partial, has_failed) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    }
}

/// Whether something was found that `--fail-on` forbids; unless `quiet`, that is told.
pub fn fails_on(least: Option<Severity>, summary: &Summary, quiet: bool) -> bool {
    let Some(least) = least else { return false };
    let count = summary.findings.at_or_above(least);
    if count > 0 && !quiet {
        let plural = if count == 1 { "" } else { "s" };
        say(format_args!("--fail-on {least}: {count} finding{plural} at or above {least}"));
    }
    count > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_wins() {
        assert_eq!(exit_code(false, false), ExitCode::SUCCESS);
        assert_eq!(exit_code(false, true), ExitCode::from(1));
        assert_eq!(exit_code(true, false), ExitCode::from(2));
        assert_eq!(exit_code(true, true), ExitCode::from(2));
    }

    #[test]
    fn a_finding_fails_from_its_severity_on() {
        let mut summary = Summary::default();
        summary.findings.warnings = 1;
        let fails = |least| fails_on(least, &summary, true);
        assert_eq!([None, Some(Severity::Error)].map(fails), [false, false]);
        assert_eq!([Some(Severity::Warning), Some(Severity::Note)].map(fails), [true, true]);
    }
}
