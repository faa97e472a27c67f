//! How far reading is, on the terminal.
//!
//! In: what counts the octets read, asked now and then from a thread of its own. Out: one line on standard error, with
//! the rate and the time left.
//! Invariant: nothing is shown where standard error is no terminal, with `-q`, in the first second, or where results go
//! to a terminal meanwhile; the line is gone before anything else is told.

use std::io::{self, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tcpshake::capture::progress::Progress;

/// How often it is looked at.
const OFTEN: Duration = Duration::from_millis(100);
/// After how many looks it is shown: who has waited for less than a second needs no consolation.
const PATIENCE: u32 = 10;

const OF_SO_MANY: &str =
    "[{bar:30}] {percent:>3} % of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left";
const WORD: &str = "{msg} {elapsed}";
const WITHOUT_END: &str = "{binary_bytes} read, {binary_bytes_per_sec}";

/// The line that is shown now, so that others may write between.
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Shows how far reading is, until it is dropped.
pub struct Shown {
    end: Option<(Sender<()>, JoinHandle<()>)>,
}

/// When results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Results {
    /// While it is being read.
    Meanwhile,
    /// Once all is read.
    Later,
}

/// After how long a word is shown.
const LONG: Duration = Duration::from_secs(2);

impl Shown {
    /// Shows what is going on, once it takes long, unless that would disturb.
    pub fn word(word: String, quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self { end: None };
        }
        let (end, ended) = channel::<()>();
        let thread = spawn(move || {
            if ended.recv_timeout(LONG) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let style = ProgressStyle::with_template(WORD).unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new_spinner().with_style(style).with_message(word);
            bar.tick();
            *shown() = Some(bar.clone());
            let _ = ended.recv();
            *shown() = None;
            bar.finish_and_clear();
        });
        Self { end: Some((end, thread)) }
    }

    /// Shows `progress`, unless that would disturb.
    pub fn new(progress: Progress, quiet: bool, results: Results) -> Self {
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        if !is_wanted(quiet, results, out, err) {
            return Self { end: None };
        }
        let (end, ended) = channel();
        let thread = spawn(move || {
            let bar = bar(&progress);
            let mut looks = 0_u32;
            while ended.recv_timeout(OFTEN) == Err(RecvTimeoutError::Timeout) {
                // From the first look on, so that the rate is right when it is shown.
                bar.set_position(progress.read());
                looks = looks.saturating_add(1);
                if looks == PATIENCE {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    *shown() = Some(bar.clone());
                }
            }
            bar.finish_and_clear();
            *shown() = None;
        });
        Self { end: Some((end, thread)) }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.end.take() {
            drop(end);
            // It has nothing to give back; where it panicked there is no line to take away.
            let _ = thread.join();
        }
    }
}

/// Tells something on standard error, where the line may stand.
pub fn beside(tell: impl FnOnce()) {
    match &*shown() {
        Some(bar) => bar.suspend(tell),
        None => tell(),
    }
}

fn shown() -> MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_wanted(quiet: bool, results: Results, out_is_terminal: bool, err_is_terminal: bool) -> bool {
    err_is_terminal && !quiet && (results == Results::Later || !out_is_terminal)
}

/// The line, not shown yet.
fn bar(progress: &Progress) -> ProgressBar {
    let template = if progress.total().is_some() { OF_SO_MANY } else { WITHOUT_END };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    // Every terminal shows ASCII.
    ProgressBar::with_draw_target(progress.total(), ProgressDrawTarget::hidden())
        .with_style(style.progress_chars("=> "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_disturbed() {
        use Results::{Later, Meanwhile};
        assert!(is_wanted(false, Meanwhile, false, true), "results go to a file");
        assert!(is_wanted(false, Later, true, true), "results come when the line has gone");
        assert!(!is_wanted(false, Meanwhile, true, true), "results go to the same terminal");
        assert!(!is_wanted(true, Later, false, true), "-q");
        assert!(!is_wanted(false, Later, false, false), "nobody looks");
    }

    #[test]
    fn the_templates_are_sound() {
        for template in [OF_SO_MANY, WITHOUT_END, WORD] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
