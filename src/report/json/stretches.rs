//! Stretches of a connection's record, and of its findings, between two numbers or texts, which hold nothing but names.
//!
//! In: values of the analyzer's closed lists. Out: their names with all that stands around them.
//! Invariant: put together when this is compiled, from the names of `as_str`; each whole, as a test checks.

use crate::analyzer::closing::ClosingKind;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::severity::Confidence;
use crate::analyzer::opening::OpeningKind;
use crate::analyzer::outcome::Outcome;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::report::short::Short;

/// Names with something before and behind them, as many octets as there are in the room.
macro_rules! names {
    ($value:expr, $before:literal $of:ident { $($kind:ident)* } $behind:expr) => {
        match $value { $($of::$kind => const { &Short::joined(&[$before, $of::$kind.as_str(), $behind]) },)* }
    };
}

/// The beginning of the opening.
#[inline(always)]
pub const fn opening(kind: OpeningKind) -> &'static Short<48> {
    names!(kind, r#","opening":{"kind":""# OpeningKind {
        ThreeWay Simultaneous FastOpen SelfConnect Incomplete NotSeen
    } r#"","syns":"#)
}

/// The beginning of the closing, from the end of the opening on.
#[inline(always)]
pub const fn closing(kind: ClosingKind, first: Option<Role>) -> &'static Short<64> {
    macro_rules! first {
        ($first:expr) => {
            names!(kind, r#"},"closing":{"kind":""# ClosingKind {
                FourSegment ThreeSegment Simultaneous Reset HalfClosed None
            } $first)
        };
    }
    match first {
        None => first!("\""),
        Some(Role::Client) => first!(r#"","first":"client""#),
        Some(Role::Server) => first!(r#"","first":"server""#),
    }
}

/// The outcome, from the end of the closing to the client's state.
#[inline(always)]
pub const fn outcome(outcome: Outcome) -> &'static Short<48> {
    names!(outcome, r#"},"outcome":""# Outcome {
        Closed Reset HalfClosed Open SynReceived Refused Unreachable NoAnswer Pending Unknown
    } r#"","states":{"client":""#)
}

/// The client's state, up to the server's.
#[inline(always)]
pub fn client(state: State) -> &'static Short<32> {
    static ALL: [Short<32>; State::ALL.len()] = states("", r#"","server":""#);
    &ALL[state as usize]
}

/// The server's state, up to the list of those that are assumed.
#[inline(always)]
pub fn server(state: State) -> &'static Short<32> {
    static ALL: [Short<32>; State::ALL.len()] = states("", r#""},"assumed":"#);
    &ALL[state as usize]
}

/// The list of those that are assumed, and the beginning of the measures.
#[inline(always)]
pub const fn assumed(ends: Ends<bool>) -> &'static Short<32> {
    macro_rules! list {
        ($list:literal) => {
            const { &Short::joined(&[$list, r#","measures":"#]) }
        };
    }
    match (ends.client, ends.server) {
        (false, false) => list!("[]"),
        (true, false) => list!(r#"["client"]"#),
        (false, true) => list!(r#"["server"]"#),
        (true, true) => list!(r#"["client","server"]"#),
    }
}

/// The beginning of a finding, up to its frames.
#[inline(always)]
pub fn found(code: Code) -> &'static Short<64> {
    static ALL: [Short<64>; Code::ALL.len()] = {
        let mut all = [Short::of(""); Code::ALL.len()];
        let mut at = 0;
        while at < all.len() {
            let (code, severity) = (Code::ALL[at].as_str(), Code::ALL[at].severity().as_str());
            all[at] = Short::joined(&[r#""code":""#, code, r#"","severity":""#, severity, r#"","frames":"#]);
            at += 1;
        }
        all
    };
    &ALL[code as usize]
}

/// How sure a finding is, up to what it says.
#[inline(always)]
pub const fn sure(confidence: Confidence) -> &'static Short<32> {
    names!(confidence, r#","confidence":""# Confidence { Possible Likely Certain } r#"","says":"#)
}

/// The end of a finding. A reference has no character in it that needs an escape.
#[inline(always)]
pub fn reference(code: Code) -> &'static Short<48> {
    static ALL: [Short<48>; Code::ALL.len()] = {
        let mut all = [Short::of(""); Code::ALL.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = Short::wrapped(r#"],"reference":""#, Code::ALL[at].reference(), r#""}"#);
            at += 1;
        }
        all
    };
    &ALL[code as usize]
}

/// Each state's name, wrapped.
pub const fn states<const N: usize>(before: &str, behind: &str) -> [Short<N>; State::ALL.len()] {
    let mut all = [Short::of(""); State::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = Short::wrapped(before, State::ALL[at].as_str(), behind);
        at += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::buffer::put;

    #[test]
    fn each_of_a_finding_is_whole() {
        for each in Code::ALL {
            let (code, severity) = (each.as_str(), each.severity());
            let wanted = format!(r#""code":"{code}","severity":"{severity}","frames":"#);
            assert_eq!(put(found(*each)), wanted);
            assert_eq!(put(reference(*each)), format!(r#"],"reference":"{}"}}"#, each.reference()));
        }
        for each in [Confidence::Possible, Confidence::Likely, Confidence::Certain] {
            assert_eq!(put(sure(each)), format!(r#","confidence":"{}","says":"#, each.as_str()));
        }
    }

    #[test]
    fn each_is_whole() {
        use ClosingKind as C;
        use OpeningKind as K;
        use Outcome as O;
        for kind in [K::ThreeWay, K::Simultaneous, K::FastOpen, K::SelfConnect, K::Incomplete, K::NotSeen] {
            let wanted = format!(r#","opening":{{"kind":"{}","syns":"#, kind.as_str());
            assert_eq!(put(opening(kind)), wanted);
        }
        for kind in [C::FourSegment, C::ThreeSegment, C::Simultaneous, C::Reset, C::HalfClosed, C::None] {
            let wanted = format!(r#"}},"closing":{{"kind":"{}""#, kind.as_str());
            assert_eq!(put(closing(kind, None)), wanted);
            for role in [Role::Client, Role::Server] {
                assert_eq!(put(closing(kind, Some(role))), format!(r#"{wanted},"first":"{role}""#));
            }
        }
        let opened = [O::Closed, O::Reset, O::HalfClosed, O::Open, O::SynReceived];
        let others = [O::Refused, O::Unreachable, O::NoAnswer, O::Pending, O::Unknown];
        for kind in opened.into_iter().chain(others) {
            let wanted = format!(r#"}},"outcome":"{}","states":{{"client":""#, kind.as_str());
            assert_eq!(put(outcome(kind)), wanted);
        }
        for state in State::ALL {
            assert_eq!(put(client(state)), format!(r#"{state}","server":""#));
            assert_eq!(put(server(state)), format!(r#"{state}"}},"assumed":"#));
        }
        for (client, server, wanted) in [
            (false, false, "[]"),
            (true, false, r#"["client"]"#),
            (false, true, r#"["server"]"#),
            (true, true, r#"["client","server"]"#),
        ] {
            assert_eq!(put(assumed(Ends { client, server })), format!(r#"{wanted},"measures":"#));
        }
    }
}
