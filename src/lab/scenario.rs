//! What a scenario is.
//!
//! In: nothing. Out: the description that each scenario's file fills in.
//! Invariant: a scenario says what it plays and what must come of it; what was seen is judged from what was played,
//! never assumed.

use crate::analyzer::role::Role;
use crate::call::{CallName, Caller};
use crate::lab::error::LabError;
use crate::lab::played::Played;
use crate::lab::stage::Stage;
use crate::lab::wire::fault::Faults;

/// One scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name, in kebab-case, as `demo` takes it.
    pub name: &'static str,
    /// The group that it is listed under.
    pub group: Group,
    /// One line on what it shows.
    pub title: &'static str,
    /// A paragraph that teaches.
    pub text: &'static str,
    /// The calls of the client, in order, as a programmer writes them down: `socket, connect, send, close`.
    pub client: &'static str,
    /// The calls of the server.
    pub server: &'static str,
    /// Where it is played, and what is set there.
    pub setting: Setting,
    /// What must come of it.
    pub expects: &'static [Expect],
    /// Plays it.
    pub play: fn(&mut Stage) -> Result<(), LabError>,
    /// What differs from the textbook in what was just seen, in a sentence or two.
    pub differs: fn(&Played) -> String,
}

/// The groups, in the order in which they teach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The textbook's exchange, and how it closes.
    Basics,
    /// Ways to open.
    Opening,
    /// Ways not to open.
    NotOpening,
    /// Ways to close.
    Closing,
    /// Ways to be cut off.
    CutOff,
    /// While it is open.
    Open,
    /// A faulty wire.
    Wire,
}

/// Where a scenario is played.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Which place.
    pub place: Place,
    /// Over IPv6.
    pub ipv6: bool,
    /// System settings, name and value, which are set in the scenario's own namespaces: the host's are never touched.
    pub system: &'static [(&'static str, &'static str)],
    /// What the wire does.
    pub faults: fn() -> Faults,
    /// Whether it can be played on a wire instead, with faults of the user's own.
    pub takes_faults: bool,
    /// What the captures leave out, as a capture filter.
    pub unseen: Option<&'static str>,
}

/// Which place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Any loopback: the host's, or that of a namespace.
    Loopback,
    /// The loopback of a network namespace of its own.
    Private,
    /// Two network namespaces, and a wire between them.
    Wire,
}

/// Something that must come of it. `Role` says at which end's tap; on a loopback both are the same.
#[derive(Clone, Copy, Debug)]
pub enum Expect {
    /// These labels, in this order, with others between them or not, in the connection of this number. `DATA` stands
    /// for any text; `(again)` matters only where it is written: `SYN J (again)`.
    Labels(Role, u64, &'static [&'static str]),
    /// A sentence of `check`'s language: `outcome closed`, `connection 2: finding time-wait-reuse`.
    Claim(Role, &'static str),
    /// Such a call returned this at least once: a value, or an error's name (`ECONNREFUSED`).
    Call(Caller, CallName, &'static str),
}

impl Setting {
    /// Any loopback, with nothing set.
    pub const LOOPBACK: Self = Self {
        place: Place::Loopback,
        ipv6: false,
        system: &[],
        faults: Faults::none,
        takes_faults: true,
        unseen: None,
    };
    /// A loopback of its own.
    pub const PRIVATE: Self = Self { place: Place::Private, ..Self::LOOPBACK };
    /// A wire without faults.
    pub const WIRE: Self = Self { place: Place::Wire, ..Self::LOOPBACK };
}

impl Group {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Basics => "basics",
            Self::Opening => "opening",
            Self::NotOpening => "not opening",
            Self::Closing => "closing",
            Self::CutOff => "cut off",
            Self::Open => "while open",
            Self::Wire => "a faulty wire",
        }
    }
}
