//! One input while it is being read.
//!
//! In: a reader and the name that messages call it. Out: its frames, a chunk at a time.
//! Invariant: every whole frame is handed out before what is wrong behind it is told.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::capture::batch::Batch;
use crate::capture::error::{CaptureError, STANDARD_INPUT};
use crate::capture::format::Format;
use crate::capture::octets::Octets;
use crate::capture::record::Stop;

/// An input whose turn has not come.
pub enum Waiting {
    /// A file; `-` is standard input.
    Path(PathBuf),
    /// Any other, with its name.
    Reader(String, Box<dyn Read + Send>),
}

impl Waiting {
    /// Opens it.
    pub fn open(self) -> Result<Input, CaptureError> {
        match self {
            Self::Reader(name, reader) => Ok(Input::new(name, reader)),
            Self::Path(path) if path == Path::new("-") => {
                Ok(Input::new(STANDARD_INPUT.to_owned(), Box::new(io::stdin())))
            }
            Self::Path(path) => {
                let input = path.to_string_lossy().into_owned();
                if fs::metadata(&path).is_ok_and(|found| found.is_dir()) {
                    return Err(CaptureError::Directory { input });
                }
                match File::open(&path) {
                    Ok(file) => Ok(Input::new(input, Box::new(file))),
                    Err(cause) => Err(CaptureError::Open { input, cause }),
                }
            }
        }
    }
}

/// The input that is being read.
pub struct Input {
    name: String,
    octets: Octets,
    format: Format,
    /// What is wrong behind the frames that were handed out last.
    stopped: Option<Stop>,
}

impl Input {
    fn new(name: String, reader: Box<dyn Read + Send>) -> Self {
        Self { name, octets: Octets::new(reader), format: Format::NotYetKnown, stopped: None }
    }

    /// Fills `batch` with the frames that follow, as many as one chunk has; false at the end, and then with none.
    pub fn fill(&mut self, batch: &mut Batch) -> Result<bool, Stop> {
        if let Some(stop) = self.stopped.take() {
            return Err(stop);
        }
        loop {
            if !self.octets.settle()? {
                return Err(Stop::CutOff);
            }
            let walked = self.format.walk(&mut self.octets, batch);
            if !batch.is_empty() {
                self.stopped = walked.err();
                self.octets.hand_over(&mut batch.octets);
                return Ok(true);
            }
            if !self.octets.ensure(walked?)? {
                return if self.octets.held().is_empty() { Ok(false) } else { Err(Stop::CutOff) };
            }
        }
    }

    /// How many frames the input itself says were dropped.
    pub fn dropped(&self) -> Option<u64> {
        self.format.dropped()
    }

    /// What stopped the reading after frame `frame`, with its subject.
    pub fn explain(&self, stop: Stop, frame: u64) -> CaptureError {
        let (input, octet) = (self.name.clone(), self.octets.offset());
        match stop {
            Stop::Empty => CaptureError::Empty { input },
            Stop::Compressed { with, cat } => CaptureError::Compressed { input, with, cat },
            Stop::NotACapture { what, convert } => CaptureError::NotACapture { input, what, convert },
            Stop::CutOff => CaptureError::CutOff { input, frame, octet },
            Stop::Damaged(cause) => CaptureError::Damaged { input, frame, octet, cause },
            Stop::Io(cause) => CaptureError::Unreadable { input, frame, octet, cause },
        }
    }
}
