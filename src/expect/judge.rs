//! Judges connections as they end, and the capture as a whole.
//!
//! In: connections, and findings about the capture, in any order. Out: a verdict on each expectation, at the end.
//! Invariant: an expectation that speaks of no connection does not hold, unless it counts connections. Connections must
//! keep at least `STEPS` steps to have frames that can be named.

use crate::analyzer::connection::Connection;
use crate::analyzer::diagnosis::finding::Finding;
use crate::expect::claim::{Claim, Expectation, Findings, OneOf, Subject};
use crate::expect::verdict::{Evidence, Seen, Verdict, Which};

/// How many steps of each connection are needed: its first and its last.
pub const STEPS: usize = 2;

/// How much of what was seen is kept for each expectation.
pub const MOST_SEEN: usize = 20;

/// Judges one input by many expectations.
#[derive(Clone, Debug)]
pub struct Judge {
    cases: Vec<Case>,
    connections: u64,
}

/// One expectation and what is known about it by now.
#[derive(Clone, Debug)]
struct Case {
    expectation: Expectation,
    connections: u64,
    failed: u64,
    /// The capture as a whole has what each connection should have.
    is_met_by_capture: bool,
    /// The capture as a whole has what nothing should have.
    is_broken_by_capture: bool,
    seen: Vec<Seen>,
    left_out: u64,
}

impl Judge {
    /// Judges by these expectations.
    pub fn new(expectations: impl IntoIterator<Item = Expectation>) -> Self {
        Self { cases: expectations.into_iter().map(Case::new).collect(), connections: 0 }
    }

    /// Takes in a connection that has ended.
    pub fn connection(&mut self, connection: &Connection) {
        self.connections = self.connections.saturating_add(1);
        for case in &mut self.cases {
            case.connection(connection);
        }
    }

    /// Takes in a finding about the capture as a whole.
    pub fn finding(&mut self, finding: &Finding) {
        for case in &mut self.cases {
            case.finding(finding);
        }
    }

    /// The verdicts, in the order of the expectations.
    pub fn verdicts(self) -> Vec<Verdict> {
        let all = self.connections;
        self.cases.into_iter().map(|case| case.verdict(all)).collect()
    }
}

impl Case {
    const fn new(expectation: Expectation) -> Self {
        Self {
            expectation,
            connections: 0,
            failed: 0,
            is_met_by_capture: false,
            is_broken_by_capture: false,
            seen: Vec::new(),
            left_out: 0,
        }
    }

    fn connection(&mut self, connection: &Connection) {
        if !self.expectation.selectors.iter().all(|selector| selector.selects(connection)) {
            return;
        }
        self.connections = self.connections.saturating_add(1);
        let against = against(&self.expectation.claim, connection);
        self.failed = self.failed.saturating_add(u64::from(!against.is_empty()));
        let at = Some(Which { id: connection.id(), sockets: connection.sockets() });
        for (says, frames) in against {
            self.see(Seen { at, says, frames });
        }
    }

    fn finding(&mut self, finding: &Finding) {
        // Whoever selects connections does not speak of the capture.
        if !self.expectation.selectors.is_empty() {
            return;
        }
        match &self.expectation.claim {
            Claim::Found(which) if which.has(finding.code) => self.is_met_by_capture = true,
            Claim::NotFound(which) if which.has(finding.code) => {
                self.is_broken_by_capture = true;
                let (says, frames) = found(finding);
                self.see(Seen { at: None, says, frames });
            }
            _ => {}
        }
    }

    fn see(&mut self, seen: Seen) {
        if self.seen.len() < MOST_SEEN {
            self.seen.push(seen);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// The verdict, where there are `all` connections.
    fn verdict(mut self, all: u64) -> Verdict {
        let held = if let Claim::Connections(count) = self.expectation.claim {
            count.allows(self.connections)
        } else {
            self.is_met_by_capture || (self.connections > 0 && self.failed == 0 && !self.is_broken_by_capture)
        };
        if held {
            (self.seen, self.left_out) = (Vec::new(), 0);
        } else if self.seen.is_empty() {
            let says = match self.expectation.claim {
                Claim::Connections(_) => format!("connections {}", self.connections),
                _ if all == 0 => "no connection in the capture".to_owned(),
                _ => format!("no such connection; the capture has {all}"),
            };
            self.see(Seen { at: None, says, frames: Evidence::None });
        }
        Verdict {
            expectation: self.expectation,
            held,
            connections: self.connections,
            failed: if held { 0 } else { self.failed },
            seen: self.seen,
            left_out: self.left_out,
        }
    }
}

/// What speaks against a claim about `connection`; nothing where it is met.
fn against(claim: &Claim, connection: &Connection) -> Vec<(String, Evidence)> {
    let unless = |is_met: bool, says: String| {
        if is_met { Vec::new() } else { vec![(says, whole(connection))] }
    };
    match claim {
        Claim::Word(subject, kinds) => {
            unless(kinds.allows(&subject.of(connection)), word(*subject, connection))
        }
        Claim::ClosedFirst(kinds, first) => {
            let seen = connection.closing().first;
            let fits = |kinds: &OneOf<_>| kinds.allows(&Subject::Closing.of(connection));
            let is_met = seen == Some(*first) && kinds.as_ref().is_none_or(fits);
            let closed = word(Subject::Closing, connection);
            unless(is_met, seen.map_or_else(|| closed.clone(), |role| format!("{closed} first {role}")))
        }
        Claim::Completeness(values) => {
            let seen = connection.zeek().completeness();
            unless(values.allows(&seen), format!("completeness {seen}"))
        }
        Claim::Found(which) => {
            let is_met = connection.findings().iter().any(|finding| which.has(finding.code));
            unless(is_met, listed(connection))
        }
        Claim::NotFound(which) => matching(which, connection).map(found).collect(),
        Claim::Connections(_) => Vec::new(),
    }
}

/// `client TIME-WAIT, assumed`, `outcome reset`.
fn word(subject: Subject, connection: &Connection) -> String {
    let is_assumed = matches!(subject, Subject::State(role) if *connection.assumed().of(role));
    let assumed = if is_assumed { ", assumed" } else { "" };
    format!("{} {}{assumed}", subject.as_str(), subject.of(connection))
}

fn matching<'c>(which: &'c Findings, connection: &'c Connection) -> impl Iterator<Item = &'c Finding> {
    connection.findings().iter().filter(|finding| which.has(finding.code))
}

/// A finding that should not be there.
fn found(finding: &Finding) -> (String, Evidence) {
    let says = format!(
        "finding {} ({}): {}",
        finding.code,
        finding.code.severity(),
        finding.says.trim_end_matches('.')
    );
    (says, Evidence::These(finding.frames.clone()))
}

/// What was found where something else should have been.
fn listed(connection: &Connection) -> String {
    let codes: Vec<&str> = connection.findings().iter().map(|finding| finding.code.as_str()).collect();
    if codes.is_empty() { "no finding".to_owned() } else { format!("finding {}", codes.join(", ")) }
}

/// A connection from its first frame to its last.
fn whole(connection: &Connection) -> Evidence {
    let mut frames = connection.steps().iter().map(|step| step.segment.frame);
    match frames.next() {
        Some(first) => Evidence::FromTo(first, frames.last().unwrap_or(first)),
        None => Evidence::None,
    }
}

#[cfg(test)]
mod tests;
