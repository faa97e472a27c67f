//! The kernel's tracing files, without a mount that anybody else can see.
//!
//! In: nothing. Out: a descriptor of the root of tracefs, and small helpers for files below it.
//! Invariant: the host's mount tree is not touched: the mount is detached, and vanishes with its last descriptor.
//! Read: fsopen(2), fsmount(2); the kernel's Documentation/trace/ftrace.rst.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Dir, Mode, OFlags, openat};

use crate::kernel::error::KernelError;

/// Where it may be mounted already.
#[cfg(target_os = "linux")]
const MOUNTED: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// The root of tracefs.
///
/// # Errors
/// [`KernelError::NotPermitted`] where the process may not, [`KernelError::NoTracefs`] where there is none.
#[cfg(target_os = "linux")]
pub fn open() -> Result<OwnedFd, KernelError> {
    use rustix::io::Errno;

    let refusal = match detached() {
        Ok(root) => return Ok(root),
        Err(error) => error,
    };
    // An old kernel has no detached mounts, a container may forbid them and have tracefs all the same.
    let mounted = MOUNTED.into_iter().filter_map(|path| {
        let root = rustix::fs::open(path, DIRECTORY, Mode::empty()).ok()?;
        openat(&root, INSTANCES, DIRECTORY, Mode::empty()).ok().map(|_| root)
    });
    if let Some(root) = mounted.into_iter().next() {
        return Ok(root);
    }
    let cause = refusal.to_string();
    Err(match refusal {
        Errno::PERM | Errno::ACCESS => {
            KernelError::NotPermitted { in_user_namespace: is_in_user_namespace(), cause }
        }
        _ => KernelError::NoTracefs { cause },
    })
}

/// Elsewhere there is none.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn open() -> Result<OwnedFd, KernelError> {
    Err(KernelError::NotOffered)
}

/// The directory of the tracing instances.
pub const INSTANCES: &str = "instances";

/// More than any of the kernel's descriptions.
const ROOM: usize = 1 << 16;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

#[cfg(target_os = "linux")]
fn detached() -> rustix::io::Result<OwnedFd> {
    use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};

    let context = fsopen("tracefs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(context.as_fd())?;
    fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
}

/// Whether the process lives in a user namespace other than the first, which maps every number to itself.
#[cfg(target_os = "linux")]
fn is_in_user_namespace() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    let is_whole = map.split_ascii_whitespace().eq(["0", "0", "4294967295"]);
    !map.is_empty() && !is_whole
}

/// The directory `path` below `root`.
///
/// # Errors
/// [`KernelError::File`], as of all below.
pub fn directory(root: impl AsFd, path: &str) -> Result<OwnedFd, KernelError> {
    openat(root, path, DIRECTORY, Mode::empty()).map_err(|error| KernelError::file(path, error))
}

/// Opens the file `path` below `root` for reading, without ever waiting for its content.
///
/// # Errors
/// [`KernelError::File`].
pub fn open_to_read(root: impl AsFd, path: &str) -> Result<File, KernelError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    openat(root, path, flags, Mode::empty()).map(File::from).map_err(|error| KernelError::file(path, error))
}

/// The whole text of the file `path` below `root`.
///
/// # Errors
/// [`KernelError::File`].
pub fn read(root: impl AsFd, path: &str) -> Result<String, KernelError> {
    let mut file = open_to_read(root, path)?;
    // Some of these files give all they have to the first read, or as much of it as that has room for.
    let mut room = vec![0; ROOM];
    let mut octets = Vec::new();
    loop {
        match file.read(&mut room) {
            Ok(0) => return Ok(String::from_utf8_lossy(&octets).into_owned()),
            Ok(length) => octets.extend(room.iter().take(length)),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(KernelError::File { file: path.to_owned(), cause: error.to_string() }),
        }
    }
}

/// Writes `text` to the file `path` below `root`.
///
/// # Errors
/// [`KernelError::File`].
pub fn write(root: impl AsFd, path: &str, text: &str) -> Result<(), KernelError> {
    let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::CLOEXEC;
    let file = openat(root, path, flags, Mode::empty()).map_err(|error| KernelError::file(path, error))?;
    File::from(file)
        .write_all(text.as_bytes())
        .map_err(|error| KernelError::File { file: path.to_owned(), cause: error.to_string() })
}

/// The names in the directory `path` below `root`.
///
/// # Errors
/// [`KernelError::File`].
pub fn list(root: impl AsFd, path: &str) -> Result<Vec<String>, KernelError> {
    let entries = Dir::new(directory(root, path)?).map_err(|error| KernelError::file(path, error))?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str().ok().map(str::to_owned)).collect())
}
