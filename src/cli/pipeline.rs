//! Whole files in, report out, on up to three cores.
//!
//! In: files. Out: the same report as `Observer` gives frame by frame, and what went wrong on the way.
//! Invariant: whoever tells waits for no input: where reading may wait, it is left to others, and what was read is told meanwhile.
//! Where a worker cannot go on (standard output has gone) the others end, too.

use std::io;
use std::thread;
use std::time::Duration;

use tcpshake::capture::file::Files;
use tcpshake::report::summary::Summary;

use crate::cli::board::{Board, Bounds, Done, Job, Skills};
use crate::cli::observer::{Observer, Outcome};
use crate::cli::stages::{Followed, Following, Gone, Taking, Tidings};
use crate::cli::teller::Teller;

/// There are so many stages: more workers would find nothing to do.
const MOST_WORKERS: usize = 3;

/// How long it is waited for more before what has been written is handed on.
const MOMENT: Duration = Duration::from_millis(50);
/// Meanwhile so many other things may be done, or have changed.
const MEANWHILE: usize = 16;

impl Observer<'_> {
    /// Takes in all that can be read from `source`, and ends the account.
    ///
    /// # Errors
    ///
    /// Where the report cannot be written.
    pub fn read(self, source: &mut Files) -> io::Result<Outcome> {
        let cores = thread::available_parallelism().map_or(MOST_WORKERS, usize::from);
        if cores == 1 {
            return self.read_alone(source);
        }
        // Who waits for an input needs no core.
        let takes = source.never_waits();
        let workers = if takes { cores.min(MOST_WORKERS) } else { MOST_WORKERS };
        self.read_with(workers, takes, source)
    }

    /// The same with so many workers. The one who tells takes in as well, where that one `takes`.
    fn read_with(self, workers: usize, takes: bool, source: &mut Files) -> io::Result<Outcome> {
        let Self { intake, follower, mut teller, .. } = self;
        let taking = Box::new(Taking { source, intake, errors: Vec::new(), spare: Vec::new() });
        let board = Board::new(taking, Box::new(Following::new(follower)), Bounds::of(workers));
        thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(|| help(&board));
            }
            let told = lead(&board, &mut teller, takes);
            board.leave();
            told
        })?;
        let (Some(taking), Some(following)) = board.into_stages() else {
            return Err(io::Error::other("a stage was lost"));
        };
        let (Taking { intake, errors, .. }, Following { follower, statistics, .. }) = (*taking, *following);
        let is_partial = intake.has_unsupported();
        let mut summary =
            Summary { dropped: statistics.dropped, damaged_blocks: statistics.damaged, ..Summary::default() };
        summary.join(intake.into_summary());
        summary.join(follower.into_summary());
        Ok(Outcome::new(teller.finish(summary)?, errors, is_partial))
    }
}

/// The work of whoever tells, until all is told. What has been written is handed on when nothing follows for a moment: somebody may
/// be waiting at the other end of a pipe.
fn lead(board: &Board<'_>, teller: &mut Teller<'_>, takes: bool) -> io::Result<()> {
    let _leaving = Leaving(board);
    // What was done since something was written that is held back.
    let (mut done, mut held_back) = (Done::Nothing, None);
    loop {
        let patience = held_back.map(|_| MOMENT);
        let Ok(job) = board.next(done, Skills { tells: true, takes }, patience) else { return Ok(()) };
        held_back = held_back.map(|since| since + 1);
        done = match job {
            Job::Tell(Tidings::News(mut news)) => {
                teller.tell(&mut news)?;
                held_back = Some(0);
                Done::Told(news)
            }
            Job::Tell(Tidings::Quiet) | Job::Nothing(true) => {
                held_back = Some(MEANWHILE);
                Done::Nothing
            }
            Job::Nothing(false) => Done::Nothing,
            Job::Follow(mut following, portion) => {
                // All news before are told: else there would be those to tell first.
                let tell = |news: &mut _| {
                    held_back = Some(0);
                    teller.tell(news)
                };
                let followed = following.turn(portion, || board.has_no_portion(), tell)?;
                if matches!(followed, Followed::Quiet) {
                    held_back = Some(MEANWHILE);
                }
                followed_by(following, followed)
            }
            Job::Take(taking) => taken_by(taking),
        };
        if held_back.is_some_and(|since| since >= MEANWHILE) {
            teller.flush()?;
            held_back = None;
        }
    }
}

/// The work of any other, until all is followed.
fn help(board: &Board<'_>) {
    let _leaving = Leaving(board);
    // Where whoever tells has gone nobody waits for more.
    let _ = try_to_help(board);
}

fn try_to_help(board: &Board<'_>) -> Result<(), Gone> {
    let mut done = Done::Nothing;
    loop {
        done = match board.next(done, Skills { tells: false, takes: true }, None)? {
            Job::Follow(mut following, portion) => {
                let followed = following.turn(portion, || board.has_no_portion(), |news| board.post(news))?;
                if matches!(followed, Followed::Quiet) {
                    board.post_quiet();
                }
                followed_by(following, followed)
            }
            Job::Take(taking) => taken_by(taking),
            Job::Tell(_) | Job::Nothing(_) => Done::Nothing,
        };
    }
}

fn followed_by<'s>(following: Box<Following>, followed: Followed) -> Done<'s> {
    match followed {
        Followed::Items(items) => Done::Followed(following, Some(items)),
        Followed::Quiet => Done::Followed(following, None),
        Followed::All => Done::FollowedAll(following),
    }
}

fn taken_by(mut taking: Box<Taking<'_>>) -> Done<'_> {
    let (portions, goes_on) = taking.turn();
    if goes_on { Done::Taken(taking, portions) } else { Done::TakenAll(taking, portions) }
}

/// Ends all work where a worker fails: the others would wait for it.
struct Leaving<'a, 's>(&'a Board<'s>);

impl Drop for Leaving<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.leave();
        }
    }
}
