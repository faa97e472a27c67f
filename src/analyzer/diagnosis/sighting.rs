//! What is to be said of the capture, segment by segment: decided before the network is blamed.
//!
//! In: the scene of each segment, and second sightings. Out: codes in the notes, with their frames.
//! Invariant: what the capture did is never a fault of an end.
//! Read: field guide section 4 (`docs/findings.md`).

use crate::analyzer::diagnosis::code::Code;
use crate::analyzer::diagnosis::notes::Notes;
use crate::analyzer::diagnosis::scene::Scene;
use crate::analyzer::facts::Kind;
use crate::segment::{Checksum, Segment};

/// Looks at a segment. `is_first` says that it begins its connection; `only_answers` that all of it so far have been
/// SYN+ACKs and RSTs, which answer what was not captured.
pub fn look(scene: &Scene<'_>, is_first: bool, only_answers: bool, notes: &mut Notes) {
    tells(scene.segment, notes);
    if !scene.facts.sound {
        return;
    }
    if is_first && scene.facts.kind != Kind::Syn {
        notes.raise(Code::MidStream, &[scene.frame()]);
    }
    if only_answers {
        notes.raise(Code::Unsolicited, &[scene.frame()]);
    }
    if notes.has(Code::CaptureReordered) {
        notes.withdraw(Code::MidStream);
    }
}

/// Notes that the packet of `segment` was seen before, in the frame `first`.
pub fn seen_again(segment: &Segment, first: u64, notes: &mut Notes) {
    tells(segment, notes);
    notes.raise(Code::CaptureDuplicate, &[first, segment.frame]);
}

/// What a segment shows by itself.
fn tells(segment: &Segment, notes: &mut Notes) {
    if segment.checksum == Checksum::Offloaded {
        notes.raise(Code::ChecksumOffloaded, &[segment.frame]);
    }
    if segment.cut_short {
        notes.raise(Code::CutShort, &[segment.frame]);
    }
}
