//! One step of a connection: a segment with its label and both states after it.
//!
//! In: what `connection.rs` found out about a segment. Out: the value that every report prints, and a bounded store of
//! them for pictures.
//! Invariant: the store keeps the first and the last steps and counts what it left out between them.

use std::collections::VecDeque;

use crate::analyzer::diagnosis::code::CodeSet;
use crate::analyzer::label::Label;
use crate::analyzer::role::{Ends, Role};
use crate::analyzer::state::State;
use crate::segment::Segment;

/// A segment, labelled, with the states of both ends after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The connection's number, from 1, in order of first appearance.
    pub connection: u64,
    /// Which end sent it.
    pub from: Role,
    /// The segment itself.
    pub segment: Segment,
    /// Its label.
    pub label: Label,
    /// The states after it.
    pub states: Ends<State>,
    /// Which of them no segment of that end confirms yet.
    pub assumed: Ends<bool>,
    /// The frame that it acknowledges.
    pub acknowledges: Option<u64>,
    /// The frame in which the capture saw the same packet first: it was sent once, and moves nothing here.
    pub seen_before: Option<u64>,
    /// The counter of accurate ECN, where the handshake agreed on one: the three bits are no flags then (RFC 9768).
    pub ace: Option<u8>,
    /// What it shows, as far as that can be told when it passes.
    pub findings: CodeSet,
}

/// The steps of one connection that are kept for pictures.
#[derive(Clone, Debug, Default)]
pub struct Steps(Option<Box<Kept>>);

/// Nothing of this is there where no steps are kept.
#[derive(Clone, Debug, Default)]
struct Kept {
    most: usize,
    first: Vec<Step>,
    last: VecDeque<Step>,
    left_out: u64,
}

impl Steps {
    /// Keeps at most `most` steps: the first half of that number, and the last half.
    pub fn keeping(most: usize) -> Self {
        Self((most > 0).then(|| Box::new(Kept { most, ..Kept::default() })))
    }

    /// Whether any are kept.
    pub const fn is_kept(&self) -> bool {
        self.0.is_some()
    }

    /// Takes in the next step.
    pub fn push(&mut self, step: Step) {
        let Some(kept) = &mut self.0 else { return };
        if kept.first.len() < kept.most.div_ceil(2) {
            kept.first.push(step);
            return;
        }
        kept.last.push_back(step);
        if kept.last.len() > kept.most / 2 {
            kept.last.pop_front();
            kept.left_out = kept.left_out.saturating_add(1);
        }
    }

    /// Puts steps that opened nothing between these, by their frames: they moved neither end.
    pub fn join(&mut self, others: impl Iterator<Item = Step>) {
        let Some(kept) = &mut self.0 else { return };
        for mut step in others {
            let is_later = |kept: &Step| kept.segment.frame > step.segment.frame;
            let at = kept.first.iter().position(is_later).unwrap_or(kept.first.len());
            let is_first = at < kept.first.len() || kept.last.is_empty();
            let last_at = kept.last.iter().position(is_later).unwrap_or(kept.last.len());
            let before = match last_at.checked_sub(1) {
                Some(before) if !is_first => kept.last.get(before),
                _ => at.checked_sub(1).and_then(|before| kept.first.get(before)),
            };
            if let Some(before) = before {
                (step.states, step.assumed) = (before.states, before.assumed);
            }
            if is_first {
                kept.first.insert(at, step);
            } else {
                kept.last.insert(last_at, step);
            }
        }
    }

    /// Takes client for server in all of them: who opened turns out only now.
    pub fn exchange(&mut self) {
        let Some(kept) = &mut self.0 else { return };
        for step in kept.first.iter_mut().chain(&mut kept.last) {
            step.from = step.from.other();
            step.states.exchange();
            step.assumed.exchange();
        }
    }

    /// The first steps.
    pub fn first(&self) -> &[Step] {
        self.0.as_ref().map_or(&[], |kept| &kept.first)
    }

    /// How many steps between the first and the last were not kept.
    pub fn left_out(&self) -> u64 {
        self.0.as_ref().map_or(0, |kept| kept.left_out)
    }

    /// The last steps, where there are more than the first.
    pub fn last(&self) -> impl Iterator<Item = &Step> {
        self.0.iter().flat_map(|kept| kept.last.iter())
    }

    /// All steps kept.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        self.first().iter().chain(self.last())
    }
}
