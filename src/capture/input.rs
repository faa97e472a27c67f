//! One input while it is being read.
//!
//! In: a reader and the name that messages call it. Out: its frames, a chunk at a time.
//! Invariant: every whole frame is handed out before what is wrong behind it is told. Behind damage reading goes on
//! where the format shows a place for it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::capture::error::{CaptureError, STANDARD_INPUT};
use crate::capture::follow::Following;
use crate::capture::format::Format;
use crate::capture::octets::Octets;
use crate::capture::progress::Progress;
use crate::capture::record::{Change, Damage, Stop, Way};
use crate::capture::taker::Outlet;

/// An input whose turn has not come.
pub enum Waiting {
    /// A file; `-` is standard input.
    Path(PathBuf),
    /// Any other, with its name.
    Reader(String, Box<dyn Read + Send>),
}

impl Waiting {
    /// Whether it is a file, which is read without waiting for anybody.
    pub fn is_at_hand(&self) -> bool {
        match self {
            Self::Path(path) => {
                path != Path::new("-") && fs::metadata(path).is_ok_and(|found| found.is_file())
            }
            Self::Reader(..) => false,
        }
    }

    /// Opens it; where `follows`, a file is read on as it grows.
    pub fn open(self, progress: &Progress, follows: bool) -> Result<Input, CaptureError> {
        let path = match self {
            Self::Reader(name, reader) => return Ok(Input::new(name, reader)),
            Self::Path(path) if path == Path::new("-") => {
                return Ok(Input::new(STANDARD_INPUT.to_owned(), progress.counting(io::stdin())));
            }
            Self::Path(path) => path,
        };
        let name = path.to_string_lossy().into_owned();
        if fs::metadata(&path).is_ok_and(|found| found.is_dir()) {
            return Err(CaptureError::Directory { input: name });
        }
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(cause) => return Err(CaptureError::Open { input: name, cause }),
        };
        // A pipe is followed as it is: it ends when its last writer closes it.
        let is_followed = follows && file.metadata().is_ok_and(|found| found.is_file());
        let reader = match is_followed {
            true => progress.counting(Following::new(path.clone(), file)),
            false => progress.counting(file),
        };
        Ok(Input { followed: is_followed.then_some(path), ..Input::new(name, reader) })
    }
}

/// The input that is being read.
pub struct Input {
    /// What messages call it.
    pub name: String,
    /// Places where it contradicted its own format, so far.
    pub damaged: u64,
    octets: Octets,
    format: Format,
    /// What is wrong behind the frames that were handed out last.
    stopped: Option<Stop>,
    /// The damage behind which a place to go on is looked for, and where it begins.
    lost: Option<(Damage, u64)>,
    /// Its path, where it is followed.
    followed: Option<PathBuf>,
}

/// Why an input gave no frames.
#[derive(Debug)]
pub struct Fault {
    /// What to tell.
    pub error: CaptureError,
    /// Whether the same input goes on behind it.
    pub goes_on: bool,
    /// The path to open in its place.
    pub anew: Option<PathBuf>,
}

impl Input {
    fn new(name: String, reader: Box<dyn Read + Send>) -> Self {
        let octets = Octets::new(reader);
        Self {
            name,
            damaged: 0,
            octets,
            format: Format::NotYetKnown,
            stopped: None,
            lost: None,
            followed: None,
        }
    }

    /// Puts the frames that follow into `outlet`, as many as one chunk has; false at the end, and then with none.
    ///
    /// # Errors
    ///
    /// `None` where nothing comes for now: the same call may be made again.
    pub fn fill(&mut self, outlet: &mut impl Outlet) -> Result<bool, Option<Fault>> {
        if self.lost.is_none() {
            match self.advance(outlet) {
                Ok(has_frames) => return Ok(has_frames),
                Err(Stop::Damaged(damage)) => self.lost = Some((damage, self.octets.offset())),
                Err(stop) => return Err(self.explain(stop, outlet.last())),
            }
        }
        let found = self.find_way();
        match found {
            Err(Stop::Io(error)) if error.kind() == io::ErrorKind::Interrupted => return Err(None),
            // The damage is told first.
            Err(stop) => self.stopped = Some(stop),
            Ok(()) => {}
        }
        self.damaged += 1;
        let (Damage { cause, .. }, octet) = self.lost.take().unwrap_or_default();
        let passed = (!self.octets.held().is_empty()).then(|| self.octets.offset().saturating_sub(octet));
        let error =
            CaptureError::Damaged { input: self.name.clone(), frame: outlet.last(), octet, cause, passed };
        Err(Some(Fault { error, goes_on: true, anew: None }))
    }

    fn advance(&mut self, outlet: &mut impl Outlet) -> Result<bool, Stop> {
        if let Some(stop) = self.stopped.take() {
            return Err(stop);
        }
        loop {
            let walked = self.format.walk(&mut self.octets, outlet);
            if self.followed.is_some() && self.format.is_unpacked() {
                return Err(Stop::NotFollowed);
            }
            if !outlet.is_empty() {
                self.stopped = walked.err();
                outlet.end(&mut self.octets);
                return Ok(true);
            }
            if !self.octets.ensure(walked?)? && !self.format.settle(self.octets.held()) {
                return if self.octets.held().is_empty() { Ok(false) } else { Err(Stop::CutOff) };
            }
        }
    }

    /// How many frames the input itself says were dropped.
    pub fn dropped(&self) -> Option<u64> {
        self.format.dropped()
    }

    /// Moves on to where reading may go on behind damage: to the end where that is nowhere.
    fn find_way(&mut self) -> Result<(), Stop> {
        if let Some((Damage { length: Some(length), .. }, _)) = self.lost {
            self.octets.pass(length as usize);
            return Ok(());
        }
        let mut has_ended = false;
        loop {
            match self.format.find(self.octets.held(), has_ended) {
                Way::At(distance) => {
                    self.octets.pass(distance);
                    return Ok(());
                }
                Way::Unclear { pass, hold } if !has_ended => {
                    self.octets.pass(pass);
                    has_ended = !self.octets.ensure(hold)?;
                }
                _ => {
                    self.octets.pass(usize::MAX);
                    return Ok(());
                }
            }
        }
    }

    /// What stopped the reading after frame `frame`, with its subject; `None` where nothing did.
    fn explain(&mut self, stop: Stop, frame: u64) -> Option<Fault> {
        let (input, octet) = (self.name.clone(), self.octets.offset());
        let is_cut = !self.octets.held().is_empty();
        let mut anew = None;
        let error = match stop {
            Stop::Io(error) if error.kind() == io::ErrorKind::Interrupted => return None,
            Stop::Io(cause) => CaptureError::Unreadable { input, frame, octet, cause },
            Stop::Empty => CaptureError::Empty { input },
            Stop::Compressed { with, cat } => CaptureError::Compressed { input, with, cat },
            Stop::NotACapture { what, convert } => CaptureError::NotACapture { input, what, convert },
            Stop::NotFollowed => CaptureError::NotFollowed { input },
            Stop::CutOff => CaptureError::CutOff { input, frame, octet },
            Stop::Damaged(Damage { cause, .. }) => {
                CaptureError::Damaged { input, frame, octet, cause, passed: None }
            }
            Stop::Packed(cause) => CaptureError::Unpacked { input, frame, cause },
            Stop::Changed(change) => {
                anew = self.followed.take();
                match change {
                    Change::Shorter => CaptureError::Truncated { input, frame },
                    Change::Replaced => CaptureError::Replaced { input, frame, is_cut },
                }
            }
        };
        Some(Fault { error, goes_on: false, anew })
    }
}
