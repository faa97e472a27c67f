//! A file that still grows, read as it does.
//!
//! In: a file and its path. Out: what is appended to it; where nothing is, an interruption after a short while.
//! Invariant: the end of the file is never an end, so that what is half written is waited for. A file that became
//! shorter, or whose path names another file, is told once all of it was read.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::capture::record::Change;

/// How long to wait before the file is looked at again.
const PAUSE: Duration = Duration::from_millis(100);

/// A file that is followed.
pub struct Following {
    path: PathBuf,
    file: File,
    /// Octets read so far.
    read: u64,
}

impl Following {
    /// Follows `file`, which is open and was found at `path`.
    pub const fn new(path: PathBuf, file: File) -> Self {
        Self { path, file, read: 0 }
    }

    /// What became of the file since it was opened, apart from growing. Where its path names nothing it may only be
    /// on its way to another name.
    fn change(&self) -> io::Result<Option<Change>> {
        let own = self.file.metadata()?;
        if own.len() < self.read {
            return Ok(Some(Change::Shorter));
        }
        let is_other = fs::metadata(&self.path).is_ok_and(|found| !is_same(&own, &found));
        Ok(is_other.then_some(Change::Replaced))
    }
}

impl Read for Following {
    #[expect(
        clippy::disallowed_methods,
        reason = "no event that all systems and file systems have tells of growth"
    )]
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut read = self.file.read(space)?;
        if read == 0 {
            let change = self.change()?;
            // What came between the two looks belongs to the old file.
            read = self.file.read(space)?;
            match change {
                Some(change) if read == 0 => return Err(io::Error::other(change)),
                None if read == 0 => {
                    thread::sleep(PAUSE);
                    return Err(io::ErrorKind::Interrupted.into());
                }
                _ => {}
            }
        }
        self.read += read as u64;
        Ok(read)
    }
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Elsewhere a file has no number to be known by.
#[cfg(not(unix))]
fn is_same(_: &Metadata, _: &Metadata) -> bool {
    true
}
