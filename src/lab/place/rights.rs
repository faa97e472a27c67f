//! What this process may do, and a user namespace of its own where that is not enough.
//!
//! In: what is wanted. Out: the rights there are.
//! Invariant: called before any other thread exists. Inside the namespace the process keeps its user and its files; it has
//! capabilities over what is made there, and over nothing of the host.
//! Read: user_namespaces(7).

use std::fs;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{getegid, geteuid};

use crate::lab::place::error::{Kind, PlaceError};
use crate::lab::place::status::{NET_ADMIN, NET_RAW, SYS_ADMIN, Status};

/// What a process needs where it makes network namespaces, and captures in them.
const FOR_NAMESPACES: [u32; 3] = [NET_ADMIN, NET_RAW, SYS_ADMIN];

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// To capture, on the host if that is permitted.
    Capture,
    /// To make network namespaces.
    Namespaces,
}

/// What this process may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Whether it may capture on the host's interfaces.
    pub may_capture_on_host: bool,
    /// Whether it may make network namespaces.
    pub may_make_namespaces: bool,
    /// Whether it has entered a user namespace of its own for that.
    pub in_user_namespace: bool,
}

/// Gains what is wanted: by the capabilities there are, or in a user namespace of the process's own.
///
/// # Errors
///
/// `Forbidden` with the setting that forbids the namespace, or `Threads` where this was not the first thing done.
pub fn gain(wants: Wants) -> Result<Rights, PlaceError> {
    let rights = held();
    let is_enough = match wants {
        Wants::Capture => rights.may_capture_on_host,
        Wants::Namespaces => rights.may_make_namespaces,
    };
    if is_enough {
        return Ok(rights);
    }
    enter_user_namespace()?;
    Ok(Rights { may_capture_on_host: false, may_make_namespaces: true, in_user_namespace: true })
}

/// What there is without doing anything.
pub fn held() -> Rights {
    // Found by trying: a capability that holds in a user namespace alone is worth nothing on the host.
    let raw = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None);
    Rights {
        may_capture_on_host: raw.is_ok(),
        may_make_namespaces: Status::read().has(&FOR_NAMESPACES),
        in_user_namespace: false,
    }
}

fn enter_user_namespace() -> Result<(), PlaceError> {
    let (user, group) = (geteuid(), getegid());
    // A program that was given capabilities by its file does not own its own /proc otherwise.
    let _ = set_dumpable(true);
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| PlaceError::forbidden(Kind::User, errno))?;
    // Without this no group can be mapped by one who is not privileged.
    map("setgroups", "deny")?;
    map("uid_map", &format!("{user} {user} 1"))?;
    map("gid_map", &format!("{group} {group} 1"))?;
    if Status::read().has(&FOR_NAMESPACES) {
        return Ok(());
    }
    // AppArmor lets the namespace come into being, and takes all capabilities away in it.
    Err(PlaceError::forbidden(Kind::User, nix::errno::Errno::EPERM))
}

fn map(file: &str, text: &str) -> Result<(), PlaceError> {
    fs::write(format!("/proc/self/{file}"), text).map_err(|error| match error.raw_os_error() {
        Some(number) => PlaceError::forbidden(Kind::User, nix::errno::Errno::from_raw(number)),
        None => PlaceError::failed(format!("/proc/self/{file}"), error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::place::error::Reason;

    #[test]
    fn with_all_rights_nothing_is_done_and_among_threads_nothing_can_be() {
        let before = held();
        match gain(Wants::Namespaces) {
            Ok(rights) => assert!(before.may_make_namespaces && rights == before),
            Err(PlaceError::Forbidden { kind: Kind::User, reason: Reason::Threads(threads) }) => {
                assert!(threads > 1 && !before.may_make_namespaces);
            }
            Err(other) => panic!("{other}: not what a test among other threads gets"),
        }
    }
}
