//! Why a place could not be had, and what to do about it.
//!
//! In: the system's answer, and its settings. Out: an error that names the setting that forbids it, and what to type.
//! Invariant: a setting is named only where it was read and does forbid it.

use std::fs;
use std::io;

use nix::errno::Errno;
use thiserror::Error;

use crate::lab::place::status::Status;

/// Why there is no such place.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// The system has no namespaces: it is not Linux.
    #[error("a network namespace of its own: not offered on this system, only on Linux")]
    NotOffered,
    /// The system forbids a namespace.
    #[error("a {kind} namespace of its own: {}", reason.words())]
    Forbidden {
        /// `user` or `network`.
        kind: Kind,
        /// What forbids it.
        reason: Reason,
    },
    /// A step of the setting up failed.
    #[error("{doing}: {cause}")]
    Failed {
        /// What was to be done.
        doing: String,
        /// The system's words.
        cause: io::Error,
    },
    /// A setting of the host's was to be changed.
    #[error("{setting}: the host's settings are never changed")]
    HostSetting {
        /// Its name.
        setting: String,
    },
    /// What was named is no setting of a network namespace.
    #[error("'{setting}': no setting of a network namespace: such are named net/ipv4/tcp_syn_retries")]
    NoSetting {
        /// What was named.
        setting: String,
    },
}

/// Kinds of namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Users and capabilities.
    User,
    /// Interfaces, addresses, routes, settings.
    Network,
}

/// What forbids a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// This setting has this value, and would have to have the other.
    Setting {
        /// As `sysctl` names it.
        name: &'static str,
        /// What it is.
        is: String,
        /// What it would have to be.
        wanted: &'static str,
    },
    /// A container's filter on system calls.
    Filter,
    /// The process has more than one thread.
    Threads(u32),
    /// Nothing that is known here.
    Unknown(Errno),
}

/// The end of every such error: what can be seen all the same.
const RECORDED: &str = "tcpshake demo SCENARIO --recorded shows a recording";

impl PlaceError {
    /// A step that failed.
    pub fn failed(doing: impl Into<String>, cause: impl Into<io::Error>) -> Self {
        Self::Failed { doing: doing.into(), cause: cause.into() }
    }

    /// The system has answered `errno` when such a namespace was to be made.
    pub fn forbidden(kind: Kind, errno: Errno) -> Self {
        let setting = |path: &str| fs::read_to_string(format!("/proc/sys/{path}")).ok();
        Self::Forbidden { kind, reason: Reason::of(kind, errno, Status::read(), setting) }
    }

    /// What to do about it, where there is something.
    pub fn next_step(&self) -> Option<String> {
        match self {
            Self::Forbidden { reason, .. } => Some(format!("{}; {RECORDED}", reason.next_step())),
            Self::NotOffered | Self::Failed { .. } => Some(RECORDED.to_owned()),
            Self::HostSetting { .. } => Some("play it in a namespace: --private".to_owned()),
            Self::NoSetting { .. } => None,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Network => "network",
        })
    }
}

impl Reason {
    fn of(kind: Kind, errno: Errno, status: Status, read: impl Fn(&str) -> Option<String>) -> Self {
        let value = |path: &str| read(path).map(|text| text.trim().to_owned());
        let forbids = |path: &str, name, bad: &str, wanted| {
            let is = value(path).filter(|is| is == bad)?;
            Some(Self::Setting { name, is, wanted })
        };
        let (path, limit) = match kind {
            Kind::User => ("user/max_user_namespaces", "user.max_user_namespaces"),
            Kind::Network => ("user/max_net_namespaces", "user.max_net_namespaces"),
        };
        if errno == Errno::EINVAL && kind == Kind::User && status.threads > 1 {
            return Self::Threads(status.threads);
        }
        if errno == Errno::ENOSPC {
            // Whatever the limit is, it has been reached.
            return value(path).map_or(Self::Unknown(errno), |is| Self::Setting {
                name: limit,
                is,
                wanted: "15000",
            });
        }
        forbids(path, limit, "0", "15000")
            .or_else(|| {
                let name = "kernel.unprivileged_userns_clone";
                forbids("kernel/unprivileged_userns_clone", name, "0", "1")
            })
            .or_else(|| {
                let name = "kernel.apparmor_restrict_unprivileged_userns";
                forbids("kernel/apparmor_restrict_unprivileged_userns", name, "1", "0")
            })
            .or_else(|| status.has_filter.then_some(Self::Filter))
            .unwrap_or(Self::Unknown(errno))
    }

    fn words(&self) -> String {
        match self {
            Self::Setting { name, is, .. } => format!("forbidden by {name} = {is}"),
            Self::Filter => {
                "forbidden by a filter on system calls (seccomp), as most containers have it".to_owned()
            }
            Self::Threads(threads) => {
                format!("only a process with one thread can have one, and this one has {threads}")
            }
            Self::Unknown(errno) => io::Error::from(*errno).to_string(),
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Setting { name, wanted, .. } => {
                format!("sudo sysctl -w {name}={wanted}, or run tcpshake with sudo")
            }
            Self::Filter => {
                "start the container with --cap-add NET_RAW, and for what needs namespaces with --cap-add \
                             SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined"
                    .to_owned()
            }
            Self::Threads(_) | Self::Unknown(_) => "run it with sudo".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(kind: Kind, errno: Errno, settings: &[(&str, &str)]) -> Reason {
        let read = |path: &str| {
            settings.iter().find(|(name, _)| *name == path).map(|(_, value)| format!("{value}\n"))
        };
        Reason::of(kind, errno, Status::default(), read)
    }

    #[test]
    fn the_setting_that_forbids_it_is_named() {
        let limit = ("user/max_user_namespaces", "0");
        let clone = ("kernel/unprivileged_userns_clone", "0");
        let apparmor = ("kernel/apparmor_restrict_unprivileged_userns", "1");
        let fine = [
            ("user/max_user_namespaces", "63000"),
            ("kernel/unprivileged_userns_clone", "1"),
            ("kernel/apparmor_restrict_unprivileged_userns", "0"),
        ];
        let name = |reason: Reason| match reason {
            Reason::Setting { name, .. } => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(name(reason(Kind::User, Errno::ENOSPC, &[limit])), "user.max_user_namespaces");
        assert_eq!(name(reason(Kind::User, Errno::EPERM, &[clone])), "kernel.unprivileged_userns_clone");
        let named = name(reason(Kind::User, Errno::EPERM, &[fine[0], fine[1], apparmor]));
        assert_eq!(named, "kernel.apparmor_restrict_unprivileged_userns");
        let full = ("user/max_net_namespaces", "7");
        assert_eq!(name(reason(Kind::Network, Errno::ENOSPC, &[full])), "user.max_net_namespaces");
        assert_eq!(reason(Kind::User, Errno::EPERM, &fine), Reason::Unknown(Errno::EPERM));
    }

    #[test]
    fn an_error_says_what_to_type_and_what_can_be_seen_all_the_same() {
        let reason = reason(Kind::User, Errno::ENOSPC, &[("user/max_user_namespaces", "0")]);
        let error = PlaceError::Forbidden { kind: Kind::User, reason };
        let said = "a user namespace of its own: forbidden by user.max_user_namespaces = 0";
        assert_eq!(error.to_string(), said);
        let next = error.next_step().unwrap();
        assert!(next.starts_with("sudo sysctl -w user.max_user_namespaces=15000"), "{next}");
        assert!(next.ends_with("tcpshake demo SCENARIO --recorded shows a recording"), "{next}");
    }

    #[test]
    fn a_filter_and_threads_are_told_from_settings() {
        let of = |errno, status| Reason::of(Kind::User, errno, status, |_| None);
        let filtered = Status { has_filter: true, ..Status::default() };
        assert_eq!(of(Errno::EPERM, filtered), Reason::Filter);
        assert_eq!(of(Errno::EINVAL, Status { threads: 4, ..Status::default() }), Reason::Threads(4));
    }
}
