//! Frames from files, or from standard input: several are one input, in their order.
//!
//! In: paths (`-` is standard input), or any reader; pcap and pcapng. Out: frames whose numbers run on from file to
//! file, as many as pass the filter (a frame that does not pass keeps its number).
//! Invariant: files are streamed, one open at a time; every whole frame is handed out before what is wrong behind it
//! is told, and after that the next file follows.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::capture::error::{CaptureError, STANDARD_INPUT};
#[cfg(feature = "live")]
use crate::capture::filter::Filter;
use crate::capture::format::Format;
use crate::capture::octets::Octets;
use crate::capture::record::{Part, Record, Stop};
use crate::capture::source::{FrameSource, Next, Statistics};
use crate::frame::Frame;

/// Files that are read one after the other as one input.
pub struct Files {
    waiting: VecDeque<Waiting>,
    current: Option<Input>,
    /// Frames so far, those that the filter holds back among them.
    number: u64,
    handed_out: u64,
    /// By the files that are done with.
    dropped: Option<u64>,
    #[cfg(feature = "live")]
    filter: Option<Filter>,
}

impl Files {
    /// The files of these paths, in this order; `-` is standard input. Each is opened when its turn comes.
    pub fn new<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Self {
        Self::of(paths.into_iter().map(|path| Waiting::Path(path.into())).collect())
    }

    /// One input that is no file. `name` is what messages call it.
    pub fn from_reader(name: &str, reader: impl Read + Send + 'static) -> Self {
        Self::of(VecDeque::from([Waiting::Reader(name.to_owned(), Box::new(reader))]))
    }

    /// The same files, but only those frames that pass `filter`.
    #[cfg(feature = "live")]
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    fn of(waiting: VecDeque<Waiting>) -> Self {
        Self {
            waiting,
            current: None,
            number: 0,
            handed_out: 0,
            dropped: None,
            #[cfg(feature = "live")]
            filter: None,
        }
    }

    /// Goes on to the next frame of the whole input.
    fn advance(&mut self) -> Result<Advance, CaptureError> {
        loop {
            let Some(input) = &mut self.current else {
                let Some(waiting) = self.waiting.pop_front() else { return Ok(Advance::End) };
                self.current = Some(waiting.open()?);
                continue;
            };
            match input.advance() {
                Ok(true) => {
                    self.number += 1;
                    return Ok(Advance::Frame);
                }
                Ok(false) => self.close(),
                Err(Stop::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {
                    return Ok(Advance::Quiet);
                }
                Err(stop) => {
                    let error = input.explain(stop, self.number);
                    self.close();
                    return Err(error);
                }
            }
        }
    }

    fn close(&mut self) {
        let counted = self.current.take().and_then(|input| input.format.dropped());
        self.dropped = self.dropped.into_iter().chain(counted).reduce(u64::saturating_add);
    }

    #[cfg(feature = "live")]
    fn passes(&mut self) -> Result<bool, CaptureError> {
        let frame = self.current.as_ref().and_then(|input| input.frame(self.number));
        match (&mut self.filter, frame) {
            (Some(filter), Some(frame)) => filter.passes(&frame),
            _ => Ok(true),
        }
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "the same shape as with filters")]
    fn passes(&mut self) -> Result<bool, CaptureError> {
        Ok(true)
    }
}

impl FrameSource for Files {
    fn next_frame(&mut self) -> Result<Next<'_>, CaptureError> {
        loop {
            match self.advance()? {
                Advance::Quiet => return Ok(Next::Quiet),
                Advance::End => return Ok(Next::End),
                Advance::Frame if self.passes()? => break,
                Advance::Frame => {}
            }
        }
        self.handed_out += 1;
        let frame = self.current.as_ref().and_then(|input| input.frame(self.number));
        Ok(frame.map_or(Next::End, Next::Frame))
    }

    fn statistics(&mut self) -> Statistics {
        let current = self.current.as_ref().and_then(|input| input.format.dropped());
        let dropped = self.dropped.into_iter().chain(current).reduce(u64::saturating_add);
        Statistics { captured: self.handed_out, dropped }
    }
}

/// What one step through the input came to.
enum Advance {
    Frame,
    Quiet,
    End,
}

/// An input whose turn has not come.
enum Waiting {
    Path(PathBuf),
    Reader(String, Box<dyn Read + Send>),
}

impl Waiting {
    fn open(self) -> Result<Input, CaptureError> {
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
struct Input {
    name: String,
    octets: Octets,
    format: Format,
    /// Where the part that is being read begins.
    part: u64,
    record: Option<Record>,
}

impl Input {
    fn new(name: String, reader: Box<dyn Read + Send>) -> Self {
        Self { name, octets: Octets::new(reader), format: Format::NotYetKnown, part: 0, record: None }
    }

    /// Goes on to the next frame; false at the end.
    fn advance(&mut self) -> Result<bool, Stop> {
        loop {
            if !self.octets.settle()? {
                return Err(Stop::CutOff);
            }
            self.part = self.octets.offset();
            match self.format.next_part(&mut self.octets)? {
                Part::Frame(record) => {
                    self.record = Some(record);
                    return Ok(true);
                }
                Part::Other => {}
                Part::End => return Ok(false),
            }
        }
    }

    /// The frame last advanced to.
    fn frame(&self, number: u64) -> Option<Frame<'_>> {
        let Record { time, link, interface, ref place, wire_len } = *self.record.as_ref()?;
        let octets = self.octets.held().get(place.clone())?;
        Some(Frame { number, time, link, interface, octets, wire_len })
    }

    /// What stopped the reading after frame `frame`, with its subject.
    fn explain(&self, stop: Stop, frame: u64) -> CaptureError {
        let (input, octet) = (self.name.clone(), self.part);
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
