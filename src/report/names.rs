//! Names as short texts.
//!
//! In: a value of one of the analyzer's closed lists. Out: its name in rows and records.
//! Invariant: the names are those of `as_str`, taken when this is compiled; none is longer than its short text.

use crate::analyzer::closing::ClosingKind;
use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::opening::OpeningKind;
use crate::analyzer::outcome::Outcome;
use crate::analyzer::state::State;
use crate::report::short::Short;
use crate::report::style::Believed;

/// A name, which has at most fourteen letters.
pub type Name = Short<16>;

/// The names of an enum.
macro_rules! names {
    ($value:expr, $of:ident { $($kind:ident)* }) => {
        match $value { $($of::$kind => const { Name::of($of::$kind.as_str()) },)* }
    };
}

/// The name of a kind of opening.
pub const fn name_of_opening(kind: OpeningKind) -> Name {
    names!(kind, OpeningKind { ThreeWay Simultaneous FastOpen SelfConnect Incomplete NotSeen })
}

/// The name of a kind of closing.
pub const fn name_of_closing(kind: ClosingKind) -> Name {
    names!(kind, ClosingKind { FourSegment ThreeSegment Simultaneous Reset HalfClosed None })
}

/// The name of an outcome.
pub const fn name_of_outcome(outcome: Outcome) -> Name {
    names!(outcome, Outcome {
        Closed Reset HalfClosed Open SynReceived Refused Unreachable NoAnswer Pending Unknown
    })
}

/// The name of a state.
#[inline]
pub fn name_of_state(state: State) -> Name {
    let [name, _] = STATES[state as usize];
    name
}

/// The name of a state, in parentheses where it is assumed.
#[inline]
pub fn name_of_believed(believed: Believed) -> Name {
    let [seen, assumed] = &STATES[believed.state as usize];
    if believed.is_assumed { *assumed } else { *seen }
}

/// The name of a diagnosis.
#[inline]
pub fn name_of_code(code: Code) -> &'static Short<32> {
    &CODES[code as usize]
}

static CODES: [Short<32>; Code::ALL.len()] = {
    let mut all = [Short::of(""); Code::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = Short::of(Code::ALL[at].as_str());
        at += 1;
    }
    all
};

/// Each state as it is seen, and as it is assumed.
static STATES: [[Name; 2]; State::ALL.len()] = {
    let mut all = [[Name::of(""); 2]; State::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        let name = State::ALL[at].as_str();
        all[at] = [Name::of(name), Name::wrapped("(", name, ")")];
        at += 1;
    }
    all
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::buffer::put;

    #[test]
    fn each_code_has_its_name() {
        for code in Code::ALL {
            assert_eq!(put(name_of_code(*code)), code.as_str());
        }
    }

    #[test]
    fn each_state_has_its_name() {
        for state in State::ALL {
            assert_eq!(put(name_of_state(state)), state.as_str());
            for is_assumed in [false, true] {
                let believed = Believed { state, is_assumed };
                assert_eq!(put(name_of_believed(believed)), believed.to_string());
            }
        }
    }
}
