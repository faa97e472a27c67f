//! A tracing instance of one's own: buffers that nobody else writes to or reads from.
//!
//! In: the root of tracefs. Out: a directory in which events can be switched on.
//! Invariant: it is removed when it is dropped; those of processes that no longer live are removed before one is made.
//! One that is in use cannot be removed by anybody: the kernel refuses while its buffers are open.
//! Read: the kernel's Documentation/trace/ftrace.rst (Instances).

use std::fs::read_link;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, Mode, mkdirat, unlinkat};
use rustix::io::Errno;

use crate::kernel::error::KernelError;
use crate::kernel::tracefs::{INSTANCES, directory, list};

/// Its name begins so; process and number follow.
const PREFIX: &str = "tcpshake-";

/// Numbers the instances of this process.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// An instance.
#[derive(Debug)]
pub struct Instance {
    root: OwnedFd,
    path: String,
    directory: OwnedFd,
}

impl Instance {
    /// Makes one, after the leftovers are gone.
    ///
    /// # Errors
    /// [`KernelError::NotPermitted`] or [`KernelError::File`].
    pub fn make(root: OwnedFd) -> Result<Self, KernelError> {
        sweep(root.as_fd());
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = format!("{INSTANCES}/{PREFIX}{}-{number}", std::process::id());
            match mkdirat(&root, path.as_str(), Mode::RWXU) {
                Ok(()) => {
                    let opened = directory(&root, &path);
                    if opened.is_err() {
                        remove(root.as_fd(), &path);
                    }
                    return Ok(Self { directory: opened?, root, path });
                }
                // Of an earlier process of this number.
                Err(Errno::EXIST) => {}
                Err(error @ (Errno::PERM | Errno::ACCESS)) => {
                    let cause = error.to_string();
                    return Err(KernelError::NotPermitted { in_user_namespace: false, cause });
                }
                Err(error) => return Err(KernelError::file(&path, error)),
            }
        }
    }

    /// Its directory.
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// The root of tracefs.
    pub fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        remove(self.root.as_fd(), &self.path);
    }
}

/// Removes what processes left that no longer live.
fn sweep(root: BorrowedFd<'_>) {
    for name in list(root, INSTANCES).unwrap_or_default() {
        if process_of(&name).is_some_and(|process| !is_alive(process)) {
            remove(root, &format!("{INSTANCES}/{name}"));
        }
    }
}

/// Switches its events off and removes it. What cannot be removed is in use, or another process was faster: neither is
/// a failure.
fn remove(root: BorrowedFd<'_>, path: &str) {
    let _ = unlinkat(root, path, AtFlags::REMOVEDIR);
}

/// The process in the name of an instance.
fn process_of(name: &str) -> Option<u32> {
    let (process, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    process.parse().ok()
}

fn is_alive(process: u32) -> bool {
    // What has ended and was not waited for still has a directory, but no program. One that may not be asked lives.
    !read_link(format!("/proc/{process}/exe")).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_ever_removed() {
        assert_eq!(process_of("tcpshake-812-0"), Some(812));
        for other in ["tcpshake", "tcpshake-812", "tcpshake-812-", "tcpshake-x-0", "perf-812-0", "812-0"] {
            assert_eq!(process_of(other), None, "{other}");
        }
        assert!(is_alive(std::process::id()));
    }
}
