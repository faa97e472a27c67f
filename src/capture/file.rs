//! Frames from files, or from standard input: several are one input, in their order.
//!
//! In: paths (`-` is standard input), or any reader; pcap and pcapng. Out: frames whose numbers run on from file to
//! file, as many as pass the filter (a frame that does not pass keeps its number); one by one, or a batch at a time.
//! Invariant: files are streamed, one open at a time; every whole frame is handed out before what is wrong behind it
//! is told, and after that the next file follows.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::PathBuf;

use crate::capture::batch::Batch;
use crate::capture::error::CaptureError;
#[cfg(feature = "live")]
use crate::capture::filter::Filter;
use crate::capture::input::{Input, Waiting};
use crate::capture::record::Stop;
use crate::capture::source::{FrameSource, Next, Statistics, Turn};

/// Files that are read one after the other as one input.
pub struct Files {
    waiting: VecDeque<Waiting>,
    current: Option<Input>,
    /// Frames so far, those that the filter holds back among them.
    number: u64,
    /// What `next_frame` gives from, and how far it is.
    batch: Batch,
    at: usize,
    handed_out: u64,
    /// What is to be told before the next batch.
    told: VecDeque<CaptureError>,
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
            batch: Batch::default(),
            at: 0,
            handed_out: 0,
            told: VecDeque::new(),
            dropped: None,
            #[cfg(feature = "live")]
            filter: None,
        }
    }

    /// Fills `batch` with the next frames, in the place of what was in it: as many as one read gave, so that a slow
    /// pipe is shown as it comes. The batch owns them: it may be sent to another thread, and another one filled
    /// meanwhile; one that comes back lends its memory to the input again.
    ///
    /// Calls of this and of `next_frame` may follow each other, but the rest of a batch that `next_frame` has begun
    /// is given by `next_frame` alone.
    ///
    /// # Errors
    ///
    /// As for `next_frame`: all frames before the fault were in the batches before, and what follows it is in those
    /// after. What the filter cannot be asked is told behind the batch with the first such frame.
    pub fn next_batch(&mut self, batch: &mut Batch) -> Result<Turn, CaptureError> {
        loop {
            batch.begin(self.number);
            if let Some(error) = self.told.pop_front() {
                return Err(error);
            }
            let Some(input) = &mut self.current else {
                let Some(waiting) = self.waiting.pop_front() else { return Ok(Turn::End) };
                self.current = Some(waiting.open()?);
                continue;
            };
            match input.fill(batch) {
                Ok(true) => {
                    self.number = batch.last;
                    self.filter(batch);
                    if !batch.is_empty() {
                        self.handed_out += batch.len() as u64;
                        return Ok(Turn::Frames);
                    }
                }
                Ok(false) => self.close(),
                Err(Stop::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {
                    return Ok(Turn::Quiet);
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
        let counted = self.current.take().and_then(|input| input.dropped());
        self.dropped = self.dropped.into_iter().chain(counted).reduce(u64::saturating_add);
    }

    /// Takes out of `batch` what the filter holds back.
    #[cfg(feature = "live")]
    fn filter(&mut self, batch: &mut Batch) {
        let Some(filter) = &mut self.filter else { return };
        let told = &mut self.told;
        batch.retain(|frame| {
            filter.passes(frame).unwrap_or_else(|error| {
                told.push_back(error);
                false
            })
        });
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "the same shape as with filters")]
    const fn filter(&self, _: &Batch) {}
}

impl FrameSource for Files {
    fn next_frame(&mut self) -> Result<Next<'_>, CaptureError> {
        if self.at == self.batch.len() {
            self.at = 0;
            let mut batch = std::mem::take(&mut self.batch);
            let turn = self.next_batch(&mut batch);
            self.batch = batch;
            match turn? {
                Turn::Frames => {}
                Turn::Quiet => return Ok(Next::Quiet),
                Turn::End => return Ok(Next::End),
            }
        }
        self.at += 1;
        Ok(self.batch.frame(self.at - 1).map_or(Next::End, Next::Frame))
    }

    fn statistics(&mut self) -> Statistics {
        let current = self.current.as_ref().and_then(Input::dropped);
        let dropped = self.dropped.into_iter().chain(current).reduce(u64::saturating_add);
        let waiting = self.batch.len() - self.at;
        Statistics { captured: self.handed_out - waiting as u64, dropped }
    }
}
