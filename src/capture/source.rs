//! What every source of frames offers.
//!
//! In: nothing. Out: the trait that `file::Files` and `live::Live` fulfil, and what they answer with.
//! Invariant: a frame is borrowed until the source is asked again, so that none is copied on the way.

use crate::capture::error::CaptureError;
use crate::frame::Frame;

/// Where frames come from: a live interface (`live::Live`) or files (`file::Files`).
pub trait FrameSource {
    /// The next frame, or the news that there is none now, or none any more.
    ///
    /// # Errors
    ///
    /// What stands in the way, once. The source goes on behind it: a following call gives what comes after (the next
    /// of several files), and `Next::End` where nothing does. All whole frames before the fault came first.
    fn next_frame(&mut self) -> Result<Next<'_>, CaptureError>;

    /// The counts so far.
    fn statistics(&mut self) -> Statistics;
}

/// What a source answers when it is asked for a frame.
#[derive(Clone, Copy, Debug)]
pub enum Next<'a> {
    /// A frame, borrowed until the source is asked again.
    Frame(Frame<'a>),
    /// Nothing came for a moment, or a signal did: time to look at flags and clocks. More may follow.
    Quiet,
    /// Nothing follows.
    End,
}

/// What came of the wish for a batch of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The batch has frames.
    Frames,
    /// As `Next::Quiet`.
    Quiet,
    /// As `Next::End`.
    End,
}

/// How much a source gave, and how much is known to be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Frames handed out.
    pub captured: u64,
    /// Frames that matched and were lost before they could be: no room in the system's buffer, or lost by the
    /// interface. `None` where the source does not say (a pcap file never does; pcapng may, in its interface
    /// statistics). On the loopback each frame passes the tap twice, and each pass may be counted.
    pub dropped: Option<u64>,
    /// Places where a file contradicts its own format and something was passed over.
    pub damaged: u64,
}

impl Statistics {
    /// Whether something is known to be missing.
    pub fn has_lost(&self) -> bool {
        self.damaged > 0 || self.dropped.is_some_and(|dropped| dropped > 0)
    }
}
