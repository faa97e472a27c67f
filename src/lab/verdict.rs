//! Holds what was played, or what was recorded, against what a scenario expects.
//!
//! In: a scenario, connections, calls where there are any. Out: a sentence for each expectation that was missed.
//! Invariant: every expectation is judged; where there are no calls (a recording), those of calls alone are left out.

use std::borrow::Cow;

use crate::analyzer::connection::Connection;
use crate::analyzer::role::Role;
use crate::call::{CallName, Caller, Returned, SocketCall};
use crate::expect::claim::Expectation;
use crate::expect::judge::Judge;
use crate::expect::verdict::Verdict;
use crate::lab::played::Played;
use crate::lab::scenario::{Expect, Scenario};
use crate::lab::stage::tap::label;

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The connections as the client's tap saw them.
    pub client: &'a [Connection],
    /// The connections as the server's tap saw them; the same on a loopback.
    pub server: &'a [Connection],
    /// The calls; none for a recording.
    pub calls: Option<&'a [SocketCall]>,
}

impl<'a> Case<'a> {
    /// What was just played.
    pub fn played(played: &'a Played) -> Self {
        let (client, server) = (played.at(Role::Client), played.at(Role::Server));
        Self { client: &client.connections, server: &server.connections, calls: Some(&played.calls) }
    }

    fn at(&self, role: Role) -> &'a [Connection] {
        match role {
            Role::Client => self.client,
            Role::Server => self.server,
        }
    }
}

/// What was missed of what `scenario` expects: nothing, where all is as it should be.
pub fn misses(scenario: &Scenario, case: Case<'_>) -> Vec<String> {
    scenario
        .expects
        .iter()
        .filter_map(|expect| match *expect {
            Expect::Labels(at, connection, labels) => labels_missed(case.at(at), at, connection, labels),
            Expect::Claim(at, text) => claim_missed(case.at(at), text),
            Expect::Call(caller, name, returned) => {
                case.calls.and_then(|calls| call_missed(calls, caller, name, returned))
            }
        })
        .collect()
}

fn labels_missed(connections: &[Connection], at: Role, number: u64, labels: &[&str]) -> Option<String> {
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    let Some(connection) = connections.get(place) else {
        return Some(format!("no connection {number} at the {}'s end", at.as_str()));
    };
    let seen: Vec<String> = connection.steps().iter().map(label).collect();
    let mut left = seen.iter();
    let missing = labels.iter().find(|wanted| !left.by_ref().any(|seen| is_meant(wanted, seen)))?;
    Some(format!(
        "connection {number} at the {}'s end: no {missing} in its place; seen: {}",
        at.as_str(),
        seen.join(" . ")
    ))
}

/// Whether a label as it was seen is the one that was written down.
fn is_meant(wanted: &str, seen: &str) -> bool {
    let (seen, again) = match seen.split_once(" (") {
        Some((bare, more)) => (bare, more.starts_with("again")),
        None => (seen, false),
    };
    let (wanted, wants_again) = match wanted.strip_suffix(" (again)") {
        Some(bare) => (bare, true),
        None => (wanted, false),
    };
    let same = |wanted: &str, seen: &str| wanted == seen || (wanted == "DATA" && seen.starts_with("DATA "));
    let (mut left, mut right) = (wanted.split(", "), seen.split(", "));
    let equal = loop {
        match (left.next(), right.next()) {
            (None, None) => break true,
            (Some(wanted), Some(seen)) if same(wanted, seen) => {}
            _ => break false,
        }
    };
    equal && (again || !wants_again)
}

fn claim_missed(connections: &[Connection], text: &str) -> Option<String> {
    let ids: Vec<u64> = connections.iter().map(Connection::id).collect();
    let Some(text_by_id) = by_id(&ids, text) else {
        return Some(format!("not so: {text}; no such connection"));
    };
    let expectation: Expectation = match text_by_id.parse() {
        Ok(expectation) => expectation,
        Err(error) => return Some(format!("'{text}' cannot be judged: {error}")),
    };
    let mut judge = Judge::new([expectation]);
    for connection in connections {
        judge.connection(connection);
    }
    let verdict = judge.verdicts().into_iter().find(|verdict| !verdict.held)?;
    Some(format!("not so: {text}{}", seen(&verdict)))
}

/// `connection 2: ...` means the second of the scenario's own; others on the same port may have been counted between.
/// `None` where there are not so many.
fn by_id<'a>(ids: &[u64], text: &'a str) -> Option<Cow<'a, str>> {
    let selected = || {
        let (number, claim) = text.strip_prefix("connection ")?.split_once(':')?;
        Some((number.parse::<usize>().ok()?, claim))
    };
    let Some((number, claim)) = selected() else { return Some(Cow::Borrowed(text)) };
    let id = ids.get(number.checked_sub(1)?)?;
    Some(Cow::Owned(format!("connection {id}:{claim}")))
}

fn seen(verdict: &Verdict) -> String {
    if verdict.connections == 0 {
        return "; no such connection".to_owned();
    }
    let seen: Vec<&str> = verdict.seen.iter().map(|seen| seen.says.as_str()).collect();
    if seen.is_empty() { String::new() } else { format!("; seen: {}", seen.join("; ")) }
}

fn call_missed(calls: &[SocketCall], caller: Caller, name: CallName, wanted: &str) -> Option<String> {
    let of_name = || calls.iter().filter(|call| call.caller == caller && call.name == name);
    let returned = |call: &SocketCall| match &call.returned {
        Some((_, Returned::Value(value))) => value.to_string(),
        Some((_, Returned::Error { name, .. })) => name.clone(),
        None => "nothing yet".to_owned(),
    };
    if of_name().any(|call| returned(call) == wanted) {
        return None;
    }
    let seen: Vec<String> = of_name().map(returned).collect();
    let (who, what) = (caller.as_str(), name.as_str());
    Some(format!("no {what}() of the {who} returned {wanted}; they returned: {}", seen.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_among_the_scenarios_own() {
        let meant = |text| by_id(&[2, 5], text).map(Cow::into_owned);
        assert_eq!(meant("connection 2: outcome reset").as_deref(), Some("connection 5: outcome reset"));
        assert_eq!(meant("connection 3: outcome reset"), None);
        assert_eq!(meant("outcome reset").as_deref(), Some("outcome reset"));
    }

    #[test]
    fn labels_are_compared_by_their_parts() {
        assert!(is_meant("SYN J", "SYN J"));
        assert!(is_meant("SYN J", "SYN J (again, 2nd)"));
        assert!(is_meant("SYN J (again)", "SYN J (again, 2nd)"));
        assert!(!is_meant("SYN J (again)", "SYN J"));
        assert!(is_meant("DATA", "DATA 5 (seen twice)"));
        assert!(is_meant("FIN M, DATA", "FIN M, DATA 5"));
        assert!(!is_meant("FIN M", "FIN M, ACK N+1") && !is_meant("FIN M, ACK N+1", "FIN M"));
    }
}
