//! `tcpshake read --follow`: a capture is read while it is written.
//!
//! In: files, the last of which grows. Out: a report on standard output, while it goes on.
//! Invariant: an interrupt is the normal end: what the file holds by then is read, what is open is reported, and the
//! exit code is that of `read`. Time passes by the frames' stamps, and on from the last one where nothing is appended.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tcpshake::capture::file::Files;
use tcpshake::capture::source::{FrameSource, Next};
use tcpshake::time::Timestamp;

use crate::cli::observer::{Observer, Outcome};
use crate::cli::told::complain;

/// How long a connection that has ended stays quiet before it is reported.
pub const REPORT_AFTER: Duration = Duration::from_secs(1);

/// Whether the last of these can grow: a file. A pipe is read as it comes in any case, and ends when its writer does.
pub fn can_grow(paths: &[PathBuf]) -> bool {
    paths.last().is_some_and(|path| path.as_os_str() != "-" && path.is_file())
}

impl Observer<'_> {
    /// Takes in what comes until `stop` is raised and the file has no more, and ends the account. Faults are told as
    /// they are met; warnings too, unless `quiet`.
    ///
    /// # Errors
    ///
    /// Where the report cannot be written.
    pub fn follow(mut self, source: &mut Files, stop: &AtomicBool, quiet: bool) -> io::Result<Outcome> {
        let mut is_partial = false;
        let mut last = Timestamp::default();
        let mut quiet_since = None;
        loop {
            match source.next_frame() {
                Ok(Next::Frame(frame)) => {
                    self.frame(&frame)?;
                    (last, quiet_since) = (frame.time, None);
                }
                Ok(Next::Quiet) => {
                    let since: Instant = *quiet_since.get_or_insert_with(now);
                    self.quiet(last.after(now() - since))?;
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                }
                Ok(Next::End) => break,
                Err(error) if error.is_warning() && quiet => {}
                Err(error) => {
                    is_partial |= !error.is_warning();
                    complain(&error);
                }
            }
        }
        is_partial |= self.has_unsupported();
        Ok(Outcome { summary: self.finish(source.statistics(), None)?, errors: Vec::new(), is_partial })
    }
}

#[allow(clippy::disallowed_methods, reason = "how long nothing was appended has no stamp")]
fn now() -> Instant {
    Instant::now()
}
