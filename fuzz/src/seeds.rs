//! Where fuzzing starts: the fixtures, as each target reads its input.
//!
//! In: the captures under `fixtures/`. Out: one seed of each target for each.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::decode::{DEPTH, Decoded, Decoder};
use tcpshake::frame::Frame;

use super::{decode_frame, moves};

/// One capture as the targets read it.
pub struct Seed {
    /// Its path under `fixtures/`, with dashes.
    pub name: String,
    pub read_capture: Vec<u8>,
    pub decode_frame: Vec<u8>,
    pub track_segments: Vec<u8>,
}

/// All of them, by name.
pub fn all(fixtures: &Path) -> Vec<Seed> {
    let mut paths = Vec::new();
    collect(fixtures, &mut paths);
    paths.sort();
    let name = |path: &Path| {
        let inner = path.strip_prefix(fixtures).expect("a path under the folder").to_string_lossy();
        inner.replace(['/', '\\'], "-")
    };
    paths.iter().map(|path| seed(name(path), fs::read(path).expect("a readable fixture"))).collect()
}

fn seed(name: String, capture: Vec<u8>) -> Seed {
    let mut source = Files::from_reader(&name, Cursor::new(capture.clone()));
    let (mut frames, mut segments) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::new(DEPTH);
    loop {
        match source.next_frame() {
            Ok(Next::Frame(frame)) => {
                if let Ok(Decoded::Segment(segment)) = decoder.decode(&frame) {
                    segments.push(segment);
                }
                frames.push((frame.link, frame.wire_len, frame.time, frame.octets.to_vec()));
            }
            Ok(Next::Quiet) | Err(_) => {}
            Ok(Next::End) => break,
        }
    }
    let frames: Vec<Frame<'_>> = frames
        .iter()
        .map(|(link, wire_len, time, octets)| Frame {
            number: 1,
            time: *time,
            link: *link,
            interface: 0,
            octets,
            wire_len: *wire_len,
        })
        .collect();
    let decode_frame = decode_frame::encode(&frames);
    // Fifteen connections, two steps of each kept, and one of the formats.
    let mut track_segments = vec![0x2f, name.len() as u8];
    track_segments.extend(moves::encode(&segments));
    Seed { name, read_capture: capture, decode_frame, track_segments }
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder that can be listed") {
        let path = entry.expect("a folder that can be listed").path();
        let is_script = path
            .extension()
            .is_some_and(|extension| extension == "seg" || extension == "md" || extension == "txt");
        if path.is_dir() {
            collect(&path, into);
        } else if !is_script {
            into.push(path);
        }
    }
}
