//! Findings: named diagnoses with their evidence.
//!
//! In: a connection and its steps. Out: `Finding`s, in the order in which they came to light.
//! Invariant: a finding names the frames that show it, and never moves a state. Each family of rules has a file of its
//! own here; a variant of `Code` cannot be added without its name and severity.
//! Read: field guide sections 2 to 4 (`docs/findings.md`).

pub mod account;
pub mod cause;
pub mod closing;
pub mod code;
pub mod confidence;
pub mod ending;
pub mod evidence;
pub mod finding;
pub mod notes;
pub mod opening;
pub mod reason;
pub mod resets;
pub mod scene;
pub mod severity;
pub mod sighting;
pub mod testimony;
pub mod words;
