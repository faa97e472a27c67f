//! Frames that were cut off or damaged, of every kind that there is a fixture of.
//!
//! In: the frames of all scripts. Out: a verdict.
//! Invariant: a shorter capture gives the same segment or an error that blames the capture; damage does no harm, and an
//! error names a place in the frame.

mod support;

use support::frame::{self, Built};
use support::script::Script;
use tcpshake::decode::error::{DecodeError, Fault};
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::frame::{Frame, LinkType};
use tcpshake::segment::Segment;
use tcpshake::time::Timestamp;

fn decoded(script: &Script, octets: &[u8], wire_len: usize) -> Result<Decoded, DecodeError> {
    let link = LinkType(support::capture::link_type(script.link));
    let wire_len = u32::try_from(wire_len).expect("frames are short");
    Decoder::new(DEPTH).decode(&Frame { number: 1, time: Timestamp(0), link, interface: 0, octets, wire_len })
}

/// The first frame of a script that carries a segment, where the whole of it is captured.
fn first_segment(script: &Script) -> Option<Built> {
    let index = script.frames.iter().position(|frame| frame.segment().is_some())?;
    let built = frame::build(script, index);
    (built.octets.len() == built.wire_len).then_some(built)
}

/// What tells a segment from another.
fn essence(segment: &Segment) -> String {
    let Segment { source, destination, seq, ack, flags, text_len, .. } = segment;
    format!("{source} > {destination} {flags:?} {seq} {ack} {text_len}")
}

#[test]
fn no_prefix_is_misread() {
    let mut wrong = Vec::new();
    for script in support::scripts() {
        let Some(Built { octets, .. }) = first_segment(&script) else { continue };
        let Ok(Decoded::Segment(whole)) = decoded(&script, &octets, octets.len()) else { continue };
        let mut is_told = whole.tunnel.is_none();
        for kept in 0..octets.len() {
            let fits = match decoded(&script, &octets[..kept], octets.len()) {
                Ok(Decoded::Segment(segment)) => essence(&segment) == essence(&whole),
                // A port alone makes no tunnel: too small a piece of one is taken for what the port's owner may send.
                Ok(Decoded::NotTcp) => !is_told,
                Err(DecodeError { fault: Fault::NotCaptured { .. }, offset, .. }) => offset <= kept,
                _ => false,
            };
            is_told |= matches!(decoded(&script, &octets[..kept], octets.len()), Ok(Decoded::Segment(_)));
            if !fits {
                let became = decoded(&script, &octets[..kept], octets.len());
                wrong.push(format!(
                    "{}: {kept} of {} octets: {became:?}",
                    script.path.display(),
                    octets.len()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn damage_does_no_harm() {
    let mut errors = 0_u32;
    for script in support::scripts() {
        let built = frame::build(&script, 0);
        let mut look = |octets: &[u8], wire_len: usize| {
            if let Err(error) = decoded(&script, octets, wire_len) {
                errors += 1;
                assert!(error.offset <= octets.len(), "{}: {error}", script.path.display());
            }
        };
        for kept in 0..=built.octets.len() {
            look(&built.octets[..kept], kept);
        }
        for at in 0..built.octets.len() {
            let mut octets = built.octets.clone();
            for value in
                [0x00, 0x01, 0x7f, 0x80, 0xff, octets[at] ^ 0x01, octets[at] ^ 0x40, octets[at] ^ 0x80]
            {
                octets[at] = value;
                look(&octets, octets.len());
                look(&octets[..at + 1], octets.len());
            }
        }
    }
    assert!(errors > 10_000, "frames were damaged: {errors} errors");
}
