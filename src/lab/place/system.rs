//! What Linux offers for places: namespaces of networks, and of users.
//!
//! In: nothing. Out: a namespace and its routes, rights, or why the system forbids it. `elsewhere.rs` stands in for this
//! file on other systems.
//! Invariant: a user namespace is entered before any other thread exists. Inside it the process keeps its user and its
//! files; it has capabilities over what is made there, and over nothing of the host.
//! Read: network_namespaces(7), setns(2), user_namespaces(7).

use std::fs;
use std::fs::File;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::prctl::set_dumpable;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use nix::unistd::{getegid, geteuid};

use crate::lab::place::error::{Kind, PlaceError};
use crate::lab::place::links::Links;
use crate::lab::place::status::{NET_ADMIN, NET_RAW, SYS_ADMIN, Status};

/// What a process needs where it makes network namespaces, and captures in them.
const FOR_NAMESPACES: [u32; 3] = [NET_ADMIN, NET_RAW, SYS_ADMIN];

/// A network namespace.
#[derive(Debug)]
pub struct Namespace(File);

impl Namespace {
    /// Makes a namespace of the calling thread's own, with a loopback that is up.
    ///
    /// # Errors
    ///
    /// `Forbidden` with the setting that forbids it.
    pub fn make() -> Result<Self, PlaceError> {
        unshare(CloneFlags::CLONE_NEWNET).map_err(|errno| PlaceError::forbidden(Kind::Network, errno))?;
        Links::open()?.loopback_up()?;
        let file = File::open("/proc/thread-self/ns/net");
        file.map(Self).map_err(|error| PlaceError::failed("/proc/thread-self/ns/net", error))
    }

    /// Moves the calling thread into it.
    ///
    /// # Errors
    ///
    /// `Failed` with the system's words.
    pub fn enter(&self) -> Result<(), PlaceError> {
        setns(self, CloneFlags::CLONE_NEWNET)
            .map_err(|errno| PlaceError::failed("entering a network namespace", errno))
    }
}

impl AsFd for Namespace {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Sends what goes to `to` by way of `gateway`, in the calling thread's namespace.
///
/// # Errors
///
/// `Failed` with the kernel's words.
pub fn route(to: IpAddr, gateway: IpAddr) -> Result<(), PlaceError> {
    Links::open()?.route(to, gateway)
}

/// Refuses what goes to `to` by way of the calling thread's namespace.
///
/// # Errors
///
/// `Failed` with the kernel's words.
pub fn refuse(to: IpAddr, is_prohibited: bool) -> Result<(), PlaceError> {
    Links::open()?.refuse(to, is_prohibited)
}

/// Whether this process may capture on the host's interfaces.
pub fn may_capture() -> bool {
    // Found by trying: a capability that holds in a user namespace alone is worth nothing on the host.
    socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, None).is_ok()
}

/// Whether it may make network namespaces.
pub fn may_make_namespaces() -> bool {
    Status::read().has(&FOR_NAMESPACES)
}

/// Enters a user namespace of the process's own, to make network namespaces there.
///
/// # Errors
///
/// `Forbidden` with the setting that forbids it, or `Threads` where this was not the first thing done.
pub fn enter_user_namespace() -> Result<(), PlaceError> {
    let (user, group) = (geteuid(), getegid());
    // A program that was given capabilities by its file does not own its own /proc otherwise.
    let _ = set_dumpable(true);
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|errno| PlaceError::forbidden(Kind::User, errno))?;
    // Without this no group can be mapped by one who is not privileged.
    map("setgroups", "deny")?;
    map("uid_map", &format!("{user} {user} 1"))?;
    map("gid_map", &format!("{group} {group} 1"))?;
    if may_make_namespaces() {
        return Ok(());
    }
    // AppArmor lets the namespace come into being, and takes all capabilities away in it.
    Err(PlaceError::forbidden(Kind::User, Errno::EPERM))
}

fn map(file: &str, text: &str) -> Result<(), PlaceError> {
    fs::write(format!("/proc/self/{file}"), text).map_err(|error| match error.raw_os_error() {
        Some(number) => PlaceError::forbidden(Kind::User, Errno::from_raw(number)),
        None => PlaceError::failed(format!("/proc/self/{file}"), error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::place::error::Reason;
    use crate::lab::place::rights::{Wants, gain, held};

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

    #[test]
    fn the_system_tells_how_many_threads_there_are() {
        assert!(Status::read().threads > 0, "there is at least the one that asks");
    }
}
