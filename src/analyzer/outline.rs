//! What a segment did to its connection, before anything is made of it for a reader.
//!
//! In: what `connection.rs` found out. Out: the same; a `Step` is made of it where somebody wants one.
//! Invariant: small, and made without a label or an allocation: most inputs are read for their connections alone.

use crate::analyzer::diagnosis::code::CodeSet;
use crate::analyzer::facts::Facts;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;

/// What became of one segment.
#[derive(Clone, Copy, Debug)]
pub struct Outline {
    /// Which end sent it.
    pub from: Role,
    /// What was known of it before it moved anything.
    pub facts: Facts,
    /// The states to show, and which are assumed, where they are not those that the connection has now.
    pub as_sent: Option<(Ends<State>, Ends<bool>)>,
    /// The frame that it acknowledges.
    pub acknowledges: Option<u64>,
    /// The frame in which the capture saw the same packet first.
    pub seen_before: Option<u64>,
    /// What it shows, as far as that can be told when it passes.
    pub findings: CodeSet,
    /// Whether it completes the handshake.
    pub completes: bool,
    /// Whether it is the first of the second end to speak.
    pub turns_two_way: bool,
}
