//! Two of the three stages, a turn at a time: the intake, and the follower.
//!
//! In: files; what was taken in. Out: what was taken in, in portions; news, to whoever tells them.
//! Invariant: a turn of the intake is what could be read at once, and nothing that was read is held back behind it: nobody knows
//! when more comes.

use tcpshake::analyzer::hold::ahead::Prepared;
use tcpshake::capture::error::CaptureError;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Statistics, Turn};
use tcpshake::capture::taker::Taker;
use tcpshake::frame::Frame;

use crate::cli::follower::{Follower, News};
use crate::cli::intake::Intake;
use crate::cli::items::{AHEAD, Items, PORTION};

/// From the intake to the follower.
pub enum Portion {
    Items(Items),
    /// There is no more for now.
    Quiet,
    End(Statistics),
}

/// From the follower to the teller.
pub enum Tidings {
    News(News),
    Quiet,
}

/// Nothing more is to be done.
pub struct Gone;

/// The first stage.
pub struct Taking<'s> {
    pub source: &'s mut Files,
    pub intake: Intake,
    /// What went wrong so far.
    pub errors: Vec<CaptureError>,
    /// Items that were followed: their memory is used again.
    pub spare: Vec<Items>,
}

/// The second stage.
pub struct Following {
    pub follower: Follower,
    /// What the source counted at its end.
    pub statistics: Statistics,
    news: News,
    prepared: Vec<Prepared>,
}

/// What a portion came to.
pub enum Followed {
    /// It was followed: its memory is used again.
    Items(Items),
    /// There was nothing in it.
    Quiet,
    /// It was the last.
    All,
}

impl Taking<'_> {
    /// Takes in what can be read at once. Whether more may follow.
    pub fn turn(&mut self) -> (Vec<Portion>, bool) {
        let Self { source, intake, errors, spare } = self;
        let items = spare.pop().unwrap_or_default();
        let mut filling = Filling { intake, items, spare, full: Vec::new() };
        let turn = source.next_frames(&mut filling);
        let Filling { mut items, spare, full: mut portions, .. } = filling;
        if items.is_empty() {
            spare.push(items);
        } else {
            items.make_rooms();
            portions.push(Portion::Items(items));
        }
        match turn {
            Ok(Turn::Frames) => {}
            Ok(Turn::Quiet) => portions.push(Portion::Quiet),
            Ok(Turn::End) => {
                portions.push(Portion::End(source.statistics()));
                return (portions, false);
            }
            Err(error) => errors.push(error),
        }
        (portions, true)
    }
}

/// Items that are taken in, until there are enough of them to be handed on.
struct Filling<'a> {
    intake: &'a mut Intake,
    items: Items,
    spare: &'a mut Vec<Items>,
    full: Vec<Portion>,
}

impl Taker for Filling<'_> {
    #[inline(always)]
    fn take(&mut self, frame: &Frame<'_>) {
        self.intake.take(frame, &mut self.items);
        if self.items.len() >= PORTION {
            self.begin_another();
        }
    }
}

impl Filling<'_> {
    #[cold]
    #[inline(never)]
    fn begin_another(&mut self) {
        let next = self.spare.pop().unwrap_or_default();
        self.items.make_rooms();
        self.full.push(Portion::Items(std::mem::replace(&mut self.items, next)));
    }
}

impl Following {
    /// At its beginning.
    pub fn new(follower: Follower) -> Self {
        let (statistics, news) = (Statistics::default(), News::default());
        Self { follower, statistics, news, prepared: Vec::with_capacity(AHEAD) }
    }

    /// Follows a portion, and has its news told: all, where there is nothing to do then but wait.
    pub fn turn<E>(
        &mut self,
        portion: Portion,
        is_last: impl FnOnce() -> bool,
        mut tell: impl FnMut(&mut News) -> Result<(), E>,
    ) -> Result<Followed, E> {
        let Self { follower, statistics, news, prepared } = self;
        let mut tell = |news: &mut News| if news.is_empty() { Ok(()) } else { tell(news) };
        match portion {
            Portion::Items(mut items) => {
                follower.take_rooms(&mut items.rooms);
                for few in items.chunks(AHEAD) {
                    follower.take_few(few, prepared, news, &mut tell)?;
                }
                items.clear();
                if is_last() {
                    tell(news)?;
                }
                Ok(Followed::Items(items))
            }
            Portion::Quiet => tell(news).map(|()| Followed::Quiet),
            Portion::End(counted) => {
                tell(news)?;
                *statistics = counted;
                follower.finish(counted.has_lost(), &mut tell)?;
                Ok(Followed::All)
            }
        }
    }
}
