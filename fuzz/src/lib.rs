//! The fuzz targets, each a function from octets to nothing: what it finds is a panic.
//!
//! In: any octets. Out: nothing, or a panic that says what does not hold.
//! Invariant: no libFuzzer here, so that `tests/fuzz.rs` runs the same functions over mutated fixtures in any test run.

pub mod decode_frame;
pub mod moves;
pub mod octets;
pub mod read_capture;
pub mod seeds;
pub mod track_segments;
