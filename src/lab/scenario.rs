//! What a scenario is.
//!
//! In: nothing. Out: the description that each scenario's file fills in.
//! Invariant: a scenario says what it plays; what was seen is judged from what was played, never assumed.

use crate::lab::played::Played;

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    /// Its name, in kebab-case, as `demo` takes it.
    pub name: &'static str,
    /// The group that it is listed under.
    pub group: &'static str,
    /// One line on what it shows.
    pub title: &'static str,
    /// A paragraph that teaches.
    pub text: &'static str,
    /// When the server closes.
    pub server_closes: ServerCloses,
    /// What differs from the textbook in what was just seen, in a sentence or two.
    pub differs: fn(&Played) -> String,
}

/// When the server closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerCloses {
    /// As soon as it has read the client's end.
    AtOnce,
    /// Once the acknowledgement of the client's FIN has been captured.
    AfterTheFinIsAcknowledged,
}
