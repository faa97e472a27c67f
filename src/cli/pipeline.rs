//! Whole files in, report out, on as many cores as there are.
//!
//! In: files. Out: the same report as `Observer` gives frame by frame, and what went wrong on the way.
//! Invariant: each stage has a thread of its own and keeps the order; what is under way between two of them is bounded,
//! and its memory goes round. Where a stage cannot go on (standard output has gone) the others end, too.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use tcpshake::capture::error::CaptureError;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Statistics, Turn};
use tcpshake::capture::taker::Taker;
use tcpshake::frame::Frame;
use tcpshake::report::summary::Summary;

use crate::cli::follower::{Follower, News};
use crate::cli::intake::Intake;
use crate::cli::items::{AHEAD, Items, PORTION};
use crate::cli::observer::{Observer, Outcome};
use crate::cli::teller::Teller;

/// Portions that go round between the intake and the follower.
const PORTIONS: usize = 7;
/// Of them, those that are given back at a time: so the intake is woken, and takes turns with the teller on a core, less often.
const AT_A_TIME: usize = 3;
/// News under way to the teller.
const UNDER_WAY: usize = 4;

/// How long it is waited for more before what there is is handed on.
const MOMENT: Duration = Duration::from_millis(50);

/// From the intake to the follower.
enum Portion {
    Items(Items),
    /// There is no more for now.
    Quiet,
    End(Statistics),
}

/// From the follower to the teller.
enum Tidings {
    News(News),
    Quiet,
}

/// The receiver of a channel has gone.
struct Gone;

impl Observer<'_> {
    /// Takes in all that can be read from `source`, and ends the account.
    ///
    /// # Errors
    ///
    /// Where the report cannot be written.
    pub fn read(self, source: &mut Files) -> io::Result<Outcome> {
        if thread::available_parallelism().is_ok_and(|cores| cores.get() == 1) {
            return self.read_alone(source);
        }
        self.read_beside(source)
    }

    fn read_beside(self, source: &mut Files) -> io::Result<Outcome> {
        let Self { mut intake, mut follower, mut teller, .. } = self;
        // There is always room for a portion.
        let (to_follower, portions) = sync_channel(2 * PORTIONS);
        let (to_teller, tidings) = sync_channel(UNDER_WAY);
        let (give_items_back, used_items) = channel();
        let (give_news_back, used_news) = channel();
        thread::scope(|scope| {
            let taking_in = scope.spawn(move || {
                let errors = take_in(source, &mut intake, &to_follower, Supply::of(used_items));
                drop(to_follower);
                (intake, errors)
            });
            let following = scope.spawn(move || {
                // Where the teller has gone nobody waits for more.
                let statistics = follow(&portions, &give_items_back, &mut follower, &to_teller, &used_news);
                (follower, statistics.unwrap_or_default())
            });
            let told = tell_all(&tidings, &mut teller, &give_news_back);
            drop(tidings);
            let (intake, errors) = joined(taking_in.join());
            let (follower, statistics) = joined(following.join());
            told?;
            let is_partial = intake.has_unsupported();
            let mut summary = Summary {
                dropped: statistics.dropped,
                damaged_blocks: statistics.damaged,
                ..Summary::default()
            };
            summary.join(intake.into_summary());
            summary.join(follower.into_summary());
            Ok(Outcome::new(teller.finish(summary)?, errors, is_partial))
        })
    }
}

/// The first stage: until the source ends, or the follower has gone.
fn take_in(
    source: &mut Files,
    intake: &mut Intake,
    to_follower: &SyncSender<Portion>,
    supply: Supply,
) -> Vec<CaptureError> {
    let mut errors = Vec::new();
    let mut filling = Filling { intake, items: Items::default(), to_follower, supply, sent: Ok(()) };
    while filling.sent.is_ok() {
        match source.next_frames(&mut filling) {
            // This is what could be read at once. The rest of it is not held back: nobody knows when more comes.
            Ok(Turn::Frames) => filling.send(),
            Ok(Turn::Quiet) => filling.sent = send(to_follower, Portion::Quiet),
            Ok(Turn::End) => {
                let _ = send(to_follower, Portion::End(source.statistics()));
                return errors;
            }
            Err(error) => errors.push(error),
        }
    }
    errors
}

/// Items that are taken in, until there are enough of them to be handed on.
struct Filling<'a> {
    intake: &'a mut Intake,
    items: Items,
    to_follower: &'a SyncSender<Portion>,
    supply: Supply,
    /// Whether the follower is still there; where it has gone, what is read already goes nowhere.
    sent: Result<(), Gone>,
}

impl Taker for Filling<'_> {
    #[inline(always)]
    fn take(&mut self, frame: &Frame<'_>) {
        self.intake.take(frame, &mut self.items);
        if self.items.len() >= PORTION {
            self.send();
        }
    }
}

impl Filling<'_> {
    #[inline(never)]
    fn send(&mut self) {
        if !self.items.is_empty() {
            self.sent = self.hand_on();
        }
    }

    fn hand_on(&mut self) -> Result<(), Gone> {
        let items = std::mem::take(&mut self.items);
        send(self.to_follower, Portion::Items(items))?;
        self.items = self.supply.next()?;
        Ok(())
    }
}

/// Where the next portion comes from: those that were followed are filled again, and there are only so many.
struct Supply {
    used: Receiver<Items>,
    made: usize,
}

impl Supply {
    /// The first portion is there already.
    const fn of(used: Receiver<Items>) -> Self {
        Self { used, made: 1 }
    }

    /// Waits where the follower has all of them.
    fn next(&mut self) -> Result<Items, Gone> {
        match self.used.try_recv() {
            Ok(items) => Ok(items),
            Err(_) if self.made < PORTIONS => {
                self.made += 1;
                Ok(Items::default())
            }
            Err(_) => self.used.recv().map_err(|_| Gone),
        }
    }
}

/// Portions that were followed.
struct Done<'a> {
    portions: Vec<Items>,
    give_back: &'a Sender<Items>,
}

impl Done<'_> {
    fn push(&mut self, mut items: Items) {
        items.clear();
        self.portions.push(items);
        if self.portions.len() >= AT_A_TIME {
            self.give_back();
        }
    }

    fn give_back(&mut self) {
        for items in self.portions.drain(..) {
            // The intake may have ended already.
            let _ = self.give_back.send(items);
        }
    }
}

/// The second stage: until the intake has ended, or the teller has gone. What the source counted at its end.
fn follow(
    portions: &Receiver<Portion>,
    give_back: &Sender<Items>,
    follower: &mut Follower,
    to_teller: &SyncSender<Tidings>,
    used: &Receiver<News>,
) -> Result<Statistics, Gone> {
    let (mut news, mut prepared) = (News::default(), Vec::with_capacity(AHEAD));
    let mut done = Done { portions: Vec::new(), give_back };
    loop {
        // What is known is handed on at once where there is nothing to do but wait.
        let portion = match portions.try_recv() {
            Ok(portion) => portion,
            Err(_) => {
                done.give_back();
                send_news(&mut news, to_teller, used)?;
                portions.recv().map_err(|_| Gone)?
            }
        };
        match portion {
            Portion::Items(items) => {
                for few in items.chunks(AHEAD) {
                    let tell = |news: &mut News| send_news(news, to_teller, used);
                    follower.take_few(few, &mut prepared, &mut news, tell)?;
                }
                done.push(items);
            }
            Portion::Quiet => {
                send_news(&mut news, to_teller, used)?;
                send(to_teller, Tidings::Quiet)?;
            }
            Portion::End(statistics) => {
                send_news(&mut news, to_teller, used)?;
                follower.finish(statistics.has_lost(), |news| send_news(news, to_teller, used))?;
                return Ok(statistics);
            }
        }
    }
}

/// The third stage: until the follower has ended. What has been written is handed on when nothing follows for a moment:
/// somebody may be waiting at the other end of a pipe.
fn tell_all(
    tidings: &Receiver<Tidings>,
    teller: &mut Teller<'_>,
    give_back: &Sender<News>,
) -> io::Result<()> {
    let mut is_held_back = false;
    loop {
        let next = if is_held_back {
            tidings.recv_timeout(MOMENT)
        } else {
            tidings.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        match next {
            Ok(Tidings::News(mut news)) => {
                teller.tell(&mut news)?;
                is_held_back = true;
                // The follower may have ended already.
                let _ = give_back.send(news);
            }
            Ok(Tidings::Quiet) | Err(RecvTimeoutError::Timeout) => {
                teller.flush()?;
                is_held_back = false;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn send_news(news: &mut News, to_teller: &SyncSender<Tidings>, used: &Receiver<News>) -> Result<(), Gone> {
    if news.is_empty() {
        return Ok(());
    }
    let next = used.try_recv().unwrap_or_default();
    send(to_teller, Tidings::News(std::mem::replace(news, next)))
}

fn send<T>(to: &SyncSender<T>, what: T) -> Result<(), Gone> {
    to.send(what).map_err(|_| Gone)
}

/// What a thread gave; a panic in it is one here.
fn joined<T>(result: thread::Result<T>) -> T {
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
