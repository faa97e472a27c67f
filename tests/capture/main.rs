//! The capture room, tested from outside: files of every format, whole and broken; filters beside tcpdump; live
//! capture on the loopback, where this process may.

#![allow(clippy::unwrap_used, reason = "in a test's helper, as in the test itself, a failure is a finding")]

#[cfg(feature = "live")]
#[path = "../support/aloud.rs"]
mod aloud;
mod batches;
mod broken;
mod damage;
mod files;
#[cfg(feature = "live")]
mod filters;
#[cfg(feature = "live")]
mod live;
mod pieces;
#[cfg(feature = "live")]
mod refusals;
mod writer;

use tcpshake::capture::error::CaptureError;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::frame::LinkType;
use tcpshake::time::Timestamp;

/// A frame that outlives its source.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    number: u64,
    time: Timestamp,
    link: LinkType,
    octets: Vec<u8>,
    wire_len: u32,
}

/// Everything that a source gives until its end; errors in the order in which they came.
fn read_all(source: &mut dyn FrameSource) -> (Vec<Kept>, Vec<CaptureError>) {
    let (mut frames, mut errors) = (Vec::new(), Vec::new());
    loop {
        match source.next_frame() {
            Ok(Next::Frame(frame)) => frames.push(Kept {
                number: frame.number,
                time: frame.time,
                link: frame.link,
                octets: frame.octets.to_vec(),
                wire_len: frame.wire_len,
            }),
            Ok(Next::Quiet) => {}
            Ok(Next::End) => return (frames, errors),
            Err(error) => errors.push(error),
        }
    }
}
