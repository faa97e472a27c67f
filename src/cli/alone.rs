//! Whole files in, report out, on one core.
//!
//! In: files. Out: the same report as `Observer` gives frame by frame, and what went wrong on the way.
//! Invariant: the three stages take turns, each over a whole portion: so the code and the memory of one are at hand while it
//! works, and what a few items need is looked at before they are followed, as where each stage has a core.

use std::io;

use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Turn};
use tcpshake::capture::taker::Taker;
use tcpshake::frame::Frame;

use crate::cli::items::PORTION;
use crate::cli::observer::{Observer, Outcome};

impl Observer<'_> {
    pub(super) fn read_alone(self, source: &mut Files) -> io::Result<Outcome> {
        let mut errors = Vec::new();
        let mut turns = Turns { observer: self, told: Ok(()) };
        loop {
            let turn = source.next_frames(&mut turns);
            std::mem::replace(&mut turns.told, Ok(()))?;
            match turn {
                // This is what could be read at once. It is shown: nobody knows when more comes.
                Ok(Turn::Frames) => {
                    turns.observer.portion()?;
                    turns.observer.flush()?;
                }
                // Somebody asks for what there is.
                Ok(Turn::Quiet) => turns.observer.flush()?,
                Ok(Turn::End) => break,
                Err(error) => errors.push(error),
            }
        }
        let mut observer = turns.observer;
        observer.portion()?;
        let is_partial = observer.has_unsupported();
        Ok(Outcome::new(observer.finish(source.statistics(), None)?, errors, is_partial))
    }
}

/// The stages, by turns.
struct Turns<'r> {
    observer: Observer<'r>,
    /// Whether the report can be written; where it cannot, what is read already goes nowhere.
    told: io::Result<()>,
}

impl Taker for Turns<'_> {
    #[inline(always)]
    fn take(&mut self, frame: &Frame<'_>) {
        let Observer { intake, items, .. } = &mut self.observer;
        intake.take(frame, items);
        if items.len() >= PORTION {
            self.others();
        }
    }
}

impl Turns<'_> {
    #[inline(never)]
    fn others(&mut self) {
        if self.told.is_ok() {
            self.told = self.observer.portion();
        }
        self.observer.items.clear();
    }
}
