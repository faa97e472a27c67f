//! Frames from files, or from standard input: several are one input, in their order.
//!
//! In: paths (`-` is standard input), or any reader; pcap and pcapng. Out: frames whose numbers run on from file to
//! file, as many as pass the filter (a frame that does not pass keeps its number); one by one, or a batch at a time.
//! Invariant: files are streamed, one open at a time; every whole frame is handed out before what is wrong behind it
//! is told, and after that the next file follows.

use std::collections::VecDeque;
use std::io::Read;
use std::path::PathBuf;

use crate::capture::batch::Batch;
use crate::capture::error::CaptureError;
#[cfg(feature = "live")]
use crate::capture::filter::Filter;
use crate::capture::input::{Fault, Input, Waiting};
use crate::capture::overlap::Overlap;
use crate::capture::progress::Progress;
use crate::capture::source::{FrameSource, Next, Statistics, Turn};
use crate::capture::taker::{Hands, Outlet, Taker};

/// So many damaged places of a file are told one by one.
const MOST_TOLD: u64 = 8;

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
    /// What `next_frames` looks at before it hands it on, where it must.
    spare: Batch,
    /// What is to be told before the next batch.
    told: VecDeque<CaptureError>,
    /// By the files that are done with.
    dropped: Option<u64>,
    damaged: u64,
    progress: Progress,
    /// Where there are several.
    overlap: Option<Overlap>,
    /// Whether the last one is read on as it grows.
    follows: bool,
    #[cfg(feature = "live")]
    filter: Option<Filter>,
}

impl Files {
    /// The files of these paths, in this order; `-` is standard input. Each is opened when its turn comes.
    pub fn new<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Self {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let progress = Progress::of(&paths);
        Self { progress, ..Self::of(paths.into_iter().map(Waiting::Path).collect()) }
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

    /// The same files, but the last one is read on as it grows: it has no end, and is quiet where nothing was appended.
    /// A pipe ends as ever. What is compressed cannot be followed: its end may be any.
    #[must_use]
    pub fn following(mut self) -> Self {
        self.follows = true;
        self
    }

    /// Whether no reading has to wait for somebody to write, as far as is known before the first: all are files, none of which is
    /// read on as it grows.
    pub fn never_waits(&self) -> bool {
        !self.follows && self.current.is_none() && self.waiting.iter().all(Waiting::is_at_hand)
    }

    /// How far reading is; may be asked from another thread, while the files are read.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    fn of(waiting: VecDeque<Waiting>) -> Self {
        Self {
            overlap: (waiting.len() > 1).then(Overlap::default),
            waiting,
            current: None,
            number: 0,
            batch: Batch::default(),
            at: 0,
            handed_out: 0,
            spare: Batch::default(),
            told: VecDeque::new(),
            dropped: None,
            damaged: 0,
            progress: Progress::default(),
            follows: false,
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
            let turn = self.fill(batch)?;
            if turn != Turn::Frames {
                return Ok(turn);
            }
            if let (Some(overlap), Some(input)) = (&mut self.overlap, &self.current) {
                self.told.extend(overlap.look(batch, &input.name));
            }
            self.filter(batch);
            if !batch.is_empty() {
                self.handed_out += batch.len() as u64;
                return Ok(Turn::Frames);
            }
        }
    }

    /// The same, but the frames go to `taker` at once, in the order of the input.
    ///
    /// # Errors
    ///
    /// As for `next_batch`.
    pub fn next_frames(&mut self, taker: &mut impl Taker) -> Result<Turn, CaptureError> {
        if self.overlap.is_none() && !self.is_filtered() {
            let mut hands = Hands::new(taker);
            let turn = self.fill(&mut hands)?;
            self.handed_out += hands.count();
            return Ok(turn);
        }
        let mut batch = std::mem::take(&mut self.spare);
        let turn = self.next_batch(&mut batch);
        if matches!(turn, Ok(Turn::Frames)) {
            batch.frames().for_each(|frame| taker.take(&frame));
        }
        self.spare = batch;
        turn
    }

    /// All that the current input gives of itself.
    fn fill(&mut self, outlet: &mut impl Outlet) -> Result<Turn, CaptureError> {
        loop {
            outlet.begin(self.number);
            if let Some(error) = self.told.pop_front() {
                return Err(error);
            }
            let Some(input) = &mut self.current else {
                let Some(waiting) = self.waiting.pop_front() else {
                    return self.overlap.as_mut().and_then(Overlap::end).map_or(Ok(Turn::End), Err);
                };
                let is_followed = self.follows && self.waiting.is_empty();
                self.current = Some(waiting.open(&self.progress, is_followed)?);
                continue;
            };
            match input.fill(outlet) {
                Ok(true) => {
                    self.number = outlet.last();
                    return Ok(Turn::Frames);
                }
                Ok(false) => self.close(),
                Err(None) => return Ok(Turn::Quiet),
                Err(Some(fault)) => self.tell(fault),
            }
        }
    }

    fn tell(&mut self, fault: Fault) {
        let Fault { error, goes_on, anew } = fault;
        let is_one_of_many = self.current.as_ref().is_some_and(|input| input.damaged > MOST_TOLD) && goes_on;
        if !is_one_of_many {
            self.told.push_back(error);
        }
        if !goes_on {
            self.close();
        }
        if let Some(path) = anew {
            self.waiting.push_front(Waiting::Path(path));
        }
    }

    fn close(&mut self) {
        let Some(input) = self.current.take() else { return };
        self.dropped = self.dropped.into_iter().chain(input.dropped()).reduce(u64::saturating_add);
        self.damaged += input.damaged;
        if let Some(overlap) = &mut self.overlap {
            overlap.close(&input.name);
        }
        if input.damaged > MOST_TOLD {
            let count = input.damaged - MOST_TOLD;
            self.told.push_back(CaptureError::MoreDamage { input: input.name, count });
        }
    }

    #[cfg(feature = "live")]
    const fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "the same shape as with filters")]
    const fn is_filtered(&self) -> bool {
        false
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
        let damaged = self.damaged + self.current.as_ref().map_or(0, |input| input.damaged);
        Statistics { captured: self.handed_out - waiting as u64, dropped, damaged }
    }
}
