//! How far the reading of files is.
//!
//! In: what is read of each. Out: octets read, of how many; to be asked from any thread.
//! Invariant: octets count as they are in the files, compressed or not; nobody waits for anybody.

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far reading is; clones tell the same.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Progress {
    /// Of these files. How much there is to read is known where all are files of a fixed length.
    pub(in crate::capture) fn of(paths: &[PathBuf]) -> Self {
        let length =
            |path: &PathBuf| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|found| found.len());
        Self { read: Arc::default(), total: paths.iter().map(length).sum() }
    }

    /// Octets read so far.
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Octets that there are; `None` where an input is no file (a pipe), or cannot be looked at.
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// A reader that counts here what `reader` gives.
    pub(in crate::capture) fn counting(&self, reader: impl Read + Send + 'static) -> Box<dyn Read + Send> {
        Box::new(Counting { reader, read: Arc::clone(&self.read) })
    }
}

struct Counting<R> {
    reader: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(space)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
